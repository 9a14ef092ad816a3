// Fibers: each is a thread of a block, with a stack on which the kernel runs until it waits for other threads. x86-64
// System V ABI.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "calls.hpp"

namespace emulator {

struct Machine;

// A pending asynchronous copy, in the group that was open in its thread.
struct Copy {
  unsigned char* to;
  const unsigned char* from;
  unsigned bytes;
  bool valid;
  unsigned group;
};

enum class Waits { ForNothing, ForWarp, ForBlock, Never };  // Never: it has returned

struct Fiber {
  Machine* machine;
  uint32_t thread;
  void* stack_pointer;
  Waits waits;
  const char* doing;  // the operation it waits in; `at` is its line
  SourceLine at;
  std::vector<Copy> copies;  // oldest first
  unsigned group;            // number of the open group of copies
};

// Stacks are aligned to their size, and each ends with a pointer to its fiber: a thread is found from its stack
// pointer, and the high bits of an address tell if it is on the thread's own stack.
constexpr size_t STACK_BYTES = 256 << 10;

inline bool on_own_stack(const void* address, const void* frame) {
  return ((reinterpret_cast<uintptr_t>(address) ^ reinterpret_cast<uintptr_t>(frame)) & ~(STACK_BYTES - 1)) == 0;
}

// Callable only on a fiber's stack.
inline Fiber& this_fiber() {
  const uintptr_t last = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) | (STACK_BYTES - 1);
  return **reinterpret_cast<Fiber**>(last + 1 - sizeof(Fiber*));
}

// A mapping of zeros from the system, with unreadable pages on both sides; pages take memory only when touched.
class Mapping {
 public:
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { forget(); }
  // Grows it to at least `bytes`; its contents are lost if it has to move. False if the system refuses.
  bool reserve(size_t bytes);
  // Returns it to the system.
  void forget();
  unsigned char* begin() const { return usable; }

 private:
  unsigned char *mapped = nullptr, *usable = nullptr;
  size_t bytes = 0, mapped_bytes = 0;
};

class Stacks {
 public:
  bool reserve(unsigned fibers);
  // Sets a fiber to the start of `run`, with its own copy of the parameters, which `run` gets from params_of.
  void prepare(Fiber& fiber, void (*run)(), const void* params, size_t params_bytes);

 private:
  Mapping mapping;
  unsigned fibers = 0;
};
const void* params_of(const Fiber& fiber);

// Saves the callee-saved registers and the stack pointer in `from`, and continues at `to`.
extern "C" void emulator_switch(void** from, void* to);

}  // namespace emulator
