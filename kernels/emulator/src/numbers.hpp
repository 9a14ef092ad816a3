// 16-bit floats, exactly: every value to f32, and from f32 to the nearest, ties to even.
#pragma once
#include <cstdint>

namespace emulator {

inline float float_of(uint32_t bits) { return __builtin_bit_cast(float, bits); }
inline uint32_t bits_of(float x) { return __builtin_bit_cast(uint32_t, x); }

constexpr uint16_t NAN_16 = 0x7fff;  // the device's result for every NaN, in both types

inline float f16_to_f32(uint16_t x) {
  // The exponent moves from bias 15 to 127 by a multiplication, which makes subnormal values normal on the way.
  const float magnitude = float_of((x & 0x7fffu) << 13) * 0x1p112f;
  const uint32_t special = magnitude >= 65536.0f ? 0x7f800000u : 0;  // infinity and NaN keep their fraction
  return float_of(bits_of(magnitude) | special | (x & 0x8000u) << 16);
}

inline float bf16_to_f32(uint16_t x) { return float_of((uint32_t)x << 16); }

inline uint16_t f32_to_bf16(float x) {
  if (x != x) return NAN_16;
  const uint32_t bits = bits_of(x);
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

inline uint16_t f32_to_f16(float x) {
  if (x != x) return NAN_16;
  const uint32_t sign = bits_of(x) >> 16 & 0x8000u;
  const float magnitude = float_of(bits_of(x) & 0x7fffffffu);
  if (magnitude >= 65520.0f) return (uint16_t)(sign | 0x7c00u);
  // Below 2^-14 the spacing is 2^-24 throughout: adding 0.5 leaves a sum whose last bit is 2^-24.
  if (magnitude < 0x1p-14f) return (uint16_t)(sign | (bits_of(magnitude + 0.5f) - bits_of(0.5f)));
  const uint32_t bits = bits_of(magnitude) - (112u << 23);
  return (uint16_t)(sign | ((bits + 0xfffu + (bits >> 13 & 1)) >> 13));
}

// The effect of the flag .ftz on arguments and results: a subnormal value becomes a zero of its sign.
inline float flushed(float x) {
  const bool subnormal = (bits_of(x) & 0x7f800000u) == 0;
  return subnormal ? float_of(bits_of(x) & 0x80000000u) : x;
}

}  // namespace emulator
