//! Compiles `kernels/*.cu` to PTX for the feature `cuda`, has every one assembled, and writes the table of modules that
//! `src/cuda/modules.rs` embeds. Nothing is downloaded and no driver asked;
//! without nvcc the table is empty and says why.
#![allow(clippy::print_stderr, reason = "cargo shows what a build script writes there when it stops")]

use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

/// Files of kernels/ that hold entries. Listed, so that nothing else there makes cargo compile them anew.
const KERNELS: &[&str] = &["flash_attention", "block_sparse_attention", "edge_attention", "time_bias"];
/// Files of kernels/tests/, which the tests alone embed, from OUT_DIR: no program carries them.
const TESTS: &[&str] = &["primitives"];
/// Compute capabilities compiled for, the slowest to compile first: the PTX of one runs on every later one too.
const ARCHITECTURES: &[u32] = &[80, 75];
/// Versions of PTX tried, oldest first; every driver since CUDA 12.0 takes all of them.
/// What each may hold, ptxas knows.
const VERSIONS: &[&str] = &["6.5", "7.0", "7.4", "8.0"];
/// Where nvcc lies in the wheels of CUDA 13, and the folder that kernels/fetch_toolkit.sh puts them into.
const IN_WHEELS: &str = "nvidia/cu13/bin/nvcc";
const FETCHED: &str = "cuda-13.0.88";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return;
    }
    println!("cargo:rerun-if-changed=kernels/include");
    for kernel in KERNELS {
        println!("cargo:rerun-if-changed=kernels/{kernel}.cu");
    }
    println!("cargo:rerun-if-changed=kernels/tests");
    let out = set("OUT_DIR").unwrap_or_default();
    let required = set("IRONFORGE_REQUIRE_PTX").is_some_and(|v| v == Path::new("1"));
    let (modules, why) = match tools() {
        _ if set("DOCS_RS").is_some() => (vec![], Some("it was built for its documentation only".to_owned())),
        Ok(tools) => {
            // For the tests, which ask the same assembler again.
            println!("cargo:rustc-env=IRONFORGE_PTXAS={}", tools.ptxas.display());
            (compile(&tools, &out), None)
        }
        Err(why) if required => stop(&format!("IRONFORGE_REQUIRE_PTX=1, but {why}")),
        Err(why) => {
            println!("cargo:warning=built without CUDA kernels: {why}");
            (vec![], Some(why))
        }
    };
    for Module { arch, entries, .. } in &modules {
        for Entry { name, spill_bytes, .. } in entries.iter().filter(|e| e.spill_bytes > 0) {
            println!("cargo:warning={name} for sm_{arch} spills {spill_bytes} bytes of registers to memory");
        }
    }
    let (tests, kernels): (Vec<_>, Vec<_>) = modules.into_iter().partition(|m| TESTS.contains(&m.kernel));
    let tests =
        tests.iter().map(|Module { kernel, arch, .. }| format!("({arch}, {}),\n", embedded(kernel, *arch)));
    let tests = format!("&[{}]\n", tests.collect::<String>());
    for (name, table) in [("modules.rs", expression(&kernels, why.as_deref())), ("test_modules.rs", tests)] {
        let path = out.join(name);
        fs::write(&path, table).unwrap_or_else(|e| stop(&format!("{}: {e}", path.display())));
    }
}

/// The PTX of a kernel file as an expression of the crate.
fn embedded(kernel: &str, arch: u32) -> String {
    format!("include_str!(concat!(env!(\"OUT_DIR\"), \"/{kernel}.sm_{arch}.ptx\"))")
}

/// The table as the Rust expression that `src/cuda/modules.rs` includes.
fn expression(modules: &[Module], why: Option<&str>) -> String {
    let modules = modules.iter().map(|Module { kernel, arch, entries }| {
        let ptx = embedded(kernel, *arch);
        format!("Module {{ kernel: {kernel:?}, arch: {arch}, ptx: {ptx}, entries: &{entries:#?} }},\n")
    });
    format!("Table {{ modules: &[\n{}], why: {why:?} }}\n", modules.collect::<String>())
}

/// A variable that is not empty; cargo runs this again when it changes.
fn set(name: &str) -> Option<PathBuf> {
    println!("cargo:rerun-if-env-changed={name}");
    env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}

fn stop(why: &str) -> ! {
    eprintln!("error: {why}");
    exit(1)
}

/// The programs that make PTX and judge it.
struct Tools {
    nvcc: PathBuf,
    ptxas: PathBuf,
}

/// The first nvcc that runs; else where it was looked for, and what to do.
fn tools() -> Result<Tools, String> {
    let places = places();
    let Some(nvcc) = places.iter().find(|nvcc| runs(nvcc)) else {
        let names: Vec<_> = places.iter().map(|p| p.display().to_string()).collect();
        let names = names.join(", ");
        return Err(format!(
            "no nvcc found; run kernels/fetch_toolkit.sh, or set NVCC or CUDA_HOME (tried {names})"
        ));
    };
    // A name on the PATH may be a link into the toolkit.
    let real = nvcc.canonicalize().unwrap_or_default();
    let ptxas = [nvcc, &real].map(|p| p.with_file_name("ptxas")).into_iter().find(|p| runs(p));
    let ptxas = ptxas
        .ok_or_else(|| format!("{} has no ptxas beside it; set NVCC to one that has", nvcc.display()))?;
    Ok(Tools { nvcc: nvcc.clone(), ptxas })
}

