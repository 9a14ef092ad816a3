// Attention over a handful of keys a row, as a list or one interval. Budgets: README.md.
#include "include/entries.cuh"
#include "include/gather.cuh"

#define ENTRY(T, type, D)                                                \
  KERNEL(edge_attention_##type##_d##D, THREADS, 4, AttentionParams) {    \
    gather<T, D>(p);                                                     \
  }
EACH_GATHER_ENTRY(ENTRY)
