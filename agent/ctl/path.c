/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

#include <errno.h>
#include <stddef.h>

#include "base/bytes.h"

#define ID_MAX 65534

/* Takes "NUMBER" off text. */
static int take_id(const char **text, uint16_t *ret)
{
	unsigned int id = 0;
	size_t n = 0;

	for (; (*text)[n] >= '0' && (*text)[n] <= '9'; n++) {
		id = id * 10 + (unsigned int)((*text)[n] - '0');
		if (id > ID_MAX)
			return -EINVAL;
	}
	if (n == 0 || (n > 1 && **text == '0'))
		return -EINVAL;
	*text += n;
	*ret = (uint16_t)id;
	return 0;
}

int path_parse(const char *text, struct path *ret)
{
	struct path path = { .depth = 0 };
	size_t len = 0;

	if (*text == '/')
		text++;
	for (;;) {
		if (path.depth == 4 || take_id(&text, &path.ids[path.depth]) < 0)
			return -EINVAL;
		len += (size_t)snprintf(
			path.text + len, sizeof(path.text) - len, "/%u", path.ids[path.depth++]);
		if (*text == '/' && text[1])
			text++;
		else
			break;
	}
	if (*text && strcmp(text, "/") != 0)
		return -EINVAL;
	*ret = path;
	return 0;
}

int path_take(const struct ctl *ctl, const char *text, unsigned int min, struct path *ret)
{
	static const char *const forms[] = { "", "/OBJECT", "/OBJECT/INSTANCE", "/OBJECT/INSTANCE/RESOURCE" };
	struct path path;

	if (path_parse(text, &path) < 0)
		return ctl_fail(ctl, OUTCOME_USAGE, "'%s' is not a path: write /3, /3/0 or /3/0/9", text);
	if (path.depth < min)
		return ctl_fail(ctl, OUTCOME_USAGE, "%s is not enough of a path here: write %s, as %s",
			path.text, forms[min], min == 2 ? "/3/0" : "/3/0/9");
	*ret = path;
	return OUTCOME_DONE;
}
