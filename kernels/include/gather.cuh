// Attention of rows that see a handful of keys: each key is gathered, in f32 throughout, and memory is the bound.
//
// D / 8 lanes take one head of one node, 8 dimensions each; the heads of a node stand side by side, so that a key's
// row is read whole. Rows of different length run together until the longest of the warp is done.
#pragma once
#include "bias.cuh"
#include "mma.cuh"
#include "output.cuh"

// Eight stored values.
struct alignas(16) Eight {
  uint16_t values[8];
};

template <typename T> DEV void widen(float (&to)[8], const uint16_t* from) {
  const Eight eight = *reinterpret_cast<const Eight*>(from);
#pragma unroll
  for (int i = 0; i < 8; i++) to[i] = T::widen(eight.values[i]);
}

template <typename T, int D> DEV void gather(const AttentionParams& p) {
  constexpr int LANES = D / 8;
  const uint64_t rows = (uint64_t)p.nodes * p.heads;
  const uint64_t wanted = (uint64_t)blockIdx.x * (THREADS / LANES) + threadIdx.x / LANES;
  const bool inside = wanted < rows;
  const uint64_t row = inside ? wanted : rows - 1;  // every lane takes part in the shuffles
  const uint32_t node = (uint32_t)(row / p.heads), head = (uint32_t)(row % p.heads), lane = threadIdx.x % LANES;
  const bool listed = p.keys == KEYS_LIST;
  uint32_t n = listed ? p.row_ptr[node] : p.lo[node];
  const uint32_t end = listed ? p.row_ptr[node + 1] : p.hi[node];
  const bool sees_any = n < end;

  float q[8], out[8], max = -INFINITY, sum = 0;
  widen<T>(q, p.q + row * D + 8 * lane);
#pragma unroll
  for (int i = 0; i < 8; i++) out[i] = 0;
  for (; warp_any(n < end); n++) {
    const bool more = n < end;
    const uint32_t key = !more ? node : listed ? p.col_idx[n] : n;
    const size_t at = ((size_t)key * p.heads + head) * D + 8 * lane;
    float k[8], v[8], logit = 0;
    widen<T>(k, p.k + at);
    widen<T>(v, p.v + at);
#pragma unroll
    for (int i = 0; i < 8; i++) logit = fmaf(q[i], k[i], logit);
#pragma unroll
    for (int mask = 1; mask < LANES; mask *= 2) logit += shuffle_xor(logit, mask);
    if (!more) continue;
    if (p.bias.kind != BIAS_NONE) logit += bias_alone(p.bias, p.t_ms[node], p.t_ms[key]);
    const float now = fmaxf(max, logit), alpha = exp2_approx((max - now) * p.scale_log2e);
    const float weight = exp2_approx((logit - now) * p.scale_log2e);
    max = now;
    sum = fmaf(sum, alpha, weight);
#pragma unroll
    for (int i = 0; i < 8; i++) out[i] = fmaf(out[i], alpha, weight * v[i]);
  }
  if (!inside) return;
  const float factor = sum == 0 ? 0 : 1 / sum;
#pragma unroll
  for (int i = 0; i < 8; i += 2) {
    const uint32_t d = 8 * lane + i;
    if (d < p.head_dim)
      write_pair<T>(p, row * p.head_dim + d, out[i] * factor, out[i + 1] * factor, d + 1 < p.head_dim);
  }
  if (lane == 0 && p.lse) p.lse[row] = sees_any ? log_sum_exp(max, p.scale, sum, 0) : -INFINITY;
}
