// Output of a warp: 16 rows of one head, and their log-sum-exp.
#pragma once
#include "softmax.cuh"

constexpr float LN_2 = 0.693147180559945f;

// Writes two neighbouring values of a row, in f32 or in the storage type; `both` is true if the second exists.
template <typename T> DEV void write_pair(const AttentionParams& p, size_t at, float x, float y, bool both) {
  if (p.out_kind == OUT_F32) {
    float* out = static_cast<float*>(p.out) + at;
    out[0] = x;
    if (both) out[1] = y;
  } else {
    uint16_t* out = static_cast<uint16_t*>(p.out) + at;
    out[0] = T::round(x);
    if (both) out[1] = T::round(y);
  }
}

// Log-sum-exp of a row, natural log: `max` is in the unit of q.k, `sum` is 2^shift times the sum of the unnormalised
// probabilities. -inf for a row without keys.
DEV float log_sum_exp(float max, float scale, float sum, float shift) {
  return fmaf(max, scale, (log2_approx(sum) - shift) * LN_2);
}

template <typename T, int D>
DEV void write_rows(const AttentionParams& p, const WorkItem& item, uint32_t head, const HeadState<T, D>& state,
                    const RowSums& sums) {
  const int t = threadIdx.x & 3;
#pragma unroll
  for (int i = 0; i < 2; i++) {
    const float sum = quad_sum(sums.of[i]);  // 0 without keys, else at least 2^shift
    const uint32_t r = threadIdx.x / 32 * 16 + (threadIdx.x & 31) / 4 + 8 * i;
    if (r >= item.graph_end - item.row_start) continue;
    const size_t at = ((size_t)item.row_start + r) * p.heads + head;
    const float factor = sum == 0 ? 0 : 1 / sum;
#pragma unroll
    for (int n = 0; n < D / 8; n++) {
      const uint32_t d = 8 * n + 2 * t;
      if (d < p.head_dim)
        write_pair<T>(p, at * p.head_dim + d, state.out[n][2 * i] * factor, state.out[n][2 * i + 1] * factor,
                      d + 1 < p.head_dim);
    }
    if (t == 0 && p.lse) p.lse[at] = log_sum_exp(state.max[i], p.scale, sum, T::EXPONENT_SHIFT);
  }
}
