// Attention over a list of 64x64 tiles for each block row, full or with bits. Budgets: README.md.
#include "include/attention.cuh"
#include "include/entries.cuh"

#define ENTRY(T, type, D, accuracy, EXACT)                                                         \
  KERNEL(block_sparse_attention_##type##_d##D##_##accuracy, THREADS, BLOCKS<D>, AttentionParams) { \
    SHARED(Shared<D>, shared);                                                                     \
    attend<T, D, EXACT, ListKeys>(p, shared);                                                      \
  }
EACH_TILE_ENTRY(ENTRY)
