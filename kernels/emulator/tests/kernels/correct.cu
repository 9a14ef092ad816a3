// Kernels without a fault.
#include "../../../include/ptx.cuh"

// Parameters of a product c = a b, of 64 x depth and depth x 64 values.
struct ProductParams {
  const uint16_t *a, *b;  // a by rows; b by columns, or by rows if `b_rows`
  float* c;
  uint32_t b_rows;
  uint32_t depth;  // of the product, a multiple of 64
};

constexpr int SIZE = 64;

struct alignas(128) Tile {
  uint16_t values[SIZE * SIZE];
  DEV_METHOD uint16_t* chunk(int row, int c) { return values + row * SIZE + 8 * (c ^ (row & 7)); }
};

struct Shared {
  Tile a[2], b[2];
};

DEV void copy(Tile& to, const uint16_t* from, size_t row_values) {
  for (int n = 0; n < 4; n++) {
    const int id = n * 128 + threadIdx.x;
    copy_async_16(to.chunk(id / 8, id % 8), from + id / 8 * row_values + id % 8 * 8, true);
  }
}

DEV void copy_stage(Shared& shared, const ProductParams& p, uint32_t n) {
  copy(shared.a[n & 1], p.a + n * SIZE, p.depth);
  copy(shared.b[n & 1], p.b_rows ? p.b + n * SIZE * SIZE : p.b + n * SIZE, p.b_rows ? SIZE : p.depth);
}

struct F16 {
  static DEV_METHOD void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
#if ARCH >= 80
    mma_f16(d, a, b0, b1, d);
#else
    mma_f16_k8(d, a[0], a[1], b0, d);
    mma_f16_k8(d, a[2], a[3], b1, d);
#endif
  }
};

#if ARCH >= 80
struct Bf16 {
  static DEV_METHOD void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    mma_bf16(d, a, b0, b1, d);
  }
};
#endif

template <typename T> DEV void product(const ProductParams& p) {
  SHARED(Shared, shared);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  float d[8][4] = {};
  copy_stage(shared, p, 0);
  copy_commit();
  for (uint32_t n = 0; n < p.depth / SIZE; n++) {
    if (n + 1 < p.depth / SIZE) copy_stage(shared, p, n + 1);
    copy_commit();
    copy_wait<1>();
    block_sync();
    Tile &a_tile = shared.a[n & 1], &b_tile = shared.b[n & 1];
    for (int k = 0; k < 4; k++) {
      uint32_t a[4];
      load_matrices(a, a_tile.chunk(16 * warp + lane % 16, 2 * k + lane / 16));
      for (int j = 0; j < 4; j++) {
        uint32_t b[4];
        if (p.b_rows)
          load_matrices_transposed(b, b_tile.chunk(16 * k + lane % 16, 2 * j + lane / 16));
        else
          load_matrices(b, b_tile.chunk(16 * j + lane % 8 + lane / 16 * 8, 2 * k + lane / 8 % 2));
        T::mma(d[2 * j], a, b[0], b[1]);
        T::mma(d[2 * j + 1], a, b[2], b[3]);
      }
    }
    block_sync();
  }
  for (int j = 0; j < 8; j++)
    for (int e = 0; e < 4; e++)
      p.c[(16 * warp + lane / 4 + e / 2 * 8) * SIZE + 8 * j + lane % 4 * 2 + e % 2] = d[j][e];
}

KERNEL(product_f16, 128, 1, ProductParams) { product<F16>(p); }
#if ARCH >= 80
KERNEL(product_bf16, 128, 1, ProductParams) { product<Bf16>(p); }
#endif

struct NumberParams {
  const float* in;  // one value for each thread
  uint32_t* out;    // [threads][8]
};

KERNEL(numbers, 256, 1, NumberParams) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  const float x = p.in[i];
  uint32_t* out = p.out + 8 * i;
  out[0] = f32_to_f16(x);
  out[1] = __builtin_bit_cast(uint32_t, f16_to_f32((uint16_t)i));
  out[2] = pack_f16(x, -x);
#if ARCH >= 80
  out[3] = f32_to_bf16(x);
  out[4] = pack_bf16(-x, x);
#endif
  out[5] = __builtin_bit_cast(uint32_t, exp2_approx(x));
  out[6] = __builtin_bit_cast(uint32_t, log2_approx(x));
  out[7] = __builtin_bit_cast(uint32_t, sqrt_approx(x));
}

struct CopyParams {
  const float* in;
  float* out;
};

struct alignas(16) Sixteen {
  float x[4];
};

struct alignas(128) Staging {
  Sixteen first[32], second[32];
};

// Structs through shared memory, zeros where nothing is valid, lanes exchanged, and a thread's own values read back
// without a barrier.
KERNEL(copies, 32, 1, CopyParams) {
  SHARED(Staging, shared);
  const uint32_t i = threadIdx.x;
  shared.first[i] = reinterpret_cast<const Sixteen*>(p.in)[i];
  copy_async_16(&shared.second[i], p.in + 4 * i, i % 2 == 0);
  copy_commit();
  copy_wait<0>();
  Sixteen sum = shared.second[i];
  for (int n = 0; n < 4; n++) sum.x[n] += shuffle_xor(shared.first[i].x[n], 1);
  if (warp_any(i == 31)) reinterpret_cast<Sixteen*>(p.out)[i] = sum;
}

struct RowParams {
  uint32_t chunks;  // between rows, in 16 bytes
};

struct alignas(128) Rows {
  uint32_t words[8 * 8 * 4 * 4];
};

KERNEL(matrix_rows, 32, 1, RowParams) {
  SHARED(Rows, shared);
  for (int n = 0; n < 32; n++) shared.words[32 * n + threadIdx.x] = n;
  block_sync();
  uint32_t r[4];
  load_matrices(r, &shared.words[4 * p.chunks * (threadIdx.x % 8)]);
}
