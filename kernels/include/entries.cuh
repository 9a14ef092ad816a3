// The entries of a kernel file: ENTRY(T, type, D, accuracy, EXACT) for each one built for the architecture.
// FEW_ENTRIES keeps one for each code path, for tests that compile many variants.
#pragma once
#include "mma.cuh"

#define EACH_ACCURACY(ENTRY, T, type, D) ENTRY(T, type, D, exact, true) ENTRY(T, type, D, fast, false)

#if defined(FEW_ENTRIES)
#define EACH_TILE_ENTRY(ENTRY) ENTRY(F16, f16, 16, exact, true) ENTRY(F16, f16, 64, exact, true)
#define EACH_GATHER_ENTRY(ENTRY) ENTRY(F16, f16, 16) ENTRY(F16, f16, 64)
#elif ARCH >= 80
#define EACH_TILE_ENTRY(ENTRY)                                                 \
  EACH_ACCURACY(ENTRY, F16, f16, 16) EACH_ACCURACY(ENTRY, Bf16, bf16, 16)      \
  EACH_ACCURACY(ENTRY, F16, f16, 32) EACH_ACCURACY(ENTRY, Bf16, bf16, 32)      \
  EACH_ACCURACY(ENTRY, F16, f16, 64) EACH_ACCURACY(ENTRY, Bf16, bf16, 64)      \
  EACH_ACCURACY(ENTRY, F16, f16, 128) EACH_ACCURACY(ENTRY, Bf16, bf16, 128)
#define EACH_GATHER_ENTRY(ENTRY)                                                                \
  ENTRY(F16, f16, 16) ENTRY(F16, f16, 32) ENTRY(F16, f16, 64) ENTRY(F16, f16, 128)              \
  ENTRY(Bf16, bf16, 16) ENTRY(Bf16, bf16, 32) ENTRY(Bf16, bf16, 64) ENTRY(Bf16, bf16, 128)
#else
// Turing has no bfloat16, and 64 KiB of shared memory, which D = 128 exceeds: those problems use the gather.
#define EACH_TILE_ENTRY(ENTRY) \
  EACH_ACCURACY(ENTRY, F16, f16, 16) EACH_ACCURACY(ENTRY, F16, f16, 32) EACH_ACCURACY(ENTRY, F16, f16, 64)
#define EACH_GATHER_ENTRY(ENTRY) ENTRY(F16, f16, 16) ENTRY(F16, f16, 32) ENTRY(F16, f16, 64) ENTRY(F16, f16, 128)
#endif
