/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#include "lwm2m/acl.h"

static void rule_39_closed_objects(void **state)
{
	static const struct object_info hidden_info = { 32000, OBJECT_HIDDEN, "1.0", NULL, 0 };
	static const struct object_info open_info = { 3, 0, "1.1", NULL, 0 };
	struct object hidden = { .info = &hidden_info }, open = { .info = &open_info };

	(void)state;
	for (enum operation_type i = 0; i < _OPERATION_TYPE_MAX; i++) {
		assert_int_equal(acl_check(NULL, 1, i, &PATH1(0), NULL), -EACCES);
		assert_int_equal(acl_check(NULL, 1, i, &PATH1(21), NULL), -EACCES);
		assert_int_equal(acl_check(NULL, 1, i, &PATH1(23), NULL), -EACCES);
		assert_int_equal(acl_check(NULL, 1, i, &PATH1(32000), &hidden), -EACCES);
		assert_int_equal(acl_check(NULL, 1, i, &PATH1(3), &open), 0);
		/* that there is none of this id is another matter */
		assert_int_equal(acl_check(NULL, 1, i, &PATH1(9), NULL), 0);
	}
}

/* What no server made belongs to the first one; all may Create. */
static int factory(struct acl *acl, struct acl_entry *entry)
{
	(void)acl;
	entry->owner = 1;
	if (entry->iid != ACL_ANY_INSTANCE)
		return 0;
	assert_int_equal(acl_entry_set(entry, 1, ACL_C), 0);
	return acl_entry_set(entry, 2, ACL_C);
}

static void set(struct acl *acl, uint16_t oid, uint16_t iid, uint16_t server, uint8_t rights)
{
	assert_int_equal(acl_entry_set(acl_find(acl, oid, iid), server, rights), 0);
}

static void rule_40_whose_rights_count(void **state)
{
	struct acl acl = { .factory = factory };
	struct acl_entry *entry;

	(void)state;
	assert_int_equal(acl_add(&acl, 500, 0, 7, &entry), 0);
	entry->owner = 1;
	assert_int_equal(acl_rights(&acl, 1, 500, 0), ACL_ALL);
	assert_int_equal(acl_rights(&acl, 2, 500, 0), 0);
	set(&acl, 500, 0, ACL_DEFAULT, ACL_R | ACL_E);
	assert_int_equal(acl_rights(&acl, 1, 500, 0), ACL_ALL);
	assert_int_equal(acl_rights(&acl, 2, 500, 0), ACL_R | ACL_E);
	set(&acl, 500, 0, 2, ACL_W);
	assert_int_equal(acl_rights(&acl, 2, 500, 0), ACL_W);
	assert_int_equal(acl_rights(&acl, 3, 500, 0), ACL_R | ACL_E);
	/* an own entry replaces what an owner has, and the default */
	set(&acl, 500, 0, 1, 0);
	assert_int_equal(acl_rights(&acl, 1, 500, 0), 0);
	acl_entry_unset(entry, 1);
	assert_int_equal(acl_rights(&acl, 1, 500, 0), ACL_ALL);
	/* object 2: all read, the owner writes */
	assert_int_equal(acl_rights(&acl, 1, 2, 7), ACL_R | ACL_W);
	assert_int_equal(acl_rights(&acl, 2, 2, 7), ACL_R);
	assert_int_equal(acl_rights(&acl, 1, 501, 0), 0);
	acl_deinit(&acl);
}

static void rights_are_bounded(void **state)
{
	struct acl acl = { .factory = factory };
	struct acl_entry *entry;

	(void)state;
	assert_int_equal(acl_add(&acl, 500, 0, 0, &entry), 0);
	for (uint16_t i = ACL_RIGHTS_MAX; i > 0; i--)
		assert_int_equal(acl_entry_set(entry, i, ACL_R), 0);
	assert_int_equal(acl_entry_set(entry, 1000, ACL_R), -ENOSPC);
	assert_int_equal(acl_entry_set(entry, 1, ACL_W), 0);
	assert_int_equal(acl_add(&acl, 500, 0, 1, &entry), -EEXIST);
	acl_deinit(&acl);
}

