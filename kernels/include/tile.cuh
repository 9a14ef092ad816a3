// 64 rows of several heads in shared memory, and copies into it.
//
// A row of one head is D values: D / 8 chunks of 16 bytes. Chunks are permuted inside groups of rows (swizzled) so
// that the eight rows that one ldmatrix phase reads are in different banks.
#pragma once
#include "params.cuh"

// Heads per block: the number whose rows fill 128 bytes, a cache line; at least 1.
template <int D> constexpr int HEADS = D >= 64 ? 1 : 64 / D;

// [64, D] of one head.
template <int D> struct alignas(128) Tile {
  uint16_t values[BLOCK * D];

  // Address of chunk c of row r.
  DEV_METHOD uint16_t* chunk(int r, int c) { return values + r * D + 8 * (c ^ swizzle(r)); }
  DEV_METHOD const uint16_t* chunk(int r, int c) const { return const_cast<Tile*>(this)->chunk(r, c); }
  static DEV_METHOD int swizzle(int r) { return D >= 64 ? r & 7 : D == 32 ? r >> 1 & 3 : r >> 2 & 1; }
};

// Starts the copy of rows first .. end (at most 64, the rest is zeros) of this block's heads from [nodes, heads, D].
template <int D>
DEV void copy_rows(Tile<D> (&tiles)[HEADS<D>], const uint16_t* from, uint32_t first, uint32_t end, uint32_t head,
                   uint32_t heads) {
  constexpr int CHUNKS = HEADS<D> * D / 8, ROWS = THREADS / CHUNKS;  // of one row; at once
  const uint32_t thread = reread_thread_index(), row = thread / CHUNKS, c = thread % CHUNKS, h = c / (D / 8);
  const size_t stride = (size_t)heads * D;
  const uint16_t* source = from + (first + (size_t)row) * stride + head * D + 8 * c;
#pragma unroll
  for (int n = 0; n < BLOCK / ROWS; n++) {
    const uint32_t r = row + n * ROWS;
    const bool inside = r < end - first && head + h < heads;
    // A row that does not exist is not read, but its source must be a valid address.
    copy_async_16(tiles[h].chunk(r, c % (D / 8)), inside ? source + n * ROWS * stride : from, inside);
  }
}
