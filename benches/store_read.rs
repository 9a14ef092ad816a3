//! Reading Parquet: the whole table, three columns, and one hour; as one table, as a stream, and mapped into memory.
//!
//! An id is `store_read/<what>/<file>`; one element is one row of the file. The files are `ironforge.parquet`,
//! written by this benchmark in row groups of 10,000 rows, and every other `*.parquet` in IRONFORGE_BENCH_OUT, the
//! folder where it is written: benches/peers/store_read_peers.py writes a file there with pyarrow, and times
//! pyarrow, Polars and DuckDB on the same files. Times are CPU times (`dag/clock.rs`): run with
//! RAYON_NUM_THREADS=1.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "dag/clock.rs"]
mod clock;
#[path = "store_read/table.rs"]
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clock::CpuTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ironforge::store::{
    Comparison, InspectOptions, Predicate, Scalar, ScanOptions, StoreConfig, inspect, read_table, scan,
    scan_mapped, write_table,
};

/// Memory limit of a read, bytes.
const LIMIT_BYTES: u64 = 4 << 30;
/// Memory limit of a stream, bytes: a tenth of the table's 84 MB.
const STREAM_LIMIT_BYTES: u64 = 8 << 20;
/// The columns of the benchmarks with three columns.
const THREE: [&str; 3] = ["ts", "session_id", "f3"];

/// Writes `ironforge.parquet`; returns all Parquet files in the folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let table = table::table();
    let ours = folder.join("ironforge.parquet");
    write_table(&ours, &table, &StoreConfig::default()).unwrap();
    assert!(
        read_table(&ours, None, LIMIT_BYTES).unwrap().table == table,
        "the file that is timed holds the table"
    );
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "parquet"));
    files.sort();
    files
}

fn rows(scan: ironforge::store::Scan) -> usize {
    scan.map(|table| table.unwrap().rows()).sum()
}

fn read(c: &mut Criterion<CpuTime>) {
    let kept = std::env::var_os("IRONFORGE_BENCH_OUT").map(PathBuf::from);
    let temporary = tempfile::tempdir().unwrap();
    let folder = kept.unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&folder).unwrap();
    let mut group = c.benchmark_group("store_read");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(table::ROWS as u64));
    for path in files(&folder) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let three = Some(THREE.map(str::to_owned).to_vec());
        let all = ScanOptions { memory_limit_bytes: LIMIT_BYTES, ..ScanOptions::default() };
        let three_columns = ScanOptions { columns: three.clone(), ..all.clone() };
        let hour = Predicate::All(vec![
            Predicate::compare("ts", Comparison::Ge, Scalar::Int(1_700_000_000_000 + 500_000_000)),
            Predicate::compare("ts", Comparison::Lt, Scalar::Int(1_700_000_000_000 + 503_600_000)),
        ]);
        let filtered = ScanOptions { predicate: Some(hour), ..all.clone() };
        let bounded = ScanOptions { memory_limit_bytes: STREAM_LIMIT_BYTES, ..ScanOptions::default() };
        group.bench_function(format!("whole/{name}"), |b| {
            b.iter(|| read_table(&path, None, LIMIT_BYTES).unwrap().table.rows());
        });
        group.bench_function(format!("three/{name}"), |b| {
            b.iter(|| read_table(&path, Some(&THREE), LIMIT_BYTES).unwrap().table.rows());
        });
        for (what, options) in
            [("whole", &all), ("three", &three_columns), ("hour", &filtered), ("whole_in_8_mb", &bounded)]
        {
            group.bench_function(format!("stream_{what}/{name}"), |b| {
                b.iter(|| rows(scan(&path, options).unwrap()));
            });
        }
        for (what, options) in [("whole", &all), ("three", &three_columns)] {
            group.bench_function(format!("mapped_{what}/{name}"), |b| {
                // SAFETY: only this benchmark uses the file, and it does not change it.
                #[allow(unsafe_code)]
                b.iter(|| rows(unsafe { scan_mapped(&path, options) }.unwrap()));
            });
        }
        let inspect_options = InspectOptions { pages: true, memory_limit_bytes: LIMIT_BYTES };
        group.bench_function(format!("inspect/{name}"), |b| {
            b.iter(|| inspect(&path, inspect_options, |_, _| ()).unwrap().rows);
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime::new());
    targets = read
}
criterion_main!(benches);
