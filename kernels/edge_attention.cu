// Attention over few keys per row, as a list or one interval. Budgets: README.md.
#include "include/entries.cuh"
#include "include/gather.cuh"

// Blocks per multiprocessor: the number that leaves each thread the registers it needs. Turing has fewer threads.
constexpr int BLOCKS = ARCH >= 80 ? 9 : 8;

#define ENTRY(T, type, D)                                                  \
  KERNEL(edge_attention_##type##_d##D, THREADS, BLOCKS, AttentionParams) { \
    SHARED(GatherOutput, output);                                          \
    gather<T, D>(p, output);                                               \
  }
EACH_GATHER_ENTRY(ENTRY)
