// Attention over contiguous ranges of keys: all, causal, or one interval per row. No mask is stored.
// Budgets: README.md.
#include "include/attention.cuh"
#include "include/entries.cuh"

#define ENTRY(T, type, D, accuracy, EXACT)                                                  \
  KERNEL(flash_attention_##type##_d##D##_##accuracy, THREADS, BLOCKS<D>, AttentionParams) { \
    SHARED(Shared<D>, shared);                                                              \
    attend<T, D, EXACT, RangeKeys>(p, shared);                                              \
  }
EACH_TILE_ENTRY(ENTRY)
