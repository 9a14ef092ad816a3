// Attention of rows that see a handful of keys: each key is gathered, in f32 throughout, and memory is the bound.
//
// D / 8 lanes take one head of one node, 8 dimensions each; the heads of a node stand side by side, so that a key's
// row is read whole. Rows of different length run together until the longest of the warp is done. The output passes
// through shared memory: that of a block is one run of memory, while a row of 11 values would be written in pieces.
#pragma once
#include "bias.cuh"
#include "mma.cuh"
#include "output.cuh"

// Rows of a block, a row being one head of one node.
template <int D> constexpr uint32_t GATHERED = THREADS / (D / 8);
// Keys on their way at once: more take registers, and so leave room for fewer warps.
constexpr uint32_t AT_ONCE = 2;

// Eight stored values.
struct alignas(16) Eight {
  uint32_t pairs[4];
};
DEV Eight eight_at(const uint16_t* at) { return *reinterpret_cast<const Eight*>(at); }

template <typename T> DEV void widen(float (&to)[8], const Eight& from) {
#pragma unroll
  for (int i = 0; i < 4; i++) {
    to[2 * i] = low_of<T>(from.pairs[i]);
    to[2 * i + 1] = high_of<T>(from.pairs[i]);
  }
}

// The rows that a block takes: those of as many nodes as it has room for, or where even one node has more heads than
// that, some heads of one node.
struct Share {
  uint32_t node, head;  // the first
  uint32_t rows;        // one after the other
  uint32_t inverse;     // of the heads, in 65536ths, rounded up

  DEV_METHOD Share(const AttentionParams& p, uint32_t room) : head(0), inverse((65535 + p.heads) / p.heads) {
    const uint32_t nodes = room * inverse >> 16;
    node = blockIdx.x * nodes;
    rows = (p.nodes - node < nodes ? p.nodes - node : nodes) * p.heads;
    if (nodes > 0) return;
    const uint32_t parts = (p.heads + room - 1) / room;
    node = blockIdx.x / parts;
    head = blockIdx.x % parts * room;
    rows = p.heads - head < room ? p.heads - head : room;
  }

  // How many nodes past the first a row is: place / heads, exact up to 64 rows.
  DEV_METHOD uint32_t nodes_before(uint32_t place) const { return place * inverse >> 16; }
};

struct Gathered {
  float out[THREADS * 8];
};
static_assert(sizeof(Gathered) == 4096, "shared with Rust");

// Writes the rows of the block, each head_dim values in `gathered`.
template <typename T> DEV void write_gathered(const AttentionParams& p, const Share& share, const Gathered& gathered) {
  const size_t first = ((size_t)share.node * p.heads + share.head) * p.head_dim;
  const uint32_t count = share.rows * p.head_dim;
  if (p.out_kind == OUT_STORED) {
    uint16_t* out = static_cast<uint16_t*>(p.out) + first;
    for (uint32_t i = threadIdx.x; i < count; i += THREADS) out[i] = T::round(gathered.out[i]);
  } else if (p.head_dim % 4 == 0) {
    Four* out = reinterpret_cast<Four*>(static_cast<float*>(p.out) + first);
    for (uint32_t i = threadIdx.x; i < count / 4; i += THREADS)
      out[i] = reinterpret_cast<const Four*>(gathered.out)[i];
  } else {
    float* out = static_cast<float*>(p.out) + first;
    for (uint32_t i = threadIdx.x; i < count; i += THREADS) out[i] = gathered.out[i];
  }
}

template <typename T, int D> DEV void gather(const AttentionParams& p, Gathered& gathered) {
  constexpr uint32_t LANES = D / 8;
  const Share share(p, GATHERED<D>);
  const uint32_t wanted = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  const bool inside = wanted < share.rows;
  const uint32_t place = inside ? wanted : 0;  // every lane takes part in the shuffles
  const uint32_t skipped = share.nodes_before(place), node = share.node + skipped;
  const uint32_t head = share.head + place - skipped * p.heads;
  // Values of one node, and before this lane's in it.
  const uint32_t width = p.heads * D, before = head * D + 8 * lane;
  const bool listed = p.keys == KEYS_LIST, biased = p.bias.kind != BIAS_NONE;
  uint32_t n = listed ? p.row_ptr[node] : p.lo[node];
  const uint32_t end = listed ? p.row_ptr[node + 1] : p.hi[node];
  uint32_t left = n < end ? end - n : 0;

  float q[8], out[8], max = -INFINITY, sum = 0;
  widen<T>(q, eight_at(p.q + (size_t)node * width + before));
#pragma unroll
  for (int i = 0; i < 8; i++) out[i] = 0;
#pragma unroll 1
  for (; warp_any(left > 0); n += AT_ONCE) {
    uint32_t key[AT_ONCE];
    Eight k[AT_ONCE], v[AT_ONCE];
    float logit[AT_ONCE], now = max;
#pragma unroll
    for (uint32_t i = 0; i < AT_ONCE; i++) {
      // In place of a key that is not there one that the row sees: what is not seen is not read.
      const uint32_t m = i < left ? n + i : n;
      key[i] = left == 0 ? node : listed ? p.col_idx[m] : m;
    }
#pragma unroll
    for (uint32_t i = 0; i < AT_ONCE; i++) k[i] = eight_at(p.k + ((size_t)key[i] * width + before));
#pragma unroll
    for (uint32_t i = 0; i < AT_ONCE; i++) v[i] = eight_at(p.v + ((size_t)key[i] * width + before));
#pragma unroll
    for (uint32_t i = 0; i < AT_ONCE; i++) {
      float x[8];
      widen<T>(x, k[i]);
      logit[i] = 0;
#pragma unroll
      for (int d = 0; d < 8; d++) logit[i] = fmaf(q[d], x[d], logit[i]);
#pragma unroll
      for (int mask = 1; mask < LANES; mask *= 2) logit[i] += shuffle_xor(logit[i], mask);
      if (biased) logit[i] += bias_alone(p.bias, p.t_ms[node], p.t_ms[key[i]]);
      if (i >= left) logit[i] = -INFINITY;
      now = fmaxf(now, logit[i]);
    }
    if (left == 0) continue;
    left = left > AT_ONCE ? left - AT_ONCE : 0;
    const float alpha = exp2_approx((max - now) * p.scale_log2e);
    max = now;
    sum *= alpha;
#pragma unroll
    for (int d = 0; d < 8; d++) out[d] *= alpha;
#pragma unroll
    for (uint32_t i = 0; i < AT_ONCE; i++) {
      const float weight = exp2_approx((logit[i] - now) * p.scale_log2e);
      sum += weight;
      float x[8];
      widen<T>(x, v[i]);
#pragma unroll
      for (int d = 0; d < 8; d++) out[d] = fmaf(weight, x[d], out[d]);
    }
  }
  if (inside) {
    const float factor = sum == 0 ? 0 : 1 / sum;  // 0 of no key, else at least 1
#pragma unroll
    for (int i = 0; i < 8; i++)
      if (8 * lane + i < p.head_dim) gathered.out[place * p.head_dim + 8 * lane + i] = out[i] * factor;
    if (lane == 0 && p.lse)
      p.lse[(size_t)node * p.heads + head] = sum == 0 ? -INFINITY : log_sum_exp(max, p.scale, sum, 0);
  }
  block_sync();  // the rows of all are there
  write_gathered<T>(p, share, gathered);
}
