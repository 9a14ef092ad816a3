// The last accesses of each cell of memory: thread and time.
//
// Time is counted in barriers. Only the barrier of the block orders its threads, and all of them reach it: so the
// vector clock of a thread has one entry, the number of barriers passed, and two accesses of different threads are
// unordered exactly if they are between the same two barriers. A shuffle, a vote or a product orders nothing, as on
// the device. The count continues from block to block and launch to launch, so that records older than the start of
// a launch or block are void, and nothing has to be cleared.
#pragma once
#include <cstddef>
#include <cstdint>

#include "findings.hpp"

namespace emulator {

struct Fiber;

// Two bytes of memory. Single bytes of a cell are not distinguished.
constexpr size_t CELL_BYTES = 2;
struct Cell {
  uint32_t written, read;   // when last
  uint16_t writer, reader;  // by which thread; reader may be SEVERAL
  bool pending;             // an asynchronous copy is to arrive
};
constexpr uint16_t SEVERAL = 0xffff;

enum class Access : uint32_t { ReadOnly, Writable, WritableUninitialised };

// Memory that a launch may use.
struct Span {
  const char* name;
  unsigned char* begin;
  size_t bytes;
  Access access;
  Cell* cells;     // null if it is read-only
  uint32_t since;  // older records are void: start of the launch, or of the block for shared memory
};

// Issue and Arrive are the two ends of an asynchronous copy.
enum class Touch { Read, Write, Issue, Arrive };

// An access of a thread.
struct Visit {
  Touch touch;
  uint16_t thread;       // SEVERAL for a whole warp
  uint32_t now;          // barriers so far
  uint32_t block_began;  // the count at the beginning of the block
};

// A fault of an access; `other` is the thread that made the conflicting access.
struct AccessFault {
  Fault fault;
  const char* what;
  uint16_t other;
};

// Records an access to one cell. False if it is a fault.
bool visit(Cell& cell, const Span& span, const Visit& visit, AccessFault& found);

}  // namespace emulator
