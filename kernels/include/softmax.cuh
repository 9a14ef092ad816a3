// State of one head in a warp, for the warp's 16 rows: online softmax over the tiles so far, and the output.
#pragma once
#include "mask.cuh"
#include "mma.cuh"
#include "tile.cuh"

// Logit of a masked pair, and the row maximum before the first key; in the unit of q.k. The second is far above the
// first, so that exp(masked - max) is 0 without a test, and far below every logit, so that a row without keys ends
// with a sum of 0.
constexpr float MASKED = -1e30f;
constexpr float INITIAL_MAX = -1e15f;

// Maximum and sum of the four lanes that share a row.
DEV float quad_max(float x) {
  x = fmaxf(x, shuffle_xor(x, 1));
  return fmaxf(x, shuffle_xor(x, 2));
}
DEV float quad_sum(float x) {
  x += shuffle_xor(x, 1);
  return x + shuffle_xor(x, 2);
}

// Bias of one 64 x 64 tile, MASKED for masked pairs, stored per thread in the order of its fragments.
struct alignas(16) Float4 {
  float values[4];
};
struct BiasTile {
  Float4 of[8][THREADS];
};

// Initial values of the logits, to which q.k is added: this thread's part of `bias_tile`, or one value for all pairs.
DEV void start_logits(float (&s)[8][4], const BiasTile& bias_tile, bool uniform, float value) {
#pragma unroll
  for (int j = 0; j < 8; j++) {
    Float4 bias = {value, value, value, value};
    if (!uniform) bias = bias_tile.of[j][threadIdx.x];
#pragma unroll
    for (int e = 0; e < 4; e++) s[j][e] = bias.values[e];
  }
}

// A lane's part of the sums of rows g and g + 8 of one head: in shared memory, because registers are scarce.
struct alignas(8) RowSums {
  float of[2];
};

template <typename T, int D> struct HeadState {
  uint32_t q[D / 16][4];  // queries, 16 x D
  float out[D / 8][4];    // unnormalised output O, 16 x D
  float max[2];           // of rows g and g + 8

  DEV_METHOD void start(const Tile<D>& queries) {
    const int lane = threadIdx.x & 31, first = threadIdx.x / 32 * 16;
#pragma unroll
    for (int n = 0; n < D / 16; n++) load_matrices(q[n], queries.chunk(first + (lane & 15), 2 * n + (lane >> 4)));
#pragma unroll
    for (int n = 0; n < D / 8; n++)
#pragma unroll
      for (int e = 0; e < 4; e++) out[n][e] = 0;
    max[0] = max[1] = INITIAL_MAX;
  }

  // Logits: S += Q K^T for the live parts, 16 x 64. With WHOLE all parts are live, and the code has no branches.
  template <bool WHOLE> DEV_METHOD void add_qk(float (&s)[8][4], const Tile<D>& k, uint32_t live) const {
    const int lane = reread_thread_index() & 31;
#pragma unroll
    for (int part = 0; part < 4; part++) {
      if (!WHOLE && !(live >> part & 1)) continue;
#pragma unroll
      for (int n = 0; n < D / 16; n++) {
        uint32_t b[4];
        load_matrices(b, k.chunk(16 * part + (lane & 7) + (lane >> 4) * 8, 2 * n + (lane >> 3 & 1)));
        T::mma(s[2 * part], q[n], b[0], b[1], s[2 * part]);
        T::mma(s[2 * part + 1], q[n], b[2], b[3], s[2 * part + 1]);
      }
    }
  }

  // Online softmax: row max, rescale of O and of the sums to it, P = exp2(S - max), row sums of P.
  template <bool WHOLE>
  DEV_METHOD void softmax_step(float (&s)[8][4], RowSums& sums, uint32_t live, float scale_log2e) {
    // row max
    float new_max[2] = {max[0], max[1]};
#pragma unroll
    for (int j = 0; j < 8; j++) {
      if (!WHOLE && !(live >> j / 2 & 1)) continue;
      new_max[0] = fmaxf(new_max[0], fmaxf(s[j][0], s[j][1]));
      new_max[1] = fmaxf(new_max[1], fmaxf(s[j][2], s[j][3]));
    }
    float alpha[2];
#pragma unroll
    for (int i = 0; i < 2; i++) {
      new_max[i] = quad_max(new_max[i]);
      alpha[i] = exp2_approx((max[i] - new_max[i]) * scale_log2e);
      max[i] = new_max[i];
    }
    // rescale
    if (warp_any(alpha[0] != 1 || alpha[1] != 1)) {
#pragma unroll
      for (int n = 0; n < D / 8; n++)
#pragma unroll
        for (int e = 0; e < 4; e++) out[n][e] *= alpha[e >> 1];
    }
    float sum[2] = {sums.of[0] * alpha[0], sums.of[1] * alpha[1]};
    // exp2
#pragma unroll
    for (int j = 0; j < 8; j++) {
      if (!WHOLE && !(live >> j / 2 & 1)) continue;
#pragma unroll
      for (int e = 0; e < 4; e++) {
        // Subtracted before it is scaled, so that the maximum gives exactly 2^shift however large it is.
        s[j][e] = exp2_approx(fmaf(s[j][e] - max[e >> 1], scale_log2e, T::EXPONENT_SHIFT));
        sum[e >> 1] += s[j][e];
      }
    }
    sums = RowSums{{sum[0], sum[1]}};
  }

  // Output: O += P V. With EXACT, P is the sum of two 16-bit values, so that it loses no precision.
  template <bool EXACT, bool WHOLE> DEV_METHOD void add_pv(const float (&p)[8][4], const Tile<D>& v, uint32_t live) {
    const int lane = reread_thread_index() & 31;
#pragma unroll
    for (int part = 0; part < 4; part++) {
      if (!WHOLE && !(live >> part & 1)) continue;
      uint32_t high[4], low[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const float x = p[2 * part + i / 2][i % 2 * 2], y = p[2 * part + i / 2][i % 2 * 2 + 1];
        high[i] = T::pack(x, y);
        if (EXACT) low[i] = T::pack(x - low_of<T>(high[i]), y - high_of<T>(high[i]));
      }
#pragma unroll
      for (int n = 0; n < D / 16; n++) {
        uint32_t b[4];
        load_matrices_transposed(b, v.chunk(16 * part + (lane & 15), 2 * n + (lane >> 4)));
        T::mma(out[2 * n], high, b[0], b[1], out[2 * n]);
        T::mma(out[2 * n + 1], high, b[2], b[3], out[2 * n + 1]);
        if (EXACT) T::mma(out[2 * n], low, b[0], b[1], out[2 * n]);
        if (EXACT) T::mma(out[2 * n + 1], low, b[2], b[3], out[2 * n + 1]);
      }
    }
  }
};
