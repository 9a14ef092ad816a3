//! Scans: batches in bounded memory, and pruning that loses no row.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use ironforge::store::{
    Comparison, Predicate, PruneStats, Scalar, ScanOptions, StoreConfig, StoreError, read_table,
    read_table_mapped, scan, scan_mapped, write_table,
};
use ironforge::table::{Array, Column, Table, Values};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use proptest::prelude::*;

use super::{LIMIT, every_type, small};

/// The rows of tables as text, for comparisons that do not depend on batches.
pub fn rows(tables: impl IntoIterator<Item = Table>) -> Vec<String> {
    let mut rows = Vec::new();
    for table in tables {
        for row in 0..table.rows() {
            let cell = |column: &Column| match &column.values {
                Values::U32(v) => number(v, row),
                Values::U64(v) => number(v, row),
                Values::I64(v) => number(v, row),
                Values::F32(v) => number(&v.map(f32::to_bits), row),
                Values::F64(v) => number(&v.map(f64::to_bits), row),
                Values::Bool(v) => number(v, row),
                Values::Text(v) => format!("{:?}", v.get(row)),
                Values::Time { values, .. } => number(values, row),
            };
            rows.push(table.columns().iter().map(cell).collect::<Vec<_>>().join("|"));
        }
    }
    rows
}

/// A cell as text: an option if the column is nullable.
fn number<T: Copy + Default + std::fmt::Debug>(array: &Array<T>, row: usize) -> String {
    if array.is_nullable() { format!("{:?}", array.get(row)) } else { format!("{:?}", array.values()[row]) }
}

fn scanned(path: &Path, options: &ScanOptions) -> (Vec<String>, PruneStats) {
    let mut scan = scan(path, options).unwrap();
    let rows = rows(scan.by_ref().map(Result::unwrap));
    (rows, scan.prune_stats())
}

#[test]
fn a_scan_gives_the_rows_of_the_file_for_any_batch_size() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let table = every_type(1003);
    write_table(&path, &table, &small(100)).unwrap();
    // SAFETY: only this test uses the file, and it does not change it.
    #[allow(unsafe_code)]
    let mapped = unsafe { read_table_mapped(&path, None, LIMIT) }.unwrap();
    assert_eq!(mapped.table, table);
    let want = rows([table]);
    for batch_rows in [1, 7, 100, 5000] {
        let options = ScanOptions { batch_rows, ..ScanOptions::default() };
        assert!(scan(&path, &options).unwrap().all(|t| t.unwrap().rows() <= batch_rows as usize));
        assert_eq!(scanned(&path, &options).0, want, "{batch_rows}");
        // SAFETY: only this test uses the file, and it does not change it.
        #[allow(unsafe_code)]
        let mapped = unsafe { scan_mapped(&path, &options) }.unwrap();
        assert_eq!(rows(mapped.map(Result::unwrap)), want, "{batch_rows} mapped");
    }
    let columns = Some(vec!["price".to_owned(), "node_id".to_owned()]);
    let some = scan(&path, &ScanOptions { columns, ..ScanOptions::default() }).unwrap();
    let names: Vec<String> = some.empty().columns().iter().map(|c| c.name.clone()).collect();
    assert_eq!(names, ["price", "node_id"]);
    assert_eq!(some.empty().columns()[0].unit, "points");
}

#[test]
fn row_groups_without_a_matching_row_are_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(1000), &small(100)).unwrap();
    let range = Predicate::All(vec![
        Predicate::compare("node_id", Comparison::Ge, Scalar::Int(17 * 250)),
        Predicate::compare("node_id", Comparison::Lt, Scalar::Int(17 * 320)),
    ]);
    let options = ScanOptions {
        columns: Some(vec!["seq".to_owned()]),
        predicate: Some(range),
        ..ScanOptions::default()
    };
    let (rows, pruned) = scanned(&path, &options);
    assert_eq!(rows.len(), 70);
    assert_eq!((pruned.row_groups, pruned.row_groups_pruned, pruned.rows_pruned), (10, 8, 800));
    let none = Predicate::compare("kind", Comparison::Eq, Scalar::Text("zebra".to_owned()));
    let (rows, pruned) = scanned(&path, &ScanOptions { predicate: Some(none), ..ScanOptions::default() });
    assert_eq!((rows.len(), pruned.row_groups_pruned), (0, 10));
}

