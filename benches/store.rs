//! Writing Parquet: time, size, and what a changed table shares with its former self.
//!
//! An id is `store/write/<layout>/threads<n>`; one element is one row. The table has a million rows, the layouts are
//! row groups of 10,000 rows (`fixed`) and content-defined ones (`content`). Times of `store/write` are CPU times
//! (`dag/clock.rs`), those of `store/scale` are the clock's, for the gain of a second thread: they want a quiet
//! machine.
//!
//! With IRONFORGE_BENCH_OUT=DIR the table, its edits and our files of both are written to DIR, for
//! benches/peers/store_peers.py.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "dag/clock.rs"]
mod clock;
#[path = "store/edits.rs"]
mod edits;
#[path = "store/export.rs"]
mod export;
#[path = "store/table.rs"]
mod table;

use std::hint::black_box;
use std::time::Duration;

use clock::CpuTime;
use criterion::measurement::Measurement;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ironforge::store::{StoreConfig, read_table, write_table};

/// The layouts by name.
pub fn layouts() -> [(&'static str, StoreConfig); 2] {
    let content = StoreConfig { content_defined: true, ..StoreConfig::default() };
    [("fixed", StoreConfig::default()), ("content", content)]
}

fn time<M: Measurement>(c: &mut Criterion<M>, name: &str, threads: &[usize]) {
    let table = table::rows(0..table::ROWS);
    // In memory where there is such a place: a disk's moods are not ours.
    let shared = std::path::Path::new("/dev/shm");
    let dir = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
    let path = dir.path().join("t.parquet");
    let mut group = c.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(4));
    group.throughput(Throughput::Elements(table.rows() as u64));
    for (layout, config) in layouts() {
        write_table(&path, &table, &config).unwrap();
        assert!(read_table(&path, None, 4 << 30).unwrap().table == table, "{layout}");
        for &threads in threads {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            group.bench_function(format!("{layout}/threads{threads}"), |b| {
                b.iter(|| pool.install(|| write_table(&path, black_box(&table), &config).unwrap()));
            });
        }
    }
    group.finish();
}

fn write(c: &mut Criterion<CpuTime>) {
    time(c, "store/write", &[1]);
}

fn scale(c: &mut Criterion) {
    time(c, "store/scale", &[1, 2]);
}

criterion_group! {
    name = processor;
    config = Criterion::default().with_measurement(CpuTime::new());
    targets = export::files, write
}
criterion_group!(wall, scale);
criterion_main!(processor, wall);
