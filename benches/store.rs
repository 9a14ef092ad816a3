//! Writing Parquet: time, size, and what a changed table shares with its former self.
//!
//! An id is `store/write/<layout>/threads<n>`; one element is one row. The table has a million rows, the layouts are
//! row groups of 10,000 rows (`fixed`) and content-defined ones (`content`). Times of `store/write` are CPU times
//! (`dag/clock.rs`), those of `store/scale` are the clock's, of two threads: the gain over one, written in turns with
//! it, stands below each. They want a quiet machine.
//!
//! With IRONFORGE_BENCH_OUT=DIR the table, its edits and our files of both are written to DIR, for
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

/// The table, and a file to write: in memory where there is such a place, since a disk's moods are not ours.
struct Place {
    table: Table,
    path: PathBuf,
    _dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let shared = Path::new("/dev/shm");
        let dir = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        Self { table: table::rows(0..table::ROWS), path: dir.path().join("t.parquet"), _dir: dir }
    }

    /// Writes the table once, and reads it back.
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
    let (place, one) = (Place::new(), threads(1));
    let mut group = c.benchmark_group("store/write");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(4));
    group.throughput(Throughput::Elements(place.table.rows() as u64));
    for (layout, config) in layouts() {
        place.check(&config);
        group.bench_function(format!("{layout}/threads1"), |b| b.iter(|| place.write(&config, &one)));
    }
    group.finish();
}

/// Files that are written in a turn.
const WRITES: u32 = 3;

/// One thread and two in turns: a machine that others use is now fast and now slow, and both see the same of it.
fn scale(c: &mut Criterion) {
    let (place, pools) = (Place::new(), [threads(1), threads(2)]);
    let mut group = c.benchmark_group("store/scale");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(20));
    for (layout, config) in layouts() {
        place.check(&config);
        let mut turns: Vec<[f64; 2]> = Vec::new();
        group.bench_function(format!("{layout}/threads2"), |b| {
            b.iter_custom(|n| {
                let turn = |_| {
                    let times = [0, 1].map(|pool| {
                        // The first one wakes its threads; a virtual processor that slept comes back slow.
                        place.write(&config, &pools[pool]);
                        let start = Instant::now();
                        (0..WRITES).for_each(|_| place.write(&config, &pools[pool]));
                        start.elapsed() / WRITES
                    });
                    turns.push(times.map(|t| t.as_secs_f64()));
                    times[1]
                };
                (0..n).map(turn).sum()
            });
        });
        if !turns.is_empty() {
            let mut gains: Vec<f64> = turns.iter().map(|[one, two]| one / two).collect();
            gains.sort_by(f64::total_cmp);
            let at = |share: usize| gains[(gains.len() - 1) * share / 4];
            let (least, median, most) = (at(1), at(2), at(3));
            println!("gain of the second thread: {median:.2} (middle half {least:.2} to {most:.2})");
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
