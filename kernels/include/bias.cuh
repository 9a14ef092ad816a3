// Bias of a logit from the time between two nodes, in the unit of q.k. Everything that depends on the kind of bias is
// in this file and in src/attention/bias.rs.
//
// Times are subtracted as integers and only then rounded: epoch seconds in f32 would be up to two minutes off.
#pragma once
#include "ptx.cuh"

enum BiasKind : uint32_t { BIAS_NONE = 0, BIAS_SQRT = 1, BIAS_STEPS = 2 };

// Bias of a logit from the milliseconds dt between two nodes.
// Sqrt: -sqrt(dt * factor). Steps: values[n], n = number of steps_ms that are <= dt.
struct BiasParams {
  const uint64_t* steps_ms;  // [steps], strictly rising
  const float* values;       // [steps + 1]
  BiasKind kind;
  uint32_t steps;
  float factor;      // 1 / (60000 * (scale_minutes + 1e-6))
  float inv_scale;   // 1 / scale: from logits to the unit of q.k; 1 for time_bias, which writes logits
};
static_assert(sizeof(BiasParams) == 32, "shared with Rust");

// Earliest and latest time of one block of 64 nodes, milliseconds.
struct TimeRange {
  int64_t first, last;
};
static_assert(sizeof(TimeRange) == 16, "shared with Rust");

// Milliseconds between two times; exact for any two, as the difference wraps around.
DEV uint64_t abs_diff(int64_t a, int64_t b) {
  return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

// The same for a distance below 2^31 (TileBias::narrow), which the low words determine.
DEV uint32_t abs_diff32(int64_t a, int64_t b) {
  const int32_t dt = (int32_t)((uint32_t)a - (uint32_t)b);
  return (uint32_t)(dt < 0 ? -dt : dt);
}

// dt in f32. Most fit 32 bits, whose conversion is several times faster.
DEV float to_float(uint64_t dt) { return dt >> 32 ? (float)dt : (float)(uint32_t)dt; }

// Number of steps at or below dt.
DEV uint32_t steps_at_or_below(const BiasParams& bias, uint64_t dt) {
  uint32_t n = 0;
  while (n < bias.steps && bias.steps_ms[n] <= dt) n++;
  return n;
}

// What the pairs of a tile have in common in their bias, from the bounds of dt given by the times of its two blocks.
struct TileBias {
  uint32_t first, last;  // steps at or below the smallest and the largest dt
  float base;            // bias at the smallest
  bool constant;         // every pair has the bias `base`
  bool narrow;           // every dt is below 2^31, so the low words of the times suffice
};

// Bias of a tile of queries and keys with times in these ranges; not for BIAS_NONE.
DEV TileBias tile_bias(const BiasParams& bias, const TimeRange& q, const TimeRange& k) {
  TileBias tile = {0, 0, 0.0f, true, true};
  // Between two ranges of times, the largest distance is from end to end, and the smallest is the gap between them.
  const uint64_t a = abs_diff(q.last, k.first), b = abs_diff(k.last, q.first), longest = a > b ? a : b;
  const uint64_t gap =
      q.first > k.last ? abs_diff(q.first, k.last) : k.first > q.last ? abs_diff(k.first, q.last) : 0;
  tile.narrow = longest < (1ull << 31);
  tile.constant = false;
  if (bias.kind == BIAS_STEPS) {
    tile.first = steps_at_or_below(bias, gap);
    tile.last = steps_at_or_below(bias, longest);
    tile.base = bias.values[tile.first] * bias.inv_scale;
    tile.constant = tile.first == tile.last;
  }
  return tile;
}

// The bias BIAS_SQRT at distance dt.
DEV float sqrt_bias(const BiasParams& bias, float dt) { return -sqrt_approx(dt * bias.factor) * bias.inv_scale; }

// Bias of two nodes of the tile.
DEV float pair_bias(const BiasParams& bias, const TileBias& tile, int64_t a, int64_t b) {
  if (bias.kind == BIAS_SQRT)
    return sqrt_bias(bias, tile.narrow ? (float)abs_diff32(a, b) : to_float(abs_diff(a, b)));
  // The same number of iterations for every lane, so that the warp does not diverge.
  const uint64_t dt = tile.narrow ? abs_diff32(a, b) : abs_diff(a, b);
  uint32_t passed = tile.first;
#pragma unroll 1
  for (uint32_t n = tile.first; n < tile.last; n++) passed += bias.steps_ms[n] <= dt;
  return bias.values[passed] * bias.inv_scale;
}

// Calls `use` with the bias as a function of two times, so that its kind is tested once for the tile and not per
// pair.
template <typename Use> DEV void with_pair_bias(const BiasParams& bias, const TileBias& tile, Use use) {
  if (tile.narrow && bias.kind == BIAS_SQRT)
    use([&](int64_t a, int64_t b) { return sqrt_bias(bias, (float)abs_diff32(a, b)); });
  else
    use([&](int64_t a, int64_t b) { return pair_bias(bias, tile, a, b); });
}

// Bias of two nodes, outside any tile.
DEV float single_pair_bias(const BiasParams& bias, int64_t a, int64_t b) {
  if (bias.kind == BIAS_NONE) return 0;
  return pair_bias(bias, TileBias{0, bias.steps, 0, false, false}, a, b);
}
