/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "daemon.h"
#include "print.h"

#define LINE_MAX_LEN 4096
#define WORDS_MAX    256
#define PROMPT       "> "

struct console {
	struct daemon *daemon;
	sd_event_source *source;
	char line[LINE_MAX_LEN];
	size_t len;
	bool too_long;
	struct list jobs;
};

/* One command of the console's. */
struct job {
	struct list link;
	struct console *console;
	struct command *command; /* NULL: ended, or still starting */
	bool json, ended;
};

static void prompt(void)
{
	fputs(PROMPT, stdout);
	fflush(stdout);
}

static void job_free(struct job *job)
{
	list_remove(&job->link);
	command_stop(job->command);
	free(job);
}

int console_split(char *line, char *words[], unsigned int max)
{
	char *in = line, *out = line;
	unsigned int n = 0;

	while (*in == ' ' || *in == '\t')
		in++;
	while (*in) {
		char quote = 0;

		if (n == max)
			return -E2BIG;
		words[n++] = out;
		for (; *in && (quote || (*in != ' ' && *in != '\t')); in++) {
			if (quote ? *in == quote : *in == '"' || *in == '\'')
				quote = quote ? 0 : *in;
			else if (*in == '\\' && quote != '\'' && in[1])
				*out++ = *++in;
			else
				*out++ = *in;
		}
		if (quote)
			return -EINVAL;
		while (*in == ' ' || *in == '\t')
			in++;
		/* Only now: it may be where the next word was read from. */
		*out++ = '\0';
	}
	return (int)n;
}

static void on_answer(void *userdata, const json_t *answer)
{
	const struct job *job = userdata;

	/* What comes later comes into the middle of the prompt. */
	if (job->command)
		fputs("\r", stdout);
	print_answer(stdout, stdout, "", answer, job->json);
	if (job->command)
		prompt();
}

static void on_end(void *userdata, int code)
{
	struct job *job = userdata;
	bool later = job->command;

	job->ended = true;
	if (!later)
		return;
	job->command = NULL;
	job_free(job);
}

static const struct command_sink sink = { on_answer, on_end };

static void start(struct console *console, unsigned int n, char *const words[])
{
	struct job *job = calloc(1, sizeof(*job));
	struct command *command;

	if (!job)
		return;
	job->console = console;
	list_append(&console->jobs, &job->link);
	for (unsigned int i = 1; i < n; i++)
		job->json |= strcmp(words[i], "--json") == 0;
	if (command_start(console->daemon, n, (const char *const *)words, BYTES(NULL, 0), &sink, job,
		    &command) < 0 ||
		job->ended)
		job_free(job);
	else
		job->command = command;
}

static void help(const char *verb)
{
	const struct verb *known = verb ? verb_find(verb) : NULL;

	if (known) {
		verb_print_help(stdout, known);
		return;
	}
	verb_print_list(stdout);
	puts("  stop      end all observations and other commands that go on\n"
	     "  quit      end the server\n"
	     "VERB --help tells more.");
}

static void stop_jobs(struct console *console)
{
	struct job *job, *safe;

	list_for_each_safe(job, safe, &console->jobs, link)
		job_free(job);
}

static bool has_file(unsigned int n, char *const words[])
{
	for (unsigned int i = 0; i < n; i++)
		if (strncmp(words[i], "--file", 6) == 0)
			return true;
	return false;
}

static void run_line(struct console *console)
{
	char *words[WORDS_MAX];
	int n = console_split(console->line, words, WORDS_MAX);

	if (n < 0)
		puts(n == -EINVAL ? "A quote is not closed" : "Too many words");
	else if (n == 0)
		;
	else if (strcmp(words[0], "quit") == 0 || strcmp(words[0], "exit") == 0)
		(void)sd_event_exit(console->daemon->event, 0);
	else if (strcmp(words[0], "stop") == 0)
		stop_jobs(console);
	else if (strcmp(words[0], "help") == 0)
		help(n > 1 ? words[1] : NULL);
	else if (n > 1 && strcmp(words[n - 1], "--help") == 0)
		help(words[0]);
	else if (has_file((unsigned int)n, words))
		puts("--file works with `lwm2m-server ctl` only");
	else
		start(console, (unsigned int)n, words);
}

static void take_byte(struct console *console, char byte)
{
	if (byte != '\n') {
		if (console->len < LINE_MAX_LEN - 1)
			console->line[console->len++] = byte;
		else
			console->too_long = true;
		return;
	}
	console->line[console->len] = '\0';
	if (console->too_long)
		puts("The line is too long");
	else
		run_line(console);
	console->len = 0;
	console->too_long = false;
	prompt();
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct console *console = userdata;
	char bytes[512];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		putchar('\n');
		return sd_event_exit(console->daemon->event, 0);
	}
	for (ssize_t i = 0; i < n; i++)
		take_byte(console, bytes[i]);
	return 0;
}

int console_new(struct daemon *daemon, struct console **ret)
{
	_cleanup_(console_freep) struct console *console = calloc(1, sizeof(*console));
	int r;

	if (!console)
		return -ENOMEM;
	console->daemon = daemon;
	list_init(&console->jobs);
	r = sd_event_add_io(daemon->event, &console->source, STDIN_FILENO, EPOLLIN, on_readable, console);
	if (r < 0)
		return r;
	puts("`help` lists the verbs, `quit` ends the server.");
	prompt();
	*ret = steal_pointer(&console);
	return 0;
}

struct console *console_free(struct console *console)
{
	if (!console)
		return NULL;
	stop_jobs(console);
	sd_event_source_disable_unref(console->source);
	free(console);
	return NULL;
}
