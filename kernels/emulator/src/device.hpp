// The bodies of the wrappers of include/ptx.cuh for the CPU.
//
// EMULATED_ARCH is the emulated architecture, 75 or 80 (the default). Loads and stores of the kernel itself are
// observed through the compiler's instrumentation (hooks.cpp), those of a wrapper by the function that it calls.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "calls.hpp"
#include "numbers.hpp"

#ifndef EMULATED_ARCH
#define EMULATED_ARCH 80
#endif
#define ARCH EMULATED_ARCH
#define DEV static inline __attribute__((always_inline))
#define DEV_METHOD inline __attribute__((always_inline))
#define AT ::emulator::SourceLine at = ::emulator::SourceLine::current()

// An entry is a function of the library, and an object that registers it with the emulator. Each thread has its own
// copy of the parameters on its stack.
#define KERNEL(name, threads, blocks, Params)                                                                      \
  static void name##_body(const Params& p);                                                                        \
  extern "C" void name(const void* params) { name##_body(*static_cast<const Params*>(params)); }                   \
  static const ::emulator::Entry name##_entry(#name, name, threads, sizeof(Params));                               \
  static void name##_body(const Params& p)
#define SHARED(Type, name) Type& name = *static_cast<Type*>(::emulator::shared_memory())

struct EmulatedIndex {
  unsigned x;
};
#define threadIdx (EmulatedIndex{::emulator::thread_index()})
#define blockIdx (EmulatedIndex{::emulator::block_index()})
#define blockDim (EmulatedIndex{::emulator::block_size()})
#define gridDim (EmulatedIndex{::emulator::grid_size()})

DEV uint32_t reread_thread_index() { return threadIdx.x; }

DEV void block_sync(AT) { ::emulator::block_sync(at); }

DEV float shuffle_xor(float x, int mask, AT) {
  return ::emulator::float_of(::emulator::shuffle_xor(::emulator::bits_of(x), mask, at));
}
DEV uint32_t shuffle_xor(uint32_t x, int mask, AT) { return ::emulator::shuffle_xor(x, mask, at); }
DEV bool warp_any(bool predicate, AT) { return ::emulator::warp_any(predicate, at); }

DEV float exp2_approx(float x) { return ::emulator::flushed(exp2f(::emulator::flushed(x))); }
DEV float log2_approx(float x) { return log2f(::emulator::flushed(x)); }
DEV float sqrt_approx(float x) { return sqrtf(::emulator::flushed(x)); }

DEV float f16_to_f32(uint16_t x) { return ::emulator::f16_to_f32(x); }
DEV uint16_t f32_to_f16(float x) { return ::emulator::f32_to_f16(x); }
DEV float bf16_to_f32(uint16_t x) { return ::emulator::bf16_to_f32(x); }
DEV uint32_t pack_f16(float low, float high) { return f32_to_f16(low) | (uint32_t)f32_to_f16(high) << 16; }
#if ARCH >= 80
DEV uint16_t f32_to_bf16(float x) { return ::emulator::f32_to_bf16(x); }
DEV uint32_t pack_bf16(float low, float high) { return f32_to_bf16(low) | (uint32_t)f32_to_bf16(high) << 16; }
#endif

DEV void load_matrices(uint32_t (&r)[4], const void* row, AT) {
  ::emulator::load_matrices(r, row, ::emulator::Transposed::No, at);
}
DEV void load_matrices_transposed(uint32_t (&r)[4], const void* row, AT) {
  ::emulator::load_matrices(r, row, ::emulator::Transposed::Yes, at);
}

#if ARCH >= 80
DEV void mma_f16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, const float (&c)[4], AT) {
  ::emulator::multiply_add(::emulator::Product::F16, d, {a, {b0, b1}}, c, at);
}
DEV void mma_bf16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, const float (&c)[4], AT) {
  ::emulator::multiply_add(::emulator::Product::Bf16, d, {a, {b0, b1}}, c, at);
}
DEV void copy_async_16(void* to, const void* from, bool valid, AT) { ::emulator::copy_async(to, from, 16, valid, at); }
DEV void copy_async_8(void* to, const void* from, bool valid, AT) { ::emulator::copy_async(to, from, 8, valid, at); }
DEV void copy_commit() { ::emulator::copy_commit(); }
template <int N> DEV void copy_wait(AT) { ::emulator::copy_wait(N, at); }
#else
DEV void mma_f16_k8(float (&d)[4], uint32_t a0, uint32_t a1, uint32_t b, const float (&c)[4], AT) {
  const uint32_t a[2] = {a0, a1};
  ::emulator::multiply_add(::emulator::Product::F16HalfDepth, d, {a, {b, 0}}, c, at);
}
DEV void copy_async_16(void* to, const void* from, bool valid, AT) { ::emulator::copy_now(to, from, 16, valid, at); }
DEV void copy_async_8(void* to, const void* from, bool valid, AT) { ::emulator::copy_now(to, from, 8, valid, at); }
DEV void copy_commit() {}
template <int N> DEV void copy_wait() {}
#endif
#undef AT
