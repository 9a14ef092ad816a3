#include "fiber.hpp"

#include <sys/mman.h>

#include <cstring>

namespace emulator {

// Six registers and the return address: the layout that Stacks::prepare writes.
asm(R"(
  .text
  .globl emulator_switch
  .hidden emulator_switch
  .type emulator_switch, @function
emulator_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size emulator_switch, .-emulator_switch
)");

namespace {
constexpr size_t PAGE = 4096;
constexpr size_t PARAMS_BYTES = 1024;

unsigned char* stack_end(const Fiber& fiber) {
  const uintptr_t inside = reinterpret_cast<uintptr_t>(fiber.stack_pointer) - 1;
  return reinterpret_cast<unsigned char*>((inside | (STACK_BYTES - 1)) + 1);
}

// All threads use the same depths of their stacks: if all stacks started at the same offset, these addresses would
// map to the same cache lines.
size_t shift(uint32_t thread) { return thread % 64 * 64; }
}  // namespace

void Mapping::forget() {
  if (mapped) munmap(mapped, mapped_bytes);
  mapped = usable = nullptr;
  bytes = 0;
}

bool Mapping::reserve(size_t wanted) {
  if (wanted <= bytes) return true;
  forget();
  // Space for an aligned start, and for a page before and after.
  mapped_bytes = (wanted + PAGE - 1) / PAGE * PAGE + 2 * STACK_BYTES;
  void* got = mmap(nullptr, mapped_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED) return false;
  mapped = static_cast<unsigned char*>(got);
  const uintptr_t aligned = (reinterpret_cast<uintptr_t>(got) + STACK_BYTES) & ~(STACK_BYTES - 1);
  usable = reinterpret_cast<unsigned char*>(aligned);
  if (mprotect(usable, wanted, PROT_READ | PROT_WRITE) != 0) return false;
  bytes = wanted;
  return true;
}

bool Stacks::reserve(unsigned wanted) {
  if (wanted <= fibers) return true;
  if (!mapping.reserve(wanted * STACK_BYTES)) return false;
  // The lowest page of each stack is unmapped, so that a stack overflow cannot reach the next stack.
  for (unsigned i = 0; i < wanted; i++)
    if (mprotect(mapping.begin() + i * STACK_BYTES, PAGE, PROT_NONE) != 0) return false;
  fibers = wanted;
  return true;
}

void Stacks::prepare(Fiber& fiber, void (*run)(), const void* params, size_t params_bytes) {
  unsigned char* end = mapping.begin() + (fiber.thread + 1) * STACK_BYTES;
  fiber.stack_pointer = end;
  reinterpret_cast<Fiber**>(end)[-1] = &fiber;
  memcpy(const_cast<void*>(params_of(fiber)), params, params_bytes);

  void** top = reinterpret_cast<void**>(const_cast<void*>(params_of(fiber)));
  *--top = nullptr;  // `run` does not return; at its first instruction the stack is as after a call
  *--top = reinterpret_cast<void*>(run);
  for (int saved = 0; saved < 6; saved++) *--top = nullptr;
  fiber.stack_pointer = top;
}

const void* params_of(const Fiber& fiber) {
  return stack_end(fiber) - 64 - shift(fiber.thread) - PARAMS_BYTES;
}

}  // namespace emulator
