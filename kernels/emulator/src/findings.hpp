// Faults of a launch: each kind and source line once, described by its first occurrence.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "calls.hpp"

namespace emulator {

// The order is that of Fault in report.rs.
enum class Fault : uint32_t {
  Race,
  Uninitialised,
  OutOfBounds,
  ReadOnly,
  Misaligned,
  CopyInFlight,
  Divergence,
  Barrier,
  Deadlock,
  Launch,
};

// A wrapper gives its source line. A plain load or store gives its return address, from which the line is looked up
// after the launch.
struct Where {
  SourceLine source_line = {nullptr, 0};
  const void* return_address = nullptr;
};

struct Finding {
  Fault fault;
  std::string what;
  Where where;
  uint32_t block, thread;
  uint64_t times;
  std::string file;
  int line;
  std::string inside;  // the calls that were inlined around it, innermost first: "file:line file:line"
};

// In place of a thread, for faults of the whole block.
constexpr uint32_t ALL_THREADS = 0xffffffffu;

class Findings {
 public:
  void clear();
  void add(Fault fault, Where where, uint32_t block, uint32_t thread, const char* what);
  // Fills in files and lines.
  void locate();
  const std::vector<Finding>& all() const { return list; }

 private:
  using Key = std::tuple<Fault, const void*, const void*, int>;
  std::vector<Finding> list;
  std::map<Key, size_t> known;
};

}  // namespace emulator
