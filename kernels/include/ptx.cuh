// Wrappers of PTX instructions, the only file that depends on the machine: each has a body of one instruction for
// the GPU, and another for the emulator (kernels/emulator), which runs the same sources on the CPU. Section numbers
// are those of the PTX ISA.
//
// No CUDA header is included: 16-bit floats are their bits, uint16_t.
#pragma once
#ifdef __CUDACC__
#include <stdint.h>
#define DEV_METHOD __device__ __forceinline__
#define DEV static DEV_METHOD
#define ARCH (__CUDA_ARCH__ / 10)
// An entry: `KERNEL(name, threads, blocks per multiprocessor, Params) { ... p ... }`.
#define KERNEL(name, threads, blocks, Params) \
  extern "C" __global__ void __launch_bounds__(threads, blocks) name(const __grid_constant__ Params p)
// Shared memory is one struct, given at launch.
#define SHARED(Type, name)                                   \
  extern __shared__ __align__(128) unsigned char raw_shared[]; \
  Type& name = *reinterpret_cast<Type*>(raw_shared)

DEV uint32_t shared_address(const void* p) { return (uint32_t)__cvta_generic_to_shared(p); }

// threadIdx.x, read again, so that values computed from it are not kept in registers from tile to tile. §10.1 %tid
DEV uint32_t reread_thread_index() { uint32_t x; asm volatile("mov.u32 %0, %%tid.x;" : "=r"(x)); return x; }

// Barrier of the block; orders all shared-memory accesses of its threads. §9.7.13 bar.sync
DEV void block_sync() { asm volatile("bar.sync 0;" ::: "memory"); }

// Value of the lane whose number differs by the bits of `mask`. §9.7.9 shfl.sync
DEV float shuffle_xor(float x, int mask) {
  float y;
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 31, 0xffffffff;" : "=f"(y) : "f"(x), "r"(mask));
  return y;
}
DEV uint32_t shuffle_xor(uint32_t x, int mask) {
  uint32_t y;
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 31, 0xffffffff;" : "=r"(y) : "r"(x), "r"(mask));
  return y;
}

// True if the predicate is true in any lane of the warp. §9.7.13 vote.sync.any. Written as the compiler's intrinsic,
// from which the compiler infers that the result is uniform.
DEV bool warp_any(bool predicate) { return __any_sync(0xffffffffu, predicate); }

// 2^x, relative error 2^-22; subnormal results are 0. §9.7.3 ex2
DEV float exp2_approx(float x) { float y; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
// log2(x), absolute error 2^-22 in [0.5, 2], relative outside. §9.7.3 lg2
DEV float log2_approx(float x) { float y; asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
// sqrt(x), relative error 2^-23. §9.7.3 sqrt
DEV float sqrt_approx(float x) { float y; asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }

// 16-bit floats from and to f32, rounded to nearest even; two at once, the first in the low half. §9.7.9 cvt
DEV float f16_to_f32(uint16_t x) { float y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x)); return y; }
DEV uint16_t f32_to_f16(float x) { uint16_t y; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(x)); return y; }
DEV float bf16_to_f32(uint16_t x) { return __uint_as_float((uint32_t)x << 16); }
#if __CUDA_ARCH__ >= 800
DEV uint16_t f32_to_bf16(float x) { uint16_t y; asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y) : "f"(x)); return y; }
DEV uint32_t pack_f16(float low, float high) {
  uint32_t y;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low));
  return y;
}
DEV uint32_t pack_bf16(float low, float high) {
  uint32_t y;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low));
  return y;
}
#else
DEV uint32_t pack_f16(float low, float high) { return f32_to_f16(low) | (uint32_t)f32_to_f16(high) << 16; }
#endif

// Loads four 8x8 matrices of 16-bit values from shared memory: lane l gives the address of row l % 8 (16 bytes) of
// matrix l / 8, and gets in r[i] the values 2 (l % 4) and 2 (l % 4) + 1 of row l / 4 of matrix i, or, transposed, of
// its column l / 4. §9.7.14.5 ldmatrix
DEV void load_matrices(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}
DEV void load_matrices_transposed(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}

// d = a b + c: a is 16x16 by rows, b 16x8 by columns, c and d 16x8 in f32, each spread over the warp. §9.7.14.5 mma
#if __CUDA_ARCH__ >= 800
DEV void mma_f16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, const float (&c)[4]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%10, %11, %12, %13};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1), "f"(c[0]), "f"(c[1]), "f"(c[2]),
                 "f"(c[3]));
}
DEV void mma_bf16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, const float (&c)[4]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
               "{%10, %11, %12, %13};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1), "f"(c[0]), "f"(c[1]), "f"(c[2]),
                 "f"(c[3]));
}
#else
// The half-size product of Turing: a is 16x8, b 8x8.
DEV void mma_f16_k8(float (&d)[4], uint32_t a0, uint32_t a1, uint32_t b, const float (&c)[4]) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %8, %9, %10};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(a0), "r"(a1), "r"(b), "f"(c[0]), "f"(c[1]), "f"(c[2]), "f"(c[3]));
}
#endif

// An asynchronous copy of 16 or 8 bytes into shared memory, zeros if not `valid`; both addresses are multiples of the
// size, and `from` must be readable even if it is not used. §9.7.9.25 cp.async
#if __CUDA_ARCH__ >= 800
DEV void copy_async_16(void* to, const void* from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :: "r"(shared_address(to)), "l"(from), "r"(valid ? 16 : 0) : "memory");
}
DEV void copy_async_8(void* to, const void* from, bool valid) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;"
               :: "r"(shared_address(to)), "l"(from), "r"(valid ? 8 : 0) : "memory");
}
// End of a group of copies; wait until at most N groups of this thread are pending.
DEV void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N> DEV void copy_wait() { asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory"); }
#else
// Turing copies through registers, synchronously.
struct alignas(16) Bytes16 { uint32_t word[4]; };
struct alignas(8) Bytes8 { uint32_t word[2]; };
DEV void copy_async_16(void* to, const void* from, bool valid) {
  *static_cast<Bytes16*>(to) = valid ? *static_cast<const Bytes16*>(from) : Bytes16{};
}
DEV void copy_async_8(void* to, const void* from, bool valid) {
  *static_cast<Bytes8*>(to) = valid ? *static_cast<const Bytes8*>(from) : Bytes8{};
}
DEV void copy_commit() {}
template <int N> DEV void copy_wait() {}
#endif
#else
#include "../emulator/src/device.hpp"
#endif
