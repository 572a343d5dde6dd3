/* SPDX-License-Identifier: Apache-2.0 */
/* Percentage (OMA 3320) of each file system on a block device: how full it is, as df says it. */
#include <fcntl.h>
#include <math.h>
#include <mntent.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <syslog.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "system.h"

#define DISKS     3320
#define DISKS_MAX 32

/* What instance 0, 1, … is of; a place in the middle is empty when its file system went away. */
static struct disk {
	char directory[sizeof(((struct figure *)0)->type)], device[128];
	struct lw_instance *inst;
	bool seen;
} disks[DISKS_MAX];

static int mounts = -1;
static sd_event_source *mounts_source;

static int disk_init(struct lw_instance *inst)
{
	struct figure *f = inst->data;

	strcpy(f->type, disks[inst->iid].directory);
	disks[inst->iid].inst = inst;
	return 0;
}

static void disk_fini(struct lw_instance *inst)
{
	disks[inst->iid] = (struct disk){ 0 };
}

/* What only root may use is neither free nor used. */
static int disk_poll(struct lw_instance *inst)
{
	struct figure *f = inst->data;
	struct statvfs fs;
	char path[4096];
	double used;

	f->value = NAN;
	snprintf(path, sizeof(path), "%s%s", system_root, disks[inst->iid].directory);
	if (statvfs(path, &fs) < 0)
		return -errno;
	used = (double)(fs.f_blocks - fs.f_bfree);
	if (used + (double)fs.f_bavail > 0)
		f->value = round(used / (used + (double)fs.f_bavail) * 1000) / 10;
	figure_track(f);
	return 0;
}

static const struct lw_resource resources[] = {
	LW_RES_FLOAT(5700, LW_R, struct figure, value, .flags = LW_MANDATORY),
	LW_RES_FLOAT(5601, LW_R, struct figure, min),
	LW_RES_FLOAT(5602, LW_R, struct figure, max),
	LW_RES_EXECUTE(5605, figure_reset),
	LW_RES_CONST(5701, "%"),
	LW_RES_STRING(5750, LW_RW, struct figure, type),
	LW_RES_END,
};

const struct lw_object disks_object = {
	.id = DISKS,
	.version = "1.1",
	.flags = LW_INSTANCES,
	.resources = resources,
	LW_DATA(struct figure, NAN, NAN, NAN),
	.poll_ms = 10000,
	.poll = disk_poll,
	.init = disk_init,
	.fini = disk_fini,
};

/* An image that is always full says nothing. */
static bool counts(const struct mntent *mount)
{
	return *mount->mnt_fsname == '/' && strcmp(mount->mnt_type, "squashfs") != 0 &&
	       strcmp(mount->mnt_type, "iso9660") != 0 &&
	       strlen(mount->mnt_dir) < sizeof(disks[0].directory) &&
	       strlen(mount->mnt_fsname) < sizeof(disks[0].device);
}

static struct disk *find_disk(const char *device)
{
	for (size_t i = 0; i < DISKS_MAX; i++)
		if (strcmp(disks[i].device, device) == 0)
			return &disks[i];
	return NULL;
}

/* A device that is mounted at several places is there once, at the first. */
static void see(const struct lw_host *host, const struct mntent *mount)
{
	struct disk *disk = find_disk(mount->mnt_fsname);

	if (disk) {
		disk->seen = true;
		return;
	}
	disk = find_disk("");
	if (!disk) {
		lw_log(host, LOG_WARNING, "%s is left out: more than %d file systems", mount->mnt_dir,
			DISKS_MAX);
		return;
	}
	strcpy(disk->directory, mount->mnt_dir);
	strcpy(disk->device, mount->mnt_fsname);
	disk->seen = true;
	if (lw_add_instance(host, DISKS, (uint16_t)(disk - disks), NULL) < 0)
		*disk = (struct disk){ 0 };
}

static void scan(const struct lw_host *host)
{
	struct mntent mount;
	char path[4096], line[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/self/mounts", system_root);
	file = setmntent(path, "re");
	if (!file)
		return;
	for (size_t i = 0; i < DISKS_MAX; i++)
		disks[i].seen = false;
	while (getmntent_r(file, &mount, line, sizeof(line)))
		if (counts(&mount))
			see(host, &mount);
	endmntent(file);
	for (size_t i = 0; i < DISKS_MAX; i++)
		if (disks[i].inst && !disks[i].seen)
			lw_remove_instance(disks[i].inst);
}

static int on_mounts(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	scan(userdata);
	return 0;
}

/* The kernel says by EPOLLPRI that something was mounted; a file of a test never does. */
int disks_start(const struct lw_host *host)
{
	scan(host);
	if (*system_root)
		return 0;
	mounts = open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);
	if (mounts < 0)
		return 0;
	return sd_event_add_io(
		lw_event(host), &mounts_source, mounts, EPOLLPRI, on_mounts, (void *)(uintptr_t)host);
}

void disks_stop(void)
{
	mounts_source = sd_event_source_disable_unref(mounts_source);
	if (mounts >= 0)
		close(mounts);
	mounts = -1;
}
