//! The hunt: each mutant planted, compiled, and run until something finds it.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ironforge::attention::plan::Kernel;
use ironforge::attention::{AttentionBackend, Output};
use ironforge_emulator::{Failure, Kernels};

use super::problems::problems;
use super::{Mutant, sources};
use crate::attention::strategies::Batch;
use crate::attention::suite;
use crate::emulator::backend::Emulated;

/// A copy of the kernels with one place changed.
fn plant(mutant: &Mutant, to: &Path) {
    fs::create_dir_all(to.join("include")).unwrap();
    for folder in ["", "include"] {
        for entry in fs::read_dir(sources().join(folder)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
            }
        }
    }
    let path = to.join("include").join(mutant.file);
    let source = fs::read_to_string(&path).unwrap();
    let (at, _) = source
        .match_indices(&mutant.from)
        .nth(mutant.nth)
        .unwrap_or_else(|| panic!("{}: {} does not hold `{}`", mutant.name, mutant.file, mutant.from));
    fs::write(&path, format!("{}{}{}", &source[..at], mutant.to, &source[at + mutant.from.len()..])).unwrap();
}

/// The kernels with a bug in them.
pub fn compiled(mutant: &Mutant) -> Kernels {
    let folder = tempfile::tempdir().unwrap();
    plant(mutant, folder.path());
    match Kernels::compile(folder.path(), &folder.path().join("out"), &["FEW_ENTRIES"]) {
        Ok(kernels) => kernels,
        Err(Failure::Compile(messages)) => panic!("{}: {messages}", mutant.name),
        Err(failure) => panic!("{}: {failure}", mutant.name),
    }
}

/// What finds a mutant first: what was seen, or the numbers.
pub fn found_by(kernels: &Kernels, problems: &[(Batch, Output)], order: [Kernel; 3]) -> Option<String> {
    for kernel in order {
        let backend = Emulated::tolerant(kernels, 80, kernel);
        for (batch, want) in problems {
            let numbers = suite::each_form(batch, |form, keys| {
                batch.with_keys(keys, |problem| {
                    let got = backend.forward(problem).map_err(|e| e.to_string())?;
                    suite::compare(batch, &got, want).map_err(|e| format!("{kernel}, {form}: {e}"))
                })
            });
            if let Some(found) = backend.found.lock().unwrap().first() {
                return Some(format!("seen: {found}"));
            }
            if let Err(error) = numbers {
                return Some(format!("numbers: {error}"));
            }
        }
    }
    None
}

/// Compiles and runs every mutant, some at a time; gives the names of those that nothing found.
pub fn missed(mutants: &[Mutant]) -> Vec<&str> {
    // A bug whose place is gone is known before anything is compiled.
    for mutant in mutants {
        let source = fs::read_to_string(sources().join("include").join(mutant.file)).unwrap();
        let places = source.matches(&mutant.from).count();
        assert!(places > mutant.nth, "{}: {} does not hold `{}`", mutant.name, mutant.file, mutant.from);
    }
    let problems = problems();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(vec![false; mutants.len()]));
    let work = || {
        while let Some((n, mutant)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, mutants.get(n)?)))
        {
            let by = found_by(&compiled(mutant), &problems, mutant.kernels());
            println!("{} <- {}", mutant.name, by.as_deref().unwrap_or("NOT FOUND"));
            found.lock().unwrap()[n] = by.is_some();
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let found = found.into_inner().unwrap();
    mutants.iter().zip(found).filter(|(_, found)| !found).map(|(mutant, _)| mutant.name.as_str()).collect()
}