#define BOTH_REGISTERED \
	TRANSCRIPT_REGISTERED_BY_FIRST, { 0, "@1 connected", "@1 " TRANSCRIPT_REGISTER_SECOND }, \
	{ 0, "@1 answer 2.01 /rd/1", "@1 registered 300" }
#define TRANSCRIPT_REGISTERED_BY_FIRST \
	{ 0, "start", "connect\n@1 connect" }, { 0, "connected", TRANSCRIPT_REGISTER }, \
	{ 0, "answer 2.01 /rd/5a", "registered 300" }
#define TRANSCRIPT_REGISTER_SECOND \
	"request POST /rd?ep=dev&lt=300&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS "\n@1 registering"

#define TRANSCRIPT_UPDATE_LINKS_AT(location, links) \
	"request POST " location " format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</3>;ver=1.1,</3/0>," links

struct two {
	struct transcript transcript;
	struct acl acl;
};

static void two_init(struct two *two)
{
	static const struct step steps[] = { BOTH_REGISTERED };

	two->acl = (struct acl){ .factory = factory };
	transcript_init(&two->transcript, &(struct transcript_config){ .servers = 2 });
	two->transcript.fake.registry.acl = &two->acl;
	acl_fill(&two->acl, &two->transcript.fake.registry);
	play_on(&two->transcript, steps);
}

static void two_deinit(struct two *two)
{
	transcript_deinit(&two->transcript);
	acl_deinit(&two->acl);
}

