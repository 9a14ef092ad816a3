// Attention over a handful of keys a row, as a list or one interval. Budgets: README.md.
#include "include/entries.cuh"
#include "include/gather.cuh"

// Blocks of a multiprocessor: what leaves a thread just the registers it needs. Turing has fewer threads.
constexpr int BLOCKS = ARCH >= 80 ? 9 : 8;

#define ENTRY(T, type, D)                                                  \
  KERNEL(edge_attention_##type##_d##D, THREADS, BLOCKS, AttentionParams) { \
    SHARED(Gathered, gathered);                                            \
    gather<T, D>(p, gathered);                                             \
  }
EACH_GATHER_ENTRY(ENTRY)
