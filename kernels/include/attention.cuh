// Attention of 64 queries over their tiles of keys, for flash and block-sparse attention. The two differ only in the
// source of the tiles (RangeKeys and ListKeys in mask.cuh).
//
// A block of four warps computes one block row for HEADS<D> heads, each warp 16 of its rows. For each tile of 64
// keys:
//
//   copy     K, V and times into shared memory, one tile ahead
//   decode   mask and time bias, once for all heads: B, -1e30 where a pair is masked
//   logits   S = B + Q K^T                         16 x 64 per warp, on tensor cores
//   softmax  row max, rescale of O, P = exp2(S - max), row sums (online softmax: Dao 2023, algorithm 1)
//   output   O += P V, with P split into two 16-bit values for exact accuracy
//
// Parts of 16 columns in which no row of the warp has a key are skipped throughout.
//
// Timeline of a block. Each copy is one cp.async group per thread, and every wait is copy_wait<1>: for all groups but
// the newest.
//
//                  stage 0                stage 1
//   setup          -                      -
//   barrier        rows and heads are known
//                  -                      start the copy of Q, find the tiles
//   barrier        tiles are known
//                  start copy of tile 0   wait for Q
//   barrier        Q is copied
//                  (copying)              load Q into registers
//   barrier        stage 1 is free
//   iteration 0    wait for tile 0        start copy of tile 1
//   barrier        tile 0 is copied
//                  compute tile 0         (copying)
//   barrier        stage 0 is free
//   iteration 1    start copy of tile 2   wait for tile 1
//   barrier        tile 1 is copied
//                  (copying)              compute tile 1
//   barrier        stage 1 is free
//   ...
#pragma once
#include "bias.cuh"
#include "output.cuh"
#include "softmax.cuh"

// Everything copied for one tile of keys.
template <int D> struct KvStage {
  Tile<D> k[HEADS<D>], v[HEADS<D>];
  int64_t t_ms[BLOCK];
};

// Blocks per multiprocessor: the number that fits its shared memory. It bounds the registers per thread.
template <int D> constexpr int BLOCKS = ARCH < 80 ? 1 : D == 128 ? 2 : 4;

// One tile is computed while the next is copied. The queries are copied through the second stage before the first
// tile needs it.
template <int D> struct Shared {
  KvStage<D> stage[2];
  BiasTile bias_tile;
  RowSums sums[HEADS<D>][THREADS];
  BlockState state;
};
static_assert(sizeof(Shared<16>) == 54400 && sizeof(Shared<32>) == 52352 && sizeof(Shared<64>) == 51328 &&
                  sizeof(Shared<128>) == 84096,
              "shared with Rust");

template <int D>
DEV void copy_tile(KvStage<D>& stage, const AttentionParams& p, const WorkItem& item, uint32_t column,
                   uint32_t head) {
  const uint32_t first = item.graph_start + column * BLOCK;
  copy_rows(stage.k, p.k, first, item.graph_end, head, p.heads);
  copy_rows(stage.v, p.v, first, item.graph_end, head, p.heads);
  if (p.bias.kind != BIAS_NONE && threadIdx.x < BLOCK) {
    const bool inside = threadIdx.x < item.graph_end - first;
    copy_async_8(&stage.t_ms[threadIdx.x], p.t_ms + first + (inside ? threadIdx.x : 0), inside);
  }
}

// What the pairs of the tile in column block `column` of the graph have in common in their bias.
DEV TileBias bias_of_tile(const AttentionParams& p, const WorkItem& item, uint32_t column) {
  if (p.bias.kind == BIAS_NONE) return TileBias{0, 0, 0.0f, true, true};
  const uint32_t first_block = item.block_row - (item.row_start - item.graph_start) / BLOCK;
  const TimeRange q = p.block_times[item.block_row], k = p.block_times[first_block + column];
  return tile_bias(p.bias, q, k);
}

// Writes the bias of this thread's pairs: `of(i, column)` for the thread's row i (0, 1), MASKED where the bit of the
// mask word is 0. The loop is not fully unrolled, because registers are scarce.
template <typename Of> DEV void decode_pairs(BiasTile& bias_tile, uint32_t word, Of of) {
  const int t = threadIdx.x & 3;
#pragma unroll 2
  for (int j = 0; j < 8; j++) {
    Float4 bias;
#pragma unroll
    for (int e = 0; e < 4; e++) bias.values[e] = allows(word, j, e) ? of(e >> 1, 8 * j + 2 * t + (e & 1)) : MASKED;
    bias_tile.of[j][threadIdx.x] = bias;
  }
}

