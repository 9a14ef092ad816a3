#include "shadow.hpp"

namespace emulator {
namespace {

bool fail(AccessFault& found, Fault fault, const char* what, uint16_t other) {
  found = {fault, what, other};
  return false;
}

bool visit_read(Cell& cell, const Span& span, const Visit& v, AccessFault& found) {
  const bool was_written = cell.written >= span.since;
  bool ok = true;
  if (!was_written) {
    if (span.access == Access::WritableUninitialised)
      ok = fail(found, Fault::Uninitialised, "read before any write", v.thread);
  } else if (cell.pending) {
    ok = fail(found, Fault::CopyInFlight, "read while a copy into it is under way", cell.writer);
  } else if (cell.written < v.block_began) {
    ok = fail(found, Fault::Race, "read of what another block writes", cell.writer);
  } else if (cell.written == v.now && cell.writer != v.thread) {
    ok = fail(found, Fault::Race, "read of a write since the last barrier", cell.writer);
  }
  // A read by an earlier block stays recorded: any later write races with it.
  if (cell.read < span.since || cell.read >= v.block_began) {
    cell.reader = cell.read == v.now && cell.reader != v.thread ? SEVERAL : v.thread;
    cell.read = v.now;
  }
  return ok;
}

bool visit_write(Cell& cell, const Span& span, const Visit& v, AccessFault& found) {
  bool ok = true;
  if (cell.written >= span.since) {
    if (cell.pending)
      ok = fail(found, Fault::CopyInFlight, "written while a copy into it is under way", cell.writer);
    else if (cell.written < v.block_began)
      ok = fail(found, Fault::Race, "written by two blocks", cell.writer);
    else if (cell.written == v.now && cell.writer != v.thread)
      ok = fail(found, Fault::Race, "two writes since the last barrier", cell.writer);
  }
  if (ok && cell.read >= span.since) {
    if (cell.read < v.block_began)
      ok = fail(found, Fault::Race, "written after another block reads it", cell.reader);
    else if (cell.read == v.now && cell.reader != v.thread)
      ok = fail(found, Fault::Race, "written after a read since the last barrier", cell.reader);
  }
  cell.written = v.now;
  cell.writer = v.thread;
  cell.pending = v.touch == Touch::Issue;
  return ok;
}

}  // namespace

bool visit(Cell& cell, const Span& span, const Visit& v, AccessFault& found) {
  if (v.touch == Touch::Read) return visit_read(cell, span, v, found);
  if (v.touch != Touch::Arrive) return visit_write(cell, span, v, found);
  // Accesses by other threads in the meantime have been reported. From here on it is like a write.
  cell.written = v.now;
  cell.writer = v.thread;
  cell.pending = false;
  return true;
}

}  // namespace emulator