/// Where nvcc may be, in order. A NVCC that is set is the only place.
fn places() -> Vec<PathBuf> {
    if let Some(nvcc) = set("NVCC") {
        return vec![nvcc];
    }
    let mut places: Vec<PathBuf> =
        ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(set).map(|p| p.join("bin/nvcc")).collect();
    let path = set("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|p| p.join("nvcc")).find(|p| p.is_file());
    places.push(on_path.unwrap_or_else(|| PathBuf::from("nvcc")));
    places.push(PathBuf::from("/usr/local/cuda/bin/nvcc"));
    let cache = set("IRONFORGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|p| p.join("ironforge")))
        .or_else(|| set("HOME").map(|p| p.join(".cache/ironforge")));
    places.extend(cache.map(|p| p.join(FETCHED).join(IN_WHEELS)));
    for lib in ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(set).map(|p| p.join("lib")) {
        let versions = lib.read_dir().into_iter().flatten().flatten();
        places.extend(versions.map(|v| v.path().join("site-packages").join(IN_WHEELS)).find(|p| p.is_file()));
    }
    places
}

fn runs(program: &Path) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success())
}

/// One kernel file for one architecture.
struct Module {
    kernel: &'static str,
    arch: u32,
    entries: Vec<Entry>,
}

/// What `ptxas -v` and the PTX say of one entry. Its `Debug` form is the Rust expression that the table holds.
#[derive(Debug)]
#[allow(dead_code, reason = "printed")]
struct Entry {
    name: String,
    params_bytes: u32,
    registers: u32,
    spill_bytes: u32,
    shared_bytes: u32,
}

/// Every kernel for every architecture, on all processors; `out` then holds KERNEL.sm_ARCH.ptx.
fn compile(tools: &Tools, out: &Path) -> Vec<Module> {
    let units: Vec<_> =
        ARCHITECTURES.iter().flat_map(|&a| KERNELS.iter().chain(TESTS).map(move |&k| (k, a))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = std::iter::from_fn(|| units.get(next.fetch_add(1, Ordering::Relaxed)));
        taken.map(|&(kernel, arch)| module(tools, out, kernel, arch)).collect::<Vec<_>>()
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
    let mut modules: Vec<Module> = results.into_iter().flatten().collect();
    modules.sort_by_key(|m| (m.arch, m.kernel));
    modules
}

fn module(tools: &Tools, out: &Path, kernel: &'static str, arch: u32) -> Result<Module, String> {
    let file = out.join(format!("{kernel}.sm_{arch}.ptx"));
    let mut nvcc = Command::new(&tools.nvcc);
    nvcc.args(["-ptx", "-O3", "-std=c++17"]).arg(format!("-arch=compute_{arch}"));
    let folder = if TESTS.contains(&kernel) { "kernels/tests" } else { "kernels" };
    run(nvcc.arg("-o").arg(&file).arg(format!("{folder}/{kernel}.cu")))?;
    let made = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let (before, rest) = made.split_once(".version ").ok_or("nvcc wrote PTX without a version")?;
    let (own, code) = rest.split_once('\n').ok_or("nvcc wrote PTX without code")?;
    // A hint to the assembler that needs PTX 8.3; the code means the same without it.
    let after: String =
        code.split_inclusive('\n').filter(|l| !l.contains(".pragma \"used_bytes_mask")).collect();
    let mut refused = String::new();
    for version in VERSIONS.iter().chain([&own]) {
        let ptx = format!("{before}.version {version}\n{after}");
        fs::write(&file, &ptx).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut ptxas = Command::new(&tools.ptxas);
        ptxas
            .arg("-v")
            .arg(format!("-arch=sm_{arch}"))
            .arg("-o")
            .arg(file.with_extension("cubin"))
            .arg(&file);
        match run(&mut ptxas) {
            Ok(said) => return Ok(Module { kernel, arch, entries: entries(&ptx, &said)? }),
            Err(message) => refused = message,
        }
    }
    Err(refused)
}

/// What a program says; a failure, with its command line.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    let said =
        [output.stderr, output.stdout].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.success() { Ok(said) } else { Err(format!("{command:?}: {}\n{said}", output.status)) }
}

/// The entries of a PTX text, in its order, with what `ptxas -v` says of each.
fn entries(ptx: &str, said: &str) -> Result<Vec<Entry>, String> {
    let entry = |head: &str| {
        let (name, rest) = head.split_once('(')?;
        // One parameter, a struct: `.param .align 8 .b8 name_param_0[176]`.
        let (params, _) = rest.split_once(')')?;
        let bytes = params.rsplit_once('[')?.1.split_once(']')?.0;
        let said = said.split_once(&format!("entry function '{name}'"))?.1;
        let said = said.split("Compiling").next()?;
        let number = |unit: &str| said.split_once(unit)?.0.rsplit([' ', '\n']).next()?.parse::<u32>().ok();
        Some(Entry {
            name: name.to_owned(),
            params_bytes: bytes.parse().ok().filter(|_| params.matches(".param ").count() == 1)?,
            registers: number(" registers")?,
            spill_bytes: number(" bytes spill stores")? + number(" bytes spill loads")?,
            shared_bytes: number(" bytes smem").unwrap_or(0),
        })
    };
    let heads = ptx.split(".visible .entry ").skip(1);
    heads.map(|head| entry(head).ok_or_else(|| format!("not understood: {:.200}\n{said}", head))).collect()
}
