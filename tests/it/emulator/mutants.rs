//! Planted bugs (mutants): each is compiled into a copy of the kernels and must be found, by a wrong result or by a
//! finding of the emulator. What found each is printed (`cargo test emulator::mutants -- --nocapture`).

mod hunt;
mod planted;
mod problems;

use std::fs;
use std::path::{Path, PathBuf};

use ironforge::attention::lowering::Kernel;
use ironforge_emulator::require;

use super::far::last_rows;
use hunt::{compiled, found_by, missed};
use planted::planted;
use problems::problems;

/// The kernel that gathers keys.
const GATHER: &[Kernel] = &[Kernel::EdgeAttention];
/// The kernels that share the tiles of `attention.cuh`; a mask given to the first is run by the second.
const TILES: &[Kernel] = &[Kernel::FlashAttention, Kernel::BlockSparseAttention];

/// A change of the kernels' source: in `file`, the occurrence `nth` of `from` is replaced by `to`.
struct Mutant {
    name: String,
    file: &'static str,
    from: String,
    to: String,
    /// Index of the replaced occurrence of `from`.
    nth: usize,
    /// Number of occurrences of `from` in the file; any other number is an error of the test.
    occurrences: usize,
}

impl Mutant {
    /// The kernels in groups that are compiled together, those that the change affects first.
    fn kernels(&self) -> [&'static [Kernel]; 2] {
        if self.file == "gather.cuh" { [GATHER, TILES] } else { [TILES, GATHER] }
    }
}

/// The changed sources: all but the wrappers, for which the emulator has its own bodies.
const FILES: [&str; 7] =
    ["attention.cuh", "bias.cuh", "gather.cuh", "mask.cuh", "output.cuh", "softmax.cuh", "tile.cuh"];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels")
}

/// Statements of which each occurrence is deleted in turn, with the number of occurrences per file.
const DELETED: [(&str, &[(&str, usize)]); 6] = [
    ("block_sync();", &[("attention.cuh", 6), ("gather.cuh", 1)]),
    ("copy_wait<1>();", &[("attention.cuh", 2)]),
    ("copy_commit();", &[("attention.cuh", 3)]),
    ("out[n][e] *= alpha[e >> 1];", &[("softmax.cuh", 1)]),
    ("out[d] *= alpha;", &[("gather.cuh", 1)]),
    ("sum *= alpha;", &[("gather.cuh", 1)]),
];

/// Each barrier, wait, commit and rescale of the sources, deleted.
fn deletions() -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (statement, files) in DELETED {
        for file in FILES {
            let expected = files.iter().find(|(f, _)| *f == file).map_or(0, |(_, occurrences)| *occurrences);
            let source = fs::read_to_string(sources().join("include").join(file)).unwrap();
            let found = source.matches(statement).count();
            assert_eq!(found, expected, "{file}: occurrences of `{statement}`");
            for nth in 0..expected {
                let name = format!("{file}: {statement} number {nth} deleted");
                // An empty statement, since the deleted one may be the whole body of a loop.
                let (from, to) = (statement.to_owned(), ";".to_owned());
                mutants.push(Mutant { name, file, from, to, nth, occurrences: expected });
            }
        }
    }
    mutants
}

#[test]
fn the_unchanged_kernels_pass_the_problems_of_the_mutants() {
    let Some(kernels) = require(80) else { return };
    let problems = problems();
    for kernel in Kernel::ALL {
        assert_eq!(found_by(kernels, &problems, kernel), None);
    }
}

#[test]
fn every_planted_bug_is_found() {
    if require(80).is_none() {
        return;
    }
    let mutants = planted();
    assert!(mutants.len() >= 53, "{} planted bugs", mutants.len());
    let missed = missed(&mutants);
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn nine_in_ten_deleted_barriers_waits_and_rescales_are_found() {
    if require(80).is_none() {
        return;
    }
    let mutants = deletions();
    assert!(mutants.len() >= 15, "{} deletions", mutants.len());
    let missed = missed(&mutants);
    assert!(missed.len() * 10 <= mutants.len(), "not found: {missed:?}");
}

/// Bugs that show only in a very large problem.
#[test]
fn rows_counted_in_32_bits_are_found() {
    if require(80).is_none() {
        return;
    }
    for (from, occurrences) in [
        ("((size_t)assigned.node * p.heads", 1),
        ("(size_t)node * p.heads + head]", 1),
        ("(size_t)key[i] * width", 2),
    ] {
        let (name, to) = (format!("`{from}` in 32 bits"), from.replace("(size_t)", ""));
        let mutant = Mutant { name, file: "gather.cuh", from: from.to_owned(), to, nth: 0, occurrences };
        let Some(verdict) = last_rows(&compiled(&mutant, GATHER)) else { return };
        assert!(verdict.is_err(), "{} was not found", mutant.name);
    }
}
