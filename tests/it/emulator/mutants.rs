//! Planted bugs: each is compiled into a copy of the kernels and must be found, by the numbers or by what was seen.
//! The list of what found each is printed (`cargo test emulator::mutants -- --nocapture`).

mod hunt;
mod planted;
mod problems;

use std::fs;
use std::path::{Path, PathBuf};

use ironforge::attention::plan::Kernel;
use ironforge_emulator::require;

use super::far::last_rows;
use hunt::{compiled, found_by, missed};
use planted::planted;
use problems::problems;

/// A change of one place of the kernels: file, what stands there, what shall stand there.
struct Mutant {
    name: String,
    file: &'static str,
    from: String,
    to: String,
    /// Which occurrence of `from`.
    nth: usize,
}

impl Mutant {
    /// The kernels, those that it touches first.
    fn kernels(&self) -> [Kernel; 3] {
        let [edge, flash, sparse] = Kernel::ALL;
        if self.file == "gather.cuh" { [edge, flash, sparse] } else { [flash, sparse, edge] }
    }
}

/// The sources that are changed: all but the wrappers, of which the emulator has its own bodies.
const FILES: [&str; 7] =
    ["attention.cuh", "bias.cuh", "gather.cuh", "mask.cuh", "output.cuh", "softmax.cuh", "tile.cuh"];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels")
}

/// Each barrier, wait, commit and rescale of the sources, deleted.
fn deletions(kernels: &Path) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for file in FILES {
        let source = fs::read_to_string(kernels.join("include").join(file)).unwrap();
        for what in ["block_sync();", "copy_wait<1>();", "copy_commit();", "sum[i] *= alpha[i];"] {
            for nth in 0..source.matches(what).count() {
                let name = format!("{file}: {what} number {nth} deleted");
                mutants.push(Mutant { name, file, from: what.to_owned(), to: String::new(), nth });
            }
        }
    }
    mutants
}

#[test]
fn the_true_kernels_pass_where_the_mutants_must_fail() {
    let Some(kernels) = require(80) else { return };
    assert_eq!(found_by(kernels, &problems(), Kernel::ALL), None);
}

#[test]
fn every_planted_bug_is_found() {
    if require(80).is_none() {
        return;
    }
    let mutants = planted();
    assert!(mutants.len() >= 15);
    let missed = missed(&mutants);
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn nine_in_ten_deleted_barriers_waits_and_rescales_are_found() {
    if require(80).is_none() {
        return;
    }
    let mutants = deletions(&sources());
    assert!(mutants.len() >= 8, "{} places", mutants.len());
    let missed = missed(&mutants);
    assert!(missed.len() * 10 <= mutants.len(), "not found: {missed:?}");
}

/// Where no small problem could tell.
#[test]
fn rows_counted_in_32_bits_are_found() {
    if require(80).is_none() {
        return;
    }
    for from in ["((size_t)share.node * p.heads", "(size_t)node * p.heads + head]", "(size_t)key[i] * width"]
    {
        let (name, to) = (format!("`{from}` in 32 bits"), from.replace("(size_t)", ""));
        let mutant = Mutant { name, file: "gather.cuh", from: from.to_owned(), to, nth: 0 };
        let Some(seen) = last_rows(&compiled(&mutant)) else { return };
        assert!(seen.is_err(), "{} was not found", mutant.name);
    }
}
