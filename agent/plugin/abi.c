/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/abi.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What every plugin of ABI 1 has at least, and what no plugin has. */
#define PLUGIN_SIZE_MIN   (offsetof(struct lw_plugin, objects) + sizeof(void *))
#define OBJECT_SIZE_MIN   (offsetof(struct lw_object, data_size) + sizeof(uint32_t))
#define RESOURCE_SIZE_MIN (offsetof(struct lw_resource, constant) + sizeof(void *))
#define SIZE_MAX_SANE     4096

_Static_assert(
	(int)LW_STRING == VALUE_STRING && (int)LW_CORELNK == VALUE_CORELNK && (int)LW_TIME == VALUE_TIME,
	"the types of the ABI are those of the engine");
_Static_assert((int)LW_RW == RESOURCE_RW && (int)LW_E == RESOURCE_E && (int)LW_STREAM == RESOURCE_STREAM &&
		       (int)LW_MULTIPLE == RESOURCE_MULTIPLE && (int)LW_MANDATORY == RESOURCE_MANDATORY,
	"operations and flags, too");

__attribute__((format(printf, 3, 4))) static int refuse(int error, char **ret_reason, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_reason, format, arguments) < 0)
		*ret_reason = NULL;
	va_end(arguments);
	return error;
}

/* Sizes that a field of this type may have; string and array sizes are checked apart. */
static bool size_fits(enum lw_type type, uint32_t size)
{
	switch (type) {
	case LW_INTEGER:
	case LW_UNSIGNED:
		return size == 1 || size == 2 || size == 4 || size == 8;
	case LW_FLOAT:
		return size == sizeof(float) || size == sizeof(double);
	case LW_BOOLEAN:
		return size == sizeof(bool);
	case LW_TIME:
		return size == sizeof(int64_t);
	case LW_OBJLNK:
		return size == sizeof(struct lw_objlnk);
	case LW_OPAQUE:
		return size > sizeof(uint32_t);
	case LW_STRING:
	case LW_CORELNK:
		return size > 0;
	default:
		return false;
	}
}

static bool array_fits(const struct lw_resource *resource)
{
	uint64_t ids = sizeof(uint32_t) + (uint64_t)resource->capacity * sizeof(uint16_t);
	uint64_t values = (uint64_t)resource->values + (uint64_t)resource->capacity * resource->element;

	return resource->capacity > 0 && resource->capacity < LW_NO_ID && resource->values >= ids &&
	       values <= resource->size && size_fits(resource->type, resource->element);
}

/* NULL, or what is wrong with the resource's field. */
static const char *check_field(const struct lw_resource *resource, uint32_t data_size)
{
	bool multiple = resource->flags & LW_MULTIPLE;

	if (resource->present > data_size)
		return "the bool that says whether it is present lies outside of the object's data";
	if (resource->size == 0)
		return multiple ? "a multiple resource has to be bound to an LW_ARRAY()" : NULL;
	if ((uint64_t)resource->offset + resource->size > data_size)
		return "its field lies outside of the object's data (LW_DATA)";
	if (multiple ? !array_fits(resource) : !size_fits(resource->type, resource->size))
		return "its field does not have the resource's type";
	return NULL;
}

/* NULL, or what is wrong with the resource. */
static const char *check_resource(const struct lw_resource *resource, uint32_t data_size)
{
	bool bound = resource->size > 0;

	if (resource->type > LW_CORELNK || (resource->type == LW_NONE && resource->ops & LW_RW))
		return "it has no data type";
	if (resource->ops == 0 || resource->ops & ~(LW_RW | LW_E) ||
		(resource->ops & LW_E && resource->ops & LW_RW))
		return "its operations are neither R, W, RW nor E";
	if (resource->ops & LW_E && !resource->execute)
		return "it has no execute()";
	if (resource->ops & LW_R && !bound && !resource->constant && !resource->read)
		return "there is nothing to read: no field, no constant, no read()";
	if (resource->flags & LW_STREAM && (!resource->write_block || resource->type != LW_OPAQUE))
		return "LW_STREAM needs the type Opaque and a write_block()";
	if (resource->ops & LW_W && !bound && !resource->write && !resource->write_block)
		return "there is nothing to write: no field, no write(), no write_block()";
	if (resource->constant && resource->type != LW_STRING)
		return "a constant has to be a String";
	if (resource->read && resource->flags & LW_MULTIPLE)
		return "a multiple resource cannot have a read()";
	return check_field(resource, data_size);
}

