//! Compiles `kernels/*.cu` to PTX for the feature `cuda`, assembles each to check it, and writes the table of modules
//! that `src/cuda/modules.rs` embeds. Nothing is downloaded and no driver is needed; without nvcc the table holds no
//! modules, but the reason. The output of an earlier build of the same sources with the same tools is reused.
#![allow(clippy::print_stderr, reason = "cargo shows the stderr of a build script that fails")]

#[path = "build/ptx.rs"]
mod ptx;
#[path = "build/toolkit.rs"]
mod toolkit;

use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::{env, fs};

use ptx::{KernelEntry, PtxModule};
use toolkit::Toolkit;

/// Files of kernels/ with entries. Listed by name, so that a change of any other file there does not rebuild them.
const KERNELS: &[&str] = &["flash_attention", "block_sparse_attention", "edge_attention", "time_bias"];
/// Files of kernels/tests/, which only tests embed, from OUT_DIR.
const TESTS: &[&str] = &["primitives"];
/// Compute capabilities of the PTX, the slowest to compile first; the PTX of one also runs on every later one.
const ARCHITECTURES: &[u32] = &[80, 75];
/// Text of this script: a change of it invalidates earlier output.
const SCRIPT: &str =
    concat!(include_str!("build.rs"), include_str!("build/ptx.rs"), include_str!("build/toolkit.rs"));

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
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
    if set("DOCS_RS").is_some() && !required {
        return write_without(&out, "it was built only for its documentation; build it without DOCS_RS");
    }
    match Toolkit::find() {
        Ok(toolkit) => {
            // For the tests, which run the same assembler. Not named IRONFORGE_*: cargo passes it to the programs
            // that it runs, and they would read a variable with that prefix as a setting.
            println!("cargo:rustc-env=KERNELS_PTXAS={}", toolkit.ptxas.display());
            write_compiled(&out, &toolkit);
        }
        Err(why) if required => stop(&format!("IRONFORGE_REQUIRE_PTX=1, but {why}")),
        Err(why) => {
            println!("cargo:warning=built without CUDA kernels: {why}");
            write_without(&out, &why);
        }
    }
}

/// Compiles, unless `out` holds the output of the same sources and tools, as recorded by a stamp that is written
/// last.
fn write_compiled(out: &Path, toolkit: &Toolkit) {
    let stamp = out.join("stamp");
    let now = [SCRIPT, &toolkit.identity, &sources()].concat();
    if ptx::is_complete(out) && fs::read_to_string(&stamp).is_ok_and(|then| then == now) {
        return;
    }
    forget(&stamp);
    let modules = ptx::compile(toolkit, out);
    let mut spills = false;
    for PtxModule { arch, entries, .. } in &modules {
        for KernelEntry { name, spill_bytes, .. } in entries.iter().filter(|e| e.spill_bytes > 0) {
            println!("cargo:warning={name} for sm_{arch} spills {spill_bytes} bytes of registers to memory");
            spills = true;
        }
    }
    let (tests, kernels): (Vec<_>, Vec<_>) = modules.into_iter().partition(|m| TESTS.contains(&m.kernel));
    write_tables(out, &kernels, &tests, None);
    // Without a stamp the next build compiles again, and so warns again.
    if !spills {
        write(&stamp, &now);
    }
}

fn write_without(out: &Path, why: &str) {
    forget(&out.join("stamp"));
    write_tables(out, &[], &[], Some(why));
}

/// Writes the tables as the Rust expressions that `src/cuda/modules.rs` and the tests include.
fn write_tables(out: &Path, kernels: &[PtxModule], tests: &[PtxModule], why: Option<&str>) {
    let embedded = |PtxModule { kernel, arch, .. }: &PtxModule| {
        format!("include_str!(concat!(env!(\"OUT_DIR\"), \"/{kernel}.sm_{arch}.ptx\"))")
    };
    let kernels = kernels.iter().map(|module| {
        let (PtxModule { kernel, arch, entries }, ptx) = (module, embedded(module));
        format!("PtxModule {{ kernel: {kernel:?}, arch: {arch}, ptx: {ptx}, entries: &{entries:#?} }},\n")
    });
    let kernels =
        format!("EmbeddedModules {{ modules: &[\n{}], why: {why:?} }}\n", kernels.collect::<String>());
    let tests = tests.iter().map(|module| format!("({}, {}),\n", module.arch, embedded(module)));
    let tests = format!("&[{}]\n", tests.collect::<String>());
    write(&out.join("modules.rs"), &kernels);
    write(&out.join("test_modules.rs"), &tests);
}

/// Name and text of every source file of the kernels.
fn sources() -> String {
    let mut files = Vec::new();
    for folder in ["kernels", "kernels/include", "kernels/tests"] {
        let held = fs::read_dir(folder).unwrap_or_else(|e| stop(&format!("{folder}: {e}")));
        files.extend(held.flatten().map(|f| f.path()));
    }
    files.retain(|f| f.extension().is_some_and(|e| e == "cu" || e == "cuh"));
    files.sort();
    let text = |f: &PathBuf| fs::read_to_string(f).unwrap_or_else(|e| stop(&format!("{}: {e}", f.display())));
    files.iter().map(|f| format!("{}\n{}", f.display(), text(f))).collect()
}

/// A non-empty environment variable; cargo runs this script again when it changes.
fn set(name: &str) -> Option<PathBuf> {
    println!("cargo:rerun-if-env-changed={name}");
    env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}

/// Output of a program; on failure, its command line and output.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    let text =
        [output.stderr, output.stdout].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.success() { Ok(text) } else { Err(format!("{command:?}: {}\n{text}", output.status)) }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|e| stop(&format!("{}: {e}", path.display())));
}

/// Removes a file if it exists.
fn forget(path: &Path) {
    if path.exists() {
        fs::remove_file(path).unwrap_or_else(|e| stop(&format!("{}: {e}", path.display())));
    }
}

fn stop(why: &str) -> ! {
    eprintln!("error: {why}");
    exit(1)
}
