#define _GNU_SOURCE
#include "crowd.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

extern int poller;

static int fd = -1;
static uint8_t *unsent;
static uint32_t unsent_size, unsent_room;

static void care(uint32_t what, int operation) {
  // No pointer: that is how `turn` knows it from a client.
  struct epoll_event event = {.events = what};
  epoll_ctl(poller, operation, fd, &event);
}

void publisher_begin(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int yes = 1;
  fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("no Redis on port %d", port);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  care(EPOLLIN, EPOLL_CTL_ADD);
}

void publisher_send(Bytes command) {
  if (!unsent_size) {
    ssize_t sent = send(fd, command.at, command.size, MSG_NOSIGNAL);
    if (sent == (ssize_t)command.size) return;
    if (sent > 0) command.at += sent, command.size -= sent;
    care(EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  }
  if (unsent_size + command.size > unsent_room) {
    unsent_room = (unsent_size + command.size) * 2;
    unsent = realloc(unsent, unsent_room);
  }
  memcpy(unsent + unsent_size, command.at, command.size);
  unsent_size += command.size;
}

void publisher_ready(uint32_t what) {
  static char replies[65536];
  static int told;
  for (ssize_t got; (got = recv(fd, replies, sizeof replies, 0)) > 0;) {
    // A refused command would only show as an event that never comes.
    if (replies[0] == '-' && !told++) fail("Redis refuses an event: %.*s", got > 100 ? 100 : (int)got, replies);
  }
  if (!(what & EPOLLOUT) || !unsent_size) return;
  ssize_t sent = send(fd, unsent, unsent_size, MSG_NOSIGNAL);
  if (sent <= 0) return;
  memmove(unsent, unsent + sent, unsent_size - sent);
  unsent_size -= sent;
  if (!unsent_size) care(EPOLLIN, EPOLL_CTL_MOD);
}
