/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#define ALL_OF_500_0 "/500/0/0=abc /500/0/1=5 /500/0/2=21.5 /500/0/4/0=10 /500/0/4/2=30"

static void reads_at_every_level(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "GET /500/0/1", "2.05 format=0 5" },
		{ 0, "GET /500/0/1 accept=0", "2.05 format=0 5" },
		{ 0, "GET /500/0/2 accept=112", "2.05 format=112 {/500/0/2=21.5}" },
		{ 0, "GET /500/0/0 accept=110", "2.05 format=110 [{\"bn\":\"/500/0/0\",\"vs\":\"abc\"}]" },
		{ 0, "GET /500/0/4", "2.05 format=112 {/500/0/4/0=10 /500/0/4/2=30}" },
		{ 0, "GET /500/0/4/2", "2.05 format=0 30" },
		{ 0, "GET /500/0", "2.05 format=112 {" ALL_OF_500_0 "}" },
		{ 0, "GET /500/0 accept=11542", "2.05 format=11542 {" ALL_OF_500_0 "}" },
		{ 0, "GET /500", "2.05 format=112 {" ALL_OF_500_0 "}" },
		/* nothing in it, which is no error */
		{ 0, "set /500/0/4" },
		{ 0, "GET /500/0/4", "2.05 format=112 {}" },
	};

	(void)state;
	play(steps);
}

static void formats_without_accept(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "answer 4.12",
			"request POST /rd?ep=dev&lt=300&lwm2m=1.0&b=U format=40 "
			TRANSCRIPT_LINKS_OF("60 110 112 11542 11543") "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "set /500/0/6 blob" },
		{ 0, "GET /500/0/1", "2.05 format=0 5" },
		{ 0, "GET /500/0/6", "2.05 format=42 blob" },
		{ 0, "GET /500/0/4", "2.05 format=11542 {/500/0/4/0=10 /500/0/4/2=30}" },
	};

	(void)state;
	play(steps);
}

static void rule_39_lwm2m_json_is_of_1_0(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "answer 4.12",
			"request POST /rd?ep=dev&lt=300&lwm2m=1.0&b=U format=40 "
			TRANSCRIPT_LINKS_OF("60 110 112 11542 11543") "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "GET /500/0/1 accept=11543", "2.05 format=11543 {\"bn\":\"/500/0/1\",\"e\":[{\"v\":5}]}" },
		{ 0, "PUT /500/0/1 format=11543 \"{\"e\":[{\"v\":6}]}\"", "2.04" },
		{ 0, "GET /500/0/1", "2.05 format=0 6" },
		{ 0, "GET /500/0 accept=11544", "4.06" },
		{ 0, "PUT /500/0/1 format=11544 x:a11901f4a100a10106", "4.15" },
	};

	(void)state;
	play(steps);
}

