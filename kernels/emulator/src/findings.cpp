#include "findings.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace emulator {

void Findings::clear() {
  list.clear();
  known.clear();
}

void Findings::add(Fault fault, Where where, uint32_t block, uint32_t thread, const char* what) {
  const Key key{fault, where.return_address, where.source_line.file, where.source_line.line};
  const auto [at, is_new] = known.emplace(key, list.size());
  if (!is_new) {
    list[at->second].times++;
    return;
  }
  list.push_back({fault, what, where, block, thread, 1, "", 0, ""});
}

namespace {
std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The library that holds an address, and the address inside it.
struct Inside {
  std::string library;
  uintptr_t offset;
};
bool find_library(const void* address, Inside& found) {
  Dl_info info;
  if (!address || !dladdr(address, &info) || !info.dli_fname) return false;
  // A return address is that of the next instruction; one byte earlier is in the call.
  found = {info.dli_fname, reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(info.dli_fbase) - 1};
  return true;
}

// Output of addr2line for all addresses: for each a line with the address, then pairs of function and file:line,
// innermost inlined function first. Empty if there is no addr2line.
std::string ask_addr2line(const std::string& library, const std::string& addresses) {
  const std::string command = "addr2line -afi -e '" + library + "'" + addresses + " 2>/dev/null";
  std::string answer;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return answer;
  char part[4096];
  while (const size_t n = fread(part, 1, sizeof part, pipe)) answer.append(part, n);
  pclose(pipe);
  return answer;
}

void fill_in(Finding& finding, const std::string& file_and_line) {
  const size_t colon = file_and_line.rfind(':');
  const std::string file = file_name(file_and_line.substr(0, colon));
  const int line = atoi(file_and_line.c_str() + colon + 1);
  if (line == 0) return;
  if (finding.line == 0) {
    finding.file = file;
    finding.line = line;
  } else {
    finding.inside += (finding.inside.empty() ? "" : " ") + file + ":" + std::to_string(line);
  }
}
}  // namespace

void Findings::locate() {
  std::vector<Finding*> asked;
  std::string library, addresses;
  for (Finding& finding : list) {
    if (finding.where.source_line.file) {
      finding.file = file_name(finding.where.source_line.file);
      finding.line = finding.where.source_line.line;
    }
    Inside inside;
    if (!find_library(finding.where.return_address, inside)) continue;
    char text[32];
    snprintf(text, sizeof text, " 0x%zx", static_cast<size_t>(inside.offset));
    library = inside.library;  // all kernels of a launch are in one
    addresses += text;
    asked.push_back(&finding);
  }
  if (asked.empty()) return;
  std::istringstream answer(ask_addr2line(library, addresses));
  auto next = asked.begin();
  Finding* current = nullptr;
  for (std::string line, source_line; std::getline(answer, line);) {
    if (line.rfind("0x", 0) == 0) {
      current = next != asked.end() ? *next++ : nullptr;
    } else if (std::getline(answer, source_line) && current) {
      fill_in(*current, source_line);
    }
  }
}

}  // namespace emulator
