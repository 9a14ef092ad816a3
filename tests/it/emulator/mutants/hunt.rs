//! Compiles each mutant, and runs it until a problem shows the bug.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ironforge::attention::lowering::Kernel;
use ironforge::attention::{AttentionBackend, Output};
use ironforge_emulator::{Failure, Kernels};

use super::problems::problems;
use super::{Mutant, sources};
use crate::attention::strategies::Batch;
use crate::attention::suite;
use crate::emulator::backend::Emulated;

/// Writes a copy of some kernels and of all headers, with the change of a mutant.
fn plant(mutant: &Mutant, kernels: &[Kernel], to: &Path) {
    fs::create_dir_all(to.join("include")).unwrap();
    for kernel in kernels {
        let entries = format!("{}.cu", kernel.name());
        fs::copy(sources().join(&entries), to.join(&entries)).unwrap();
    }
    for header in fs::read_dir(sources().join("include")).unwrap().map(Result::unwrap) {
        fs::copy(header.path(), to.join("include").join(header.file_name())).unwrap();
    }
    let path = to.join("include").join(mutant.file);
    let source = fs::read_to_string(&path).unwrap();
    let at = occurrence(mutant, &source);
    fs::write(&path, format!("{}{}{}", &source[..at], mutant.to, &source[at + mutant.from.len()..])).unwrap();
}

/// Offset of the occurrence that a mutant changes.
///
/// # Panics
/// If the number of occurrences in the source is not the stated one: the mutant would plant no bug, or another one.
fn occurrence(mutant: &Mutant, source: &str) -> usize {
    let Mutant { name, file, from, nth, occurrences, .. } = mutant;
    let found: Vec<usize> = source.match_indices(from).map(|(at, _)| at).collect();
    assert_eq!(found.len(), *occurrences, "{name}: occurrences of `{from}` in {file}");
    found[*nth]
}

/// Some kernels with the bug of a mutant.
pub fn compiled(mutant: &Mutant, kernels: &[Kernel]) -> Kernels {
    let folder = tempfile::tempdir().unwrap();
    plant(mutant, kernels, folder.path());
    match Kernels::compile(folder.path(), &folder.path().join("out"), &["FEW_ENTRIES"]) {
        Ok(kernels) => kernels,
        Err(Failure::Compile(messages)) => panic!("{}: {messages}", mutant.name),
        Err(failure) => panic!("{}: {failure}", mutant.name),
    }
}

/// The first finding of the emulator or wrong number of a kernel, if any.
pub fn found_by(kernels: &Kernels, problems: &[(Batch, Output)], kernel: Kernel) -> Option<String> {
    let backend = Emulated::tolerant(kernels, 80, kernel);
    for (batch, want) in problems {
        let numbers = suite::each_form(batch, |form, keys| {
            batch.with_keys(keys, |problem| {
                let got = backend.forward(problem).map_err(|e| e.to_string())?;
                suite::compare(batch, &got, want).map_err(|e| format!("{kernel}, {form}: {e}"))
            })
        });
        if let Some(found) = backend.found.lock().unwrap().first() {
            return Some(format!("emulator: {found}"));
        }
        if let Err(error) = numbers {
            return Some(format!("numbers: {error}"));
        }
    }
    None
}

/// Compiles and runs every mutant, several at a time; returns the names of those that were not found.
pub fn missed(mutants: &[Mutant]) -> Vec<&str> {
    // A stale mutant fails before anything is compiled.
    for mutant in mutants {
        let source = fs::read_to_string(sources().join("include").join(mutant.file)).unwrap();
        occurrence(mutant, &source);
    }
    let problems = problems();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(vec![false; mutants.len()]));
    let work = || {
        while let Some((n, mutant)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, mutants.get(n)?)))
        {
            let by = mutant.kernels().into_iter().find_map(|group| {
                // The next group is compiled only if this one does not show the bug.
                let compiled = compiled(mutant, group);
                group.iter().find_map(|&kernel| found_by(&compiled, &problems, kernel))
            });
            println!("{} <- {}", mutant.name, by.as_deref().unwrap_or("NOT FOUND"));
            found.lock().unwrap()[n] = by.is_some();
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let found = found.into_inner().unwrap();
    mutants.iter().zip(found).filter(|(_, found)| !found).map(|(mutant, _)| mutant.name.as_str()).collect()
}