static void rule_39_lwm2m_cbor_is_of_1_2(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected",
			"request POST /rd?ep=dev&lt=300&lwm2m=1.2&b=U format=40 "
			TRANSCRIPT_LINKS_OF("60 110 112 11542 11544") "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "GET /500/0/1 accept=11544", "2.05 format=11544 {/500/0/1=5}" },
		{ 0, "GET /500/0 accept=11544", "2.05 format=11544 {" ALL_OF_500_0 "}" },
		{ 0, "PUT /500/0/1 format=11544 x:a11901f4a100a10106", "2.04" },
		{ 0, "PUT /500/0/1 format=11544 x:a1831901f4000107", "2.04" },
		{ 0, "GET /500/0/1", "2.05 format=0 7" },
		{ 0, "PUT /500/0/1 format=11544 x:a2831901f4000108831901f4000109", "4.00" },
		{ 0, "GET /500/0/1", "2.05 format=0 7" },
		{ 0, "POST /501 format=11544 x:a11901f5a119ffffa1006161", "persist 501 {/501/0/0=a}\n2.01 /501/0\n"
			"request POST /rd/5a format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 11544\","
			"</3>;ver=1.1,</3/0>,</500>;ver=2.0,</500/0>,</501>,</501/0>,</502>" },
		{ 0, "POST /501 format=11544 x:a11901f5a100a1006162", "4.00" },
		{ 0, "GET /500/0/1 accept=11543", "4.06" },
		{ 0, "PUT /500/0/1 format=11543 \"{\"e\":[{\"v\":6}]}\"", "4.15" },
		{ 0, "GET /500/0 accept=322", "4.06" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

static void rule_17_silence_until_registered(void **state)
{
	static const struct step steps[] = {
		{ 0, "GET /3", "silence" },
		{ 0, "start", "connect" },
		{ 0, "GET /3", "silence" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "GET /3", "silence" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "GET /3/0/0", "2.05 format=0 maker" },
		{ 1 * SEC, "update", "request POST /rd/5a" },
		{ 1 * SEC, "GET /3/0/0", "2.05 format=0 maker" },
		{ 2 * SEC, "answer 4.04", "lost 4.04\n" TRANSCRIPT_REGISTER },
		{ 2 * SEC, "GET /3/0/0", "silence" },
		/* of nobody we know */
		{ 2 * SEC, "@3 GET /3/0/0" },
	};

	(void)state;
	play(steps);
}

static void rule_39_codes_of_read(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "GET /", "4.05" },
		{ 0, "GET /abc", "4.05" },
		{ 0, "GET /500/", "4.05" },
		{ 0, "GET /500/00", "4.05" },
		{ 0, "GET /65535", "4.05" },
		{ 0, "GET /500/0/4/0/0", "4.05" },
		{ 0, "GET /9", "4.04" },
		{ 0, "GET /500/7", "4.04" },
		{ 0, "GET /500/7/1", "4.04" },
		{ 0, "GET /500/0/99", "4.04" },
		{ 0, "GET /500/0/7", "4.04" },
		{ 0, "GET /500/0/4/1", "4.04" },
		{ 0, "GET /500/0/1/0", "4.04" },
		{ 0, "GET /500/0/3", "4.05" },
		{ 0, "GET /500/0/5", "4.05" },
		{ 0, "GET /500/0/1 accept=99", "4.06" },
		{ 0, "GET /500/0/1 accept=11543", "4.06" },
		{ 0, "GET /500/0 accept=0", "4.06" },
		{ 0, "GET /500/0/4 accept=42", "4.06" },
		{ 0, "GET /501", "2.05 format=112 {}" },
		/* closed to every server, there or not */
		{ 0, "GET /0", "4.01" },
		{ 0, "GET /0/0/0", "4.01" },
		{ 0, "GET /0 accept=40", "4.01" },
		{ 0, "GET /21/0", "4.01" },
		{ 0, "GET /23", "4.01" },
		{ 0, "PUT /0/0/0 format=0 \"x\"", "4.01" },
		{ 0, "PUT /0?pmin=1", "4.01" },
		{ 0, "POST /0 format=11542 x:c10061", "4.01" },
		{ 0, "DELETE /0/0", "4.01" },
		/* methods that LwM2M 1.1 has for paths in the payload only */
		{ 0, "FETCH /500", "4.05" },
		{ 0, "PATCH /500/0", "4.05" },
		{ 0, "IPATCH /500/0", "4.05" },
	};

	(void)state;
	play(steps);
}

