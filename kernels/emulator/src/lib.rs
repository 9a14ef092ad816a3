//! Runs ironforge's CUDA kernels on the CPU and checks every memory access.
//!
//! The sources are those compiled for a GPU, `kernels/*.cu`, compiled by a C++ compiler. A thread of a block is a
//! fiber, a warp operation is a rendezvous of 32 fibers, an asynchronous copy arrives when its thread waits for it.
//! The compiler's instrumentation reports every load and store before it happens. The emulator detects races, missing
//! barriers, uninitialised reads, out-of-bounds accesses, accesses to copies in flight, divergent warps and
//! deadlocks, and counts bank conflicts.
//!
//! Only executed paths are tested. Speed, registers, the order of blocks on a device and the memory visible between
//! them are not modelled, and each wrapper of `include/ptx.cuh` has a separate body here. Memory is tracked in
//! units of two bytes; a thread's own stack is not tracked.
//!
//! - `compiler`: compiles kernels to a library for the CPU.
//! - `library`: loads such a library and calls it; all unsafe code.
//! - `memory`: device memory of a launch.
//! - `report`: findings and counts of a launch.
//!
//! ```no_run
//! use ironforge_emulator::{Kernels, Launch, Memory, Order};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let params: Vec<u8> = Vec::new();
//! let kernels = Kernels::built()?;
//! let mut memory = Memory::new();
//! let times = memory.input("t_ms", &[0; 64]);
//! let out = memory.output("out", 256); // addresses go into the parameters
//! let (entry, order) = ("time_bias", Order::Forward);
//! let launch = Launch { entry, grid: 8, block: 256, shared_bytes: 0, params: &params, order };
//! kernels.launch(&launch, &mut memory).clean();
//! let bias: &[u8] = memory.bytes(out);
//! # Ok(()) }
//! ```

#[allow(dead_code)] // build.rs uses the rest
mod compiler;
mod library;
mod memory;
mod report;

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

pub use compiler::Failure;
pub use memory::{Access, Buffer, Memory};
pub use report::{Fault, Finding, Report, Stats};

use compiler::Compiler;
use library::{Library, Machine};

/// Order in which threads, and blocks, run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By rising index.
    #[default]
    Forward,
    /// By falling index.
    Reverse,
    /// A new permutation for each round, determined by the seed.
    Random(u64),
}

/// A launch, as given to a driver.
#[derive(Debug, Clone, Copy)]
pub struct Launch<'a> {
    /// Name of the entry.
    pub entry: &'a str,
    /// Number of blocks.
    pub grid: u32,
    /// Threads per block.
    pub block: u32,
    /// Shared memory per block, bytes.
    pub shared_bytes: u32,
    /// Bytes of the parameter struct.
    pub params: &'a [u8],
    /// Order of threads and blocks.
    pub order: Order,
}

/// Kernels that cannot run on this system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unavailable {
    /// Reason.
    pub why: String,
}

/// A set of compiled kernels.
pub struct Kernels {
    library: Library,
    /// Machines that are not in use.
    idle: Mutex<Vec<Machine>>,
}

