/* An SMTP sink without a parser limit: smtp-sink looks at every octet by itself and fills a core at some 4,500 messages
 * of 45 KB a second, so it cannot tell how fast a sender is. This one reads 256 KiB at a time and finds the final dot
 * with memmem. One thread, epoll; all replies to what one read brought leave in one write.
 *
 * usage: fast PORT      SIGTERM: prints "MESSAGES OCTETS" and ends. OCTETS are those of the contents, from the first
 * octet after 354 to the final dot and its line end, summed. A DATA without MAIL and RCPT is refused with 503, so that
 * a sender that is out of step does not look fast. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 256 * 1024, REPLIES = 64 * 1024, EVENTS = 64 };
enum step { AT_EHLO, AT_MAIL, AT_RCPT };

struct line {
	int fd;
	int in_content;
	/* Nothing of this message's content has been thrown away yet: it may be a lone dot. */
	int at_start;
	enum step step;
	size_t held;
	char room[ROOM];
};

static volatile sig_atomic_t stopped;
static long long messages, octets;
static char replies[REPLIES];
static size_t written;

static void on_term(int number) { (void)number; stopped = 1; }

static void say(const char *reply)
{
	size_t length = strlen(reply);
	if (written + length <= sizeof replies) {
		memcpy(replies + written, reply, length);
		written += length;
	}
}

/* One command, without its line end. Returns 0 when the line is to be closed. */
static int command(struct line *line, const char *verb, size_t length)
{
	if (length < 4)
		say("500 5.5.2 what?\r\n");
	else if (!strncasecmp(verb, "EHLO", 4))
		say("250-fast\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n");
	else if (!strncasecmp(verb, "HELO", 4))
		say("250 fast\r\n");
	else if (!strncasecmp(verb, "MAIL", 4)) {
		line->step = AT_MAIL;
		say("250 2.1.0 ok\r\n");
	} else if (!strncasecmp(verb, "RCPT", 4)) {
		if (line->step == AT_EHLO)
			say("503 5.5.1 MAIL first\r\n");
		else {
			line->step = AT_RCPT;
			say("250 2.1.5 ok\r\n");
		}
	} else if (!strncasecmp(verb, "DATA", 4)) {
		if (line->step != AT_RCPT)
			say("503 5.5.1 RCPT first\r\n");
		else {
			line->in_content = line->at_start = 1;
			say("354 go on\r\n");
		}
	} else if (!strncasecmp(verb, "RSET", 4) || !strncasecmp(verb, "NOOP", 4)) {
		line->step = AT_EHLO;
		say("250 2.0.0 ok\r\n");
	} else if (!strncasecmp(verb, "QUIT", 4)) {
		say("221 2.0.0 bye\r\n");
		return 0;
	} else
		say("500 5.5.2 what?\r\n");
	return 1;
}

/* Takes content from `from` on; returns how many octets were used up. */
static size_t content(struct line *line, size_t from)
{
	char *begin = line->room + from, *dot;
	size_t left = line->held - from, used;
	if (line->at_start && left >= 3 && !memcmp(begin, ".\r\n", 3))
		used = 3;
	else if ((dot = memmem(begin, left, "\r\n.\r\n", 5)))
		used = (size_t)(dot - begin) + 5;
	else {
		/* The end may have begun: keep what could be its first four octets. */
		if (left <= 4)
			return 0;
		line->at_start = 0;
		octets += (long long)(left - 4);
		return left - 4;
	}
	octets += (long long)used;
	messages++;
	line->in_content = 0;
	line->step = AT_EHLO;
	say("250 2.0.0 taken\r\n");
	return used;
}

/* Everything that has come. Returns 0 when the line is to be closed. */
static int take(struct line *line)
{
	size_t from = 0;
	int open = 1;
	while (open && from < line->held) {
		if (line->in_content) {
			size_t used = content(line, from);
			from += used;
			if (line->in_content)
				break;
		} else {
			char *begin = line->room + from, *end = memmem(begin, line->held - from, "\r\n", 2);
			if (!end)
				break;
			open = command(line, begin, (size_t)(end - begin));
			from += (size_t)(end - begin) + 2;
		}
	}
	line->held -= from;
	memmove(line->room, line->room + from, line->held);
	return open && line->held < ROOM;
}

static void hang_up(struct line *line) { close(line->fd); free(line); }

static void welcome(int poll, int door)
{
	int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK), yes = 1;
	struct line *line;
	struct epoll_event event = { .events = EPOLLIN };
	if (fd < 0 || !(line = calloc(1, sizeof *line)))
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	line->fd = fd;
	event.data.ptr = line;
	epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
	if (write(fd, "220 fast ESMTP\r\n", 16) < 0)
		hang_up(line);
}

static void serve(struct line *line)
{
	ssize_t got = read(line->fd, line->room + line->held, ROOM - line->held);
	int open;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		hang_up(line);
		return;
	}
	line->held += (size_t)got;
	written = 0;
	open = take(line);
	if (written && write(line->fd, replies, written) != (ssize_t)written)
		open = 0;
	if (!open)
		hang_up(line);
}

int main(int count, char **words)
{
	int door = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0), yes = 1;
	struct sockaddr_in place = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL }, events[EVENTS];
	struct sigaction action = { .sa_handler = on_term };
	if (count != 2) {
		fprintf(stderr, "usage: fast PORT\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	place.sin_port = htons((unsigned short)atoi(words[1]));
	setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(door, (struct sockaddr *)&place, sizeof place) || listen(door, 512)) {
		perror("fast");
		return 1;
	}
	epoll_ctl(poll, EPOLL_CTL_ADD, door, &event);
	while (!stopped) {
		int ready = epoll_wait(poll, events, EVENTS, -1);
		for (int number = 0; number < ready; number++) {
			if (events[number].data.ptr)
				serve(events[number].data.ptr);
			else
				welcome(poll, door);
		}
	}
	printf("%lld %lld\n", messages, octets);
	return 0;
}