/* What an object says is a code by the one table of operation.c; what it does not know stays 5.00. */
static void rule_39_codes_of_objects(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "fail ENOENT" },     { 0, "GET /500/0/1", "4.04" },
		{ 0, "fail ENODATA" },    { 0, "GET /500/0/1", "4.04" },
		{ 0, "fail EPERM" },      { 0, "GET /500/0/1", "4.05" },
		{ 0, "fail EACCES" },     { 0, "GET /500/0/1", "4.01" },
		{ 0, "fail EINVAL" },     { 0, "PUT /500/0/1 format=0 \"6\"", "4.00" },
		{ 0, "fail EILSEQ" },     { 0, "PUT /500/0/1 format=0 \"6\"", "4.08" },
		{ 0, "fail ETIMEDOUT" },  { 0, "GET /500/0/1", "5.03" },
		{ 0, "fail ECONNRESET" }, { 0, "GET /500/0/1", "5.03" },
		{ 0, "fail EIO" },        { 0, "GET /500/0/1", "5.00" },
		{ 0, "lie" },             { 0, "GET /500/0/1", "4.04" },
		{ 0, "fail EIO" },        { 0, "POST /500/0/3", "execute /500/0/3\n5.00" },
		{ 0, "fail EIO" },        { 0, "DELETE /500/0", "5.00" },
		{ 0, "fail EIO" },        { 0, "POST /500 format=11542 x:c10061", "5.00" },
		{ 0, "GET /500", "2.05 format=112 {" ALL_OF_500_0 "}" },
	};

	(void)state;
	play(steps);
}

static void rule_29_put_replaces_post_adds(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "PUT /500/0/1 format=0 \"6\"", "2.04" },
		{ 0, "GET /500/0/1", "2.05 format=0 6" },
		{ 0, "PUT /500/0/0 \"no format\"", "2.04" },
		{ 0, "PUT /500/0/0 format=0", "2.04" },
		{ 0, "GET /500/0/0", "2.05 format=0" },
		{ 0, "POST /500/0 format=110 \"[{\"bn\":\"/500/0/\",\"n\":\"1\",\"v\":7}]\"", "2.04" },
		{ 0, "GET /500/0",
			"2.05 format=112 {/500/0/0= /500/0/1=7 /500/0/2=21.5 /500/0/4/0=10 /500/0/4/2=30}" },
		{ 0, "PUT /500/0 format=110 \"[{\"bn\":\"/500/0/\",\"n\":\"0\",\"vs\":\"new\"}]\"", "2.04" },
		{ 0, "GET /500/0", "2.05 format=112 {/500/0/0=new /500/0/2=21.5}" },
		/* read-only, in whatever company: nothing of it is done */
		{ 0, "PUT /500/0/2 format=0 \"1\"", "4.05" },
		{ 0,
			"PUT /500/0 format=110 \"[{\"bn\":\"/500/0/\",\"n\":\"0\",\"vs\":\"x\"},{\"n\":\"2\","
			"\"v\":1}]\"",
			"4.05" },
		{ 0,
			"POST /500/0 format=110 \"[{\"bn\":\"/500/0/\",\"n\":\"0\",\"vs\":\"x\"},"
			"{\"n\":\"1\",\"vs\":\"y\"}]\"",
			"4.00" },
		{ 0,
			"POST /500/0 format=110 \"[{\"bn\":\"/500/0/\",\"n\":\"0\",\"vs\":\"x\"},"
			"{\"n\":\"99\",\"v\":1}]\"",
			"4.04" },
		{ 0, "GET /500/0", "2.05 format=112 {/500/0/0=new /500/0/2=21.5}" },
		/* not of an object */
		{ 0, "PUT /500 format=110 \"[]\"", "4.05" },
		{ 0, "PUT /3/0/4 format=0 \"1\"", "4.05" },
	};

	(void)state;
	play(steps);
}