#[test]
fn a_comparison_with_another_kind_or_an_unknown_column_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(10), &small(100)).unwrap();
    let with = |column: &str, value| {
        let predicate = Some(Predicate::compare(column, Comparison::Eq, value));
        scan(&path, &ScanOptions { predicate, ..ScanOptions::default() }).err()
    };
    assert!(matches!(with("price", Scalar::Int(1)), Some(StoreError::Predicate { .. })));
    assert!(matches!(with("prise", Scalar::Float(1.0)), Some(StoreError::UnknownColumn { .. })));
    assert!(with("price", Scalar::Float(1.0)).is_none());
}

/// Writes a file with several pages in each row group and a page index.
fn write_paged(
    path: &Path,
    ints: &[Option<i64>],
    floats: &[Option<f64>],
    words: &[Option<String>],
    group: usize,
) {
    let columns: [(&str, ArrayRef); 3] = [
        ("i", Arc::new(Int64Array::from(ints.to_vec()))),
        ("f", Arc::new(Float64Array::from(floats.to_vec()))),
        ("w", Arc::new(StringArray::from(words.to_vec()))),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, a)| (n, a, true))).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .set_data_page_row_count_limit(5)
        .set_write_batch_size(5)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_column_index_truncate_length(Some(2))
        .build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn pages_without_a_matching_row_are_not_decoded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let ints: Vec<Option<i64>> = (0..100).map(Some).collect();
    write_paged(&path, &ints, &vec![None; 100], &vec![None; 100], 50);
    let predicate = Some(Predicate::compare("i", Comparison::Eq, Scalar::Int(63)));
    let (rows, pruned) = scanned(&path, &ScanOptions { predicate, ..ScanOptions::default() });
    assert_eq!(rows, ["Some(63)|None|None"]);
    assert_eq!((pruned.row_groups_pruned, pruned.rows_pruned), (1, 95));
}

fn predicates() -> impl Strategy<Value = Predicate> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    let op = || prop::sample::select(vec![Eq, Ne, Lt, Le, Gt, Ge]);
    let leaf = prop_oneof![
        (op(), -3..60i128).prop_map(|(op, v)| Predicate::compare("i", op, Scalar::Int(v))),
        (op(), prop::sample::select(vec![-1.0, -0.0, 0.0, 2.5, 17.0, f64::NAN]))
            .prop_map(|(op, v)| Predicate::compare("f", op, Scalar::Float(v))),
        (op(), "[a-c]{0,4}").prop_map(|(op, v)| Predicate::compare("w", op, Scalar::Text(v))),
        prop::sample::select(vec!["i", "f", "w"]).prop_map(|c| Predicate::Missing(c.to_owned())),
        prop::sample::select(vec!["i", "f", "w"]).prop_map(|c| Predicate::Present(c.to_owned())),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Predicate::All),
            prop::collection::vec(inner, 0..3).prop_map(Predicate::Any),
        ]
    })
}

