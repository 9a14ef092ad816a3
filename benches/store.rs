//! Writing Parquet: time, size, and the bytes that files of an edited table share with those of the original table.
//!
//! An id is `store/write/<layout>/threads<n>`; one element is one row. The table has a million rows; the layouts are
//! row groups of 10,000 rows (`fixed`) and content-defined ones (`content`). `store/write` measures CPU time
//! (`dag/clock.rs`). `store/scale` measures the elapsed time of two threads, and prints below each id the speed-up
//! over one thread, measured alternately with it; it needs an idle machine.
//!
//! With IRONFORGE_BENCH_OUT=DIR the table, its edits and the files of both are written to DIR, for
//! benches/peers/store_peers.py.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unreachable_pub)]

#[path = "dag/clock.rs"]
mod clock;
#[path = "store/edits.rs"]
mod edits;
#[path = "store/export.rs"]
mod export;
#[path = "store/table.rs"]
mod table;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clock::CpuTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ironforge::store::{StoreConfig, read_table, write_table};
use ironforge::table::Table;
use rayon::ThreadPool;
use tempfile::TempDir;

/// The layouts by name.
pub fn layouts() -> [(&'static str, StoreConfig); 2] {
    let content = StoreConfig { content_defined: true, ..StoreConfig::default() };
    [("fixed", StoreConfig::default()), ("content", content)]
}

/// The table and the path to write it to, in memory if `/dev/shm` exists: the disk is not measured.
struct BenchFile {
    table: Table,
    path: PathBuf,
    _dir: TempDir,
}

impl BenchFile {
    fn new() -> Self {
        let shared = Path::new("/dev/shm");
        let dir = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        Self { table: table::rows(0..table::ROWS), path: dir.path().join("t.parquet"), _dir: dir }
    }

    /// Writes the table, reads it back and compares.
    fn check(&self, config: &StoreConfig) {
        write_table(&self.path, &self.table, config).unwrap();
        assert!(read_table(&self.path, None, 4 << 30).unwrap().table == self.table, "{config:?}");
    }

    fn write(&self, config: &StoreConfig, pool: &ThreadPool) {
        pool.install(|| write_table(&self.path, black_box(&self.table), config).unwrap());
    }
}

fn threads(threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

fn write(c: &mut Criterion<CpuTime>) {
    let (file, one) = (BenchFile::new(), threads(1));
    let mut group = c.benchmark_group("store/write");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(4));
    group.throughput(Throughput::Elements(file.table.rows() as u64));
    for (layout, config) in layouts() {
        file.check(&config);
        group.bench_function(format!("{layout}/threads1"), |b| b.iter(|| file.write(&config, &one)));
    }
    group.finish();
}

/// Files per turn and pool.
const WRITES_PER_TURN: u32 = 3;

/// Times one thread and two threads alternately, so that changes of a shared machine's speed affect both.
fn scale(c: &mut Criterion) {
    let (file, pools) = (BenchFile::new(), [threads(1), threads(2)]);
    let mut group = c.benchmark_group("store/scale");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(20));
    for (layout, config) in layouts() {
        file.check(&config);
        let mut turns: Vec<[f64; 2]> = Vec::new();
        group.bench_function(format!("{layout}/threads2"), |b| {
            b.iter_custom(|n| {
                let turn = |_| {
                    let times = [0, 1].map(|pool| {
                        // Not measured: wakes the threads, since an idle virtual processor starts slowly.
                        file.write(&config, &pools[pool]);
                        let start = Instant::now();
                        (0..WRITES_PER_TURN).for_each(|_| file.write(&config, &pools[pool]));
                        start.elapsed() / WRITES_PER_TURN
                    });
                    turns.push(times.map(|t| t.as_secs_f64()));
                    times[1]
                };
                (0..n).map(turn).sum()
            });
        });
        if !turns.is_empty() {
            let mut speedups: Vec<f64> = turns.iter().map(|[one, two]| one / two).collect();
            speedups.sort_by(f64::total_cmp);
            let quartile = |quarters: usize| speedups[(speedups.len() - 1) * quarters / 4];
            let (lower, median, upper) = (quartile(1), quartile(2), quartile(3));
            println!("speed-up of two threads over one: {median:.2} (quartiles {lower:.2} to {upper:.2})");
        }
    }
    group.finish();
}

criterion_group! {
    name = processor;
    config = Criterion::default().with_measurement(CpuTime::new());
    targets = export::files, write
}
criterion_group!(wall, scale);
criterion_main!(processor, wall);
