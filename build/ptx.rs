//! Compiles the kernels to PTX of the oldest version that the assembler accepts, and assembles each to check it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use crate::toolkit::Toolkit;
use crate::{ARCHITECTURES, KERNELS, TESTS, run, stop};

/// Versions of PTX to try, oldest first; every driver since CUDA 12.0 reads all of them. The assembler rejects a
/// version that lacks an instruction.
const VERSIONS: &[&str] = &["6.5", "7.0", "7.4", "8.0"];

/// PTX of one kernel file for one architecture.
pub(crate) struct PtxModule {
    pub(crate) kernel: &'static str,
    pub(crate) arch: u32,
    pub(crate) entries: Vec<KernelEntry>,
}

/// Resources of one entry, from `ptxas -v` and the PTX. Its `Debug` form is a Rust expression, written into the
/// table.
#[derive(Debug)]
#[allow(dead_code, reason = "printed")]
pub(crate) struct KernelEntry {
    pub(crate) name: String,
    params_bytes: u32,
    registers: u32,
    pub(crate) spill_bytes: u32,
    shared_bytes: u32,
}

/// Every kernel file and architecture, in the order of compilation.
fn units() -> impl Iterator<Item = (&'static str, u32)> {
    ARCHITECTURES.iter().flat_map(|&arch| KERNELS.iter().chain(TESTS).map(move |&kernel| (kernel, arch)))
}

fn file(out: &Path, kernel: &str, arch: u32) -> PathBuf {
    out.join(format!("{kernel}.sm_{arch}.ptx"))
}

/// True if `out` holds every PTX file.
pub(crate) fn is_complete(out: &Path) -> bool {
    units().all(|(kernel, arch)| file(out, kernel, arch).is_file())
}

/// Compiles every kernel for every architecture, on all processors, to `out`/KERNEL.sm_ARCH.ptx.
pub(crate) fn compile(toolkit: &Toolkit, out: &Path) -> Vec<PtxModule> {
    let units: Vec<_> = units().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = std::iter::from_fn(|| units.get(next.fetch_add(1, Ordering::Relaxed)));
        taken.map(|&(kernel, arch)| module(toolkit, out, kernel, arch)).collect::<Vec<_>>()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(units.len());
    let results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().unwrap_or_else(|_| stop("a compiling thread panicked")))
            .collect()
    });
    let errors: Vec<_> = results.iter().filter_map(|r| r.as_ref().err().map(String::as_str)).collect();
    if !errors.is_empty() {
        stop(&errors.join("\n"));
    }
    let mut modules: Vec<PtxModule> = results.into_iter().flatten().collect();
    modules.sort_by_key(|m| (m.arch, m.kernel));
    modules
}

fn module(toolkit: &Toolkit, out: &Path, kernel: &'static str, arch: u32) -> Result<PtxModule, String> {
    let file = file(out, kernel, arch);
    let mut nvcc = Command::new(&toolkit.nvcc);
    nvcc.args(["-ptx", "-O3", "-std=c++17"]).arg(format!("-arch=compute_{arch}"));
    let folder = if TESTS.contains(&kernel) { "kernels/tests" } else { "kernels" };
    run(nvcc.arg("-o").arg(&file).arg(format!("{folder}/{kernel}.cu")))?;
    let made = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let (before, rest) = made.split_once(".version ").ok_or("nvcc wrote PTX without a version")?;
    let (own, code) = rest.split_once('\n').ok_or("nvcc wrote PTX without code")?;
    // A hint to the assembler that needs PTX 8.3; it does not change the meaning.
    let after: String =
        code.split_inclusive('\n').filter(|l| !l.contains(".pragma \"used_bytes_mask")).collect();
    let mut refused = String::new();
    for version in VERSIONS.iter().chain([&own]) {
        let ptx = format!("{before}.version {version}\n{after}");
        fs::write(&file, &ptx).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut ptxas = Command::new(&toolkit.ptxas);
        ptxas
            .arg("-v")
            .arg(format!("-arch=sm_{arch}"))
            .arg("-o")
            .arg(file.with_extension("cubin"))
            .arg(&file);
        match run(&mut ptxas) {
            Ok(log) => return Ok(PtxModule { kernel, arch, entries: entries(&ptx, &log)? }),
            Err(message) => refused = message,
        }
    }
    Err(refused)
}

/// Entries of a PTX text in order, with their resources from `ptxas -v`.
fn entries(ptx: &str, log: &str) -> Result<Vec<KernelEntry>, String> {
    let entry = |head: &str| {
        let (name, rest) = head.split_once('(')?;
        // One parameter, a struct: `.param .align 8 .b8 name_param_0[176]`.
        let (params, _) = rest.split_once(')')?;
        let bytes = params.rsplit_once('[')?.1.split_once(']')?.0;
        let log = log.split_once(&format!("entry function '{name}'"))?.1;
        let log = log.split("Compiling").next()?;
        let number = |unit: &str| log.split_once(unit)?.0.rsplit([' ', '\n']).next()?.parse::<u32>().ok();
        Some(KernelEntry {
            name: name.to_owned(),
            params_bytes: bytes.parse().ok().filter(|_| params.matches(".param ").count() == 1)?,
            registers: number(" registers")?,
            spill_bytes: number(" bytes spill stores")? + number(" bytes spill loads")?,
            shared_bytes: number(" bytes smem").unwrap_or(0),
        })
    };
    let heads = ptx.split(".visible .entry ").skip(1);
    heads
        .map(|head| {
            entry(head).ok_or_else(|| format!("the output of ptxas is not understood: {:.200}\n{log}", head))
        })
        .collect()
}
