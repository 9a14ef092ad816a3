//! Golden files: expected values computed by other programs.
//!
//! They are read from `IRONFORGE_GOLDENS` (default `../shared/golden`), and the inputs that they name from
//! `IRONFORGE_DATA` (default `../shared/data`). Missing files are printed as SKIP; with `IRONFORGE_REQUIRE_GOLDENS=1`
//! a run that compared nothing fails.
#![cfg_attr(
    not(feature = "store"),
    allow(dead_code, reason = "goldens whose input is a file need the feature")
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

mod attention;
#[cfg(feature = "store")]
mod config;
mod dag;
#[cfg(feature = "store")]
mod features;
mod motif;
mod tgat;

/// A comparison with all files of a folder.
pub struct Run {
    goldens: PathBuf,
    data: PathBuf,
    compared: usize,
    failures: Vec<String>,
}

/// The cases of one file: their number, and the largest error.
#[derive(Default)]
pub struct Tally {
    cases: usize,
    max_error: f64,
}

impl Tally {
    /// Counts one case, or fails with its name.
    pub fn case(&mut self, name: &str, result: Result<f64, String>) {
        let error = result.unwrap_or_else(|e| panic!("{name}: {e}"));
        self.cases += 1;
        self.max_error = self.max_error.max(error);
    }

    /// Counts one case that must be equal.
    #[track_caller]
    pub fn equal<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, got: T, want: T) {
        assert!(got == want, "{name}: got {got:?}, expected {want:?}");
        self.cases += 1;
    }
}

impl Run {
    fn new(goldens: impl Into<PathBuf>, data: impl Into<PathBuf>) -> Self {
        Self { goldens: goldens.into(), data: data.into(), compared: 0, failures: Vec::new() }
    }

    /// Compares every file with this prefix and suffix; prints SKIP if there is none.
    pub fn each(&mut self, prefix: &str, suffix: &str, compare: impl Fn(&Path, &mut Tally)) {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&self.goldens)
            .map(|entries| entries.filter_map(|e| Some(e.ok()?.path())).collect())
            .unwrap_or_default();
        let name = |p: &Path| p.file_name().unwrap().to_string_lossy().into_owned();
        files.retain(|p| name(p).starts_with(prefix) && name(p).ends_with(suffix));
        files.sort();
        if files.is_empty() {
            crate::skip::skip(format_args!("golden {prefix}*{suffix}: none in {}", self.goldens.display()));
        }
        for file in files {
            let mut tally = Tally::default();
            let outcome = catch_unwind(AssertUnwindSafe(|| compare(&file, &mut tally)));
            println!("golden {}: {} cases, max error {:.3e}", name(&file), tally.cases, tally.max_error);
            self.compared += tally.cases;
            if let Err(panic) = outcome {
                let text = panic.downcast_ref::<String>().map_or("failed", String::as_str);
                self.failures.push(format!("{}: {text}", name(&file)));
            }
        }
    }

    /// The input of that name; prints SKIP if it is missing.
    pub fn input(data: &Path, name: &str) -> Option<PathBuf> {
        let path = data.join(name);
        if path.exists() {
            return Some(path);
        }
        crate::skip::skip(format_args!("golden input {name}: none in {}", data.display()));
        None
    }

    fn all(mut self) -> Self {
        dag::compare(&mut self);
        #[cfg(feature = "store")]
        features::compare(&mut self);
        attention::compare(&mut self);
        tgat::compare(&mut self);
        motif::compare(&mut self);
        #[cfg(feature = "store")]
        config::compare(&mut self);
        self
    }
}

fn from_env(name: &str, default: &str) -> PathBuf {
    std::env::var_os(name).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(default), PathBuf::from)
}

#[test]
fn golden_files_hold() {
    let run = Run::new(
        from_env("IRONFORGE_GOLDENS", "../shared/golden"),
        from_env("IRONFORGE_DATA", "../shared/data"),
    )
    .all();
    assert!(run.failures.is_empty(), "{}", run.failures.join("\n"));
    let required = std::env::var("IRONFORGE_REQUIRE_GOLDENS").is_ok_and(|v| v == "1");
    assert!(run.compared > 0 || !required, "IRONFORGE_REQUIRE_GOLDENS=1, but nothing was compared");
}

#[test]
fn golden_files_of_this_repository_hold() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
    let run = Run::new(&here, &here).all();
    assert!(run.failures.is_empty(), "{}", run.failures.join("\n"));
    assert!(run.compared > 0, "tests/goldens holds nothing to compare");
}
