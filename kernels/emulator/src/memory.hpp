// The memory of a launch: buffers, each known to the byte, and the shared memory of the block.
#pragma once
#include <vector>

#include "fiber.hpp"
#include "shadow.hpp"

namespace emulator {

class Memory {
 public:
  // False if the system refuses the room. `now` is when the launch began.
  bool set_up(const Span* buffers, size_t count, uint32_t shared_bytes, uint32_t now);
  void begin_block(uint32_t now);
  // Lets the room for cells go, and with it all that was noted.
  void forget();
  // What begins at or before the address and ends behind it, or null.
  const Span* find(const void* address);
  // The same for an address that is in none: what lies close by, or null.
  const Span* nearest(const void* address) const;
  const Span& shared() const { return spans[0]; }

 private:
  std::vector<Span> spans;  // the first is shared memory
  size_t last = 0;
  Mapping shared_memory, cells;
};

// A thread is about to touch memory: checks bounds, alignment and rights, and abandons the launch if they do not hold;
// notes the access and what there is to complain of.
void touch(const void* address, size_t bytes, size_t alignment, Touch touch, Where where);
// The same for 16 bytes of shared memory that a lane names and its whole warp reads.
void touch_row(Fiber& lane, const void* address, Where where);

}  // namespace emulator
