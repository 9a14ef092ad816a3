// One fault each. A comment `HERE name` marks the line that must be found.
#include "../../../include/ptx.cuh"

struct Buffers {
  const float* in;   // [128]
  float* out;        // [128]
  const float* read_only;
  float* written;    // initialised
};

struct alignas(128) Values {
  float x[256];
};

struct alignas(16) Four {
  float x[4];
};

DEV uint32_t me() { return threadIdx.x; }
DEV uint32_t other() { return threadIdx.x ^ 32; }  // of another warp

KERNEL(read_without_barrier, 128, 1, Buffers) {
  SHARED(Values, shared);
  shared.x[me()] = p.in[me()];
  p.out[me()] = shared.x[other()];  // HERE read_without_barrier
}

KERNEL(overwritten_without_barrier, 128, 1, Buffers) {
  SHARED(Values, shared);
  shared.x[me()] = p.in[me()];
  block_sync();
  const float x = shared.x[other()];
  shared.x[me()] = 2 * x;  // HERE overwritten_without_barrier
  block_sync();
  p.out[me()] = shared.x[me()];
}

KERNEL(two_threads_write, 128, 1, Buffers) {
  SHARED(Values, shared);
  shared.x[me() / 2] = p.in[me()];  // HERE two_threads_write
  block_sync();
  p.out[me()] = shared.x[me() / 2];
}

KERNEL(shuffle_is_no_barrier, 128, 1, Buffers) {
  SHARED(Values, shared);
  shared.x[me()] = p.in[me()];
  const float x = shuffle_xor(p.in[me()], 1);
  p.out[me()] = x + shared.x[me() ^ 1];  // HERE shuffle_is_no_barrier
}

KERNEL(threads_share_a_global_word, 128, 1, Buffers) {
  p.out[me()] = p.in[me()];
  p.written[me()] = p.out[other()];  // HERE threads_share_a_global_word
}

KERNEL(blocks_write_one_word, 128, 1, Buffers) {
  p.out[me()] = p.in[me()];  // HERE blocks_write_one_word
}

KERNEL(block_reads_what_another_writes, 128, 1, Buffers) {
  if (blockIdx.x == 0) p.out[me()] = p.written[me()];
  if (blockIdx.x == 1) p.written[me()] = 1;  // HERE block_writes_what_another_reads
  if (blockIdx.x == 2) p.out[me() + 128] = p.written[me()];  // HERE block_reads_what_another_writes
}

KERNEL(uninitialised_shared, 128, 1, Buffers) {
  SHARED(Values, shared);
  if (me() < 64) shared.x[me()] = p.in[me()];
  block_sync();
  p.out[me()] = shared.x[me()];  // HERE uninitialised_shared
}

KERNEL(uninitialised_global, 128, 1, Buffers) {
  p.out[me()] += p.in[me()];  // HERE uninitialised_global
}

KERNEL(load_out_of_bounds, 128, 1, Buffers) {
  p.out[me()] = p.in[me() + 1];  // HERE load_out_of_bounds
}

KERNEL(store_out_of_bounds, 128, 1, Buffers) {
  p.out[me() * 2] = p.in[me()];  // HERE store_out_of_bounds
}

struct Six {
  float x[6];
};

KERNEL(struct_out_of_bounds, 128, 1, Buffers) {
  const Six* last = reinterpret_cast<const Six*>(p.in + 123);
  if (me() == 0) *reinterpret_cast<Six*>(p.out) = *last;  // HERE struct_out_of_bounds
}

KERNEL(loop_out_of_bounds, 128, 1, Buffers) {
  if (me() == 0)
    for (unsigned i = 0; i <= blockDim.x; i++) p.out[i] = 0;  // HERE loop_out_of_bounds
}

KERNEL(shared_out_of_bounds, 128, 1, Buffers) {
  SHARED(Values, shared);
  shared.x[me() + 200] = p.in[me()];  // HERE shared_out_of_bounds
}

KERNEL(store_to_read_only, 128, 1, Buffers) {
  const_cast<float*>(p.read_only)[me()] = 1;  // HERE store_to_read_only
}

KERNEL(misaligned, 128, 1, Buffers) {
  *reinterpret_cast<Four*>(p.out + 4 * (me() % 31) + 1) = Four{};  // HERE misaligned
}