static void rule_40_each_right_alone(void **state)
{
	static const struct {
		uint8_t right;
		const char *read, *write, *execute, *delete;
	} cases[] = {
		{ 0, "@1 4.01", "@1 4.01", "@1 4.01", "@1 4.01" },
		{ ACL_R, "@1 2.05 format=0 5", "@1 4.01", "@1 4.01", "@1 4.01" },
		{ ACL_W, "@1 4.01", "@1 2.04", "@1 4.01", "@1 4.01" },
		{ ACL_E, "@1 4.01", "@1 4.01", "execute /500/0/3\n@1 2.04", "@1 4.01" },
		{ ACL_D, "@1 4.01", "@1 4.01", "@1 4.01", NULL },
		{ ACL_C, "@1 4.01", "@1 4.01", "@1 4.01", "@1 4.01" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		const char *discovered = cases[i].right & ACL_R ? "@1 2.05 format=40 </500/0/1>" : "@1 4.01";
		const char *attributes = cases[i].right & ACL_R ? "@1 2.04" : "@1 4.01";
		const struct step steps[] = {
			{ 0, "@1 GET /500/0/1", cases[i].read },
			{ 0, "@1 GET /500/0/1 accept=40", discovered },
			{ 0, "@1 PUT /500/0/1?pmin=1", attributes },
			{ 0, "@1 PUT /500/0/1 format=0 \"5\"", cases[i].write },
			{ 0, "@1 POST /500/0/3", cases[i].execute },
			/* not there is not there, whoever asks; the first server has all rights */
			{ 0, "@1 GET /500/9", "@1 4.04" },
			{ 0, "@1 GET /9", "@1 4.04" },
			{ 0, "GET /500/0/1", "2.05 format=0 5" },
		};
		const struct step last[] = { { 0, "@1 DELETE /500/0", cases[i].delete } };
		struct two two;

		two_init(&two);
		set(&two.acl, 500, 0, 2, cases[i].right);
		play_on(&two.transcript, steps);
		if (cases[i].delete)
			play_on(&two.transcript, last);
		else
			transcript_do(&two.transcript, 0, "@1 DELETE /500/0");
		assert_int_equal(!acl_find(&two.acl, 500, 0), cases[i].right == ACL_D);
		two_deinit(&two);
	}
}

static void rule_40_object_level(void **state)
{
	static const struct step none[] = {
		{ 0, "@1 GET /500", "@1 4.01" },
		/* Discover of an object needs no right, an empty object has nothing to hide */
		{ 0, "@1 GET /3 accept=40", "@1 2.05 format=40 </3>;ver=1.1,</3/0>,</3/0/0>,</3/0/4>" },
		{ 0, "@1 GET /501", "@1 2.05 format=112 {}" },
	};
	static const struct step some[] = {
		{ 0, "@1 GET /500", "@1 2.05 format=112 {/500/4/0=mine}" },
		{ 0, "@1 GET /500/0", "@1 4.01" },
		{ 0, "@1 GET /500 observe=0 token=01",
			"watch 500 on\n@1 2.05 observe=0 format=112 {/500/4/0=mine}" },
		/* a change of what it may not read is nothing new */
		{ 1 * SEC, "set /500/0/1 6" },
		{ 2 * SEC, "set /500/4/1 7",
			"@1 notify 2.05 token=01 observe=1 format=112 {/500/4/0=mine /500/4/1=7}" },
	};
	struct two two;

	(void)state;
	two_init(&two);
	play_on(&two.transcript, none);
	transcript_do(&two.transcript, 0, "add /500/4");
	transcript_do(&two.transcript, 0, "set /500/4/0 mine");
	transcript_do(&two.transcript, 0, "answer 2.04");
	transcript_do(&two.transcript, 0, "@1 answer 2.04");
	set(&two.acl, 500, 4, 2, ACL_R);
	play_on(&two.transcript, some);
	two_deinit(&two);
}

static void rule_40_lost_right_ends_observation(void **state)
{
	static const struct step before[] = {
		{ 0, "@1 GET /500/0/1 observe=0 token=01", "watch 500 on\n@1 2.05 observe=0 format=0 5" },
		{ 0, "GET /500/0/1 observe=0 token=02", "2.05 observe=0 format=0 5" },
		{ 1 * SEC, "set /500/0/1 6", 
			"notify 2.05 token=02 observe=1 format=0 6\n@1 notify 2.05 token=01 observe=1 format=0 6" },
	};
	static const struct step after[] = {
		{ 2 * SEC, "set /500/0/1 7",
			"notify 2.05 token=02 observe=2 format=0 7\n@1 notify 4.01 token=01" },
		{ 3 * SEC, "set /500/0/1 8", "notify 2.05 token=02 observe=3 format=0 8" },
	};
	struct two two;

	(void)state;
	two_init(&two);
	set(&two.acl, 500, 0, 2, ACL_R);
	play_on(&two.transcript, before);
	set(&two.acl, 500, 0, 2, ACL_W);
	play_on(&two.transcript, after);
	two_deinit(&two);
}

static void rule_40_created_is_owned(void **state)
{
	static const struct step steps[] = {
		{ 1 * SEC, "GET /501/0", "4.01" },
		{ 1 * SEC, "@1 GET /501/0/0", "@1 2.05 format=0 abc" },
		{ 1 * SEC, "DELETE /501/0", "4.01" },
	};
	struct two two;

	(void)state;
	two_init(&two);
	/* [{-2: "/501/0/0", 3: "abc"}] */
	transcript_do(&two.transcript, 0, "@1 POST /501 format=112 x:81a200682f3530312f302f300363616263");
	assert_non_null(acl_find(&two.acl, 501, 0));
	assert_int_equal(acl_find(&two.acl, 501, 0)->owner, 2);
	assert_false(acl_find(&two.acl, 501, 0)->factory);
	transcript_do(&two.transcript, 0, "answer 2.04");
	transcript_do(&two.transcript, 0, "@1 answer 2.04");
	play_on(&two.transcript, steps);
	transcript_do(&two.transcript, 1 * SEC, "@1 DELETE /501/0");
	assert_null(acl_find(&two.acl, 501, 0));
	assert_non_null(acl_find(&two.acl, 501, ACL_ANY_INSTANCE));
	two_deinit(&two);
}

static void rule_28_create_right(void **state)
{
	static const struct step steps[] = { { 0, "@1 POST /500", "@1 4.01" }, { 0, "@1 POST /3", "@1 4.01" } };
	struct two two;

	(void)state;
	two_init(&two);
	set(&two.acl, 500, ACL_ANY_INSTANCE, 2, ACL_ALL & ~ACL_C);
	play_on(&two.transcript, steps);
	two_deinit(&two);
}

#define FETCH(list) "@1 FETCH / format=110 accept=112 \"[" list "]\""
#define IPATCH(list) "@1 IPATCH / format=110 \"[" list "]\""
#define NAME(path) "{\"n\":\"" path "\"}"
#define SET(path, value) "{\"n\":\"" path "\",\"v\":" value "}"

/* What may not be read is left out, as what is not there is: neither says that there is something. */
static void rule_40_composite_read_leaves_out(void **state)
{
	static const struct step nothing[] = {
		{ 0, FETCH(NAME("/500/0/1")), "@1 2.05 format=112 {}" },
		{ 0, FETCH(NAME("/")), "@1 2.05 format=112 {}" },
	};
	static const struct step some[] = {
		{ 0, FETCH(NAME("/3/0/0") "," NAME("/500/0/1")), "@1 2.05 format=112 {/500/0/1=5}" },
		{ 0, FETCH(NAME("/3") "," NAME("/500/0/4")), "@1 2.05 format=112 {/500/0/4/0=10 /500/0/4/2=30}" },
		{ 0, FETCH(NAME("/")),
			"@1 2.05 format=112 {/500/0/0=abc /500/0/1=5 /500/0/2=21.5 /500/0/4/0=10 /500/0/4/2=30}" },
		/* an object of which one instance may be read */
		{ 0, "add /500/1", TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</500/0>,</500/1>,</501>,</502>")
			"\n@1 " TRANSCRIPT_UPDATE_LINKS_AT("/rd/1", "</500>;ver=2.0,</500/0>,</500/1>,</501>,</502>") },
		{ 0, "answer 2.04", "updated 207" },
		{ 0, "@1 answer 2.04", "@1 updated 207" },
		{ 0, "set /500/1/1 7" },
		{ 0, FETCH(NAME("/500") "," NAME("/500/1/1")),
			"@1 2.05 format=112 {/500/0/0=abc /500/0/1=5 /500/0/2=21.5 /500/0/4/0=10 /500/0/4/2=30}" },
		{ 0, "FETCH / format=110 accept=112 \"[" NAME("/500/1/1") "]\"", "2.05 format=112 {/500/1/1=7}" },
	};
	struct two two;

	(void)state;
	two_init(&two);
	set(&two.acl, 500, 0, 2, ACL_ALL & ~ACL_R);
	play_on(&two.transcript, nothing);
	set(&two.acl, 500, 0, 2, ACL_R);
	play_on(&two.transcript, some);
	two_deinit(&two);
}

/* Either all of it may be written, or none of it is. */
static void rule_40_composite_write_needs_all(void **state)
{
	static const struct step refused[] = {
		{ 0, IPATCH(SET("/500/0/1", "6")), "@1 2.04" },
		{ 0, IPATCH(SET("/500/0/1", "7") "," SET("/502/0/1", "7")), "@1 4.01" },
		{ 0, IPATCH(SET("/502/0/1", "7") "," SET("/500/0/1", "7")), "@1 4.01" },
		{ 0, IPATCH(SET("/500/0/1", "7") "," "{\"n\":\"/0/0/0\",\"vs\":\"x\"}"), "@1 4.01" },
		{ 0, "GET /500/0/1", "2.05 format=0 6" },
		{ 0, "GET /502/0/1", "2.05 format=0 3" },
		/* the first server owns what nobody made */
		{ 0, "IPATCH / format=110 \"[" SET("/500/0/1", "8") "," SET("/502/0/1", "8") "]\"", "2.04" },
	};
	static const struct step taken[] = {
		{ 0, IPATCH(SET("/500/0/1", "9") "," SET("/502/0/1", "9")), "@1 2.04" },
		{ 0, "GET /500/0/1", "2.05 format=0 9" },
		{ 0, "GET /502/0/1", "2.05 format=0 9" },
		{ 0, FETCH(NAME("/502/0/1")), "@1 2.05 format=112 {}" },
		/* what is given back needs no right to read, and is not told */
		{ 0, "hold" },
		{ 0, IPATCH(SET("/500/0/1", "1") "," SET("/502/0/1", "1")) },
		{ 0, "done" },
		{ 0, "done" },
		{ 0, "done" },
		{ 0, "done EIO" },
		{ 0, "done", "@1 5.00" },
		{ 0, "GET /500/0/1" },
		{ 0, "done", "2.05 format=0 9" },
	};
	struct two two;

	(void)state;
	two_init(&two);
	transcript_do(&two.transcript, 0, "add /502/0");
	transcript_do(&two.transcript, 0, "set /502/0/1 3");
	transcript_do(&two.transcript, 0, "answer 2.04");
	transcript_do(&two.transcript, 0, "@1 answer 2.04");
	set(&two.acl, 500, 0, 2, ACL_W);
	set(&two.acl, 502, 0, 2, ACL_ALL & ~ACL_W);
	play_on(&two.transcript, refused);
	set(&two.acl, 502, 0, 2, ACL_W);
	play_on(&two.transcript, taken);
	two_deinit(&two);
}

/* The observation stays: what may be read is another matter each time. */
static void rule_40_composite_observe_leaves_out(void **state)
{
	static const struct step both[] = {
		{ 0, "@1 FETCH / observe=0 token=01 format=110 accept=112 \"[" NAME("/3/0/0") "," NAME("/500/0/1") "]\"",
			"watch 3 on\nwatch 500 on\n@1 2.05 observe=0 format=112 {/3/0/0=maker /500/0/1=5}" },
		{ 1 * SEC, "set /500/0/1 6",
			"@1 notify 2.05 token=01 observe=1 format=112 {/3/0/0=maker /500/0/1=6}" },
	};
	static const struct step one[] = {
		{ 2 * SEC, "set /500/0/1 7", "@1 notify 2.05 token=01 observe=2 format=112 {/3/0/0=maker}" },
		/* what it may not read is nothing new to it */
		{ 3 * SEC, "set /500/0/1 8" },
	};
	static const struct step again[] = {
		{ 4 * SEC, "set /500/0/1 9",
			"@1 notify 2.05 token=01 observe=3 format=112 {/3/0/0=maker /500/0/1=9}" },
	};
	struct two two;

	(void)state;
	two_init(&two);
	set(&two.acl, 3, 0, 2, ACL_R);
	set(&two.acl, 500, 0, 2, ACL_R);
	play_on(&two.transcript, both);
	set(&two.acl, 500, 0, 2, 0);
	play_on(&two.transcript, one);
	set(&two.acl, 500, 0, 2, ACL_R);
	play_on(&two.transcript, again);
	two_deinit(&two);
}

/* A plugin that comes back finds what servers said of its instances; what goes alone is forgotten. */
static void entries_come_and_go(void **state)
{
	struct two two;

	(void)state;
	two_init(&two);
	set(&two.acl, 500, 0, 2, ACL_R);
	acl_find(&two.acl, 500, 0)->factory = false;
	transcript_do(&two.transcript, 0, "add /500/1");
	assert_true(acl_find(&two.acl, 500, 1)->factory);
	transcript_do(&two.transcript, 0, "remove /500");
	assert_non_null(acl_find(&two.acl, 500, 0));
	assert_null(acl_find(&two.acl, 500, 1));
	assert_null(acl_find(&two.acl, 500, ACL_ANY_INSTANCE));
	transcript_do(&two.transcript, 0, "add /500");
	assert_int_equal(acl_rights(&two.acl, 2, 500, 0), ACL_R);
	assert_non_null(acl_find(&two.acl, 500, 1));
	transcript_do(&two.transcript, 0, "remove /500/0");
	assert_null(acl_find(&two.acl, 500, 0));
	two_deinit(&two);
}

static void rule_40_one_server_checks_nothing(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "GET /500/0/1", "2.05 format=0 5" },
		{ 0, "GET /2", "4.04" },
		{ 0, "PUT /500/0/1 format=0 \"6\"", "2.04" },
	};

	(void)state;
	play(steps);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(rule_39_closed_objects),
	cmocka_unit_test(rule_40_whose_rights_count),
	cmocka_unit_test(rights_are_bounded),
	cmocka_unit_test(rule_40_each_right_alone),
	cmocka_unit_test(rule_40_object_level),
	cmocka_unit_test(rule_40_lost_right_ends_observation),
	cmocka_unit_test(rule_40_created_is_owned),
	cmocka_unit_test(rule_28_create_right),
	cmocka_unit_test(rule_40_composite_read_leaves_out),
	cmocka_unit_test(rule_40_composite_write_needs_all),
	cmocka_unit_test(rule_40_composite_observe_leaves_out),
	cmocka_unit_test(entries_come_and_go),
	cmocka_unit_test(rule_40_one_server_checks_nothing),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/acl", tests, NULL, NULL);
}
