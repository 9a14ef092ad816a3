//! Footers: statistics for other readers, and the checksum.

use ironforge::store::{StoreConfig, StoreError, verify_checksum, write_table};
use ironforge::table::{Labels, Table, Values};

use super::writing::metadata;
use super::{column, every_type, small};

#[test]
fn the_footer_has_the_statistics_that_other_readers_prune_by() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(12_000), &StoreConfig::default()).unwrap();
    let metadata = metadata(&path);
    let orders = metadata.file_metadata().column_orders().unwrap();
    assert_eq!(orders.len(), every_type(1).columns().len());
    assert!(
        orders.iter().all(|order| matches!(order, parquet::basic::ColumnOrder::TYPE_DEFINED_ORDER(_))),
        "{orders:?}"
    );
    for group in metadata.row_groups() {
        for chunk in group.columns() {
            let statistics = chunk.statistics().unwrap();
            assert!(statistics.min_bytes_opt().is_some() && statistics.null_count_opt().is_some());
            assert!(chunk.column_index_offset().is_some() && chunk.offset_index_offset().is_some());
        }
    }
}

#[test]
fn bounds_of_floats_are_in_the_order_that_all_readers_support() {
    use parquet::file::statistics::Statistics;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let nan = |i: usize| if i < 100 { f64::NAN } else { i as f64 };
    let table = Table::new(vec![
        column("all", "", Values::F64((0..200).map(nan).collect())),
        column("some", "", Values::F32((0..200).map(|i| Some(nan(i + i % 2 * 100) as f32)).collect())),
        column("zero", "", Values::F32((0..200).map(|i| if i % 2 == 0 { 0.0 } else { -0.0 }).collect())),
    ]);
    for content_defined in [false, true] {
        let cut =
            StoreConfig { content_defined, min_row_group_rows: 99, max_row_group_rows: 100, ..small(100) };
        write_table(&path, &table, &cut).unwrap();
        let metadata = metadata(&path);
        let bounds = |group: usize, column: usize| match metadata.row_group(group).column(column).statistics()
        {
            Some(Statistics::Float(s)) => {
                (s.min_opt().map(|&v| v as f64), s.max_opt().map(|&v| v as f64), s.null_count_opt())
            }
            Some(Statistics::Double(s)) => (s.min_opt().copied(), s.max_opt().copied(), s.null_count_opt()),
            other => panic!("{other:?}"),
        };
        assert_eq!(bounds(0, 0), (None, None, Some(0)), "a chunk of NaN alone has no bounds");
        assert!(metadata.row_group(0).column(0).column_index_offset().is_none());
        assert!(matches!(bounds(1, 0), (Some(low), Some(high), Some(0)) if low >= 99.0 && high <= 200.0));
        assert!(matches!(bounds(0, 1), (Some(low), Some(high), Some(0)) if low > 99.0 && high < 200.0));
        let (Some(low), Some(high), _) = bounds(0, 2) else { panic!() };
        assert!(low == 0.0 && low.is_sign_negative() && high.is_sign_positive());
        assert!(verify_checksum(&path).unwrap().is_some());
    }
}

#[test]
fn the_checksum_detects_a_changed_bit_at_any_offset() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(60), &small(40)).unwrap();
    let recorded = verify_checksum(&path).unwrap().unwrap();
    assert!(
        recorded.starts_with("sha256:") && recorded.len() == 71 && !recorded.ends_with("0000"),
        "{recorded}"
    );
    let whole = std::fs::read(&path).unwrap();
    for offset in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[offset] ^= 1 << (offset % 8);
        std::fs::write(&path, &bytes).unwrap();
        // If the entry itself is changed, the file has no checksum; it never counts as verified.
        let outcome = verify_checksum(&path);
        assert!(matches!(outcome, Err(StoreError::Damaged { .. }) | Ok(None)), "{offset}: {outcome:?}");
        if let Ok(None) = outcome {
            let entry = whole.windows(18).rposition(|w| w == b"ironforge.checksum").unwrap();
            assert!((entry..entry + 27).contains(&offset), "{offset}");
        }
    }
    for end in [0, 7, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..end]).unwrap();
        assert!(matches!(verify_checksum(&path), Err(StoreError::Damaged { .. })), "cut at {end}");
    }
}

#[test]
fn a_column_name_that_looks_like_the_checksum_entry_is_not_taken_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let entry = format!("ironforge.checksum\x18\x47sha256:{}", "0".repeat(64));
    let text = Values::Text(Labels::encode([Some(entry.as_str())]));
    write_table(&path, &Table::new(vec![column(&entry, &entry, text)]), &small(9)).unwrap();
    assert!(verify_checksum(&path).unwrap().is_some());
}
