/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.h - circular, doubly linked, intrusive lists
 *
 * A list head and each member's link are both a struct list; an empty or unlinked one points at itself. The list owns
 * nothing. list_remove() may be called on an unlinked link.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct list {
	struct list *prev, *next;
};

#define LIST_INIT(name) ((struct list){ &(name), &(name) })

static inline void list_init(struct list *list)
{
	list->prev = list->next = list;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_append(struct list *list, struct list *link)
{
	link->prev = list->prev;
	link->next = list;
	list->prev->next = link;
	list->prev = link;
}

static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

#define list_entry(link, type, member) container_of(link, type, member)

#define list_first_entry(list, type, member) \
	(list_is_empty(list) ? NULL : list_entry((list)->next, type, member))

#define list_for_each(entry, list, member)                                            \
	for (entry = list_entry((list)->next, __typeof__(*entry), member); &entry->member != (list); \
	     entry = list_entry(entry->member.next, __typeof__(*entry), member))

/* As list_for_each; the current entry may be removed and freed. */
#define list_for_each_safe(entry, safe, list, member)                                 \
	for (entry = list_entry((list)->next, __typeof__(*entry), member),            \
	    safe = list_entry(entry->member.next, __typeof__(*entry), member);        \
	     &entry->member != (list);                                                \
	     entry = safe, safe = list_entry(entry->member.next, __typeof__(*entry), member))
