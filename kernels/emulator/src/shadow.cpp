#include "shadow.hpp"

namespace emulator {
namespace {

bool complain(Complaint& complaint, Fault fault, const char* what, uint16_t other) {
  complaint = {fault, what, other};
  return false;
}

bool visit_read(Cell& cell, const Span& span, const Visit& v, Complaint& complaint) {
  const bool was_written = cell.written >= span.since;
  bool fine = true;
  if (!was_written) {
    if (span.access == Access::WritableUninitialised)
      fine = complain(complaint, Fault::Uninitialised, "read before any write", v.thread);
  } else if (cell.pending) {
    fine = complain(complaint, Fault::CopyInFlight, "read while a copy into it is under way", cell.writer);
  } else if (cell.written < v.block_began) {
    fine = complain(complaint, Fault::Race, "read of what another block writes", cell.writer);
  } else if (cell.written == v.now && cell.writer != v.thread) {
    fine = complain(complaint, Fault::Race, "read of a write since the last barrier", cell.writer);
  }
  // A read by an earlier block stays recorded: any later write races with it.
  if (cell.read < span.since || cell.read >= v.block_began) {
    cell.reader = cell.read == v.now && cell.reader != v.thread ? SEVERAL : v.thread;
    cell.read = v.now;
  }
  return fine;
}

bool visit_write(Cell& cell, const Span& span, const Visit& v, Complaint& complaint) {
  bool fine = true;
  if (cell.written >= span.since) {
    if (cell.pending)
      fine = complain(complaint, Fault::CopyInFlight, "written while a copy into it is under way", cell.writer);
    else if (cell.written < v.block_began)
      fine = complain(complaint, Fault::Race, "written by two blocks", cell.writer);
    else if (cell.written == v.now && cell.writer != v.thread)
      fine = complain(complaint, Fault::Race, "two writes since the last barrier", cell.writer);
  }
  if (fine && cell.read >= span.since) {
    if (cell.read < v.block_began)
      fine = complain(complaint, Fault::Race, "written after another block reads it", cell.reader);
    else if (cell.read == v.now && cell.reader != v.thread)
      fine = complain(complaint, Fault::Race, "written after a read since the last barrier", cell.reader);
  }
  cell.written = v.now;
  cell.writer = v.thread;
  cell.pending = v.touch == Touch::Issue;
  return fine;
}

}  // namespace

bool visit(Cell& cell, const Span& span, const Visit& v, Complaint& complaint) {
  if (v.touch == Touch::Read) return visit_read(cell, span, v, complaint);
  if (v.touch != Touch::Arrive) return visit_write(cell, span, v, complaint);
  // Accesses by other threads in the meantime have been reported. From here on it is like a write.
  cell.written = v.now;
  cell.writer = v.thread;
  cell.pending = false;
  return true;
}

}  // namespace emulator
