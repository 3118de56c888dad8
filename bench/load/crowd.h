// A crowd of clients in one thread: everything that belongs to a protocol is prepared by the driver as bytes, so that
// this program only moves them, cuts frames, and finds the number that every event carries.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
  const uint8_t *at;
  uint32_t size;
} Bytes;

// Wait for a message that holds `await` (empty: the upgrade itself is enough), then send.
typedef struct {
  Bytes await, send;
} Step;

enum State { CLOSED, DIALLING, UPGRADING, TALKING, READY, GONE };

typedef struct {
  int fd;
  uint32_t number;
  enum State state;
  Bytes hello;
  Step *steps;
  uint32_t step, step_count;
  uint8_t *rest; // of a message that has not arrived as a whole
  uint32_t rest_size, rest_room;
  uint8_t *unsent;
  uint32_t unsent_size, unsent_room;
  uint64_t dialled_at, asked_at;
  uint32_t asked;
  int waits; // for an answer
} Client;

typedef struct {
  Bytes command;
  uint32_t expected, arrived;
  uint64_t sent_at;
} Event;

// plan.c: what the driver has prepared.
typedef struct {
  Client *clients;
  Event *events;
  Bytes *requests;
  Bytes answer_mark, event_mark;
  uint32_t client_count, event_count, request_count, first_number;
} Plan;
extern Plan plan;
void plan_read(const char *path);

// clients.c
typedef struct {
  uint32_t ready, gone, dialling;
  uint64_t deliveries, duplicates, answers, refusals, bytes;
  uint64_t last_at; // when the last delivery or answer came
} Tally;
extern Tally tally;
extern int http;           // requests over plain HTTP instead of WebSockets
extern uint32_t since;     // events before this one count for no latency
extern uint32_t under_way; // events that have not reached everybody
void clients_begin(const char *host, int port);
void clients_dial(uint32_t at_once, uint32_t count);
void clients_ask(uint32_t at_once);
void clients_stop_asking(void);
uint32_t clients_waiting(void);
void clients_hang_up(void);
void turn(int wait_ms); // one look at all sockets, and at stdin

// orders.c: the phases, one a line of stdin.
extern const char orders_place;
void orders_begin(void);
void orders_ready(void);
int orders_next(char *line, uint32_t room); // serves sockets until there is one; 0: there will be none

// publisher.c: the commands of the events, straight to Redis.
void publisher_begin(int port);
void publisher_send(Bytes command);
void publisher_ready(uint32_t what);

// gauge.c
uint64_t now(void);                 // ns
uint64_t cpu_of(int pid);           // ns on a CPU, all threads
uint64_t cpu_own(void);             // ns
long resident(int pid);             // kB
void latency_reset(void);
void latency_add(uint64_t ns);
double latency_at(double quantile); // ms
void fail(const char *format, ...);
