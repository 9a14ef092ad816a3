//! The compiler and the assembler of PTX: search paths and identity.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{run, set};

/// Path of nvcc in the wheels of CUDA 13, and the folder that kernels/fetch_toolkit.sh installs them into.
const IN_WHEELS: &str = "nvidia/cu13/bin/nvcc";
const FETCHED: &str = "cuda-13.0.88";
/// Environment variables that change the behaviour of nvcc.
const OPTIONS: [&str; 3] = ["NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS", "NVCC_CCBIN"];

/// nvcc, and the assembler in its folder.
pub(crate) struct Toolkit {
    pub(crate) nvcc: PathBuf,
    pub(crate) ptxas: PathBuf,
    /// Paths and versions of both, and the options of nvcc in the environment.
    pub(crate) identity: String,
}

impl Toolkit {
    /// The first nvcc that runs; else an error with the searched paths and the remedy.
    pub(crate) fn find() -> Result<Self, String> {
        let candidates = candidates();
        let found = candidates.iter().find_map(|nvcc| Some((nvcc, version(nvcc)?)));
        let Some((nvcc, nvcc_version)) = found else {
            if let [only] = &candidates[..] {
                return Err(format!("NVCC is {}, which does not run; correct or unset it", only.display()));
            }
            let tried: Vec<_> = candidates.iter().map(|p| p.display().to_string()).collect();
            return Err(format!(
                "no nvcc was found (tried {}); run kernels/fetch_toolkit.sh, or set NVCC or CUDA_HOME, and build again",
                tried.join(", ")
            ));
        };
        // An nvcc on the PATH may be a link into the toolkit.
        let real = nvcc.canonicalize().unwrap_or_default();
        let assemblers = [nvcc, &real].map(|p| p.with_file_name("ptxas"));
        let Some((ptxas, ptxas_version)) = assemblers.into_iter().find_map(|p| version(&p).map(|v| (p, v)))
        else {
            return Err(format!("{} has no ptxas in its folder; set NVCC to one that has", nvcc.display()));
        };
        // A replaced program is another toolkit: compile again.
        for program in [nvcc, &ptxas] {
            println!("cargo:rerun-if-changed={}", program.display());
        }
        let options = OPTIONS.map(|name| (name, set(name)));
        let identity = format!("{nvcc:?}\n{nvcc_version}{ptxas:?}\n{ptxas_version}{options:?}\n");
        Ok(Self { nvcc: nvcc.clone(), ptxas, identity })
    }
}

/// Candidate paths of nvcc, in order; only NVCC if it is set.
fn candidates() -> Vec<PathBuf> {
    if let Some(nvcc) = set("NVCC") {
        return vec![nvcc];
    }
    let mut paths: Vec<PathBuf> =
        ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(set).map(|p| p.join("bin/nvcc")).collect();
    let path = set("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|p| p.join("nvcc")).find(|p| p.is_file());
    paths.push(on_path.unwrap_or_else(|| PathBuf::from("nvcc")));
    paths.push(PathBuf::from("/usr/local/cuda/bin/nvcc"));
    let cache = set("IRONFORGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|p| p.join("ironforge")))
        .or_else(|| set("HOME").map(|p| p.join(".cache/ironforge")));
    paths.extend(cache.map(|p| p.join(FETCHED).join(IN_WHEELS)));
    for lib in ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(set).map(|p| p.join("lib")) {
        let versions = lib.read_dir().into_iter().flatten().flatten();
        paths.extend(versions.map(|v| v.path().join("site-packages").join(IN_WHEELS)).find(|p| p.is_file()));
    }
    paths
}

/// Output of `--version`, if the program runs.
fn version(program: &Path) -> Option<String> {
    run(Command::new(program).arg("--version")).ok()
}
