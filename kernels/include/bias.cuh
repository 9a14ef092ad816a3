// Bias of a logit from the time between two nodes, in the unit of q.k.
//
// Times are subtracted as integers and only then rounded: epoch seconds in f32 would lie two minutes off.
#pragma once
#include "params.cuh"

// Milliseconds between two times; exact for any two, as the difference wraps around.
DEV uint64_t between(int64_t a, int64_t b) {
  return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

// The same in a narrow tile: the true distance is below 2^31, so that of the low words will do.
DEV uint32_t near(int64_t a, int64_t b) {
  const int32_t dt = (int32_t)((uint32_t)a - (uint32_t)b);
  return (uint32_t)(dt < 0 ? -dt : dt);
}

// dt in f32. Most fit 32 bits, of which the conversion is several times faster.
DEV float rounded(uint64_t dt) { return dt >> 32 ? (float)dt : (float)(uint32_t)dt; }

// Number of steps at or below dt.
DEV uint32_t steps_below(const Bias& bias, uint64_t dt) {
  uint32_t n = 0;
  while (n < bias.steps && bias.steps_ms[n] <= dt) n++;
  return n;
}

// What one tile needs to know of the bias: its dt lie between those of the ends of its blocks.
struct TileBias {
  uint32_t first, last;  // steps at or below the smallest and the largest dt
  float base;            // bias at the smallest
  bool constant;         // every pair has `base`
  bool narrow;           // every dt is below 2^31, so the low words of the times do
};

DEV TileBias tile_bias(const AttentionParams& p, const WorkItem& item, uint32_t column) {
  TileBias tile = {0, 0, 0.0f, true, true};
  if (p.bias.kind == BIAS_NONE) return tile;
  const uint32_t first_block = item.block_row - (item.row_start - item.graph_start) / BLOCK;
  const TimeRange q = p.block_times[item.block_row], k = p.block_times[first_block + column];
  // Of two ranges of times, the largest distance is from end to end, the smallest the gap between them.
  const uint64_t a = between(q.last, k.first), b = between(k.last, q.first), longest = a > b ? a : b;
  const uint64_t gap = q.first > k.last ? between(q.first, k.last) : k.first > q.last ? between(k.first, q.last) : 0;
  tile.narrow = longest < (1ull << 31);
  tile.constant = false;
  if (p.bias.kind == BIAS_STEPS) {
    tile.first = steps_below(p.bias, gap);
    tile.last = steps_below(p.bias, longest);
    tile.base = p.bias.values[tile.first] * p.bias.inv_scale;
    tile.constant = tile.first == tile.last;
  }
  return tile;
}

// Bias by the root of the distance.
DEV float root(const Bias& bias, float dt) { return -sqrt_approx(dt * bias.factor) * bias.inv_scale; }

// Bias of two nodes of the tile.
DEV float bias_at(const Bias& bias, const TileBias& tile, int64_t a, int64_t b) {
  if (bias.kind == BIAS_SQRT) return root(bias, tile.narrow ? (float)near(a, b) : rounded(between(a, b)));
  // As many turns for every lane, so that none waits for another.
  const uint64_t dt = tile.narrow ? near(a, b) : between(a, b);
  uint32_t passed = tile.first;
#pragma unroll 1
  for (uint32_t n = tile.first; n < tile.last; n++) passed += bias.steps_ms[n] <= dt;
  return bias.values[passed] * bias.inv_scale;
}

// Bias of two nodes that stand alone.
DEV float bias_alone(const Bias& bias, int64_t a, int64_t b) {
  if (bias.kind == BIAS_NONE) return 0;
  return bias_at(bias, TileBias{0, bias.steps, 0, false, false}, a, b);
}
