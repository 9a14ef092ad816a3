//! A loaded library of kernels. All of this crate's unsafe code is here.
#![allow(unsafe_code)]

use std::alloc::Layout;
use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::ptr::NonNull;

use libloading::os::unix::{Library as Loaded, RTLD_LOCAL, RTLD_NOW};

use crate::memory::{Access, Memory};
use crate::report::{Fault, Finding, Report, Stats};
use crate::{Launch, Order};

/// Layouts of machine.hpp, shadow.hpp and abi.cpp.
#[repr(C)]
struct RawLaunch {
    entry: *const c_void,
    params: *const u8,
    params_bytes: usize,
    grid: u32,
    block: u32,
    shared_bytes: u32,
    first: u32,
    order: u32,
    seed: u64,
    buffers: *const RawSpan,
    buffer_count: usize,
}

#[repr(C)]
struct RawSpan {
    name: *const c_char,
    begin: *mut u8,
    bytes: usize,
    access: u32,
    cells: *mut c_void,
    since: u32,
}

#[repr(C)]
struct RawFinding {
    fault: u32,
    line: u32,
    block: u32,
    thread: u32,
    times: u64,
    what: *const c_char,
    file: *const c_char,
    inside: *const c_char,
}

const ALL_THREADS: u32 = u32::MAX;

/// The functions of abi.cpp, valid as long as the library is loaded.
struct Functions {
    new: unsafe extern "C" fn() -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void),
    run: unsafe extern "C" fn(*mut c_void, *const RawLaunch) -> bool,
    stats: unsafe extern "C" fn(*const c_void) -> *const Stats,
    findings: unsafe extern "C" fn(*const c_void) -> usize,
    finding: unsafe extern "C" fn(*const c_void, usize) -> RawFinding,
}

/// The library, its functions, and its entries.
pub(crate) struct Library {
    functions: Functions,
    entries: Vec<(String, EntryPointer)>,
    _loaded: Loaded,
}

#[derive(Clone, Copy)]
struct EntryPointer(*const c_void);
// SAFETY: 1. it points to a constant of the library, which lives as long as `Library` does: nothing changes it.
unsafe impl Send for EntryPointer {}
// SAFETY: as above.
unsafe impl Sync for EntryPointer {}

