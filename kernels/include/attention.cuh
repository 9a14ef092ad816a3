// Attention of 64 queries over the tiles that they see: the story that flash and block-sparse attention share. They
// differ in where the tiles come from (RangeKeys, ListKeys in mask.cuh).
//
// A block of four warps takes one block row for HEADS<D> heads, a warp 16 of its rows. Per tile of 64 keys:
//
//   copy     keys, values and times into shared memory, one tile ahead
//   decode   mask and time bias, once for all heads: the logits start from them
//   logits   S = Q K^T + bias                      16 x 64 a warp, on tensor cores
//   softmax  online: P = exp(S - max), and what came before is scaled to the new maximum (Dao 2023, algorithm 1)
//   values   O += P V, with P in two 16-bit parts where the result is to be exact
//
// Parts of 16 columns that no row of the warp sees are skipped throughout.
#pragma once
#include "bias.cuh"
#include "output.cuh"
#include "softmax.cuh"

// What is copied for one tile of keys.
template <int D> struct Stage {
  Tile<D> k[HEADS<D>], v[HEADS<D>];
  int64_t t_ms[BLOCK];
};

// Blocks of a multiprocessor, as many as its shared memory has room for: registers are shared out accordingly.
template <int D> constexpr int BLOCKS = ARCH < 80 ? 1 : D == 128 ? 2 : 4;

// One tile is computed while the next is under way. The queries pass through the second stage first.
template <int D> struct Shared {
  Stage<D> stage[2];
  Added added;
  Sums sums[HEADS<D>][THREADS];
  Walk walk;
};
static_assert(sizeof(Shared<16>) == 54400 && sizeof(Shared<32>) == 52352 && sizeof(Shared<64>) == 51328 &&
                  sizeof(Shared<128>) == 84096,
              "shared with Rust");

template <int D>
DEV void copy_tile(Stage<D>& stage, const AttentionParams& p, const WorkItem& item, uint32_t column, uint32_t head) {
  const uint32_t first = item.graph_start + column * BLOCK;
  copy_rows(stage.k, p.k, first, item.graph_end, head, p.heads);
  copy_rows(stage.v, p.v, first, item.graph_end, head, p.heads);
  if (p.bias.kind != BIAS_NONE && threadIdx.x < BLOCK) {
    const bool inside = threadIdx.x < item.graph_end - first;
    copy_async_8(&stage.t_ms[threadIdx.x], p.t_ms + first + (inside ? threadIdx.x : 0), inside);
  }
}

// Writes what is added to the logits of this thread's pairs, one value after the other: `of(i, column)` where row i
// sees the column, else MASKED. A loop, for its body serves all heads and registers are few.
template <typename Of> DEV void decode_each(Added& added, uint32_t word, Of of) {
  const int t = threadIdx.x & 3;
#pragma unroll 2
  for (int j = 0; j < 8; j++) {
    Four four;
#pragma unroll
    for (int e = 0; e < 4; e++) four.values[e] = sees(word, j, e) ? of(e >> 1, 8 * j + 2 * t + (e & 1)) : MASKED;
    added.of[j][threadIdx.x] = four;
  }
}

// The same for a tile's bias. Asked once what bias it is, not for each pair.
DEV void decode(Added& added, const AttentionParams& p, const WorkItem& item, const TileBias& tile, uint32_t word,
                const int64_t* t_k) {
  if (tile.constant) return decode_each(added, word, [&](int, int) { return tile.base; });
  // Times of the thread's rows, from the cache each time: registers are few.
  int64_t t_q[2];
#pragma unroll
  for (int i = 0; i < 2; i++) {
    const uint32_t row = item.row_start + threadIdx.x / 32 * 16 + (threadIdx.x & 31) / 4 + 8 * i;
    t_q[i] = row - item.graph_start < item.graph_end - item.graph_start ? p.t_ms[row] : 0;
  }
  if (tile.narrow && p.bias.kind == BIAS_SQRT)
    decode_each(added, word, [&](int i, int column) { return root(p.bias, (float)near(t_q[i], t_k[column])); });
  else
    decode_each(added, word, [&](int i, int column) { return bias_at(p.bias, tile, t_q[i], t_k[column]); });
}

// One tile for every head of the block.
template <bool EXACT, bool WHOLE, typename T, int D, int H>
DEV void all_heads(Head<T, D> (&heads)[H], const AttentionParams& p, const Stage<D>& stage, Shared<D>& shared,
                   bool plain, float base, uint32_t live) {
#pragma unroll
  for (int h = 0; h < H; h++) {
    // Asked for each head, so that the work of one is not mixed with that of the next: registers would not suffice.
    if (shared.walk.head + h >= p.heads) break;
    float s[8][4];
    start_logits(s, shared.added, plain, base);
    heads[h].template logits<WHOLE>(s, stage.k[h], live);
    heads[h].template probabilities<WHOLE>(s, shared.sums[h][threadIdx.x], live, p.scale_log2e);
    heads[h].template values<EXACT, WHOLE>(s, stage.v[h], live);
  }
}

template <typename T, int D, bool EXACT, typename Keys> DEV void attend(const AttentionParams& p, Shared<D>& shared) {
  constexpr int H = HEADS<D>;
  Walk& walk = shared.walk;
  const WorkItem& item = walk.item;
  const uint32_t& head = walk.head;
  if (threadIdx.x == 0) {
    const uint32_t groups = (p.heads + H - 1) / H;
    walk.item = p.items[blockIdx.x / groups];
    walk.head = blockIdx.x % groups * H;
  }
  block_sync();  // all know their rows
  Keys::find(p, walk);
  copy_rows(shared.stage[1].k, p.q, item.row_start, item.graph_end, head, p.heads);
  copy_commit();
  block_sync();  // all know their tiles
  if (walk.count > 0) copy_tile(shared.stage[0], p, item, Keys::column(p, walk, 0), head);
  copy_commit();
  copy_wait<1>();
  block_sync();  // the queries have come
  Head<T, D> heads[H];
#pragma unroll
  for (int h = 0; h < H; h++) {
    heads[h].start(shared.stage[1].k[h]);
    shared.sums[h][threadIdx.x] = Sums{};
  }
  block_sync();  // every warp has its queries: the second stage is free

  for (uint32_t n = 0; n < walk.count; n++) {
    const Stage<D>& stage = shared.stage[n & 1];
    const uint32_t column = Keys::column(p, walk, n), word = Keys::word(p, walk, n);
    if (n + 1 < walk.count) copy_tile(shared.stage[~n & 1], p, item, Keys::column(p, walk, n + 1), head);
    copy_commit();
    copy_wait<1>();
    block_sync();  // everybody's part of the tile has come

    const uint32_t live = live_parts(word);
    if (live) {
      const TileBias tile = tile_bias(p, item, column);
      // Where every pair is seen and has the same bias, there is nothing to look up.
      const bool plain = tile.constant && !warp_any(word != 0xffffffffu);
      if (!plain) decode(shared.added, p, item, tile, word, stage.t_ms);
      if (live == 15)
        all_heads<EXACT, true>(heads, p, stage, shared, plain, tile.base, live);
      else
        all_heads<EXACT, false>(heads, p, stage, shared, plain, tile.base, live);
    }
    block_sync();  // everybody is done with the tile: its stage may be filled again
  }
#pragma unroll
  for (int h = 0; h < H; h++)
    if (head + h < p.heads) write_rows(p, item, head + h, heads[h], shared.sums[h][threadIdx.x]);
}
