// What a launch is given: plain structs with the same bytes in nvcc, g++ and Rust (src/attention/plan/params.rs).
#pragma once
#include "ptx.cuh"

// The unit of storage and of schedule (src/geometry.rs).
constexpr int BLOCK = 64;
// Threads that 64 rows are spread over: four warps of 16 rows.
constexpr int THREADS = 128;

// The queries of one block row: rows row_start .. min(row_start + 64, graph_end) against keys of the same graph.
struct WorkItem {
  uint32_t graph_start, graph_end;  // nodes of the graph, global
  uint32_t row_start;               // first row, global
  uint32_t block_row;               // this block row, counted over the whole batch
};
static_assert(sizeof(WorkItem) == 16, "shared with Rust");

// One stored 64x64 tile of a block row.
struct Entry {
  uint32_t column;  // column block, counted inside the graph
  uint32_t bits;    // which 128 words of `tiles` hold its bits, or FULL_TILE
};
static_assert(sizeof(Entry) == 8, "shared with Rust");
constexpr uint32_t FULL_TILE = 0xffffffffu;

// Earliest and latest time in one block of 64 nodes, milliseconds.
struct TimeRange {
  int64_t first, last;
};
static_assert(sizeof(TimeRange) == 16, "shared with Rust");

enum BiasKind : uint32_t { BIAS_NONE = 0, BIAS_SQRT = 1, BIAS_STEPS = 2 };

// Bias of a logit from the milliseconds dt between two nodes.
// Sqrt: -sqrt(dt * factor). Steps: value[n], n = number of steps_ms that are <= dt.
struct Bias {
  const uint64_t* steps_ms;  // [steps], strictly rising
  const float* values;       // [steps + 1]
  BiasKind kind;
  uint32_t steps;
  float factor;      // 1 / (60000 * (scale_minutes + 1e-6))
  float inv_scale;   // turns a logit into the unit of q.k; 1 where logits themselves are wanted
};
static_assert(sizeof(Bias) == 32, "shared with Rust");

enum KeyKind : uint32_t { KEYS_ALL = 0, KEYS_CAUSAL = 1, KEYS_INTERVALS = 2, KEYS_LIST = 3 };
enum OutKind : uint32_t { OUT_F32 = 0, OUT_STORED = 1 };  // OUT_STORED: the type of q, k and v

// One attention over a batch. D is the padded head dimension of the entry: 16, 32, 64 or 128.
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
  const Entry* entries;       // block-sparse
  const uint32_t* tiles;      // block-sparse: [partial tiles][128], see mask.cuh
  Bias bias;
  uint32_t heads, head_dim;   // head_dim: the true one, 1 ..= D
  uint32_t nodes;
  KeyKind keys;
  float scale;                // of q.k, above 0
  float scale_log2e;          // scale * log2(e)
  OutKind out_kind;
  uint32_t unused;
};
static_assert(sizeof(AttentionParams) == 176, "shared with Rust");

// The bias of nodes first .. first + len against one another.
struct TimeBiasParams {
  const int64_t* t_ms;  // [nodes]
  float* out;           // [len, len]
  Bias bias;
  uint64_t first, len;
};
static_assert(sizeof(TimeBiasParams) == 64, "shared with Rust");
