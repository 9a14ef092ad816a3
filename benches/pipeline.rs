//! The main job: the built-in sample, and the sessions of `IRONFORGE_DATA` (default `../shared/data`)
//! if they are there.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use ironforge::config::{Effective, Sources};
use ironforge::pipeline::{Request, Silent, discover};

fn effective(sets: &[&str]) -> Effective {
    let sets: Vec<String> = sets.iter().map(|&s| s.to_owned()).collect();
    Effective::load(&Sources { sets: &sets, ..Sources::default() }).unwrap()
}

fn run(paths: &[PathBuf], out: &Path, effective: &Effective) {
    let request = Request { paths, out, effective, weights: None };
    let report = discover(&request, &Silent).unwrap();
    assert!(!report.sessions.is_empty());
}

fn pipeline(c: &mut Criterion) {
    let data =
        std::env::var_os("IRONFORGE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let sessions = data.join("peer/adapted");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut group = c.benchmark_group("pipeline/discover");
    group.sample_size(10);
    for (name, sets) in [("no_nulls", ["motif.iterations=0"]), ("nulls1000", ["motif.iterations=1000"])] {
        let effective = effective(&sets);
        group.bench_function(format!("cpu/sample/{name}"), |b| b.iter(|| run(&[], &out, &effective)));
        if sessions.is_dir() {
            let paths = [sessions.clone()];
            group.bench_function(format!("cpu/sessions45/{name}"), |b| {
                b.iter(|| run(&paths, &out, &effective))
            });
        }
    }
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
