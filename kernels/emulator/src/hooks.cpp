// The compiler's thread sanitizer calls these before every load and store of a kernel. Its library is not linked: they
// are ours. The emulator itself is compiled without it.
#include "memory.hpp"

namespace {

using emulator::Touch;

// A thread's own stack is its registers and local memory: nobody else sees it.
inline __attribute__((always_inline)) void seen(const void* address, size_t bytes, size_t alignment, Touch kind,
                                                const void* return_address) {
  if (emulator::on_own_stack(address, __builtin_frame_address(0))) return;
  emulator::touch(address, bytes, alignment, kind, {{nullptr, 0}, return_address});
}

}  // namespace

#define RETURN __builtin_return_address(0)
#define HOOKS(BYTES)                                                                                         \
  void __tsan_read##BYTES(void* p) { seen(p, BYTES, BYTES, Touch::Read, RETURN); }                           \
  void __tsan_write##BYTES(void* p) { seen(p, BYTES, BYTES, Touch::Write, RETURN); }                         \
  void __tsan_unaligned_read##BYTES(void* p) { seen(p, BYTES, 1, Touch::Read, RETURN); }                     \
  void __tsan_unaligned_write##BYTES(void* p) { seen(p, BYTES, 1, Touch::Write, RETURN); }

extern "C" {
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)
void __tsan_read_range(void* p, size_t bytes) { seen(p, bytes, 1, Touch::Read, RETURN); }
void __tsan_write_range(void* p, size_t bytes) { seen(p, bytes, 1, Touch::Write, RETURN); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
}