static void rule_39_codes_of_write(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "PUT / format=0 \"1\"", "4.05" },
		{ 0, "PUT /9/0/1 format=0 \"1\"", "4.04" },
		{ 0, "PUT /500/7/1 format=0 \"1\"", "4.04" },
		{ 0, "PUT /500/0/99 format=0 \"1\"", "4.04" },
		{ 0, "PUT /500/0/1 format=99 \"1\"", "4.15" },
		{ 0, "PUT /500/0/1 format=40 \"1\"", "4.15" },
		{ 0, "PUT /500/0/1 format=0 \"abc\"", "4.00" },
		{ 0, "PUT /500/0/1 format=0", "4.00" },
		{ 0, "PUT /500/0/1 format=0 \"99999999999999999999\"", "4.00" },
		{ 0, "PUT /500/0/1 format=60 x:ff", "4.00" },
		{ 0, "PUT /500/0/1 format=112 x:81", "4.00" },
		{ 0, "PUT /500/0/1 format=110 \"[{\"n\":\"/500/0/0\",\"vs\":\"x\"}]\"", "4.00" },
		{ 0,
			"PUT /500/0/1 format=110 \"[{\"n\":\"/500/0/1\",\"v\":1},{\"n\":\"/500/0/1\","
			"\"v\":2}]\"",
			"4.00" },
		{ 0, "PUT /500/0 format=0 \"1\"", "4.00" },
		/* resource instances where there are none, and the other way round */
		{ 0, "PUT /500/0/1 format=110 \"[{\"n\":\"/500/0/1/0\",\"v\":1}]\"", "4.00" },
		{ 0, "PUT /500/0/4 format=0 \"1\"", "4.00" },
		{ 0, "GET /500/0", "2.05 format=112 {" ALL_OF_500_0 "}" },
	};

	(void)state;
	play(steps);
}

static void rule_31_resource_instances(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "PUT /500/0/4 format=110 \"[{\"bn\":\"/500/0/4/\",\"n\":\"1\",\"v\":7}]\"", "2.04" },
		{ 0, "GET /500/0/4", "2.05 format=112 {/500/0/4/1=7}" },
		{ 0,
			"POST /500/0/4 format=110 \"[{\"bn\":\"/500/0/4/\",\"n\":\"1\",\"v\":8},{\"n\":\"3\","
			"\"v\":9}]\"",
			"2.04" },
		{ 0, "GET /500/0/4", "2.05 format=112 {/500/0/4/1=8 /500/0/4/3=9}" },
		{ 0, "PUT /500/0/4/3 format=0 \"10\"", "2.04" },
		{ 0, "PUT /500/0/4/2 format=0 \"1\"", "4.04" },
		{ 0, "POST /500/0/4/3 format=0 \"1\"", "4.05" },
		{ 0, "DELETE /500/0/4/1", "2.02" },
		{ 0, "DELETE /500/0/4/1", "4.04" },
		{ 0, "GET /500/0/4", "2.05 format=112 {/500/0/4/3=10}" },
		{ 0, "PUT /500/0/4 format=110 \"[]\"", "2.04" },
		{ 0, "GET /500/0/4", "2.05 format=112 {}" },
	};

	(void)state;
	play(steps);
}

static void rule_30_create(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		/* the id is the client's choice: the lowest one */
		{ 0, "POST /500 format=11542 x:c10061",
			"2.01 /500/1\n"
			TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</500/0>,</500/1>,</501>,</502>") },
		{ 0, "answer 2.04", "updated 207" },
		{ 0, "GET /500/1", "2.05 format=112 {/500/1/0=a}" },
		/* the server's */
		{ 1 * SEC, "POST /500 format=110 \"[{\"bn\":\"/500/7/\",\"n\":\"0\",\"vs\":\"b\"}]\"",
			"2.01 /500/7\n"
			TRANSCRIPT_UPDATE_LINKS(
				"</500>;ver=2.0,</500/0>,</500/1>,</500/7>,</501>,</502>") },
		{ 1 * SEC, "answer 2.04", "updated 207" },
		/* which is taken, misses what is mandatory, is of two instances, or has nothing at all */
		{ 2 * SEC, "POST /500 format=110 \"[{\"bn\":\"/500/7/\",\"n\":\"0\",\"vs\":\"c\"}]\"",
			"4.00" },
		{ 2 * SEC, "POST /500 format=110 \"[{\"bn\":\"/500/8/\",\"n\":\"1\",\"v\":5}]\"", "4.00" },
		{ 2 * SEC,
			"POST /500 format=110 \"[{\"n\":\"/500/8/0\",\"vs\":\"a\"},{\"n\":\"/500/9/0\","
			"\"vs\":\"a\"}]\"",
			"4.00" },
		{ 2 * SEC, "POST /500", "4.00" },
		{ 2 * SEC, "POST /500 \"text\"", "4.00" },
		{ 2 * SEC, "POST /500 format=99 \"text\"", "4.15" },
		{ 2 * SEC, "POST /9 format=11542 x:c10061", "4.04" },
		{ 2 * SEC, "POST / format=11542 x:c10061", "4.05" },
		{ 2 * SEC, "GET /500/7", "2.05 format=112 {/500/7/0=b}" },
		{ 2 * SEC, "GET /500/8", "4.04" },
		/* read-only and unknown resources are left out */
		{ 3 * SEC,
			"POST /500 format=110 \"[{\"bn\":\"/500/2/\",\"n\":\"0\",\"vs\":\"d\"},{\"n\":\"2\","
			"\"v\":1},{\"n\":\"99\",\"v\":1}]\"",
			"2.01 /500/2\n"
			TRANSCRIPT_UPDATE_LINKS(
				"</500>;ver=2.0,</500/0>,</500/1>,</500/2>,</500/7>,</501>,</502>") },
		{ 3 * SEC, "answer 2.04", "updated 207" },
		{ 3 * SEC, "GET /500/2", "2.05 format=112 {/500/2/0=d}" },
		/* no servers make instances of it */
		{ 3 * SEC, "POST /3 format=11542 x:c10061", "4.05" },
	};

	(void)state;
	play(steps);
}