KERNEL(copy_without_wait, 128, 1, Buffers) {
  SHARED(Values, shared);
  if (me() < 32) copy_async_16(&shared.x[4 * me()], p.in + 4 * me(), true);
  copy_commit();
  block_sync();
  p.out[me()] = shared.x[me()];  // HERE copy_without_wait
  copy_wait<0>();
}

KERNEL(copy_waited_for_too_little, 128, 1, Buffers) {
  SHARED(Values, shared);
  copy_async_8(&shared.x[2 * (me() % 64) + 128 * (me() / 64)], p.in + 2 * (me() % 64), true);
  copy_commit();
  copy_wait<1>();
  block_sync();
  p.out[me()] = shared.x[me()];  // HERE copy_waited_for_too_little
  copy_wait<0>();
}

KERNEL(copy_without_barrier, 128, 1, Buffers) {
  SHARED(Values, shared);
  if (me() < 32) copy_async_16(&shared.x[4 * me()], p.in + 4 * me(), true);
  copy_commit();
  copy_wait<0>();
  p.out[me()] = shared.x[me()];  // HERE copy_without_barrier
}

KERNEL(copy_overwritten_in_flight, 128, 1, Buffers) {
  SHARED(Values, shared);
  if (me() < 32) copy_async_16(&shared.x[4 * me()], p.in + 4 * me(), true);
  copy_commit();
  block_sync();
  shared.x[me()] = 0;  // HERE copy_overwritten_in_flight
  copy_wait<0>();
}

KERNEL(copy_into_what_is_read, 128, 1, Buffers) {
  SHARED(Values, shared);
  shared.x[me()] = p.in[me()];
  block_sync();
  p.out[me()] = shared.x[other()];
  if (me() < 32) copy_async_16(&shared.x[4 * me()], p.in + 4 * me(), true);  // HERE copy_into_what_is_read
  copy_commit();
  copy_wait<0>();
}

KERNEL(copy_never_waited_for, 128, 1, Buffers) {
  SHARED(Values, shared);
  if (me() < 32) copy_async_16(&shared.x[4 * me()], p.in + 4 * me(), true);
  copy_commit();
}

KERNEL(copy_out_of_bounds, 128, 1, Buffers) {
  SHARED(Values, shared);
  copy_async_16(&shared.x[4 * (me() % 64)], p.in + 4 * me(), true);  // HERE copy_out_of_bounds
  copy_commit();
  copy_wait<0>();
}

KERNEL(copy_of_nothing_from_nowhere, 128, 1, Buffers) {
  SHARED(Values, shared);
  const bool valid = me() < 32;
  copy_async_8(&shared.x[2 * me()], p.in + (valid ? 2 * me() : 1 << 20), valid);  // HERE copy_of_nothing_from_nowhere
  copy_commit();
  copy_wait<0>();
}

KERNEL(lanes_part, 128, 1, Buffers) {
  float x = p.in[me()];
  if (me() % 2) {
    x += shuffle_xor(x, 1);
  } else {
    x -= shuffle_xor(x, 1);  // HERE lanes_part
  }
  p.out[me()] = x;
}

KERNEL(half_a_warp_votes, 128, 1, Buffers) {
  if (me() % 32 < 16) {
    p.out[me()] = warp_any(me() == 3);  // HERE half_a_warp_votes
  } else {
    block_sync();
  }
}

KERNEL(half_a_block_meets, 128, 1, Buffers) {
  if (me() < 64) block_sync();  // HERE half_a_block_meets
}

KERNEL(different_barriers, 128, 1, Buffers) {
  if (me() < 64) {
    block_sync();
  } else {
    block_sync();  // HERE different_barriers
  }
}

KERNEL(misaligned_row, 128, 1, Buffers) {
  SHARED(Values, shared);
  shared.x[me()] = 0;
  block_sync();
  uint32_t r[4];
  load_matrices(r, &shared.x[4 * (me() % 32) % 64 + (me() == 5)]);  // HERE misaligned_row
}

KERNEL(row_out_of_bounds, 128, 1, Buffers) {
  SHARED(Values, shared);
  shared.x[me()] = shared.x[me() + 128] = 0;
  block_sync();
  uint32_t r[4];
  load_matrices(r, &shared.x[4 * (me() % 32) + (me() == 127 ? 132 : 0)]);  // HERE row_out_of_bounds
}

KERNEL(rows_without_barrier, 128, 1, Buffers) {
  SHARED(Values, shared);
  shared.x[me()] = 0;
  uint32_t r[4];
  load_matrices(r, &shared.x[4 * (me() % 32)]);  // HERE rows_without_barrier
}
