#define _GNU_SOURCE
#include "crowd.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, TOLD_MAX = 3 };

int poller, http;
uint32_t since, under_way;
Tally tally;

static struct sockaddr_in server;
static uint8_t arrived[1 << 18];
static uint32_t next_client, waiting, asking;
static Client **idle; // ring of those that may ask
static uint32_t idle_first, idle_count;

static int holds(const uint8_t *at, uint32_t size, Bytes mark) { return memmem(at, size, mark.at, mark.size) != NULL; }

void clients_begin(const char *host, int port) {
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
  if (!inet_pton(AF_INET, host, &server.sin_addr)) fail("%s is no address", host);
  poller = epoll_create1(0);
  idle = calloc(plan.client_count + 1, sizeof *idle);
}

static void care(Client *client, int writable) {
  struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = client};
  epoll_ctl(poller, EPOLL_CTL_MOD, client->fd, &event);
}

static void hang_up(Client *client) {
  if (client->state == READY) tally.ready--;
  close(client->fd);
  client->state = CLOSED;
  client->rest_size = client->unsent_size = 0;
}

static void lose(Client *client, const char *why) {
  if (client->state == GONE) return;
  // A server may close what nobody has asked anything on for a while.
  if (http && client->state == READY && !client->waits) return hang_up(client);
  if (tally.gone++ < TOLD_MAX) fprintf(stderr, "crowd: client %u is gone at step %u: %.160s\n", client->number, client->step, why);
  if (client->state < READY) tally.dialling--;
  waiting -= client->waits;
  client->state = GONE;
  close(client->fd);
}

static void put(Client *client, Bytes message) {
  if (!message.size) return;
  if (!client->unsent_size) {
    ssize_t sent = send(client->fd, message.at, message.size, MSG_NOSIGNAL);
    if (sent == (ssize_t)message.size) return;
    if (sent < 0 && errno != EAGAIN) return;
    if (sent > 0) message.at += sent, message.size -= sent;
    care(client, 1);
  }
  if (client->unsent_size + message.size > client->unsent_room) {
    client->unsent_room = (client->unsent_size + message.size) * 2;
    client->unsent = realloc(client->unsent, client->unsent_room);
  }
  memcpy(client->unsent + client->unsent_size, message.at, message.size);
  client->unsent_size += message.size;
}

static void dial(Client *client) {
  int yes = 1;
  // Closed by a reset: thousands of sockets in TIME_WAIT would be in the way of the next peer.
  struct linger linger = {1, 0};
  client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (client->fd < 0) fail("no more sockets: %s", strerror(errno));
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  client->state = DIALLING;
  client->dialled_at = now();
  tally.dialling++;
  int failed = connect(client->fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = client};
  epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &event);
  if (failed) lose(client, strerror(errno));
}

void clients_dial(uint32_t at_once, uint32_t count) {
  for (; next_client < count && tally.dialling < at_once; next_client++) {
    if (plan.clients[next_client].state == CLOSED) dial(&plan.clients[next_client]);
  }
}

// Only where nothing is under way.
void clients_hang_up(void) {
  for (uint32_t i = 0; i < plan.client_count; i++) {
    if (plan.clients[i].state == READY) hang_up(&plan.clients[i]);
  }
  next_client = idle_first = idle_count = 0;
}

static void is_ready(Client *client) {
  client->state = READY;
  tally.ready++;
  tally.dialling--;
  idle[idle_count++] = client;
  tally.last_at = now();
  latency_add(tally.last_at - client->dialled_at);
}

static void step(Client *client) {
  Step *done = &client->steps[client->step++];
  put(client, done->send);
  if (client->step == client->step_count) is_ready(client);
}

static void ask_next(void) {
  while (idle_count && asking) {
    Client *client = idle[idle_first];
    idle_first = (idle_first + 1) % plan.client_count;
    idle_count--;
    if (client->state != READY) continue;
    client->waits = 1;
    waiting++;
    client->asked_at = now();
    put(client, plan.requests[(client->number + 7 * client->asked++) % plan.request_count]);
    return;
  }
}

void clients_ask(uint32_t at_once) {
  asking = 1;
  for (uint32_t i = 0; i < at_once; i++) ask_next();
}

void clients_stop_asking(void) { asking = 0; }
uint32_t clients_waiting(void) { return waiting; }

// Whoever was answered asks again when all the others have had their turn.
static void answered(Client *client) {
  tally.last_at = now();
  latency_add(tally.last_at - client->asked_at);
  tally.answers++;
  client->waits = 0;
  waiting--;
  idle[(idle_first + idle_count++) % plan.client_count] = client;
  ask_next();
}

static int delivered(const uint8_t *at, uint32_t size, uint64_t time) {
  const uint8_t *mark = memmem(at, size, plan.event_mark.at, plan.event_mark.size);
  if (!mark) return 0;
  uint32_t number = 0;
  for (mark += plan.event_mark.size; mark < at + size && *mark >= '0' && *mark <= '9'; mark++) number = number * 10 + (*mark - '0');
  number -= plan.first_number;
  // Of what was there before, or of an event that nobody waits for.
  if (number >= plan.event_count || !plan.events[number].sent_at) return 1;
  Event *event = &plan.events[number];
  tally.deliveries++;
  event->arrived++;
  if (event->arrived > event->expected) tally.duplicates++;
  if (number < since) return 1;
  if (event->arrived == event->expected) under_way--;
  latency_add(time - event->sent_at);
  tally.last_at = time;
  return 1;
}