static void rule_30_create_of_the_only_instance(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "POST /502 format=110 \"[{\"bn\":\"/502/1/\",\"n\":\"0\",\"vs\":\"b\"}]\"", "4.00" },
		{ 0, "POST /502 format=11542 x:c10061",
			"2.01 /502/0\n"
			TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</500/0>,</501>,</502>,</502/0>") },
		{ 0, "answer 2.04", "updated 207" },
		{ 0, "POST /502 format=11542 x:c10061", "4.00" },
	};

	(void)state;
	play(steps);
}

static void deletes(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "DELETE /", "4.05" },
		{ 0, "DELETE /500", "4.05" },
		{ 0, "DELETE /3/0", "4.05" },
		{ 0, "DELETE /500/0/1", "4.05" },
		{ 0, "DELETE /500/0/4", "4.05" },
		{ 0, "DELETE /500/9", "4.04" },
		{ 0, "DELETE /9/0", "4.04" },
		{ 0, "DELETE /500/0", "2.02\n"
			TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</501>,</502>") },
		{ 0, "GET /500/0", "4.04" },
		{ 0, "GET /500", "2.05 format=112 {}" },
	};

	(void)state;
	play(steps);
}

static void rule_32_execute(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "POST /500/0/3", "execute /500/0/3\n2.04" },
		{ 0, "POST /500/0/3 format=0 \"5\"", "execute /500/0/3 5\n2.04" },
		{ 0, "POST /500/0/3 \"2='10.3'\"", "execute /500/0/3 2='10.3'\n2.04" },
		{ 0, "POST /500/0/3 format=0 \"7,0='https://example.com',1=''\"",
			"execute /500/0/3 7,0='https://example.com',1=''\n2.04" },
		{ 0, "POST /500/0/3 format=0 \"10\"", "4.00" },
		{ 0, "POST /500/0/3 format=0 \"0,0\"", "4.00" },
		{ 0, "POST /500/0/3 format=0 \"0=1\"", "4.00" },
		{ 0, "POST /500/0/3 format=0 \"0='1\"", "4.00" },
		{ 0, "POST /500/0/3 format=0 \"0,\"", "4.00" },
		{ 0, "POST /500/0/3 format=112 x:80", "4.15" },
		{ 0, "POST /500/0/1 format=0 \"1\"", "4.05" },
		{ 0, "POST /500/0/2", "4.05" },
		{ 0, "POST /500/0/99", "4.04" },
		{ 0, "POST /3/0/4", "execute /3/0/4\n2.04" },
	};

	(void)state;
	play(steps);
}

