// What the emulator does for a kernel: each wrapper of device.hpp ends in one of these.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator {

// A line of a kernel's source. As a default argument, `Place::here()` is the line of the outermost call.
struct Place {
  const char* file;
  int line;

  static constexpr Place here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }
};

// Where the calling thread stands. Constant for a thread, so a kernel may keep them.
[[gnu::const]] unsigned thread_index();
[[gnu::const]] unsigned block_index();
[[gnu::const]] unsigned block_size();
[[gnu::const]] unsigned grid_size();
[[gnu::const]] void* shared_memory();

void block_sync(Place at);

// Of a warp: no lane goes on before all 32 have come.
uint32_t shuffle_xor(uint32_t value, int mask, Place at);
bool warp_any(bool said, Place at);
enum class Transposed : bool { No, Yes };
void load_matrices(uint32_t (&r)[4], const void* row, Transposed transposed, Place at);
enum class Product { F16, Bf16, F16HalfDepth };  // m16n8k16, m16n8k16, m16n8k8
struct Factors {
  const uint32_t* a;  // four registers, of the half depth two
  uint32_t b[2];      // of the half depth one
};
void multiply_add(Product product, float (&d)[4], Factors factors, const float (&c)[4], Place at);

// Asynchronous copies into shared memory: the bytes arrive at the wait, and until then are NaN.
void copy_async(void* to, const void* from, unsigned bytes, bool valid, Place at);
void copy_commit();
void copy_wait(unsigned groups_under_way, Place at);
// The same at once.
void copy_now(void* to, const void* from, unsigned bytes, bool valid, Place at);

// A kernel makes itself known when its library is loaded.
struct Entry {
  const char* name;
  void (*run)(const void* params);
  unsigned max_threads;
  size_t params_bytes;
  const Entry* next;

  Entry(const char* name, void (*run)(const void*), unsigned max_threads, size_t params_bytes);
};

}  // namespace emulator