static int compare_resources(const void *a, const void *b)
{
	const struct lw_resource *x = a, *y = b;

	return (int)x->id - (int)y->id;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int copy_resources(const struct lw_plugin *plugin, struct abi_object *object, char **ret_reason)
{
	const char *at = (const char *)object->object.resources;
	size_t n = 0, stride = plugin->resource_size;

	while (n <= ABI_RESOURCES_MAX &&
		((const struct lw_resource *)(const void *)(at + n * stride))->id != UINT16_MAX)
		n++;
	if (n == 0 || n > ABI_RESOURCES_MAX)
		return refuse(-EINVAL, ret_reason,
			"Object %u has %s resources; its table has to end with LW_RES_END", object->object.id,
			n == 0 ? "no" : "too many");
	object->resources = calloc(n, sizeof(*object->resources));
	object->infos = calloc(n, sizeof(*object->infos));
	if (!object->resources || !object->infos)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		memcpy(&object->resources[i], at + i * stride, smaller(stride, sizeof(struct lw_resource)));
	qsort(object->resources, n, sizeof(*object->resources), compare_resources);
	object->info.n_resources = n;
	return 0;
}

static int check_resources(struct abi_object *object, char **ret_reason)
{
	for (size_t i = 0; i < object->info.n_resources; i++) {
		const struct lw_resource *resource = &object->resources[i];
		const char *wrong = check_resource(resource, object->object.data_size);

		if (i > 0 && resource[-1].id == resource->id)
			wrong = "it is there twice";
		if (wrong)
			return refuse(-EINVAL, ret_reason, "Resource /%u/*/%u: %s", object->object.id,
				resource->id, wrong);
		object->infos[i] = (struct resource_info){ resource->id, resource->type, resource->ops,
			(uint8_t)resource->flags };
	}
	return 0;
}

bool abi_is_version(const char *version)
{
	const char *dot = version ? strchr(version, '.') : NULL;

	return dot && dot != version && dot[1] && strlen(version) < 8 &&
	       !dot[1 + strspn(dot + 1, "0123456789")] &&
	       strspn(version, "0123456789") == (size_t)(dot - version);
}

static int copy_object(const struct lw_plugin *plugin, const struct lw_object *from,
	struct abi_object *object, char **ret_reason)
{
	struct lw_object *to = &object->object;
	int r;

	memcpy(to, from, smaller(plugin->object_size, sizeof(*to)));
	if (to->id == UINT16_MAX || to->id == 0)
		return refuse(-EINVAL, ret_reason, "Object %u: no plugin may have this id", to->id);
	if (!abi_is_version(to->version))
		return refuse(-EINVAL, ret_reason, "Object %u: its version is not of the form 1.0", to->id);
	if (!to->resources || to->data_size > ABI_DATA_MAX || (to->data_size > 0 && !to->defaults))
		return refuse(-EINVAL, ret_reason,
			"Object %u: no resources, no defaults, or data above %u bytes", to->id, ABI_DATA_MAX);
	r = copy_resources(plugin, object, ret_reason);
	if (r < 0)
		return r;
	object->info.id = to->id;
	object->info.version = to->version;
	object->info.flags = (to->flags & LW_CREATE ? OBJECT_CREATE | OBJECT_MULTIPLE : 0) |
			     (to->flags & LW_INSTANCES ? OBJECT_MULTIPLE : 0);
	object->info.resources = object->infos;
	return check_resources(object, ret_reason);
}

static int copy_objects(const struct lw_plugin *from, struct abi_plugin *plugin, char **ret_reason)
{
	size_t n = 0;

	while (n <= ABI_OBJECTS_MAX && from->objects[n])
		n++;
	if (n == 0 || n > ABI_OBJECTS_MAX)
		return refuse(-EINVAL, ret_reason, "The plugin has %s objects", n == 0 ? "no" : "too many");
	plugin->objects = calloc(n, sizeof(*plugin->objects));
	if (!plugin->objects)
		return -ENOMEM;
	plugin->n_objects = n;
	for (size_t i = 0; i < n; i++) {
		int r = copy_object(from, from->objects[i], &plugin->objects[i], ret_reason);

		if (r < 0)
			return r;
		for (size_t k = 0; k < i; k++)
			if (plugin->objects[k].info.id == plugin->objects[i].info.id)
				return refuse(-EINVAL, ret_reason, "Object %u is there twice",
					plugin->objects[i].info.id);
	}
	return 0;
}

/* Tables that the plugin makes of its settings. */
static int describe(struct lw_plugin *plugin, const struct lw_host *host, char **ret_reason)
{
	int r;

	if (plugin->objects || !plugin->describe || !host)
		return 0;
	r = plugin->describe(host, &plugin->objects);
	if (r >= 0)
		return 0;
	errno = r > -4096 ? -r : EIO;
	return refuse(-EINVAL, ret_reason, "It cannot describe its objects: %m");
}

static bool size_is_sane(size_t size, size_t least)
{
	return size >= least && size <= SIZE_MAX_SANE && size % _Alignof(void *) == 0;
}

int abi_read(const struct lw_plugin *from, const struct lw_host *host, struct abi_plugin **ret,
	char **ret_reason)
{
	_cleanup_(abi_closep) struct abi_plugin *plugin = NULL;
	int r;

	if (from->abi != LW_PLUGIN_ABI)
		return refuse(-ENOEXEC, ret_reason,
			"It is made for plugin ABI %u and this agent has ABI %u; install the build that goes with this agent",
			from->abi, LW_PLUGIN_ABI);
	if (!size_is_sane(from->plugin_size, PLUGIN_SIZE_MIN) ||
		!size_is_sane(from->object_size, OBJECT_SIZE_MIN) ||
		!size_is_sane(from->resource_size, RESOURCE_SIZE_MIN))
		return refuse(
			-ENOEXEC, ret_reason, "Its size stamps make no sense; declare it with LW_PLUGIN()");
	plugin = calloc(1, sizeof(*plugin));
	if (!plugin)
		return -ENOMEM;
	memcpy(&plugin->plugin, from, smaller(from->plugin_size, sizeof(plugin->plugin)));
	r = describe(&plugin->plugin, host, ret_reason);
	if (r < 0)
		return r;
	if (!plugin->plugin.name || !plugin->plugin.objects)
		return refuse(-EINVAL, ret_reason, "It has no name or no objects");
	r = copy_objects(&plugin->plugin, plugin, ret_reason);
	if (r < 0)
		return r;
	*ret = steal_pointer(&plugin);
	return 0;
}

int abi_open(const char *path, const struct lw_host *host, struct abi_plugin **ret, char **ret_reason)
{
	const struct lw_plugin *plugin;
	void *handle;
	int r;

	if (access(path, R_OK) < 0)
		return refuse(-errno, ret_reason, "%s: %m", path);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		const char *why = dlerror();

		return refuse(-ENOEXEC, ret_reason, "%s%s", why,
			strstr(why, "undefined symbol") ? "; link it with the library that has it" : "");
	}
	plugin = dlsym(handle, "lw_plugin");
	r = plugin ? abi_read(plugin, host, ret, ret_reason) :
		     refuse(-ENOEXEC, ret_reason, "It exports no lw_plugin; declare it with LW_PLUGIN()");
	if (r < 0)
		dlclose(handle);
	else
		(*ret)->handle = handle;
	return r;
}

struct abi_plugin *abi_close(struct abi_plugin *plugin)
{
	void *handle;

	if (!plugin)
		return NULL;
	for (size_t i = 0; i < plugin->n_objects; i++) {
		free(plugin->objects[i].resources);
		free(plugin->objects[i].infos);
	}
	free(plugin->objects);
	handle = plugin->handle;
	free(plugin);
	if (handle)
		dlclose(handle);
	return NULL;
}

const struct lw_resource *abi_find_resource(const struct abi_object *object, uint16_t rid)
{
	size_t low = 0, high = object->info.n_resources;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (object->resources[middle].id == rid)
			return &object->resources[middle];
		if (object->resources[middle].id < rid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