static void rule_4_write_attributes(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "PUT /500?pmin=10", "2.04" },
		{ 0, "PUT /500/0?pmax=60", "2.04" },
		{ 0, "PUT /500/0/4?pmin=20&pmax=200", "2.04" },
		{ 0, "GET /500/0/4 accept=40",
			"2.05 format=40 </500/0/4>;dim=2;pmin=20;pmax=200,</500/0/4/0>,</500/0/4/2>" },
		{ 0, "GET /500/0/2 accept=40", "2.05 format=40 </500/0/2>;pmin=10;pmax=60" },
		/* as a whole or not at all */
		{ 0, "PUT /500/0/4?pmin=30&foo=1", "4.00" },
		{ 0, "PUT /500/0/4?pmin=30&pmin=31", "4.00" },
		{ 0, "PUT /500/0/4?pmin=30&pmax=x", "4.00" },
		{ 0, "GET /500/0/4 accept=40",
			"2.05 format=40 </500/0/4>;dim=2;pmin=20;pmax=200,</500/0/4/0>,</500/0/4/2>" },
		/* a name without value takes away what is attached at this level: the inherited one shows */
		{ 0, "PUT /500/0/4?pmin", "2.04" },
		{ 0, "PUT /500/0/4/2?pmax=7", "2.04" },
		{ 0, "GET /500/0/4 accept=40",
			"2.05 format=40 </500/0/4>;dim=2;pmin=10;pmax=200,</500/0/4/0>,</500/0/4/2>;pmax=7" },
		{ 0, "PUT /?pmin=1", "4.05" },
		{ 0, "PUT /9?pmin=1", "4.04" },
		{ 0, "PUT /500/7?pmin=1", "4.04" },
		{ 0, "PUT /500/0/7?pmin=1", "4.04" },
		{ 0, "PUT /500/0/4/1?pmin=1", "4.04" },
		/* what is gone takes its attributes with it */
		{ 1 * SEC, "DELETE /500/0", "2.02\n"
			TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</501>,</502>") },
		{ 1 * SEC, "answer 2.04", "updated 207" },
		{ 1 * SEC, "POST /500 format=11542 x:c10061",
			"2.01 /500/0\nrequest POST /rd/5a format=40 " TRANSCRIPT_LINKS },
		{ 1 * SEC, "GET /500/0 accept=40",
			"2.05 format=40 </500/0>,</500/0/0>,</500/0/3>,</500/0/5>" },
	};

	(void)state;
	play(steps);
}

static void rule_4_attributes_are_per_server(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect\n@1 connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "@1 connected",
			"@1 request POST /rd?ep=dev&lt=300&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS
			"\n@1 registering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "@1 answer 2.01 /rd/1", "@1 registered 300" },
		{ 0, "PUT /500/0/2?pmin=20", "2.04" },
		{ 0, "@1 GET /500/0/2 accept=40", "@1 2.05 format=40 </500/0/2>" },
		{ 0, "GET /500/0/2 accept=40", "2.05 format=40 </500/0/2>;pmin=20" },
	};

	(void)state;
	play(steps, .servers = 2);
}

static void responses_are_bounded(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "GET /500/0/0", "2.05 format=0 abc" },
		{ 0, "set /500/0/0 a text that is too long" },
		{ 0, "GET /500/0/0", "5.00" },
		{ 0, "GET /500 accept=40", "5.00" },
	};

	(void)state;
	play(steps, .limits.payload = 16);
}

