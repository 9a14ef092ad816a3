//! What a launch was seen to do.

use std::fmt;

/// Kinds of what no kernel may do. The order is that of findings.hpp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Fault {
    /// Two threads touch the same bytes without a barrier between them, or two blocks do; at least one writes.
    Race,
    /// A read of what was never written.
    Uninitialised,
    /// An access outside every buffer. The launch ends before it.
    OutOfBounds,
    /// A write into a buffer that is only to be read. The launch ends before it.
    ReadOnly,
    /// An address that is not a multiple of what the access needs. The launch ends before it.
    Misaligned,
    /// Memory touched while an asynchronous copy into it is under way, or a thread that never waits for its copies.
    CopyInFlight,
    /// Lanes of a warp that meet in different collective operations. The launch ends.
    Divergence,
    /// A barrier that not all threads meet, or not at the same line.
    Barrier,
    /// All threads wait. The launch ends.
    Deadlock,
    /// A launch that no device would accept: it does not begin.
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

/// One fault at one place, described by its first occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which kind.
    pub fault: Fault,
    /// In words.
    pub what: String,
    /// Name of the source file; empty if it is not known.
    pub file: String,
    /// Line in it; 0 if it is not known.
    pub line: u32,
    /// Calls that were inlined around it, innermost first: `file:line`.
    pub inside: Vec<String>,
    /// The block, counted from 0.
    pub block: u32,
    /// The thread in it. None where it concerns all.
    pub thread: Option<u32>,
    /// How often.
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
    /// Times that a thread ran until it waited.
    pub turns: u64,
    /// Barriers of a block.
    pub barriers: u64,
    /// Operations of a warp.
    pub collectives: u64,
    /// Accesses of shared memory and buffers.
    pub accesses: u64,
    /// Reads of one 8x8 matrix from shared memory.
    pub matrix_reads: u64,
    /// Passes through the banks that these took beyond one each.
    pub bank_conflicts: u64,
}

/// Everything that was seen of one launch.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    /// What no kernel may do. Empty for a good kernel.
    pub findings: Vec<Finding>,
    /// Counts.
    pub stats: Stats,
    /// Whether the launch ran to its end; results mean nothing if not.
    pub finished: bool,
}

impl Report {
    /// The counts of a launch in which nothing was found.
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
        write!(f, "{}", if self.finished { "the launch ran to its end" } else { "the launch was given up" })
    }
}