impl Library {
    /// Loads a library built by [`crate::compiler::Compiler::kernels`].
    pub(crate) fn load(path: &Path) -> Result<Library, libloading::Error> {
        // SAFETY: 1. the library is built from this tree: its initialisers only list entries.
        //         2. the types of the functions are those of abi.cpp, built from the same tree.
        //         3. the list of entries does not change after loading, and its names end with NUL.
        unsafe {
            let loaded = Loaded::open(Some(path), RTLD_NOW | RTLD_LOCAL)?;
            let functions = Functions {
                new: *loaded.get(c"emulator_new")?,
                free: *loaded.get(c"emulator_free")?,
                run: *loaded.get(c"emulator_run")?,
                stats: *loaded.get(c"emulator_stats")?,
                findings: *loaded.get(c"emulator_findings")?,
                finding: *loaded.get(c"emulator_finding")?,
            };
            let first = *loaded.get::<unsafe extern "C" fn() -> *const c_void>(c"emulator_first_entry")?;
            let next = *loaded
                .get::<unsafe extern "C" fn(*const c_void) -> *const c_void>(c"emulator_next_entry")?;
            let name = *loaded
                .get::<unsafe extern "C" fn(*const c_void) -> *const c_char>(c"emulator_entry_name")?;
            let mut entries = Vec::new();
            let mut entry = first();
            while !entry.is_null() {
                entries.push((text(name(entry)), EntryPointer(entry)));
                entry = next(entry);
            }
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Ok(Library { functions, entries, _loaded: loaded })
        }
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn machine(&self) -> Machine {
        // SAFETY: 1. the function is the library's, which is loaded.
        Machine(unsafe { (self.functions.new)() })
    }

    /// None if there is no such entry.
    pub(crate) fn run(
        &self,
        machine: &mut Machine,
        first: u32,
        launch: &Launch<'_>,
        memory: &mut Memory,
    ) -> Option<Report> {
        let entry = self.entries.iter().find(|(name, _)| name == launch.entry)?.1;
        let names: Vec<CString> =
            memory.held.iter().map(|held| CString::new(held.name.as_str()).unwrap_or_default()).collect();
        let spans: Vec<RawSpan> = memory
            .held
            .iter_mut()
            .zip(&names)
            .map(|(held, name)| RawSpan {
                name: name.as_ptr(),
                begin: held.allocation.bytes_mut()[held.offset..].as_mut_ptr(),
                bytes: held.len,
                access: match held.access {
                    Access::ReadOnly => 0,
                    Access::Writable => 1,
                    Access::WritableUninitialised => 2,
                },
                cells: std::ptr::null_mut(),
                since: 0,
            })
            .collect();
        let (order, seed) = match launch.order {
            Order::Forward => (0, 0),
            Order::Reverse => (1, 0),
            Order::Random(seed) => (2, seed),
        };
        let raw = RawLaunch {
            entry: entry.0,
            params: launch.params.as_ptr(),
            params_bytes: launch.params.len(),
            grid: launch.grid,
            block: launch.block,
            shared_bytes: launch.shared_bytes,
            first,
            order,
            seed,
            buffers: spans.as_ptr(),
            buffer_count: spans.len(),
        };
        // SAFETY: 1. the machine is this library's (Kernels keeps them together) and borrowed exclusively (&mut).
        //         2. `raw` and all that it points to live until the call returns, and the machine keeps no pointer to them.
        //         3. a kernel touches only what the spans name: every access is checked before it happens, and the
        //            spans are `memory`'s, which is borrowed exclusively.
        //         4. params are copied to each thread, as many bytes as the entry takes, which the machine checks.
        let finished = unsafe { (self.functions.run)(machine.0, &raw) };
        // SAFETY: 1. the machine has run and is not running; its counts live as long as it does.
        let stats = unsafe { *(self.functions.stats)(machine.0) };
        Some(Report { findings: self.findings(machine), stats, finished })
    }

    fn findings(&self, machine: &Machine) -> Vec<Finding> {
        // SAFETY: 1. indices below the count are findings; their strings end with NUL and live until the next launch.
        let raw = |index| unsafe { (self.functions.finding)(machine.0, index) };
        // SAFETY: as above.
        let count = unsafe { (self.functions.findings)(machine.0) };
        (0..count).map(|index| finding(&raw(index))).collect()
    }

    pub(crate) fn free(&self, machine: Machine) {
        // SAFETY: 1. the machine is this library's, and nothing refers to it any longer.
        unsafe { (self.functions.free)(machine.0) }
    }
}

fn finding(raw: &RawFinding) -> Finding {
    // SAFETY: 1. Library::findings passes strings that end with NUL and are alive.
    let [what, file, inside] = unsafe { [text(raw.what), text(raw.file), text(raw.inside)] };
    Finding {
        fault: Fault::ALL[raw.fault as usize],
        what,
        file,
        line: raw.line,
        inside: inside.split_whitespace().map(str::to_owned).collect(),
        block: raw.block,
        thread: (raw.thread != ALL_THREADS).then_some(raw.thread),
        times: raw.times,
    }
}

/// # Safety
/// `from` ends with NUL and is alive.
unsafe fn text(from: *const c_char) -> String {
    // SAFETY: guaranteed by the caller.
    unsafe { CStr::from_ptr(from) }.to_string_lossy().into_owned()
}

/// A machine of a library; its stacks and tracking memory are reused by the next launch.
pub(crate) struct Machine(*mut c_void);
// SAFETY: 1. a machine is not tied to a thread: it may run on any, one at a time.
unsafe impl Send for Machine {}

/// Zeros that take memory only where they are touched.
#[derive(Debug)]
pub(crate) struct Zeroed {
    begin: NonNull<u8>,
    layout: Layout,
}
// SAFETY: 1. it owns its bytes, as a Vec does.
unsafe impl Send for Zeroed {}
// SAFETY: as above.
unsafe impl Sync for Zeroed {}

impl Zeroed {
    /// None if the system refuses.
    pub(crate) fn new(len: usize) -> Option<Zeroed> {
        let layout = Layout::from_size_align(len.max(1), 16).ok()?;
        // SAFETY: 1. the layout is not empty.
        let begin = NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })?;
        Some(Zeroed { begin, layout })
    }

    pub(crate) fn address(&self) -> usize {
        self.begin.as_ptr() as usize
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: 1. `new` allocated this many bytes, all of them zero or written since. 2. `&self` keeps them.
        unsafe { std::slice::from_raw_parts(self.begin.as_ptr(), self.layout.size()) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as `bytes`, and `&mut self` excludes every other borrow.
        unsafe { std::slice::from_raw_parts_mut(self.begin.as_ptr(), self.layout.size()) }
    }
}

impl Drop for Zeroed {
    fn drop(&mut self) {
        // SAFETY: 1. `new` allocated it with this layout, and nothing else frees it.
        unsafe { std::alloc::dealloc(self.begin.as_ptr(), self.layout) }
    }
}