// Decodes mask and bias of a tile.
DEV void decode_bias(BiasTile& bias_tile, const AttentionParams& p, const WorkItem& item, const TileBias& tile,
                     uint32_t word, const int64_t* t_k) {
  if (tile.constant) return decode_pairs(bias_tile, word, [&](int, int) { return tile.base; });
  // Times of the thread's rows, reloaded from the cache for each tile, because registers are scarce.
  int64_t t_q[2];
#pragma unroll
  for (int i = 0; i < 2; i++) {
    const uint32_t row = item.row_start + threadIdx.x / 32 * 16 + (threadIdx.x & 31) / 4 + 8 * i;
    t_q[i] = row - item.graph_start < item.graph_end - item.graph_start ? p.t_ms[row] : 0;
  }
  with_pair_bias(p.bias, tile, [&](auto bias) {
    decode_pairs(bias_tile, word, [&](int i, int column) { return bias(t_q[i], t_k[column]); });
  });
}

// One tile for every head of the block.
template <bool EXACT, bool WHOLE, typename T, int D, int H>
DEV void attend_tile(HeadState<T, D> (&heads)[H], const AttentionParams& p, const KvStage<D>& stage,
                     Shared<D>& shared, bool uniform, float base, uint32_t live) {
#pragma unroll
  for (int h = 0; h < H; h++) {
    // Tested for each head, so that the compiler does not interleave the heads and exceed the registers.
    if (shared.state.head + h >= p.heads) break;
    float s[8][4];
    start_logits(s, shared.bias_tile, uniform, base);
    heads[h].template add_qk<WHOLE>(s, stage.k[h], live);
    heads[h].template softmax_step<WHOLE>(s, shared.sums[h][threadIdx.x], live, p.scale_log2e);
    heads[h].template add_pv<EXACT, WHOLE>(s, stage.v[h], live);
  }
}

template <typename T, int D, bool EXACT, typename Keys> DEV void attend(const AttentionParams& p, Shared<D>& shared) {
  constexpr int H = HEADS<D>;
  BlockState& state = shared.state;
  const WorkItem& item = state.item;
  const uint32_t& head = state.head;
  if (threadIdx.x == 0) {
    const uint32_t groups = (p.heads + H - 1) / H;
    state.item = p.items[blockIdx.x / groups];
    state.head = blockIdx.x % groups * H;
  }
  block_sync();  // rows and heads are known to all threads
  Keys::find_tiles(p, state);
  copy_rows(shared.stage[1].k, p.q, item.row_start, item.graph_end, head, p.heads);
  copy_commit();
  block_sync();  // the tiles are known to all threads
  if (state.count > 0) copy_tile(shared.stage[0], p, item, Keys::column(p, state, 0), head);
  copy_commit();
  copy_wait<1>();
  block_sync();  // the queries are copied
  HeadState<T, D> heads[H];
#pragma unroll
  for (int h = 0; h < H; h++) {
    heads[h].start(shared.stage[1].k[h]);
    shared.sums[h][threadIdx.x] = RowSums{};
  }
  block_sync();  // every warp has loaded its queries: the second stage is free

  for (uint32_t n = 0; n < state.count; n++) {
    const KvStage<D>& stage = shared.stage[n & 1];
    const uint32_t column = Keys::column(p, state, n), word = Keys::mask_word(p, state, n);
    if (n + 1 < state.count) copy_tile(shared.stage[~n & 1], p, item, Keys::column(p, state, n + 1), head);
    copy_commit();
    copy_wait<1>();
    block_sync();  // every thread's part of the tile is copied

    const uint32_t live = live_parts(word);
    if (live) {
      const TileBias tile = bias_of_tile(p, item, column);
      // If no pair is masked and all have one bias, there is nothing to decode.
      const bool uniform = tile.constant && !warp_any(word != 0xffffffffu);
      if (!uniform) decode_bias(shared.bias_tile, p, item, tile, word, stage.t_ms);
      if (live == 15)
        attend_tile<EXACT, true>(heads, p, stage, shared, uniform, tile.base, live);
      else
        attend_tile<EXACT, false>(heads, p, stage, shared, uniform, tile.base, live);
    }
    block_sync();  // every warp is done with the tile: its stage may be filled again
  }
#pragma unroll
  for (int h = 0; h < H; h++)
    if (head + h < p.heads) write_rows(p, item, head + h, heads[h], shared.sums[h][threadIdx.x]);
}
