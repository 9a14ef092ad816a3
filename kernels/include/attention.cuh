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

// One tile is computed while the next is under way. The queries pass through the second stage first.
template <int D> struct Shared {
  Stage<D> stage[2];
  Added added;
};
static_assert(sizeof(Shared<16>) == 50176 && sizeof(Shared<64>) == 50176 && sizeof(Shared<128>) == 82944,
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

// Writes what is added to the logits of this thread's pairs: the bias, or MASKED where the row does not see the column.
// `t_q` are the times of the thread's rows. A loop, for its body is long and serves all heads.
DEV void decode(Added& added, const Bias& bias, const TileBias& tile, uint32_t word, const int64_t (&t_q)[2],
                const int64_t* t_k) {
  const int t = threadIdx.x & 3;
#pragma unroll 1
  for (int j = 0; j < 8; j++) {
    Four four;
#pragma unroll
    for (int e = 0; e < 4; e++) {
      const float value = tile.constant ? tile.base : bias_at(bias, tile, t_q[e >> 1], t_k[8 * j + 2 * t + (e & 1)]);
      four.values[e] = sees(word, j, e) ? value : MASKED;
    }
    added.of[j][threadIdx.x] = four;
  }
}

template <typename T, int D, bool EXACT, typename Keys> DEV void attend(const AttentionParams& p, Shared<D>& shared) {
  constexpr int H = HEADS<D>;
  const uint32_t groups = (p.heads + H - 1) / H, head = blockIdx.x % groups * H;
  const WorkItem item = p.items[blockIdx.x / groups];
  const Keys keys(p, item);

  copy_rows(shared.stage[1].k, p.q, item.row_start, item.graph_end, head, p.heads);
  copy_commit();
  if (keys.count > 0) copy_tile(shared.stage[0], p, item, keys.column(0), head);
  copy_commit();
  copy_wait<1>();
  block_sync();
  Head<T, D> heads[H];
#pragma unroll
  for (int h = 0; h < H; h++) heads[h].start(shared.stage[1].k[h]);
  const uint32_t row = item.row_start + threadIdx.x / 32 * 16 + (threadIdx.x & 31) / 4;
  int64_t t_q[2] = {0, 0};
#pragma unroll
  for (int i = 0; i < 2; i++)
    if (p.bias.kind != BIAS_NONE && row - item.graph_start + 8 * i < item.graph_end - item.graph_start)
      t_q[i] = p.t_ms[row + 8 * i];
  block_sync();  // every warp has its queries: the second stage is free

  for (uint32_t n = 0; n < keys.count; n++) {
    const Stage<D>& stage = shared.stage[n & 1];
    const uint32_t column = keys.column(n), word = keys.word(n);
    if (n + 1 < keys.count) copy_tile(shared.stage[~n & 1], p, item, keys.column(n + 1), head);
    copy_commit();
    copy_wait<1>();
    block_sync();  // everybody's part of the tile has come

    const uint32_t live = live_parts(word);
    if (live) {
      const TileBias tile = tile_bias(p, item, column);
      // Where every pair is seen and has the same bias, there is nothing to look up.
      const bool plain = tile.constant && !warp_any(word != 0xffffffffu);
      if (!plain) decode(shared.added, p.bias, tile, word, t_q, stage.t_ms);
#pragma unroll
      for (int h = 0; h < H; h++) {
        if (head + h >= p.heads) break;
        float s[8][4];
        start_logits(s, shared.added, plain, tile.base);
        heads[h].logits(s, stage.k[h], live);
        heads[h].probabilities(s, live, p.scale_log2e);
        heads[h].template values<EXACT>(s, stage.v[h], live);
      }
    }
    block_sync();  // everybody is done with the tile: its stage may be filled again
  }
#pragma unroll
  for (int h = 0; h < H; h++)
    if (head + h < p.heads) write_rows(p, item, head + h, heads[h]);
}
