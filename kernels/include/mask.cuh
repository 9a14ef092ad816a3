// The mask of one 64x64 tile, in the order of the tensor cores' fragments.
//
// One word per thread. Warp w, lane 4 g + t: bit 2j + c is (row 16 w + g, column 8 j + 2 t + c), bit 16 + 2j + c the
// same of row 16 w + g + 8. A stored tile is 128 such words, so reading it is one coalesced load per thread.
#pragma once
#include "params.cuh"

// Bits of a row's columns start .. end, both counted inside the graph, that belong to lanes with this t. The tile
// starts at column `tile`; of every eight columns two belong to the lane.
DEV uint32_t columns_below(uint32_t end, uint32_t tile, uint32_t t) {
  const uint32_t inside = end <= tile ? 0 : end - tile >= BLOCK ? BLOCK : end - tile;
  const uint32_t past = (inside & 7) <= 2 * t ? 0 : (inside & 7) - 2 * t;
  return (1u << (2 * (inside >> 3) + (past > 2 ? 2 : past))) - 1;
}
DEV uint32_t columns_between(uint32_t start, uint32_t end, uint32_t tile, uint32_t t) {
  return columns_below(end, tile, t) & ~columns_below(start, tile, t);
}

// The 16-column parts of the tile in which any row of the warp has a key: bit n for columns 16 n .. 16 n + 16.
DEV uint32_t live_parts(uint32_t word) {
  uint32_t live = 0;
#pragma unroll
  for (int part = 0; part < 4; part++) live |= (uint32_t)warp_any(word & (0x000f000fu << 4 * part)) << part;
  return live;
}

// True if element e of fragment j is not masked.
DEV bool allows(uint32_t word, int j, int e) { return word >> ((e >> 1) * 16 + 2 * j + (e & 1)) & 1; }

// State shared by the warps of a block, in shared memory because registers are scarce.
struct BlockState {
  WorkItem item;
  uint32_t head;          // first head of the block
  uint32_t first, count;  // its tiles: column blocks of ranges, entries of a list
};

// Keys as a list of stored tiles: a mask.
struct ListKeys {
  // Finds the tiles of the block row; one thread stores them.
  static DEV_METHOD void find_tiles(const AttentionParams& p, BlockState& state) {
    if (threadIdx.x != 0) return;
    state.first = p.row_ptr[state.item.block_row];
    state.count = p.row_ptr[state.item.block_row + 1] - state.first;
  }

  // Column block of tile n, counted inside the graph.
  static DEV_METHOD uint32_t column(const AttentionParams& p, const BlockState& state, uint32_t n) {
    return p.entries[state.first + n].column;
  }

  // This thread's mask word of tile n. A full tile ends with its graph.
  static DEV_METHOD uint32_t mask_word(const AttentionParams& p, const BlockState& state, uint32_t n) {
    const TileEntry entry = p.entries[state.first + n];
    if (entry.bits != FULL_TILE) return p.tiles[(size_t)entry.bits * 128 + threadIdx.x];
    const uint32_t graph_len = state.item.graph_end - state.item.graph_start;
    return columns_below(graph_len, entry.column * BLOCK, threadIdx.x & 3) * 0x10001u;
  }
};

// Keys as one contiguous range per row: all, causal or intervals. Nothing is stored: a row's range is computed for
// each tile.
struct RangeKeys {
  static DEV_METHOD void find_tiles(const AttentionParams& p, BlockState& state) {
    if (threadIdx.x >= 32) return;
    uint32_t lowest = 0xffffffffu, highest = 0;
#pragma unroll
    for (int i = 0; i < 2; i++) {
      uint32_t lo, hi;
      range(p, state.item, threadIdx.x + 32 * i, lo, hi);
      if (lo < hi && lo < lowest) lowest = lo;
      if (lo < hi && hi > highest) highest = hi;
    }
#pragma unroll
    for (int mask = 16; mask > 0; mask /= 2) {
      const uint32_t lo = shuffle_xor(lowest, mask), hi = shuffle_xor(highest, mask);
      if (lo < lowest) lowest = lo;
      if (hi > highest) highest = hi;
    }
    if (threadIdx.x > 0) return;
    state.first = lowest / BLOCK;
    state.count = highest == 0 ? 0 : (highest - 1) / BLOCK + 1 - state.first;
  }

  static DEV_METHOD uint32_t column(const AttentionParams&, const BlockState& state, uint32_t n) {
    return state.first + n;
  }

  static DEV_METHOD uint32_t mask_word(const AttentionParams& p, const BlockState& state, uint32_t n) {
    const uint32_t tile = (state.first + n) * BLOCK, t = threadIdx.x & 3;
    uint32_t word = 0;
#pragma unroll
    for (int i = 0; i < 2; i++) {
      uint32_t start, end;
      range(p, state.item, threadIdx.x / 32 * 16 + (threadIdx.x & 31) / 4 + 8 * i, start, end);
      word |= columns_between(start, end, tile, t) << 16 * i;
    }
    return word;
  }

  // Range of row r of the block row.
  static DEV_METHOD void range(const AttentionParams& p, const WorkItem& item, uint32_t r, uint32_t& start,
                               uint32_t& end) {
    start = end = 0;
    if (r >= item.graph_end - item.row_start) return;
    const uint32_t node = item.row_start + r;
    if (p.keys == KEYS_ALL) {
      end = item.graph_end - item.graph_start;
    } else if (p.keys == KEYS_CAUSAL) {
      end = node + 1 - item.graph_start;
    } else if (p.lo[node] < p.hi[node]) {  // an empty interval may lie outside its graph
      start = p.lo[node] - item.graph_start;
      end = p.hi[node] - item.graph_start;
    }
  }
};
