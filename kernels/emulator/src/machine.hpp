// The machine runs the blocks of a launch one after another, and the threads of a block in turn, each until it waits.
#pragma once
#include <memory>
#include <vector>

#include "fiber.hpp"
#include "findings.hpp"
#include "memory.hpp"

namespace emulator {

constexpr uint32_t WARP = 32;
constexpr uint32_t MAX_THREADS = 1024;
constexpr uint32_t MAX_SHARED_BYTES = 227 << 10;
constexpr size_t MAX_PARAMS_BYTES = 1024;

// Order in which threads, and blocks, run. The order of the values is that of Order in lib.rs.
enum class Order : uint32_t { Forward, Reverse, Random };

struct Launch {
  const Entry* entry;
  const void* params;
  size_t params_bytes;
  uint32_t grid, block, shared_bytes;
  uint32_t first;  // the first block to run
  Order order;
  uint64_t seed;
  const Span* buffers;  // without cells
  size_t buffer_count;
};

// The layout is that of Stats in report.rs.
struct Stats {
  uint64_t turns, barriers, collectives, accesses;
  uint64_t matrix_reads;    // of eight rows of 16 bytes each, one pass through the banks if they all differ
  uint64_t bank_conflicts;  // additional passes
};

// The warp operation that some lanes of a warp have reached.
struct Warp {
  const char* operation;
  SourceLine at;
  uint32_t arrived;
  void* lanes[WARP];  // the arguments of each lane
};

struct Machine {
  Launch launch{};
  uint32_t block = 0;    // the one that runs
  uint32_t arrived = 0;  // at the barrier
  uint32_t returned = 0;
  SourceLine barrier{};
  uint32_t now = 0, block_began = 0;  // see shadow.hpp
  bool abandoned = false;
  std::unique_ptr<Fiber[]> fibers;
  Warp warps[MAX_THREADS / WARP];
  Memory memory;
  Findings findings;
  Stats stats{};

  void run(const Launch& launch);

  // Lets other threads run until `self.waits` changes.
  void wait(Fiber& self, Waits waits, const char* doing, SourceLine at);
  void find(Fault fault, Where where, uint32_t thread, const char* what);
  // Ends the launch. Called by a thread that must not continue.
  [[noreturn]] void abandon();
  // Lets all threads at the barrier continue.
  void open_barrier();
  void thread_returned(Fiber& fiber);

 private:
  Stacks stacks;
  void* scheduler = nullptr;  // its stack pointer while a thread runs
  uint64_t random = 1;
  std::vector<uint32_t> thread_order, block_order;

  bool set_up();
  void begin_block();
  void run_block();
  void turn(Fiber& fiber);
  void shuffle(std::vector<uint32_t>& order);
  void report_deadlock();
};

inline bool same(SourceLine a, SourceLine b) { return a.line == b.line && a.file == b.file; }

}  // namespace emulator
