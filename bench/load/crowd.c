// crowd --plan FILE --port N --redis N --server PID --redis-pid PID [--http]
// Reads what to do from stdin, a phase a line, and serves its sockets until the next one is there, or stdin ends:
//   dial:LABEL:AT_ONCE[:COUNT]        opens all connections, or until COUNT are open; so many handshakes at a time
//   again:LABEL:AT_ONCE               the same, when all have hung up
//   rest:LABEL:MS                     serves sockets, publishes nothing
//   flow:LABEL:SECONDS:WINDOW         publishes so that at most WINDOW events have not reached everybody; a tenth of the
//                                     time before that, or one event, does not count
//   pace:LABEL:SECONDS:RATE:DRAIN     publishes RATE events a second, then waits at most DRAIN seconds for the rest
//   ask:LABEL:SECONDS:AT_ONCE         requests and answers, so many under way
//   signal:LABEL:MS                   SIGUSR2 to the server, then a rest
// One line of JSON on stdout for each.
#include "crowd.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAD_IN = 10, DIAL_LIMIT_S = 120, DRAIN_LIMIT_S = 15, ANSWER_LIMIT_S = 5 };
static const uint64_t SECOND = 1000000000ull, MILLISECOND = 1000000ull;

static int server_pid, redis_pid;
static uint32_t next_event;

typedef struct {
  uint64_t at, server, redis, own;
  Tally tally;
  uint32_t event;
} Mark;

static Mark mark(void) { return (Mark){now(), cpu_of(server_pid), cpu_of(redis_pid), cpu_own(), tally, next_event}; }

static void report(const char *label, Mark from, uint64_t end, uint64_t units) {
  Mark to = mark();
  double wall = (double)(to.at - from.at) / SECOND, seconds = (double)(end - from.at) / SECOND;
  uint64_t expected = 0;
  for (uint32_t i = from.event; i < next_event; i++) expected += plan.events[i].expected;
  printf("{\"label\":\"%s\",\"units\":%lu,\"seconds\":%.6f,\"wall\":%.6f,\"cpu\":%.9f,\"redisCpu\":%.6f,\"ownCpu\":%.6f,", label, units,
         seconds, wall, (double)(to.server - from.server) / SECOND, (double)(to.redis - from.redis) / SECOND,
         (double)(to.own - from.own) / SECOND);
  printf("\"p50\":%.3f,\"p99\":%.3f,\"events\":%u,\"expected\":%lu,\"duplicates\":%lu,\"refusals\":%lu,", latency_at(0.5), latency_at(0.99),
         next_event - from.event, expected, to.tally.duplicates - from.tally.duplicates, to.tally.refusals - from.tally.refusals);
  printf("\"ready\":%u,\"gone\":%u,\"bytes\":%lu,\"residentKb\":%ld}\n", tally.ready, tally.gone, to.tally.bytes - from.tally.bytes,
         resident(server_pid));
  fflush(stdout);
}

static void publish(void) {
  Event *event = &plan.events[next_event++];
  if (event->expected) under_way++;
  event->sent_at = now();
  publisher_send(event->command);
}

// What was lost before holds nobody up now.
static void begin_publishing(void) {
  if (next_event == plan.event_count) fail("there are no events left");
  since = next_event;
  under_way = 0;
}

static void rest_until(uint64_t end) {
  while (now() < end) turn(5);
}

static void publish_until(uint64_t end, uint32_t window) {
  begin_publishing();
  while (now() < end && next_event < plan.event_count) {
    while (under_way < window && next_event < plan.event_count) publish();
    turn(20);
  }
  for (uint64_t limit = now() + DRAIN_LIMIT_S * SECOND; under_way && now() < limit;) turn(20);
}