static void rule_42_blocks_of_a_write(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "PUT /500/0/0 format=0 offset=0 more \"ab\"", "2.31" },
		{ 0, "PUT /500/0/0 format=0 offset=2 more \"cd\"", "2.31" },
		/* once more: its response was lost */
		{ 0, "PUT /500/0/0 format=0 offset=2 more \"cd\"", "2.31" },
		{ 0, "PUT /500/0/0 format=0 offset=4 \"ef\"", "2.04" },
		{ 0, "GET /500/0/0", "2.05 format=0 abcdef" },
		/* nothing is left over */
		{ 0, "PUT /500/0/0 format=0 offset=4 \"ef\"", "4.08" },
		/* from the beginning again */
		{ 1 * SEC, "PUT /500/0/0 format=0 offset=0 more \"12\"", "2.31" },
		{ 1 * SEC, "PUT /500/0/0 format=0 offset=0 more \"34\"", "2.31" },
		/* a gap, another format, another path */
		{ 1 * SEC, "PUT /500/0/0 format=0 offset=4 \"ef\"", "4.08" },
		{ 1 * SEC, "PUT /500/0/0 format=110 offset=2 \"ef\"", "4.08" },
		{ 1 * SEC, "PUT /500/0/6 format=0 offset=2 \"ef\"", "4.08" },
		{ 1 * SEC, "PUT /500/0/0 format=0 offset=2 \"56\"", "2.04" },
		{ 1 * SEC, "GET /500/0/0", "2.05 format=0 3456" },
		/* another body takes its place */
		{ 2 * SEC, "PUT /500/0/0 format=0 offset=0 more \"12\"", "2.31" },
		{ 2 * SEC, "PUT /500/0/6 format=42 offset=0 more \"xy\"", "2.31" },
		{ 2 * SEC, "PUT /500/0/0 format=0 offset=2 \"34\"", "4.08" },
		{ 2 * SEC, "PUT /500/0/6 format=42 offset=2 \"z\"", "2.04" },
		{ 2 * SEC, "GET /500/0/6", "2.05 format=42 xyz" },
		/* too late */
		{ 10 * SEC, "PUT /500/0/0 format=0 offset=0 more \"12\"", "2.31" },
		{ 207 * SEC, NULL, "request POST /rd/5a" },
		{ 207 * SEC, "answer 2.04", "updated 207" },
		{ 258 * SEC, "PUT /500/0/0 format=0 offset=2 \"34\"", "4.08" },
	};

	(void)state;
	play(steps);
}

static void blocks_of_other_operations(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "POST /500/0/3 format=0 offset=0 more \"0='\"", "2.31" },
		{ 0, "POST /500/0/3 format=0 offset=3 \"1'\"", "execute /500/0/3 0='1'\n2.04" },
		{ 0, "POST /500 format=11542 offset=0 more x:c100", "2.31" },
		{ 0, "POST /500 format=11542 offset=2 x:61",
			"2.01 /500/1\n"
			TRANSCRIPT_UPDATE_LINKS("</500>;ver=2.0,</500/0>,</500/1>,</501>,</502>") },
		/* it is refused when whole, and forgotten */
		{ 0, "PUT /500/0/1 format=0 offset=0 more \"a\"", "2.31" },
		{ 0, "PUT /500/0/1 format=0 offset=1 \"b\"", "4.00" },
		{ 0, "PUT /500/0/1 format=0 offset=1 \"b\"", "4.08" },
		{ 0, "PUT /500/0/2 format=0 offset=0 more \"a\"", "4.05" },
	};

	(void)state;
	play(steps);
}

static void rule_39_too_large_is_4_13(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "PUT /500/0/0 format=0 offset=0 more \"12345678\"", "2.31" },
		{ 0, "PUT /500/0/0 format=0 offset=8 \"9\"", "quota\n4.13" },
		{ 0, "PUT /500/0/0 format=0 offset=8 \"9\"", "4.08" },
		{ 0, "GET /500/0/0", "2.05 format=0 abc" },
	};

	(void)state;
	play(steps, .limits.payload = 8);
}

