//! Content-defined row groups and data pages.

use std::collections::HashSet;
use std::path::Path;

use ironforge::philox::Philox;
use ironforge::store::{StoreConfig, read_table, verify_checksum, write_table};
use ironforge::table::{Labels, Table, Values};
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::writing::{batches, slice, streamed};
use super::{column, every_type};

const LIMIT: u64 = 256 << 20;

fn content_defined() -> StoreConfig {
    StoreConfig {
        content_defined: true,
        min_row_group_rows: 500,
        row_group_rows: 1_000,
        max_row_group_rows: 2_000,
        ..StoreConfig::default()
    }
}

/// Rows with a row number, a time, a price and a word.
fn rows(ids: impl Iterator<Item = u64>) -> Table {
    let ids: Vec<u64> = ids.collect();
    let draw = |id: u64, stream: u32| Philox::new(id).stream(stream, 0).next_u32();
    let words: Vec<String> = ids.iter().map(|&id| format!("kind {}", draw(id, 2) % 40)).collect();
    Table::new(vec![
        // Numbered from 0, whatever the ids are.
        column("node_id", "", Values::U32((0..ids.len() as u32).collect())),
        column("t_ms", "ms", Values::I64(ids.iter().map(|&id| id as i64 * 1_000).collect())),
        column("price", "", Values::F32(ids.iter().map(|&id| draw(id, 1) as f32).collect())),
        column("kind", "", Values::Text(Labels::encode(words.iter().map(|w| Some(w.as_str()))))),
    ])
}

/// Number of rows of each row group.
fn row_group_rows(path: &Path) -> Vec<i64> {
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect()
}

/// The bytes of each column chunk.
fn chunks(path: &Path) -> HashSet<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let columns = reader.metadata().row_groups().iter().flat_map(|group| group.columns());
    columns
        .map(|chunk| {
            let (start, len) = chunk.byte_range();
            bytes[start as usize..(start + len) as usize].to_vec()
        })
        .collect()
}

#[test]
fn row_groups_have_the_configured_sizes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let table = rows(0..40_000);
    write_table(&path, &table, &content_defined()).unwrap();
    let sizes = row_group_rows(&path);
    let (last, full) = sizes.split_last().unwrap();
    assert!(full.iter().all(|rows| (500..=2_000).contains(rows)) && *last <= 2_000, "{sizes:?}");
    let mean = full.iter().sum::<i64>() as f64 / full.len() as f64;
    assert!((700.0..1_300.0).contains(&mean), "{mean} rows on average: {sizes:?}");
    assert_eq!(read_table(&path, None, LIMIT).unwrap().table, table);
    assert!(verify_checksum(&path).unwrap().is_some());
    // Equal rows have no content-defined boundary: the maximum applies.
    let same = Table::new(vec![column("x", "", Values::F32(vec![1.0; 9_000].into()))]);
    write_table(&path, &same, &content_defined()).unwrap();
    assert!(row_group_rows(&path).iter().all(|&rows| rows <= 2_000));
}

#[test]
fn an_edit_changes_only_the_column_chunks_near_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    write_table(&path("base"), &rows(0..40_000), &content_defined()).unwrap();
    let base = chunks(&path("base"));
    for (name, ids) in [
        ("inserted", (0..20_000).chain(1 << 40..(1 << 40) + 100).chain(20_000..40_000).collect::<Vec<u64>>()),
        ("removed", (0..10_000).chain(10_700..40_000).collect()),
        ("appended", (0..42_000).collect()),
        ("one changed", (0..40_000).map(|id| if id == 31_415 { 1 << 41 } else { id }).collect()),
        ("at the front", (1 << 42..(1 << 42) + 50).chain(0..40_000).collect()),
    ] {
        write_table(&path(name), &rows(ids.into_iter()), &content_defined()).unwrap();
        let edited = chunks(&path(name));
        let kept = edited.iter().filter(|chunk| base.contains(*chunk)).count();
        // One of the four columns numbers the rows anew; in the others, two or three row groups differ.
        assert!(
            kept * 10 >= edited.len() * 6,
            "{name}: {kept} of {} column chunks are unchanged",
            edited.len()
        );
    }
    let fixed = StoreConfig { content_defined: false, ..content_defined() };
    write_table(&path("base"), &rows(0..40_000), &fixed).unwrap();
    write_table(&path("removed"), &rows((0..10_000).chain(10_700..40_000)), &fixed).unwrap();
    let (base, edited) = (chunks(&path("base")), chunks(&path("removed")));
    let kept = edited.iter().filter(|chunk| base.contains(*chunk)).count();
    assert!(
        kept * 2 < edited.len(),
        "with row groups of fixed size everything after the edit changes: {kept} of {}",
        edited.len()
    );
}

