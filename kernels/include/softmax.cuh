// One head's softmax over the tiles so far, and its output: what a warp keeps for its 16 rows.
#pragma once
#include "mask.cuh"
#include "mma.cuh"
#include "tile.cuh"

// Logit of a pair that is not seen, and the largest logit before the first key; in the unit of q.k. The second lies
// far above the first, so that exp(masked - max) is 0 with no test, and far below every logit, so that a row without a
// key ends with a sum of 0.
constexpr float MASKED = -1e30f;
constexpr float START = -1e15f;

// Largest and sum of the four lanes that share a row.
DEV float quad_max(float x) {
  x = fmaxf(x, shuffle_xor(x, 1));
  return fmaxf(x, shuffle_xor(x, 2));
}
DEV float quad_sum(float x) {
  x += shuffle_xor(x, 1);
  return x + shuffle_xor(x, 2);
}

// What is added to the logits of one tile, 64 x 64, each thread's part in the order of its fragments.
struct alignas(16) Four {
  float values[4];
};
struct Added {
  Four of[8][THREADS];
};

// Logits before q.k: this thread's part of `added`, or one value for all.
DEV void start_logits(float (&s)[8][4], const Added& added, bool plain, float value) {
#pragma unroll
  for (int j = 0; j < 8; j++) {
    Four four = {value, value, value, value};
    if (!plain) four = added.of[j][threadIdx.x];
#pragma unroll
    for (int e = 0; e < 4; e++) s[j][e] = four.values[e];
  }
}

// A lane's share of the sums of rows g and g + 8, of one head: in shared memory, for registers are few.
struct alignas(8) Sums {
  float of[2];
};

template <typename T, int D> struct Head {
  uint32_t q[D / 16][4];  // queries, 16 x D
  float out[D / 8][4];    // unnormalised output, 16 x D
  float max[2];           // of rows g and g + 8

  DEV_METHOD void start(const Tile<D>& queries) {
    const int lane = threadIdx.x & 31, first = threadIdx.x / 32 * 16;
#pragma unroll
    for (int n = 0; n < D / 16; n++) load_matrices(q[n], queries.chunk(first + (lane & 15), 2 * n + (lane >> 4)));
#pragma unroll
    for (int n = 0; n < D / 8; n++)
#pragma unroll
      for (int e = 0; e < 4; e++) out[n][e] = 0;
    max[0] = max[1] = START;
  }

  // Adds q.k to the logits of the live parts, 16 x 64. In WHOLE all parts live, and no branch parts their work.
  template <bool WHOLE> DEV_METHOD void logits(float (&s)[8][4], const Tile<D>& k, uint32_t live) const {
    const int lane = thread_anew() & 31;
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

  // Turns logits into probabilities against the largest so far, and scales what came before to it.
  template <bool WHOLE>
  DEV_METHOD void probabilities(float (&s)[8][4], Sums& sums, uint32_t live, float scale_log2e) {
    float now[2] = {max[0], max[1]};
#pragma unroll
    for (int j = 0; j < 8; j++) {
      if (!WHOLE && !(live >> j / 2 & 1)) continue;
      now[0] = fmaxf(now[0], fmaxf(s[j][0], s[j][1]));
      now[1] = fmaxf(now[1], fmaxf(s[j][2], s[j][3]));
    }
    float alpha[2];
#pragma unroll
    for (int i = 0; i < 2; i++) {
      now[i] = quad_max(now[i]);
      alpha[i] = exp2_approx((max[i] - now[i]) * scale_log2e);
      max[i] = now[i];
    }
    if (warp_any(alpha[0] != 1 || alpha[1] != 1)) {
#pragma unroll
      for (int n = 0; n < D / 8; n++)
#pragma unroll
        for (int e = 0; e < 4; e++) out[n][e] *= alpha[e >> 1];
    }
    float sum[2] = {sums.of[0] * alpha[0], sums.of[1] * alpha[1]};
#pragma unroll
    for (int j = 0; j < 8; j++) {
      if (!WHOLE && !(live >> j / 2 & 1)) continue;
#pragma unroll
      for (int e = 0; e < 4; e++) {
        // Subtracted before it is scaled, so that the largest gives exactly 2^shift however large it is.
        s[j][e] = exp2_approx(fmaf(s[j][e] - max[e >> 1], scale_log2e, T::EXPONENT_SHIFT));
        sum[e >> 1] += s[j][e];
      }
    }
    sums = Sums{{sum[0], sum[1]}};
  }

  // Adds p v. In EXACT, p enters as the sum of two 16-bit values, so that nothing of it is lost.
  template <bool EXACT, bool WHOLE> DEV_METHOD void values(const float (&p)[8][4], const Tile<D>& v, uint32_t live) {
    const int lane = thread_anew() & 31;
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