static void rule_42_blocks_of_a_stream(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "PUT /500/0/5 format=42 \"abc\"", "block 0+3\n2.04" },
		{ 0, "PUT /500/0/5 format=42", "block 0+0\n2.04" },
		{ 0, "PUT /500/0/5 format=110 \"[]\"", "4.15" },
		{ 1 * SEC, "PUT /500/0/5 format=42 offset=0 more \"ab\"", "block 0+2 more\n2.31" },
		{ 1 * SEC, "PUT /500/0/5 format=42 offset=2 more \"cd\"", "block 2+2 more\n2.31" },
		/* the same again is not handed on again */
		{ 1 * SEC, "PUT /500/0/5 format=42 offset=2 more \"cd\"", "2.31" },
		{ 1 * SEC, "PUT /500/0/5 format=42 offset=0 more \"xy\"", "block 0+2 more\n2.31" },
		{ 1 * SEC, "PUT /500/0/5 format=42 offset=4 more \"ef\"", "4.08" },
		{ 1 * SEC, "PUT /500/0/5 format=42 offset=2 \"ef\"", "block 2+2\n2.04" },
		{ 1 * SEC, "PUT /500/0/5 format=42 offset=2 \"ef\"", "4.08" },
		/* what the object refused is over */
		{ 2 * SEC, "PUT /500/0/5 format=42 offset=0 more \"ab\"", "block 0+2 more\n2.31" },
		{ 2 * SEC, "fail EIO" },
		{ 2 * SEC, "PUT /500/0/5 format=42 offset=2 more \"cd\"", "5.00" },
		{ 2 * SEC, "PUT /500/0/5 format=42 offset=4 more \"ef\"", "4.08" },
		/* a slow object: the answer comes on its own */
		{ 3 * SEC, "hold" },
		{ 3 * SEC, "PUT /500/0/5 format=42 offset=0 more \"ab\"", "block 0+2 more" },
		{ 8 * SEC, "done", "2.31" },
		{ 8 * SEC, "PUT /500/0/5 format=42 offset=2 \"cd\"", "block 2+2" },
		{ 9 * SEC, "done", "2.04" },
	};

	(void)state;
	play(steps);
}

static void a_stream_has_one_writer(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect\n@1 connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "@1 connected",
			"@1 request POST /rd?ep=dev&lt=300&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS
			"\n@1 registering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "@1 answer 2.01 /rd/1", "@1 registered 300" },
		{ 0, "PUT /500/0/5 format=42 offset=0 more \"ab\"", "block 0+2 more\n2.31" },
		{ 0, "@1 PUT /500/0/5 format=42 offset=0 more \"xy\"", "block 0+2 more\n@1 2.31" },
		{ 0, "PUT /500/0/5 format=42 offset=2 \"cd\"", "4.08" },
		{ 0, "@1 PUT /500/0/5 format=42 offset=2 \"z\"", "block 2+1\n@1 2.04" },
	};

	(void)state;
	play(steps, .servers = 2);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(reads_at_every_level),
	cmocka_unit_test(formats_without_accept),
	cmocka_unit_test(rule_39_lwm2m_json_is_of_1_0),
	cmocka_unit_test(rule_39_lwm2m_cbor_is_of_1_2),
	cmocka_unit_test(rule_17_silence_until_registered),
	cmocka_unit_test(rule_39_codes_of_read),
	cmocka_unit_test(rule_39_codes_of_objects),
	cmocka_unit_test(rule_29_put_replaces_post_adds),
	cmocka_unit_test(rule_39_codes_of_write),
	cmocka_unit_test(rule_31_resource_instances),
	cmocka_unit_test(rule_30_create),
	cmocka_unit_test(rule_30_create_of_the_only_instance),
	cmocka_unit_test(deletes),
	cmocka_unit_test(rule_32_execute),
	cmocka_unit_test(rule_4_write_attributes),
	cmocka_unit_test(rule_4_attributes_are_per_server),
	cmocka_unit_test(responses_are_bounded),
	cmocka_unit_test(rule_42_blocks_of_a_write),
	cmocka_unit_test(blocks_of_other_operations),
	cmocka_unit_test(rule_39_too_large_is_4_13),
	cmocka_unit_test(rule_42_blocks_of_a_stream),
	cmocka_unit_test(a_stream_has_one_writer),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/serve", tests, NULL, NULL);
}
