//! The whole pipeline, `discover`: on the built-in sample, and on the sessions of `IRONFORGE_DATA` (default
//! `../shared/data`) if they exist. After each case, prints the share of the time that each stage took.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use ironforge::config::{Effective, Sources};
use ironforge::pipeline::{DiscoverRequest, Silent, discover};

fn effective(sets: &[&str]) -> Effective {
    let sets: Vec<String> = sets.iter().map(|&s| s.to_owned()).collect();
    Effective::load(&Sources { sets: &sets, ..Sources::default() }).unwrap()
}

/// Seconds by stage.
type Timings = Vec<(String, f64)>;

fn run(paths: &[PathBuf], out: &Path, effective: &Effective) -> Timings {
    let request = DiscoverRequest { paths, out, effective, weights: None };
    let report = discover(&request, &Silent).unwrap();
    assert!(!report.sessions.is_empty());
    report.run.timings.iter().map(|(stage, seconds)| (stage.clone(), seconds.as_f64().unwrap())).collect()
}

/// Times a job, and prints the share of each stage over all its runs.
fn time(group: &mut BenchmarkGroup<'_, WallTime>, id: &str, mut job: impl FnMut() -> Timings) {
    let mut sums = Timings::new();
    group.bench_function(id, |b| {
        b.iter(|| {
            let timings = job();
            if sums.is_empty() {
                sums = timings;
            } else {
                sums.iter_mut().zip(timings).for_each(|(sum, (_, seconds))| sum.1 += seconds);
            }
        });
    });
    // The filter of the command line may exclude it.
    if sums.is_empty() {
        return;
    }
    let is_stage = |(stage, _): &&(String, f64)| stage != "total_s";
    let total: f64 = sums.iter().take_while(is_stage).map(|(_, seconds)| seconds).sum();
    let share = |(stage, seconds): &(String, f64)| {
        format!("{} {:.1} %", stage.trim_end_matches("_s"), 100.0 * seconds / total)
    };
    let shares: Vec<String> = sums.iter().take_while(is_stage).map(share).collect();
    println!("{id}: {}\n", shares.join(", "));
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
        time(&mut group, &format!("cpu/sample/{name}"), || run(&[], &out, &effective));
        if sessions.is_dir() {
            let paths = [sessions.clone()];
            time(&mut group, &format!("cpu/sessions45/{name}"), || run(&paths, &out, &effective));
        }
    }
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
