// Asynchronous copies: performed when their thread waits for them, so that a read before that finds NaN.
#include <cstring>

#include "machine.hpp"

namespace emulator {
namespace {

const unsigned char* bytes_at(const void* address) { return static_cast<const unsigned char*>(address); }

// The source must be a valid, aligned address even if the copy is not valid.
void touch_source(Machine& machine, Fiber& self, const void* from, unsigned bytes, bool valid, Where where) {
  if (valid) return touch(from, bytes, bytes, Touch::Read, where);
  const Span* span = machine.memory.find(from);
  const bool inside = span && bytes <= span->bytes - static_cast<size_t>(bytes_at(from) - span->begin);
  if (inside && reinterpret_cast<uintptr_t>(from) % bytes == 0) return;
  machine.find(Fault::OutOfBounds, where, self.thread, "a copy with valid = false has an invalid source address");
}

void touch_target(Machine& machine, Fiber& self, const void* to, unsigned bytes, Touch kind, Where where) {
  touch(to, bytes, bytes, kind, where);
  if (machine.memory.find(to) == &machine.memory.shared()) return;
  machine.find(Fault::OutOfBounds, where, self.thread, "the target of a copy is not in shared memory");
  machine.abandon();
}

void perform(const Copy& copy) {
  if (copy.valid)
    memcpy(copy.to, copy.from, copy.bytes);
  else
    memset(copy.to, 0, copy.bytes);
}

}  // namespace

void copy_async(void* to, const void* from, unsigned bytes, bool valid, SourceLine at) {
  Fiber& self = this_fiber();
  const Where where{at, nullptr};
  touch_source(*self.machine, self, from, bytes, valid, where);
  touch_target(*self.machine, self, to, bytes, Touch::Issue, where);
  memset(to, 0xff, bytes);
  self.copies.push_back({static_cast<unsigned char*>(to), bytes_at(from), bytes, valid, self.group});
}

void copy_commit() { this_fiber().group++; }

void copy_wait(unsigned groups_under_way, SourceLine at) {
  Fiber& self = this_fiber();
  auto first = self.copies.begin(), kept = first;
  for (; kept != self.copies.end() && kept->group + groups_under_way < self.group; ++kept) {
    touch(kept->to, kept->bytes, kept->bytes, Touch::Arrive, {at, nullptr});
    perform(*kept);
  }
  self.copies.erase(first, kept);
}

void copy_now(void* to, const void* from, unsigned bytes, bool valid, SourceLine at) {
  Fiber& self = this_fiber();
  const Where where{at, nullptr};
  if (valid) touch(from, bytes, bytes, Touch::Read, where);
  touch_target(*self.machine, self, to, bytes, Touch::Write, where);
  perform({static_cast<unsigned char*>(to), bytes_at(from), bytes, valid, 0});
}

}  // namespace emulator