impl Kernels {
    /// Kernels of this source tree for an sm_80 device.
    /// # Errors
    /// [`Unavailable`] where they were not compiled: no C++ compiler, or not x86-64 Linux.
    pub fn built() -> Result<&'static Kernels, Unavailable> {
        Kernels::built_for(80)
    }

    /// Kernels of this source tree for architecture 75 or 80.
    /// # Errors
    /// As [`Kernels::built`], or for another architecture.
    pub fn built_for(arch: u32) -> Result<&'static Kernels, Unavailable> {
        static BUILT: [OnceLock<Result<Kernels, Unavailable>>; 2] = [OnceLock::new(), OnceLock::new()];
        let kernels = match arch {
            75 => &BUILT[0],
            80 => &BUILT[1],
            _ => return Err(Unavailable { why: format!("nothing is compiled for sm_{arch}") }),
        };
        kernels.get_or_init(|| Kernels::load_built(arch)).as_ref().map_err(Unavailable::clone)
    }

    fn load_built(arch: u32) -> Result<Kernels, Unavailable> {
        let missing = env!("IRONFORGE_EMULATOR_MISSING");
        if !missing.is_empty() {
            return Err(Unavailable { why: missing.to_owned() });
        }
        let path = Path::new(env!("IRONFORGE_EMULATOR_OUT")).join(arch.to_string()).join("kernels.so");
        Kernels::load(&path).map_err(|failure| Unavailable { why: failure.to_string() })
    }

    /// Compiles every .cu file of a folder for sm_80; the folder is a copy of `kernels/`, or its files include
    /// ptx.cuh. `out` is a folder for objects and the library; it must exist as long as the value returned, because
    /// the lines of findings are looked up there. Each of `defines` is NAME or NAME=VALUE; `EMULATED_ARCH=75` selects
    /// sm_75.
    /// # Errors
    /// If there is no compiler, or it fails.
    pub fn compile(kernels: &Path, out: &Path, defines: &[&str]) -> Result<Kernels, Failure> {
        let missing = env!("IRONFORGE_EMULATOR_MISSING");
        if !missing.is_empty() {
            return Err(Failure::NoCompiler(missing.to_owned()));
        }
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let compiler = Compiler::find(here, Path::new(env!("IRONFORGE_EMULATOR_OUT")), jobs)?;
        let library = compiler.kernels(kernels, out, defines)?;
        Kernels::load(&library).map_err(|failure| Failure::Load(failure.to_string()))
    }

    fn load(path: &Path) -> Result<Kernels, libloading::Error> {
        Ok(Kernels { library: Library::load(path)?, idle: Mutex::new(Vec::new()) })
    }

    /// Names of all entries, sorted.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.library.entries()
    }

    /// True if there is an entry of this name.
    pub fn has(&self, entry: &str) -> bool {
        self.entries().any(|name| name == entry)
    }

    /// Runs a kernel. Several threads may do so at the same time, each with its own memory.
    /// # Panics
    /// If there is no such entry.
    #[track_caller]
    pub fn launch(&self, launch: &Launch<'_>, memory: &mut Memory) -> Report {
        self.launch_from(0, launch, memory)
    }

    /// Runs a kernel from block `first` on: the end of a grid that is too large to run whole.
    /// # Panics
    /// As [`Kernels::launch`].
    #[track_caller]
    pub fn launch_from(&self, first: u32, launch: &Launch<'_>, memory: &mut Memory) -> Report {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut machine = idle.unwrap_or_else(|| self.library.machine());
        let report = self.library.run(&mut machine, first, launch, memory);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(machine);
        match report {
            Some(report) => report,
            None => panic!("no kernel has an entry {}", launch.entry),
        }
    }
}

impl std::fmt::Debug for Kernels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

impl Drop for Kernels {
    fn drop(&mut self) {
        for machine in self.idle.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            self.library.free(machine);
        }
    }
}

/// Kernels for an architecture; `None` if they cannot run, after a line with the reason why the test is skipped.
/// # Panics
/// If they cannot run and the environment variable IRONFORGE_REQUIRE_EMULATOR is 1.
pub fn require(arch: u32) -> Option<&'static Kernels> {
    match Kernels::built_for(arch) {
        Ok(kernels) => Some(kernels),
        Err(unavailable) => {
            let required = std::env::var_os("IRONFORGE_REQUIRE_EMULATOR").is_some_and(|value| value == "1");
            assert!(!required, "IRONFORGE_REQUIRE_EMULATOR=1, but the emulator cannot run: {unavailable}");
            // To the stream itself: the harness captures the macros in tests that pass.
            let thread = std::thread::current();
            let test = thread.name().unwrap_or("?");
            let _ = writeln!(std::io::stderr().lock(), "SKIP {test}: {unavailable}");
            None
        }
    }
}
