#include "crowd.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ORDERS_MAX = 4096 };

extern int poller;
const char orders_place; // only its address counts: by it `turn` knows stdin from a client

static char said[ORDERS_MAX];
static uint32_t size;
static int ended;

void orders_begin(void) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = (void *)&orders_place};
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  if (epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &event)) fail("stdin has to be a pipe");
}

// Taken as soon as it is there, even during a phase: what is left unread would be reported at every look.
void orders_ready(void) {
  ssize_t got = read(STDIN_FILENO, said + size, ORDERS_MAX - size);
  if (got > 0) size += got;
  if (size == ORDERS_MAX) fail("so many phases at once are too many");
  if (got > 0 || (got < 0 && errno == EAGAIN)) return;
  ended = 1;
  epoll_ctl(poller, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
}

int orders_next(char *line, uint32_t room) {
  char *end;
  for (; !(end = memchr(said, '\n', size)); turn(-1)) {
    if (ended) return 0;
  }
  uint32_t length = end - said;
  if (length >= room) fail("a phase is too long");
  memcpy(line, said, length);
  line[length] = 0;
  memmove(said, said + length + 1, size -= length + 1);
  return 1;
}