static void message(Client *client, const uint8_t *at, uint32_t size, uint64_t time) {
  if (client->state == TALKING && holds(at, size, client->steps[client->step].await)) return step(client);
  if (client->waits) {
    if (holds(at, size, (Bytes){(const uint8_t *)"\"errors\"", 8})) tally.refusals++;
    if (holds(at, size, plan.answer_mark)) answered(client);
    return;
  }
  if (delivered(at, size, time)) return;
  // Engine.IO has pings of its own.
  static const uint8_t pong[] = {0x81, 0x81, 0, 0, 0, 0, '3'};
  if (size == 1 && at[0] == '2') put(client, (Bytes){pong, sizeof pong});
}

static void frame(Client *client, int kind, const uint8_t *at, uint32_t size, uint64_t time) {
  if (kind == TEXT) return message(client, at, size, time);
  if (kind == CLOSE) return lose(client, size > 2 ? (const char *)at + 2 : "closed");
  if (kind != PING || size > 125) return;
  uint8_t pong[6 + 125] = {0x80 | 10, 0x80 | size};
  memcpy(pong + 6, at, size);
  put(client, (Bytes){pong, 6 + size});
}

// Each answers how many of the bytes it has used.
static uint32_t upgrade(Client *client, const uint8_t *at, uint32_t size) {
  const uint8_t *end = memmem(at, size, "\r\n\r\n", 4);
  if (!end) return 0;
  if (memcmp(at, "HTTP/1.1 101", 12)) return lose(client, (const char *)at), size;
  client->state = TALKING;
  if (!client->steps[0].await.size) step(client);
  return end + 4 - at;
}

static uint32_t frames(Client *client, const uint8_t *at, uint32_t size, uint64_t time) {
  uint32_t used = 0;
  while (size - used >= 2 && client->state != GONE) {
    const uint8_t *head = at + used;
    uint32_t length = head[1] & 127, header = 2;
    if (length == 126) header = 4;
    if (length == 127) header = 10;
    if (size - used < header) break;
    if (header == 4) length = head[2] << 8 | head[3];
    if (header == 10) length = (uint32_t)head[6] << 24 | head[7] << 16 | head[8] << 8 | head[9];
    if (size - used < header + length) break;
    frame(client, head[0] & 15, head + header, length, time);
    used += header + length;
  }
  return used;
}

static uint32_t response(Client *client, const uint8_t *at, uint32_t size) {
  const uint8_t *end = memmem(at, size, "\r\n\r\n", 4);
  if (!end) return 0;
  uint32_t head = end + 4 - at, whole;
  const char *length = strcasestr((const char *)at, "content-length:");
  if (length && length < (const char *)end) whole = head + atoi(length + 15);
  else {
    const uint8_t *last = memmem(end, size - (end - at), "\r\n0\r\n\r\n", 7);
    if (!last) return 0;
    whole = last + 7 - at;
  }
  if (size < whole) return 0;
  if (memcmp(at + 9, "200", 3) || holds(at + head, whole - head, (Bytes){(const uint8_t *)"\"errors\"", 8})) {
    if (!tally.refusals++) fprintf(stderr, "crowd: refused: %.*s\n", (int)(whole < 500 ? whole : 500), at);
  }
  answered(client);
  return whole;
}

static uint32_t take(Client *client, const uint8_t *at, uint32_t size, uint64_t time) {
  uint32_t used = client->state == UPGRADING ? upgrade(client, at, size) : 0;
  if (!http) return client->state < TALKING ? used : used + frames(client, at + used, size - used, time);
  for (uint32_t more; used < size && (more = response(client, at + used, size - used)); used += more) {}
  return used;
}

static void readable(Client *client) {
  memcpy(arrived, client->rest, client->rest_size);
  ssize_t got = recv(client->fd, arrived + client->rest_size, sizeof arrived - client->rest_size - 1, 0);
  if (got == 0) return lose(client, "end of the connection");
  if (got < 0) return errno == EAGAIN ? (void)0 : lose(client, strerror(errno));
  tally.bytes += got;
  uint32_t size = client->rest_size + got;
  arrived[size] = 0;
  uint32_t left = size - take(client, arrived, size, now());
  if (client->state == GONE) return;
  if (left > client->rest_room) client->rest = realloc(client->rest, client->rest_room = left + 512);
  memmove(client->rest, arrived + size - left, left);
  client->rest_size = left;
}

static void dialled(Client *client) {
  int failure = 0;
  socklen_t size = sizeof failure;
  getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure) return lose(client, strerror(failure));
  care(client, 0);
  client->state = http ? TALKING : UPGRADING;
  if (http) is_ready(client);
  put(client, client->hello);
}

static void writable(Client *client) {
  ssize_t sent = send(client->fd, client->unsent, client->unsent_size, MSG_NOSIGNAL);
  if (sent <= 0) return;
  memmove(client->unsent, client->unsent + sent, client->unsent_size - sent);
  client->unsent_size -= sent;
  if (!client->unsent_size) care(client, 0);
}

void turn(int wait_ms) {
  static struct epoll_event events[1024];
  int count = epoll_wait(poller, events, 1024, wait_ms);
  for (int i = 0; i < count; i++) {
    Client *client = events[i].data.ptr;
    uint32_t what = events[i].events;
    if (!client) publisher_ready(what);
    else if (events[i].data.ptr == &orders_place) orders_ready();
    else if (client->state == DIALLING) dialled(client);
    else if (client->state > DIALLING && client->state != GONE) {
      if ((what & EPOLLOUT) && client->unsent_size) writable(client);
      if (what & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(client);
    }
  }
}
