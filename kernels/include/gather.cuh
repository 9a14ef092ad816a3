// Attention of rows with few keys: each key and value is gathered, and computed in f32; bound by memory.
//
// D / 8 lanes compute one head of one node, 8 dimensions each; the heads of a node are adjacent, so that all heads of
// a key are read together. Rows of different length in a warp iterate until the longest is done. The output is
// collected in shared memory: that of a block is contiguous, while rows of 11 values, for example, are not aligned.
#pragma once
#include "bias.cuh"
#include "mma.cuh"
#include "output.cuh"

// Rows per block; a row is one head of one node.
template <int D> constexpr uint32_t ROWS_PER_BLOCK = THREADS / (D / 8);
// Keys loaded at the same time: more would take registers, and so reduce the number of warps.
constexpr uint32_t KEYS_IN_FLIGHT = 2;

// Eight stored values.
struct alignas(16) Half8 {
  uint32_t pairs[4];
};
DEV Half8 load_half8(const uint16_t* at) { return *reinterpret_cast<const Half8*>(at); }

template <typename T> DEV void widen(float (&to)[8], const Half8& from) {
#pragma unroll
  for (int i = 0; i < 4; i++) {
    to[2 * i] = low_of<T>(from.pairs[i]);
    to[2 * i + 1] = high_of<T>(from.pairs[i]);
  }
}

// The rows of a block: those of as many whole nodes as fit, or, if one node has more heads than fit, some heads of
// one node.
struct RowAssignment {
  uint32_t node, head;  // of the first row
  uint32_t rows;        // number of consecutive rows
  uint32_t inverse;     // 65536 / heads, rounded up

  DEV_METHOD RowAssignment(const AttentionParams& p, uint32_t max_rows)
      : head(0), inverse((65535 + p.heads) / p.heads) {
    const uint32_t nodes = max_rows * inverse >> 16;
    node = blockIdx.x * nodes;
    rows = (p.nodes - node < nodes ? p.nodes - node : nodes) * p.heads;
    if (nodes > 0) return;
    const uint32_t parts = (p.heads + max_rows - 1) / max_rows;
    node = blockIdx.x / parts;
    head = blockIdx.x % parts * max_rows;
    rows = p.heads - head < max_rows ? p.heads - head : max_rows;
  }

  // Number of nodes from the first to that of a row: row / heads, exact up to 64 rows.
  DEV_METHOD uint32_t nodes_before(uint32_t row) const { return row * inverse >> 16; }
};

struct GatherOutput {
  float out[THREADS * 8];
};
static_assert(sizeof(GatherOutput) == 4096, "shared with Rust");

// Writes the rows of the block, each head_dim values in `output`.
template <typename T>
DEV void write_output(const AttentionParams& p, const RowAssignment& assigned, const GatherOutput& output) {
  const size_t first = ((size_t)assigned.node * p.heads + assigned.head) * p.head_dim;
  const uint32_t count = assigned.rows * p.head_dim;
  if (p.out_kind == OUT_HALF) {
    uint16_t* out = static_cast<uint16_t*>(p.out) + first;
    for (uint32_t i = threadIdx.x; i < count; i += THREADS) out[i] = T::round(output.out[i]);
  } else if (p.head_dim % 4 == 0) {
    Float4* out = reinterpret_cast<Float4*>(static_cast<float*>(p.out) + first);
    for (uint32_t i = threadIdx.x; i < count / 4; i += THREADS)
      out[i] = reinterpret_cast<const Float4*>(output.out)[i];
  } else {
    float* out = static_cast<float*>(p.out) + first;
    for (uint32_t i = threadIdx.x; i < count; i += THREADS) out[i] = output.out[i];
  }
}

