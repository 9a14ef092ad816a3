// Entries that call one wrapper of include/ptx.cuh each, for tests only (tests/it/primitives.rs), which run them in
// the emulator and, if there is one, on a GPU. An entry `primitive_<wrapper>` reads one element of `in` and writes
// one of `out` per thread; other wrappers that it calls (block_sync, copy_wait) have entries of their own.
#include "../include/ptx.cuh"

struct PrimitiveParams {
  const void* in;
  void* out;
  uint32_t mask;    // an operand that all threads share
  uint32_t unused;  // padding
};
static_assert(sizeof(PrimitiveParams) == 24, "shared with Rust");

// This thread's element of each buffer.
template <typename T> DEV const T& input_of(const PrimitiveParams& p) {
  return static_cast<const T*>(p.in)[blockIdx.x * blockDim.x + threadIdx.x];
}
template <typename T> DEV T& output_of(const PrimitiveParams& p) {
  return static_cast<T*>(p.out)[blockIdx.x * blockDim.x + threadIdx.x];
}

// One value in, one out.
#define VALUE(name, In, Out, expression)                \
  KERNEL(primitive_##name, 32, 1, PrimitiveParams) {    \
    const In x = input_of<In>(p);                          \
    output_of<Out>(p) = expression;                         \
  }
struct Two { float low, high; };

VALUE(shuffle_xor_f32, float, float, shuffle_xor(x, (int)p.mask))
VALUE(shuffle_xor_u32, uint32_t, uint32_t, shuffle_xor(x, (int)p.mask))
VALUE(reread_thread_index, uint32_t, uint32_t, x ^ reread_thread_index())
VALUE(warp_any, uint32_t, uint32_t, warp_any(x != 0))
VALUE(exp2_approx, float, float, exp2_approx(x))
VALUE(log2_approx, float, float, log2_approx(x))
VALUE(sqrt_approx, float, float, sqrt_approx(x))
VALUE(f16_to_f32, uint16_t, float, f16_to_f32(x))
VALUE(f32_to_f16, float, uint16_t, f32_to_f16(x))
VALUE(bf16_to_f32, uint16_t, float, bf16_to_f32(x))
VALUE(pack_f16, Two, uint32_t, pack_f16(x.low, x.high))
#if ARCH >= 80
VALUE(f32_to_bf16, float, uint16_t, f32_to_bf16(x))
VALUE(pack_bf16, Two, uint32_t, pack_bf16(x.low, x.high))
#endif

// A block of four warps: each thread reads what another has written before.
struct Words { uint32_t of[128]; };
KERNEL(primitive_block_sync, 128, 1, PrimitiveParams) {
  SHARED(Words, shared);
  shared.of[threadIdx.x] = input_of<uint32_t>(p);
  block_sync();
  output_of<uint32_t>(p) = shared.of[127 - threadIdx.x];
}

// Four matrices, one row per lane; a lane passes the row of lane ^ mask.
struct alignas(16) Row { uint32_t pairs[4]; };
struct Rows { Row of[32]; };
struct Fragments { uint32_t of[4]; };
#define MATRICES(wrapper)                               \
  KERNEL(primitive_##wrapper, 32, 1, PrimitiveParams) { \
    SHARED(Rows, shared);                               \
    shared.of[threadIdx.x] = input_of<Row>(p);             \
    block_sync();                                       \
    uint32_t r[4];                                      \
    wrapper(r, &shared.of[threadIdx.x ^ p.mask]);       \
    output_of<Fragments>(p) = {{r[0], r[1], r[2], r[3]}};   \
  }
MATRICES(load_matrices)
MATRICES(load_matrices_transposed)

struct Sums { float of[4]; };
#if ARCH >= 80
struct Factors { uint32_t a[4], b[2]; float c[4]; };
#define PRODUCT(wrapper)                                \
  KERNEL(primitive_##wrapper, 32, 1, PrimitiveParams) { \
    const Factors x = input_of<Factors>(p);                \
    float d[4];                                         \
    wrapper(d, x.a, x.b[0], x.b[1], x.c);               \
    output_of<Sums>(p) = {{d[0], d[1], d[2], d[3]}};        \
  }
PRODUCT(mma_f16)
PRODUCT(mma_bf16)
#else
struct HalfFactors { uint32_t a[2], b; float c[4]; };
KERNEL(primitive_mma_f16_k8, 32, 1, PrimitiveParams) {
  const HalfFactors x = input_of<HalfFactors>(p);
  float d[4];
  mma_f16_k8(d, x.a[0], x.a[1], x.b, x.c);
  output_of<Sums>(p) = {{d[0], d[1], d[2], d[3]}};
}
#endif

// Every lane copies its bytes over ones, or zeros if its bit of the mask is 0; the adjacent lane reads them.
struct alignas(8) HalfRow { uint32_t pairs[2]; };
struct HalfRows { HalfRow of[32]; };
#define COPY(wrapper, Type, Types, ...)                                            \
  KERNEL(primitive_##wrapper, 32, 1, PrimitiveParams) {                            \
    SHARED(Types, shared);                                                         \
    shared.of[threadIdx.x] = {{__VA_ARGS__}};                                      \
    block_sync();                                                                  \
    wrapper(&shared.of[threadIdx.x], &input_of<Type>(p), p.mask >> threadIdx.x & 1);  \
    copy_commit();                                                                 \
    copy_wait<0>();                                                                \
    block_sync();                                                                  \
    output_of<Type>(p) = shared.of[threadIdx.x ^ 1];                                   \
  }
COPY(copy_async_16, Row, Rows, ~0u, ~0u, ~0u, ~0u)
COPY(copy_async_8, HalfRow, HalfRows, ~0u, ~0u)

// Two groups of copies per thread; each is read as soon as it has arrived.
struct RowPair { Row first, second; };
struct RowPairs { RowPair of[32]; };
KERNEL(primitive_copy_wait, 32, 1, PrimitiveParams) {
  SHARED(RowPairs, shared);
  const RowPair& from = input_of<RowPair>(p);
  RowPair& to = shared.of[threadIdx.x];
  copy_async_16(&to.first, &from.first, true);
  copy_commit();
  copy_async_16(&to.second, &from.second, true);
  copy_commit();
  copy_wait<1>();
  output_of<RowPair>(p).first = to.first;
  copy_wait<0>();
  output_of<RowPair>(p).second = to.second;
}
