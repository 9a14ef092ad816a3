// The functions that code compiled with the thread sanitizer calls before every load and store of a kernel. The
// sanitizer's library is not linked. The emulator itself is compiled without it.
#include "memory.hpp"

namespace {

using emulator::Touch;

// A thread's own stack holds its registers and local memory, which no other thread accesses.
inline __attribute__((always_inline)) void observe(const void* address, size_t bytes, size_t alignment, Touch kind,
                                                   const void* return_address) {
  if (emulator::on_own_stack(address, __builtin_frame_address(0))) return;
  emulator::touch(address, bytes, alignment, kind, {{nullptr, 0}, return_address});
}

}  // namespace

#define RETURN __builtin_return_address(0)
#define HOOKS(BYTES)                                                                                         \
  void __tsan_read##BYTES(void* p) { observe(p, BYTES, BYTES, Touch::Read, RETURN); }                           \
  void __tsan_write##BYTES(void* p) { observe(p, BYTES, BYTES, Touch::Write, RETURN); }                         \
  void __tsan_unaligned_read##BYTES(void* p) { observe(p, BYTES, 1, Touch::Read, RETURN); }                     \
  void __tsan_unaligned_write##BYTES(void* p) { observe(p, BYTES, 1, Touch::Write, RETURN); }

extern "C" {
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)
void __tsan_read_range(void* p, size_t bytes) { observe(p, bytes, 1, Touch::Read, RETURN); }
void __tsan_write_range(void* p, size_t bytes) { observe(p, bytes, 1, Touch::Write, RETURN); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
}
