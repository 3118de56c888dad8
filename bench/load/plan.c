#include "crowd.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Plan plan;

static uint8_t *place, *end;

static uint32_t number(void) {
  uint32_t value;
  if (end - place < 4) fail("the plan breaks off");
  memcpy(&value, place, 4);
  place += 4;
  return value;
}

static Bytes bytes(void) {
  Bytes found = {.size = number()};
  if ((size_t)(end - place) < found.size) fail("the plan breaks off");
  found.at = place;
  place += found.size;
  return found;
}

static void read_client(Client *client, uint32_t n) {
  *client = (Client){.fd = -1, .number = n};
  client->hello = bytes();
  client->step_count = number();
  client->steps = calloc(client->step_count + 1, sizeof *client->steps);
  for (uint32_t i = 0; i < client->step_count; i++) {
    client->steps[i].await = bytes();
    client->steps[i].send = bytes();
  }
}

// The order of bench/crowd.ts. The file stays in memory: everything above points into it.
void plan_read(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("no plan at %s", path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  place = malloc(size + 1);
  if (fread(place, 1, size, file) != (size_t)size) fail("the plan cannot be read");
  fclose(file);
  end = place + size;

  plan.event_mark = bytes();
  plan.answer_mark = bytes();
  plan.first_number = number();
  plan.client_count = number();
  plan.clients = calloc(plan.client_count + 1, sizeof *plan.clients);
  for (uint32_t i = 0; i < plan.client_count; i++) read_client(&plan.clients[i], i);
  plan.event_count = number();
  plan.events = calloc(plan.event_count + 1, sizeof *plan.events);
  for (uint32_t i = 0; i < plan.event_count; i++) {
    plan.events[i].expected = number();
    plan.events[i].command = bytes();
  }
  plan.request_count = number();
  plan.requests = calloc(plan.request_count + 1, sizeof *plan.requests);
  for (uint32_t i = 0; i < plan.request_count; i++) plan.requests[i] = bytes();
}
