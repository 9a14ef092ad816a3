//! Findings and counts of a launch.

use std::fmt;

/// Kinds of faults. The order is that of findings.hpp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Fault {
    /// Two threads touch the same bytes without a barrier between them, or two blocks do; at least one writes.
    Race,
    /// A read of memory that was never written.
    Uninitialised,
    /// An access outside every buffer. The launch ends before it.
    OutOfBounds,
    /// A write to a read-only buffer. The launch ends before it.
    ReadOnly,
    /// A misaligned address. The launch ends before the access.
    Misaligned,
    /// An access to memory while an asynchronous copy into it is pending, or a thread that never waits for its
    /// copies.
    CopyInFlight,
    /// Lanes of a warp that reach different collective operations. The launch ends.
    Divergence,
    /// A barrier that not all threads reach, or not at the same line.
    Barrier,
    /// All threads wait. The launch ends.
    Deadlock,
    /// A launch that no device would accept; it does not start.
    Launch,
}

impl Fault {
    pub(crate) const ALL: [Fault; 10] = [
        Fault::Race,
        Fault::Uninitialised,
        Fault::OutOfBounds,
        Fault::ReadOnly,
        Fault::Misaligned,
        Fault::CopyInFlight,
        Fault::Divergence,
        Fault::Barrier,
        Fault::Deadlock,
        Fault::Launch,
    ];
}

/// One fault at one source line, described by its first occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Kind of the fault.
    pub fault: Fault,
    /// Description.
    pub what: String,
    /// Name of the source file; empty if it is not known.
    pub file: String,
    /// Line in the file; 0 if it is not known.
    pub line: u32,
    /// Calls that were inlined around it, innermost first: `file:line`.
    pub inside: Vec<String>,
    /// Index of the block.
    pub block: u32,
    /// Index of the thread in the block; None if the fault concerns all.
    pub thread: Option<u32>,
    /// Number of occurrences.
    pub times: u64,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}; ", self.fault, self.what)?;
        if self.line > 0 {
            write!(f, "{}:{}", self.file, self.line)?;
            for call in &self.inside {
                write!(f, " in {call}")?;
            }
            write!(f, ", ")?;
        }
        write!(f, "block {}", self.block)?;
        if let Some(thread) = self.thread {
            write!(f, " thread {thread}")?;
        }
        if self.times > 1 { write!(f, ", {} times", self.times) } else { Ok(()) }
    }
}

/// Counts of a launch. The layout is that of machine.hpp.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Stats {
    /// Number of times that a thread ran until it waited.
    pub turns: u64,
    /// Number of block barriers.
    pub barriers: u64,
    /// Number of warp operations.
    pub collectives: u64,
    /// Number of accesses to shared memory and buffers.
    pub accesses: u64,
    /// Number of reads of an 8x8 matrix from shared memory.
    pub matrix_reads: u64,
    /// Number of additional passes through the banks that these took.
    pub bank_conflicts: u64,
}

/// Result of one launch.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    /// Faults; empty for a correct kernel.
    pub findings: Vec<Finding>,
    /// Counts.
    pub stats: Stats,
    /// True if the launch ran to its end; otherwise results are meaningless.
    pub finished: bool,
}

impl Report {
    /// Counts of a launch without findings.
    /// # Panics
    /// With all findings, if there are any.
    #[track_caller]
    pub fn clean(&self) -> Stats {
        assert!(self.findings.is_empty() && self.finished, "{self}");
        self.stats
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        write!(f, "{}", if self.finished { "the launch ran to its end" } else { "the launch was abandoned" })
    }
}