/// Reference evaluation of a predicate on one row, without statistics.
fn holds(predicate: &Predicate, i: Option<i64>, f: Option<f64>, w: Option<&str>) -> bool {
    let by = |op: &Comparison, order: Option<std::cmp::Ordering>| match op {
        Comparison::Eq => order.is_some_and(|o| o.is_eq()),
        Comparison::Ne => !order.is_some_and(|o| o.is_eq()),
        Comparison::Lt => order.is_some_and(|o| o.is_lt()),
        Comparison::Le => order.is_some_and(|o| o.is_le()),
        Comparison::Gt => order.is_some_and(|o| o.is_gt()),
        Comparison::Ge => order.is_some_and(|o| o.is_ge()),
    };
    match predicate {
        Predicate::Compare { op, value: Scalar::Int(v), .. } => {
            i.is_some_and(|i| by(op, Some(i128::from(i).cmp(v))))
        }
        Predicate::Compare { op, value: Scalar::Float(v), .. } => f.is_some_and(|f| by(op, f.partial_cmp(v))),
        Predicate::Compare { op, value: Scalar::Text(v), .. } => w.is_some_and(|w| by(op, Some(w.cmp(v)))),
        Predicate::Missing(c) | Predicate::Present(c) => {
            let there = match c.as_str() {
                "i" => i.is_some(),
                "f" => f.is_some(),
                _ => w.is_some(),
            };
            there == matches!(predicate, Predicate::Present(_))
        }
        Predicate::All(parts) => parts.iter().all(|p| holds(p, i, f, w)),
        Predicate::Any(parts) => parts.iter().any(|p| holds(p, i, f, w)),
        _ => unreachable!(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_pruned_scan_gives_the_rows_of_a_full_scan(
        // Sorted in stretches, so that pages have different bounds and can be pruned.
        mut ints in prop::collection::vec(prop::option::weighted(0.9, 0..60i64), 0..160),
        floats in prop::collection::vec(
            prop::option::weighted(0.8, prop::sample::select(vec![-1.0, -0.0, 0.0, 2.5, 17.0, f64::NAN])), 160),
        words in prop::collection::vec(prop::option::weighted(0.8, "[a-c]{0,4}"), 160),
        group in 3usize..70,
        batch_rows in 1u32..40,
        predicate in predicates(),
    ) {
        for stretch in ints.chunks_mut(37) {
            stretch.sort_unstable();
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.parquet");
        let n = ints.len();
        write_paged(&path, &ints, &floats[..n], &words[..n], group);
        let all = read_table(&path, None, LIMIT).unwrap().table;
        let matching = (0..n).filter(|&r| holds(&predicate, ints[r], floats[r], words[r].as_deref()));
        let every = rows([all]);
        let want: Vec<String> = matching.map(|r| every[r].clone()).collect();
        let options = ScanOptions { predicate: Some(predicate), batch_rows, ..ScanOptions::default() };
        let mut scan = scan(&path, &options).unwrap();
        let got = rows(scan.by_ref().map(Result::unwrap));
        prop_assert_eq!(got, want);
        prop_assert!(scan.prune_stats().rows_pruned <= n as u64);
    }
}

/// Writes half a million rows of noise, 40 MB that hardly compress; returns the size of the file, bytes.
pub fn write_noise(path: &Path) -> u64 {
    let mut stream = ironforge::philox::Philox::new(5).stream(0, 0);
    let column = |i: usize| {
        let values = (0..500_000).map(|_| f64::from(stream.next_u32()) + f64::from(stream.next_u32()) / 4e9);
        Column::new(format!("c{i}"), "", Values::F64(values.collect()))
    };
    let table = Table::new((0..10).map(column).collect());
    write_table(path, &table, &StoreConfig::default()).unwrap().bytes
}

#[test]
fn a_file_ten_times_larger_than_the_memory_is_scanned_within_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let bytes = write_noise(&path);
    let memory_limit_bytes = bytes / 10;
    let error = read_table(&path, None, memory_limit_bytes).unwrap_err();
    assert!(matches!(error, StoreError::Memory { .. }), "{error}");
    let rows: usize = scan(&path, &ScanOptions { memory_limit_bytes, ..ScanOptions::default() })
        .unwrap()
        .map(|table| table.unwrap().rows())
        .sum();
    assert_eq!(rows, 500_000);
    #[cfg(target_os = "linux")]
    println!("{}", super::hostile::child(&format!("scan-{memory_limit_bytes}"), &path));
}
