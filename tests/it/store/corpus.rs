//! Files of other writers, read as tables.

use std::path::PathBuf;

use ironforge::store::{footer, read_table};
use ironforge::table::Values;

use super::LIMIT;
use crate::data::data;

#[test]
fn files_of_other_writers_are_read() {
    for (name, rows) in [
        ("bars/es_m1.parquet", 23_948),
        ("bars/eurusd_h1.parquet", 74_439),
        ("temporal/jodie_wikipedia.parquet", 157_474),
        ("temporal/bitcoinotc.parquet", 35_592),
        ("tabular/earthquakes.parquet", 1_707),
        ("peer/events.parquet", 2_353),
        ("parquet-testing/data/float16_nonzeros_and_nans.parquet", 8),
        ("parquet-testing/data/fixed_length_decimal.parquet", 24),
        ("parquet-testing/data/int64_decimal.parquet", 24),
        ("parquet-testing/data/delta_binary_packed.parquet", 200),
        ("parquet-testing/data/int96_from_spark.parquet", 6),
        ("parquet-writers/pyarrow_events_zero_rows.parquet", 0),
        ("parquet-writers/fastparquet_events_gzip.parquet", 2_353),
    ] {
        let Some(path) = data(name) else { continue };
        let read = read_table(&path, None, 512 << 20).unwrap();
        assert_eq!(read.table.rows(), rows, "{name}");
        assert_eq!(footer(&path).unwrap().rows, rows as u64);
    }
}

#[test]
fn decimals_and_half_floats_become_the_nearest_floats() {
    for name in ["fixed_length_decimal.parquet", "int64_decimal.parquet"] {
        let Some(path) = data(&format!("parquet-testing/data/{name}")) else { continue };
        let table = read_table(&path, None, LIMIT).unwrap().table;
        let want = (1..=24).map(|i| Some(f64::from(i))).collect();
        assert_eq!(table.columns()[0].values, Values::F64(want), "{name}");
    }
    let Some(path) = data("parquet-testing/data/float16_nonzeros_and_nans.parquet") else { return };
    let table = read_table(&path, None, LIMIT).unwrap().table;
    let Values::F32(values) = &table.columns()[0].values else { panic!("{table:?}") };
    assert_eq!(values.slice(0..3), [None, Some(1.0), Some(-2.0)]);
    assert!(values.iter().flatten().any(|v| v.is_nan()));
}

#[test]
fn every_file_of_a_corpus_gives_a_table_or_an_error() {
    let mut failed = Vec::new();
    for folder in ["parquet-testing/data", "parquet-testing/bad_data", "parquet-writers"] {
        let Some(folder) = data(folder) else { continue };
        let (mut read, mut refused) = (0, 0);
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for path in files.iter().filter(|path| path.to_string_lossy().contains(".parquet")) {
            match read_table(path, None, 1 << 30) {
                Ok(_) => read += 1,
                Err(error) => {
                    refused += 1;
                    failed.push(error.to_string());
                }
            }
        }
        println!("{read} read, {refused} refused");
    }
    println!("{}", failed.join("\n"));
    assert!(failed.iter().all(|message| message.contains(".parquet")), "every error names its file");
}