/// A table with a column of long strings, most of them distinct: it gets several pages.
fn wide(rows: usize) -> Table {
    let words: Vec<Option<String>> = (0..rows)
        .map(|i| {
            let mut random = Philox::new(i as u64 % 900).stream(7, 0);
            (i % 11 > 0).then(|| (0..12).map(|_| format!("{:08x}", random.next_u32())).collect())
        })
        .collect();
    Table::new(vec![
        column("text", "", Values::Text(Labels::encode(words.iter().map(Option::as_deref)))),
        column("x", "", Values::F64((0..rows).map(|i| (i % 3 > 0).then_some(i as f64 / 7.0)).collect())),
        column("n", "", Values::U32((0..rows as u32).collect())),
    ])
}

#[test]
fn wide_columns_get_content_defined_pages_whatever_the_batches() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let config = StoreConfig { min_page_bytes: 4 << 10, max_page_bytes: 16 << 10, ..content_defined() };
    for table in [wide(5_000), every_type(5_000)] {
        write_table(&path, &table, &config).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(read_table(&path, None, LIMIT).unwrap().table, table);
        for sizes in [&[1][..], &[333], &[1_777, 2], &[4_999, 1]] {
            assert!(streamed(&path, &batches(&table, sizes), &config) == whole, "batches of {sizes:?}");
        }
    }
    write_table(&path, &wide(5_000), &config).unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    for (i, group) in reader.metadata().row_groups().iter().enumerate() {
        let pages = reader.get_row_group(i).unwrap().get_column_page_reader(0).unwrap().count();
        let bytes = group.num_rows() * 90;
        assert!(
            pages as i64 >= bytes / (16 << 10) && pages as i64 <= bytes / (4 << 10) + 1,
            "{pages} pages, {bytes} bytes"
        );
        assert!(
            group.column(0).column_index_offset().is_some()
                && group.column(0).offset_index_offset().is_some()
        );
    }
    // Pages of unchanged rows stay the same although the row group has changed.
    let table = wide(1_500);
    let one = StoreConfig {
        min_row_group_rows: 1_000_000,
        row_group_rows: 2_000_000,
        max_row_group_rows: 2_000_000,
        ..config
    };
    let pages = |table: &Table| -> HashSet<Vec<u8>> {
        write_table(&path, table, &one).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        let pages = reader.get_row_group(0).unwrap().get_column_page_reader(0).unwrap();
        pages.map(|page| page.unwrap().buffer().to_vec()).collect()
    };
    let (base, edited) = (pages(&table), pages(&slice(&table, 3..1_500)));
    let kept = edited.iter().filter(|page| base.contains(*page)).count();
    assert!(
        base.len() > 8 && kept * 10 >= edited.len() * 7,
        "{kept} of {} pages are unchanged",
        edited.len()
    );
}

#[test]
fn settings_on_which_the_parquet_crate_would_panic_are_named() {
    let broken = |change: &dyn Fn(&mut StoreConfig)| {
        let mut config = content_defined();
        change(&mut config);
        let error = write_table(Path::new("never"), &every_type(1), &config).unwrap_err().to_string();
        assert!(!Path::new("never").exists());
        config.content_defined = false;
        config.validate().err().map_or(error, |always| always.to_string())
    };
    for (key, error) in [
        ("min_row_group_rows = 0", broken(&|c| c.min_row_group_rows = 0)),
        ("min_row_group_rows = 1000", broken(&|c| c.min_row_group_rows = 1_000)),
        ("max_row_group_rows = 999", broken(&|c| c.max_row_group_rows = 999)),
        ("max_row_group_rows = 100000001", broken(&|c| c.max_row_group_rows = 100_000_001)),
        ("min_page_bytes = 0", broken(&|c| c.min_page_bytes = 0)),
        ("min_page_bytes = 600000", broken(&|c| c.min_page_bytes = 600_000)),
        ("max_page_bytes = 0", broken(&|c| c.max_page_bytes = 0)),
        ("max_page_bytes = 4294967295", broken(&|c| c.max_page_bytes = u32::MAX)),
        ("row_group_rows = 0", broken(&|c| c.row_group_rows = 0)),
    ] {
        assert!(error.contains(&format!("store.{key}")), "{error}");
    }
    // The smallest allowed values work.
    let dir = tempfile::tempdir().unwrap();
    let least = StoreConfig {
        min_row_group_rows: 1,
        row_group_rows: 2,
        max_row_group_rows: 2,
        min_page_bytes: 1 << 10,
        max_page_bytes: 1 << 11,
        ..content_defined()
    };
    let path = dir.path().join("t.parquet");
    write_table(&path, &wide(50), &least).unwrap();
    assert_eq!(read_table(&path, None, LIMIT).unwrap().table, wide(50));
}
