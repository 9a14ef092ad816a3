// Writes the bias of every pair of nodes of one graph, for inspection: attention itself never stores this matrix.
#include "include/params.cuh"

// Entry. One pair per thread, 256 pairs of one row per block; grid = len * ceil(len / 256); no shared memory.
KERNEL(time_bias, 256, 4, TimeBiasParams) {
  const uint64_t blocks_per_row = (p.len + 255) / 256;
  const uint64_t i = blockIdx.x / blocks_per_row;
  const uint64_t j = blockIdx.x % blocks_per_row * 256 + threadIdx.x;
  if (i < p.len && j < p.len)
    p.out[i * p.len + j] = single_pair_bias(p.bias, p.t_ms[p.first + i], p.t_ms[p.first + j]);
}
