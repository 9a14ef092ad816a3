// Parameters of a launch: plain structs with the same layout in nvcc, g++ and Rust (src/attention/lowering/params.rs;
// tests/it/plans/codes.rs compares the codes).
#pragma once
#include "bias.cuh"

// Rows and columns of a tile: the unit of storage and of scheduling (src/geometry.rs).
constexpr int BLOCK = 64;
// Threads per 64 rows: four warps of 16 rows.
constexpr int THREADS = 128;

// The queries of one block row: rows row_start .. min(row_start + 64, graph_end) against keys of the same graph.
struct WorkItem {
  uint32_t graph_start, graph_end;  // nodes of the graph, global
  uint32_t row_start;               // first row, global
  uint32_t block_row;               // this block row, counted over the whole batch
};
static_assert(sizeof(WorkItem) == 16, "shared with Rust");

// One stored 64x64 tile of a block row.
struct TileEntry {
  uint32_t column;  // column block, counted inside the graph
  uint32_t bits;    // index of the 128 words of `tiles` that hold its bits, or FULL_TILE
};
static_assert(sizeof(TileEntry) == 8, "shared with Rust");
constexpr uint32_t FULL_TILE = 0xffffffffu;

enum KeyForm : uint32_t { KEYS_ALL = 0, KEYS_CAUSAL = 1, KEYS_INTERVALS = 2, KEYS_LIST = 3 };
enum OutputType : uint32_t { OUT_F32 = 0, OUT_HALF = 1 };  // OUT_HALF: the type of q, k and v

// Attention over one batch. D is the padded head dimension of the entry: 16, 32, 64 or 128.
struct AttentionParams {
  const uint16_t *q, *k, *v;  // [nodes, heads, D], 16-byte aligned; dimensions past head_dim are 0
  void* out;                  // [nodes, heads, head_dim]
  float* lse;                 // [nodes, heads], or null if it is not wanted
  const int64_t* t_ms;        // [nodes]; null without bias
  const TimeRange* block_times;  // [block rows]; null without bias
  const WorkItem* items;      // [gridDim.x / head groups]: flash and block-sparse
  const uint32_t *lo, *hi;    // [nodes]: KEYS_INTERVALS, global node indices
  const uint32_t* row_ptr;    // KEYS_LIST: of nodes (edge) or of block rows (block-sparse)
  const uint32_t* col_idx;    // edge: global node indices
  const TileEntry* entries;   // block-sparse
  const uint32_t* tiles;      // block-sparse: [partial tiles][128], see mask.cuh
  BiasParams bias;
  uint32_t heads, head_dim;   // head_dim: the true one, 1 ..= D
  uint32_t nodes;
  KeyForm keys;
  float scale;                // of q.k, above 0
  float scale_log2e;          // scale * log2(e)
  OutputType out_kind;
  uint32_t unused;
};
static_assert(sizeof(AttentionParams) == 176, "shared with Rust");

// The bias of every pair of the nodes first .. first + len.
struct TimeBiasParams {
  const int64_t* t_ms;  // [nodes]
  float* out;           // [len, len]
  BiasParams bias;
  uint64_t first, len;
};
static_assert(sizeof(TimeBiasParams) == 64, "shared with Rust");
