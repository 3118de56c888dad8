#define _GNU_SOURCE
#include "crowd.h"
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

uint64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000ull + at.tv_nsec;
}

uint64_t cpu_of(int pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *threads = opendir(path);
  if (!threads) return 0;
  uint64_t sum = 0;
  for (struct dirent *thread; (thread = readdir(threads));) {
    if (thread->d_name[0] == '.') continue;
    char name[360];
    snprintf(name, sizeof name, "%s/%s/schedstat", path, thread->d_name);
    FILE *file = fopen(name, "r");
    if (!file) continue;
    unsigned long long ran = 0;
    if (fscanf(file, "%llu", &ran) == 1) sum += ran;
    fclose(file);
  }
  closedir(threads);
  return sum;
}

uint64_t cpu_own(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000ull + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000ull;
}

long resident(int pid) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  long kilobytes = 0;
  while (fgets(line, sizeof line, file)) sscanf(line, "VmRSS: %ld", &kilobytes);
  fclose(file);
  return kilobytes;
}

// Microseconds, with steps of at most a 512th above a millisecond: nothing is allocated while it runs.
enum { FINE = 1024, OCTAVES = 24, STEPS = 512 };
static uint32_t counts[FINE + OCTAVES * STEPS];
static uint64_t total;

static uint32_t slot_of(uint64_t us) {
  if (us < FINE) return us;
  uint32_t octave = 63 - __builtin_clzll(us) - 10;
  if (octave >= OCTAVES) return FINE + OCTAVES * STEPS - 1;
  return FINE + octave * STEPS + ((us >> (octave + 1)) - STEPS);
}

static double value_of(uint32_t slot) {
  if (slot < FINE) return slot;
  uint32_t octave = (slot - FINE) / STEPS, step = (slot - FINE) % STEPS;
  return (double)((uint64_t)(step + STEPS) << (octave + 1));
}

void latency_reset(void) {
  memset(counts, 0, sizeof counts);
  total = 0;
}

void latency_add(uint64_t ns) {
  counts[slot_of(ns / 1000)]++;
  total++;
}

double latency_at(double quantile) {
  uint64_t wanted = quantile * total, passed = 0;
  for (uint32_t slot = 0; slot < sizeof counts / sizeof *counts; slot++) {
    passed += counts[slot];
    if (passed > wanted || (passed == total && total)) return value_of(slot) / 1000;
  }
  return 0;
}

void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  fputs("crowd: ", stderr);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
  exit(2);
}
