#include "memory.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "machine.hpp"

namespace emulator {
namespace {

constexpr size_t NEARBY = 1 << 20;

size_t cells_of(size_t bytes) { return (bytes + CELL_BYTES - 1) / CELL_BYTES; }

size_t offset_in(const Span& span, const void* address) {
  return static_cast<size_t>(static_cast<const unsigned char*>(address) - span.begin);
}

const char* verb(Touch touch) { return touch == Touch::Read ? "read" : "write"; }

[[noreturn]] void out_of_bounds(Machine& machine, Fiber& self, const void* address, size_t bytes, Touch touch,
                                Where where) {
  const Span* near = machine.memory.nearest(address);
  char what[256];
  if (near)
    snprintf(what, sizeof what, "%s of %zu bytes at byte %td of %s, which has %zu", verb(touch), bytes,
             static_cast<const unsigned char*>(address) - near->begin, near->name, near->bytes);
  else
    snprintf(what, sizeof what, "%s of %zu bytes outside every buffer", verb(touch), bytes);
  machine.find(Fault::OutOfBounds, where, self.thread, what);
  machine.abandon();
}

void report(Machine& machine, Fiber& self, const Span& span, size_t byte, const AccessFault& found, Where where) {
  char other[32] = "several threads";
  if (found.other != SEVERAL) snprintf(other, sizeof other, "thread %u", found.other);
  const bool itself = found.fault == Fault::Uninitialised;
  char what[256];
  snprintf(what, sizeof what, "byte %zu of %s: %s%s%s", byte, span.name, found.what, itself ? "" : ", by ",
           itself ? "" : other);
  machine.find(found.fault, where, self.thread, what);
}

void visit_cells(Machine& machine, Fiber& self, const Span& span, size_t offset, size_t bytes, Visit visitor,
                 Where where) {
  const size_t last = (offset + bytes - 1) / CELL_BYTES;
  for (size_t cell = offset / CELL_BYTES; cell <= last; cell++) {
    AccessFault found;
    if (!visit(span.cells[cell], span, visitor, found))
      report(machine, self, span, cell * CELL_BYTES, found, where);
  }
}

}  // namespace

bool Memory::set_up(const Span* buffers, size_t count, uint32_t shared_bytes, uint32_t now) {
  if (!shared_memory.reserve(MAX_SHARED_BYTES)) return false;
  spans.assign(1, {"shared memory", shared_memory.begin(), shared_bytes, Access::WritableUninitialised, nullptr, now});
  spans.insert(spans.end(), buffers, buffers + count);
  last = 0;

  size_t wanted = cells_of(MAX_SHARED_BYTES);
  for (size_t i = 1; i < spans.size(); i++)
    if (spans[i].access != Access::ReadOnly) wanted += cells_of(spans[i].bytes);
  if (!cells.reserve(wanted * sizeof(Cell))) return false;

  Cell* next = reinterpret_cast<Cell*>(cells.begin());
  spans[0].cells = next;
  next += cells_of(MAX_SHARED_BYTES);
  for (size_t i = 1; i < spans.size(); i++) {
    spans[i].since = now;
    if (spans[i].access == Access::ReadOnly) continue;
    spans[i].cells = next;
    next += cells_of(spans[i].bytes);
  }
  return true;
}

void Memory::begin_block(uint32_t now) {
  spans[0].since = now;
  memset(spans[0].begin, 0xff, spans[0].bytes);  // NaN in every type
}

void Memory::forget() { cells.forget(); }

const Span* Memory::find(const void* address) {
  const auto holds = [&](const Span& span) { return offset_in(span, address) < span.bytes; };
  if (holds(spans[last])) return &spans[last];
  for (size_t i = 0; i < spans.size(); i++)
    if (holds(spans[i])) {
      last = i;
      return &spans[i];
    }
  return nullptr;
}

const Span* Memory::nearest(const void* address) const {
  const Span* nearest = nullptr;
  size_t least = NEARBY;
  for (const Span& span : spans) {
    const size_t offset = offset_in(span, address);  // of an address before the span, wraps around
    const size_t distance = offset <= span.bytes ? 0 : std::min(offset - span.bytes, 0 - offset);
    if (distance < least) {
      least = distance;
      nearest = &span;
    }
  }
  return nearest;
}

void touch(const void* address, size_t bytes, size_t alignment, Touch touch, Where where) {
  Fiber& self = this_fiber();
  Machine& machine = *self.machine;
  machine.stats.accesses++;
  const Span* span = machine.memory.find(address);
  if (!span || bytes > span->bytes - offset_in(*span, address))
    out_of_bounds(machine, self, address, bytes, touch, where);
  if (reinterpret_cast<uintptr_t>(address) % alignment != 0) {
    char what[256];
    snprintf(what, sizeof what, "%s of %zu bytes at byte %zu of %s: not a multiple of %zu", verb(touch), bytes,
             offset_in(*span, address), span->name, alignment);
    machine.find(Fault::Misaligned, where, self.thread, what);
    machine.abandon();
  }
  if (touch != Touch::Read && span->access == Access::ReadOnly) {
    char what[256];
    snprintf(what, sizeof what, "write of %zu bytes at byte %zu of %s, which is read-only", bytes,
             offset_in(*span, address), span->name);
    machine.find(Fault::ReadOnly, where, self.thread, what);
    machine.abandon();
  }
  if (!span->cells) return;
  const Visit visitor{touch, static_cast<uint16_t>(self.thread), machine.now, machine.block_began};
  visit_cells(machine, self, *span, offset_in(*span, address), bytes, visitor, where);
}

void touch_row(Fiber& lane, const void* address, Where where) {
  constexpr size_t ROW_BYTES = 16;
  Machine& machine = *lane.machine;
  const Span& shared = machine.memory.shared();
  const size_t offset = offset_in(shared, address);
  if (offset >= shared.bytes || ROW_BYTES > shared.bytes - offset)
    out_of_bounds(machine, lane, address, ROW_BYTES, Touch::Read, where);
  if (offset % ROW_BYTES != 0) {
    char what[128];
    snprintf(what, sizeof what, "a row of a matrix at byte %zu of shared memory: not a multiple of 16", offset);
    machine.find(Fault::Misaligned, where, lane.thread, what);
    machine.abandon();
  }
  const Visit visitor{Touch::Read, SEVERAL, machine.now, machine.block_began};
  visit_cells(machine, lane, shared, offset, ROW_BYTES, visitor, where);
}

}  // namespace emulator
