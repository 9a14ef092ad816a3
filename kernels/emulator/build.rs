//! Compiles the emulator, and the kernels for it. Without a compiler or on another platform the crate still builds,
//! and reports at run time why no kernel can run.

#[path = "src/compiler.rs"]
#[allow(dead_code, unreachable_pub)]
mod compiler;

use std::path::{Path, PathBuf};

use compiler::{Compiler, Failure};

const ARCHITECTURES: [u32; 2] = [75, 80];

#[allow(clippy::print_stderr)]
fn main() {
    watch();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo:rustc-env=IRONFORGE_EMULATOR_OUT={}", out.display());
    let why = match build(&out) {
        Ok(()) => String::new(),
        Err(Failure::NoCompiler(why)) => why,
        Err(failure) => {
            eprintln!("{failure}");
            std::process::exit(1);
        }
    };
    println!("cargo:rustc-env=IRONFORGE_EMULATOR_MISSING={why}");
}

/// Watches the sources, not the whole folder of kernels, which contains this crate's tests.
fn watch() {
    println!("cargo:rerun-if-env-changed=CXX");
    println!("cargo:rerun-if-changed=../include");
    for (folder, extension) in [("src", "cpp"), ("src", "hpp"), ("..", "cu")] {
        for file in compiler::files(Path::new(folder), extension).unwrap_or_default() {
            println!("cargo:rerun-if-changed={}", file.display());
        }
    }
}

fn build(out: &Path) -> Result<(), Failure> {
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    let (arch, os) = (target("ARCH"), target("OS"));
    if (arch.as_str(), os.as_str()) != ("x86_64", "linux") {
        return Err(Failure::NoCompiler(format!("the emulator runs on x86-64 Linux, this is {arch} {os}")));
    }
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let jobs = std::env::var("NUM_JOBS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let compiler = Compiler::find(&here, out, jobs)?;
    compiler.core()?;
    for arch in ARCHITECTURES {
        let define = format!("EMULATED_ARCH={arch}");
        compiler.kernels(&here.join(".."), &out.join(arch.to_string()), &[&define])?;
    }
    Ok(())
}