template <typename T, int D> DEV void gather(const AttentionParams& p, GatherOutput& output) {
  constexpr uint32_t LANES = D / 8;
  const RowAssignment assigned(p, ROWS_PER_BLOCK<D>);
  const uint32_t wanted = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  const bool inside = wanted < assigned.rows;
  const uint32_t row = inside ? wanted : 0;  // every lane takes part in the shuffles
  const uint32_t skipped = assigned.nodes_before(row), node = assigned.node + skipped;
  const uint32_t head = assigned.head + row - skipped * p.heads;
  // Number of values of one node, and of those before this lane's.
  const uint32_t width = p.heads * D, before = head * D + 8 * lane;
  const bool listed = p.keys == KEYS_LIST, biased = p.bias.kind != BIAS_NONE;
  uint32_t n = listed ? p.row_ptr[node] : p.lo[node];
  const uint32_t end = listed ? p.row_ptr[node + 1] : p.hi[node];
  uint32_t left = n < end ? end - n : 0;

  float q[8], out[8], max = -INFINITY, sum = 0;
  widen<T>(q, load_half8(p.q + (size_t)node * width + before));
#pragma unroll
  for (int i = 0; i < 8; i++) out[i] = 0;
#pragma unroll 1
  for (; warp_any(left > 0); n += KEYS_IN_FLIGHT) {
    uint32_t key[KEYS_IN_FLIGHT];
    Half8 k[KEYS_IN_FLIGHT], v[KEYS_IN_FLIGHT];
    float logit[KEYS_IN_FLIGHT], new_max = max;
#pragma unroll
    for (uint32_t i = 0; i < KEYS_IN_FLIGHT; i++) {
      // Past the last key another key of the row is read, never a masked node; its logit is set to -inf below.
      const uint32_t m = i < left ? n + i : n;
      key[i] = left == 0 ? node : listed ? p.col_idx[m] : m;
    }
#pragma unroll
    for (uint32_t i = 0; i < KEYS_IN_FLIGHT; i++) k[i] = load_half8(p.k + ((size_t)key[i] * width + before));
#pragma unroll
    for (uint32_t i = 0; i < KEYS_IN_FLIGHT; i++) v[i] = load_half8(p.v + ((size_t)key[i] * width + before));
#pragma unroll
    for (uint32_t i = 0; i < KEYS_IN_FLIGHT; i++) {
      float x[8];
      widen<T>(x, k[i]);
      logit[i] = 0;
#pragma unroll
      for (int d = 0; d < 8; d++) logit[i] = fmaf(q[d], x[d], logit[i]);
#pragma unroll
      for (int mask = 1; mask < LANES; mask *= 2) logit[i] += shuffle_xor(logit[i], mask);
      if (biased) logit[i] += single_pair_bias(p.bias, p.t_ms[node], p.t_ms[key[i]]);
      if (i >= left) logit[i] = -INFINITY;
      new_max = fmaxf(new_max, logit[i]);
    }
    if (left == 0) continue;
    left = left > KEYS_IN_FLIGHT ? left - KEYS_IN_FLIGHT : 0;
    const float alpha = exp2_approx((max - new_max) * p.scale_log2e);
    max = new_max;
    sum *= alpha;
#pragma unroll
    for (int d = 0; d < 8; d++) out[d] *= alpha;
#pragma unroll
    for (uint32_t i = 0; i < KEYS_IN_FLIGHT; i++) {
      const float weight = exp2_approx((logit[i] - new_max) * p.scale_log2e);
      sum += weight;
      float x[8];
      widen<T>(x, v[i]);
#pragma unroll
      for (int d = 0; d < 8; d++) out[d] = fmaf(weight, x[d], out[d]);
    }
  }
  if (inside) {
    const float factor = sum == 0 ? 0 : 1 / sum;  // 0 without keys, else at least 1
#pragma unroll
    for (int i = 0; i < 8; i++)
      if (8 * lane + i < p.head_dim) output.out[row * p.head_dim + 8 * lane + i] = out[i] * factor;
    if (lane == 0 && p.lse)
      p.lse[(size_t)node * p.heads + head] = sum == 0 ? -INFINITY : log_sum_exp(max, p.scale, sum, 0);
  }
  block_sync();  // the rows of all threads are written
  write_output<T>(p, assigned, output);
}
