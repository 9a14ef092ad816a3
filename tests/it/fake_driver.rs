//! The host side of CUDA against a driver that records its calls and fails as configured (tests/cuda_fake/driver.c).
//! libcuda is loaded once per process, so each case runs in a process of its own.
//!
//! Cases of the command are run by `Run::ironforge`, those of the library alone by [`parts`].

mod command;
mod memory;
mod parts;
mod refusals;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use half::f16;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use tempfile::TempDir;

/// Environment variable with the name of the part that a process started by a test executes.
const PART: &str = "FAKE_PART";

/// Folder of a libcuda.so compiled from this source.
fn library(name: &str, source: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (source, library) = (Path::new(env!("CARGO_MANIFEST_DIR")).join(source), folder.join("libcuda.so"));
    let cc = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .output()
        .unwrap();
    assert!(cc.status.success(), "{}", String::from_utf8_lossy(&cc.stderr));
    folder
}

fn fake() -> &'static Path {
    static FAKE: OnceLock<PathBuf> = OnceLock::new();
    FAKE.get_or_init(|| library("cuda_fake", "tests/cuda_fake/driver.c"))
}

/// A run of a program with the fake driver, and its folder.
struct Run {
    folder: TempDir,
    env: Vec<(&'static str, String)>,
}

impl Run {
    fn new(env: &[(&'static str, &str)]) -> Self {
        let env = env.iter().map(|&(name, value)| (name, value.to_owned())).collect();
        Self { folder: tempfile::tempdir().unwrap(), env }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn start(&self, program: &Path, args: &[&str], part: &str) -> Output {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("IRONFORGE_")) {
            command.env_remove(name);
        }
        // The choice of auto must not depend on the number of processors.
        command.env("RAYON_NUM_THREADS", "1");
        command.env("LD_LIBRARY_PATH", fake()).env("FAKE_LOG", self.path("log")).env(PART, part);
        command.envs(self.env.iter().map(|(name, value)| (name, value))).args(args).output().unwrap()
    }

    fn ironforge(&self, args: &[&str]) -> Output {
        self.start(Path::new(env!("CARGO_BIN_EXE_ironforge")), args, "")
    }

    /// `ironforge attend` on `nodes` nodes with 2 heads of 3 dimensions, causal.
    fn attend(&self, nodes: usize, args: &[&str]) -> Output {
        let input = self.path("in.safetensors");
        std::fs::write(&input, tensors(nodes)).unwrap();
        self.ironforge(&[&["attend", &input, "--out", &self.path("out.safetensors")], args].concat())
    }

    /// Executes a part of [`parts::the_other_process`].
    fn part(&self, name: &str) {
        let args = ["fake_driver::parts::the_other_process", "--exact", "--nocapture"];
        let output = self.start(&std::env::current_exe().unwrap(), &args, name);
        let text = [&output.stdout[..], &output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
    }

    /// The lines of the log with this prefix, without it.
    fn log(&self, what: &str) -> Vec<String> {
        let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
        log.lines().filter_map(|l| l.strip_prefix(what)?.strip_prefix(' ')).map(str::to_owned).collect()
    }
}

fn values(nodes: usize) -> Vec<f16> {
    (0..nodes * 2 * 3).map(|i| f16::from_f32((i % 5) as f32)).collect()
}

fn tensors(nodes: usize) -> Vec<u8> {
    let values = values(nodes);
    let bytes: &[u8] = bytemuck::cast_slice(&values);
    let view = |name| (name, TensorView::new(Dtype::F16, vec![nodes, 2, 3], bytes).unwrap());
    let metadata = HashMap::from([("keys".to_owned(), "causal".to_owned())]);
    safetensors::serialize(["q", "k", "v"].map(view), Some(metadata)).unwrap()
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts that the command exited with code 71 and printed one line that contains `holds`.
fn refused(output: &Output, holds: &str) {
    let text = text_of(output);
    assert_eq!(output.status.code(), Some(71), "{text}");
    assert!(text.contains(holds), "expected {holds:?} in: {text}");
    assert!(!text.contains("panicked") && text.trim_end().lines().count() == 1, "{text}");
}
