// The memory of a launch: buffers, each known to the byte, and the shared memory of the block.
#pragma once
#include <vector>

#include "fiber.hpp"
#include "shadow.hpp"

namespace emulator {

class Memory {
 public:
  // False if the system refuses the allocation. `now` is the time at the start of the launch.
  bool set_up(const Span* buffers, size_t count, uint32_t shared_bytes, uint32_t now);
  void begin_block(uint32_t now);
  // Releases the cells, and with them all recorded accesses.
  void forget();
  // The span that contains the address, or null.
  const Span* find(const void* address);
  // The span closest to an address that is in none, or null if none is near.
  const Span* nearest(const void* address) const;
  const Span& shared() const { return spans[0]; }

 private:
  std::vector<Span> spans;  // the first is shared memory
  size_t last = 0;
  Mapping shared_memory, cells;
};

// An access that is about to happen: checks bounds, alignment and permission, and abandons the launch if they are
// violated; records the access and reports faults.
void touch(const void* address, size_t bytes, size_t alignment, Touch touch, Where where);
// The same for a read by a whole warp of 16 bytes of shared memory whose address one lane supplies.
void touch_row(Fiber& lane, const void* address, Where where);

}  // namespace emulator
