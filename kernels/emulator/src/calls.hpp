// Functions of the emulator for kernels: each wrapper of device.hpp calls one of these.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator {

// A line of a kernel's source. As a default argument, `SourceLine::current()` is the line of the outermost call.
struct SourceLine {
  const char* file;
  int line;

  static constexpr SourceLine current(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

// Indices and memory of the calling thread. Constant for a thread, so a kernel may keep them.
[[gnu::const]] unsigned thread_index();
[[gnu::const]] unsigned block_index();
[[gnu::const]] unsigned block_size();
[[gnu::const]] unsigned grid_size();
[[gnu::const]] void* shared_memory();

void block_sync(SourceLine at);

// Warp operations: no lane continues before all 32 have arrived.
uint32_t shuffle_xor(uint32_t value, int mask, SourceLine at);
bool warp_any(bool predicate, SourceLine at);
enum class Transposed : bool { No, Yes };
void load_matrices(uint32_t (&r)[4], const void* row, Transposed transposed, SourceLine at);
enum class Product { F16, Bf16, F16HalfDepth };  // m16n8k16, m16n8k16, m16n8k8
struct Factors {
  const uint32_t* a;  // four registers; two for F16HalfDepth
  uint32_t b[2];      // two registers; one for F16HalfDepth
};
void multiply_add(Product product, float (&d)[4], Factors factors, const float (&c)[4], SourceLine at);

// Asynchronous copies into shared memory: the bytes arrive at the wait, and until then are NaN.
void copy_async(void* to, const void* from, unsigned bytes, bool valid, SourceLine at);
void copy_commit();
void copy_wait(unsigned groups_under_way, SourceLine at);
// A synchronous copy: the bytes arrive at once.
void copy_now(void* to, const void* from, unsigned bytes, bool valid, SourceLine at);

// A kernel registers itself when its library is loaded.
struct Entry {
  const char* name;
  void (*run)(const void* params);
  unsigned max_threads;
  size_t params_bytes;
  const Entry* next;

  Entry(const char* name, void (*run)(const void*), unsigned max_threads, size_t params_bytes);
};

}  // namespace emulator
