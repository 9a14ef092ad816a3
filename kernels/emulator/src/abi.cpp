// The functions that library.rs calls.
#include "machine.hpp"

namespace emulator {
namespace {

const Entry* first_entry = nullptr;

}  // namespace

Entry::Entry(const char* name, void (*run)(const void*), unsigned max_threads, size_t params_bytes)
    : name(name), run(run), max_threads(max_threads), params_bytes(params_bytes), next(first_entry) {
  first_entry = this;
}

// The layout is that of RawFinding in library.rs. Strings live until the machine's next launch.
struct RawFinding {
  Fault fault;
  uint32_t line, block, thread;
  uint64_t times;
  const char *what, *file, *inside;
};

}  // namespace emulator

using namespace emulator;

#define EXPORT __attribute__((visibility("default")))
extern "C" {
EXPORT const Entry* emulator_first_entry() { return first_entry; }
EXPORT const Entry* emulator_next_entry(const Entry* entry) { return entry->next; }
EXPORT const char* emulator_entry_name(const Entry* entry) { return entry->name; }

EXPORT Machine* emulator_new() { return new Machine; }
EXPORT void emulator_free(Machine* machine) { delete machine; }
// True if the launch ran to its end.
EXPORT bool emulator_run(Machine* machine, const Launch* launch) {
  machine->run(*launch);
  return !machine->abandoned;
}
EXPORT const Stats* emulator_stats(const Machine* machine) { return &machine->stats; }
EXPORT size_t emulator_findings(const Machine* machine) { return machine->findings.all().size(); }
EXPORT RawFinding emulator_finding(const Machine* machine, size_t index) {
  const Finding& f = machine->findings.all()[index];
  return {f.fault, static_cast<uint32_t>(f.line), f.block, f.thread, f.times, f.what.c_str(), f.file.c_str(),
          f.inside.c_str()};
}
}