static void flow(const char *label, double seconds, uint32_t window) {
  // Others have had their turns: what comes first finds nothing in the caches, and does not count.
  publish_until(now() + seconds / LEAD_IN * SECOND, 1);
  latency_reset();
  Mark from = mark();
  publish_until(from.at + seconds * SECOND, window);
  report(label, from, tally.last_at, tally.deliveries - from.tally.deliveries);
}

static void pace(const char *label, double seconds, double rate, double drain) {
  Mark from = mark();
  begin_publishing();
  uint32_t count = seconds * rate;
  for (uint32_t i = 0; i < count && next_event < plan.event_count; i++) {
    uint64_t due = from.at + i / rate * SECOND;
    // At most a millisecond late, rather than spinning on the core that Redis needs.
    for (uint64_t at; (at = now()) < due;) turn((due - at) / MILLISECOND + 1);
    publish();
    turn(0);
  }
  for (uint64_t limit = now() + drain * SECOND; under_way && now() < limit;) turn(5);
  report(label, from, now(), tally.deliveries - from.tally.deliveries);
}

static void dial(const char *label, uint32_t at_once, uint32_t count) {
  Mark from = mark();
  uint64_t limit = from.at + DIAL_LIMIT_S * SECOND;
  while (tally.ready + tally.gone < count && now() < limit) {
    clients_dial(at_once, count);
    turn(20);
  }
  report(label, from, tally.last_at, tally.ready - from.tally.ready);
}

static void ask(const char *label, double seconds, uint32_t at_once) {
  Mark from = mark();
  clients_ask(at_once);
  rest_until(from.at + seconds * SECOND);
  clients_stop_asking();
  for (uint64_t limit = now() + ANSWER_LIMIT_S * SECOND; clients_waiting() && now() < limit;) turn(5);
  report(label, from, tally.last_at, tally.answers - from.tally.answers);
}

static void phase(char *text) {
  char *kind = strtok(text, ":"), *label = strtok(NULL, ":"), *a = strtok(NULL, ":"), *b = strtok(NULL, ":"), *c = strtok(NULL, ":");
  if (!label || !a) fail("a phase has a name, a label and a number: %s", kind);
  latency_reset();
  if (!strcmp(kind, "dial")) return dial(label, atoi(a), b ? (uint32_t)atoi(b) : plan.client_count);
  if (!strcmp(kind, "again")) return clients_hang_up(), dial(label, atoi(a), plan.client_count);
  if (!strcmp(kind, "flow") && b) return flow(label, atof(a), atoi(b));
  if (!strcmp(kind, "pace") && b && c) return pace(label, atof(a), atof(b), atof(c));
  if (!strcmp(kind, "ask") && b) return ask(label, atof(a), atoi(b));
  Mark from = mark();
  if (!strcmp(kind, "signal")) kill(server_pid, SIGUSR2);
  else if (strcmp(kind, "rest")) fail("no phase is called %s", kind);
  rest_until(from.at + atof(a) * MILLISECOND);
  report(label, from, now(), 0);
}

int main(int count, char **words) {
  const char *path = NULL;
  int port = 0, redis_port = 0;
  for (int i = 1; i < count; i++) {
    if (!strcmp(words[i], "--http")) {
      http = 1;
      continue;
    }
    if (i + 1 == count) fail("%s wants a value", words[i]);
    char *name = words[i++];
    if (!strcmp(name, "--plan")) path = words[i];
    else if (!strcmp(name, "--port")) port = atoi(words[i]);
    else if (!strcmp(name, "--redis")) redis_port = atoi(words[i]);
    else if (!strcmp(name, "--server")) server_pid = atoi(words[i]);
    else if (!strcmp(name, "--redis-pid")) redis_pid = atoi(words[i]);
    else fail("no option is called %s", name);
  }
  if (!path) fail("--plan is needed");
  plan_read(path);
  clients_begin("127.0.0.1", port);
  if (plan.event_count) publisher_begin(redis_port);
  orders_begin();
  for (char line[128]; orders_next(line, sizeof line);) phase(line);
  return 0;
}
