// The two storage types, and products of small matrices on the tensor cores, accumulated in f32.
//
// Fragments of a 16x16 times 16x8 product, lane = 4 g + t: `a` holds rows g, g + 8 and columns 2t, 2t + 1, 2t + 8,
// 2t + 9; `d` holds (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1). Two neighbouring `d` are one `a`.
#pragma once
#include "ptx.cuh"

struct F16 {
  static DEV_METHOD float widen(uint16_t x) { return f16_to_f32(x); }
  static DEV_METHOD uint16_t round(float x) { return f32_to_f16(x); }
  static DEV_METHOD uint32_t pack(float low, float high) { return pack_f16(low, high); }
  // Probabilities are multiplied by 2^15 before they are rounded, so that none above 2^-29 is subnormal.
  static constexpr float EXPONENT_SHIFT = 15;
  static DEV_METHOD void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, const float (&c)[4]) {
#if ARCH >= 80
    mma_f16(d, a, b0, b1, c);
#else
    mma_f16_k8(d, a[0], a[1], b0, c);
    mma_f16_k8(d, a[2], a[3], b1, d);
#endif
  }
};

#if ARCH >= 80
struct Bf16 {
  static DEV_METHOD float widen(uint16_t x) { return bf16_to_f32(x); }
  static DEV_METHOD uint16_t round(float x) { return f32_to_bf16(x); }
  static DEV_METHOD uint32_t pack(float low, float high) { return pack_bf16(low, high); }
  // bfloat16 has the exponents of f32.
  static constexpr float EXPONENT_SHIFT = 0;
  static DEV_METHOD void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, const float (&c)[4]) {
    mma_bf16(d, a, b0, b1, c);
  }
};
#endif

// Both values of a packed pair, widened.
template <typename T> DEV float low_of(uint32_t pair) { return T::widen((uint16_t)pair); }
template <typename T> DEV float high_of(uint32_t pair) { return T::widen((uint16_t)(pair >> 16)); }
