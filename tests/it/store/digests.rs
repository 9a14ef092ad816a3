//! Values of other writers' files, compared with the values that pyarrow reads.

use std::path::Path;

use ironforge::store::{InspectOptions, StoreError, inspect};
use serde_json::Value;

use crate::data::data;

const OPTIONS: InspectOptions = InspectOptions { pages: true, memory_limit_bytes: 512 << 20 };

/// Files that are refused, and a part of the error message.
const REFUSED: [(&str, &str); 5] = [
    // A page does not match its checksum.
    ("data/rle-dict-uncompressed-corrupt-checksum.parquet", "checksum"),
    ("bad_data/ARROW-GH-41317.parquet", "footer"),
    ("bad_data/ARROW-GH-47662.parquet", "payload length"),
    ("bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet", "outside the file"),
    ("bad_data/PARQUET-1481.parquet", "footer"),
];

/// Inspects every file of a manifest; returns the number of files read and of columns compared.
fn compare(folder: &Path) -> (usize, usize) {
    let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let (mut files, mut columns) = (0, 0);
    for entry in manifest["files"].as_array().unwrap() {
        let name = entry["file"].as_str().unwrap();
        let inspection = inspect(&folder.join(name), OPTIONS, |_, _| ());
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            let error = inspection.unwrap_err();
            assert!(
                matches!(error, StoreError::Damaged { .. }) && error.to_string().contains(why),
                "{error}"
            );
            continue;
        }
        // A valid file of four kilobytes that holds a string of a gigabyte.
        if name.ends_with("large_string_map.brotli.parquet") {
            assert!(matches!(inspection, Err(StoreError::Memory { .. })), "{inspection:?}");
            continue;
        }
        let inspection = inspection.unwrap_or_else(|e| panic!("{e}"));
        files += 1;
        let Some(expected) = entry["columns"].as_object() else { continue };
        assert_eq!(inspection.rows, entry["rows"].as_u64().unwrap(), "{name}");
        assert_eq!(inspection.leaves.len() as u64, entry["leaf_columns"].as_u64().unwrap(), "{name}");
        for (key, want) in expected.iter().filter(|(_, want)| want.get("sha256").is_some()) {
            let column = key.split_once(':').unwrap().1;
            let leaf = inspection.leaves.iter().find(|leaf| leaf.path == column).unwrap();
            let got = leaf.content.as_ref().unwrap();
            assert_eq!(want["sha256"].as_str(), Some(got.sha256.as_str()), "{name} {column}");
            assert_eq!(want["null_count"].as_u64(), Some(got.nulls), "{name} {column}");
            assert_eq!(got.values + got.nulls, inspection.rows, "{name} {column}");
            columns += 1;
        }
    }
    (files, columns)
}

#[test]
fn files_of_every_writer_and_option_have_the_values_that_pyarrow_reads() {
    let Some(folder) = data("parquet-writers") else { return };
    assert_eq!(compare(&folder), (82, 1286));
}

#[test]
fn the_test_files_of_the_format_have_the_values_that_pyarrow_reads() {
    let Some(folder) = data("parquet-testing") else { return };
    assert_eq!(compare(&folder), (47, 199));
}

#[test]
fn digests_of_nested_leaf_columns_do_not_depend_on_the_writer() {
    let Some(folder) = data("parquet-writers") else { return };
    let digests = |name: &str| -> Vec<String> {
        let inspection = inspect(&folder.join(name), OPTIONS, |_, _| ()).unwrap();
        let nested = inspection.leaves.into_iter().filter(|leaf| leaf.max_repetition_level > 0);
        nested.map(|leaf| leaf.content.unwrap().sha256).collect()
    };
    let reference = digests("pyarrow_nested_v1_zstd.parquet");
    assert!(reference.len() >= 5);
    for other in ["v2_zstd", "noncompliant_snappy", "tiny_pages", "delta"] {
        assert_eq!(digests(&format!("pyarrow_nested_{other}.parquet")), reference, "{other}");
    }
}

#[test]
fn an_encrypted_file_is_reported_as_encrypted() {
    let Some(folder) = data("parquet-testing/data") else { return };
    for name in ["encrypt_columns_and_footer", "encrypt_columns_plaintext_footer"] {
        let error =
            inspect(&folder.join(format!("{name}.parquet.encrypted")), OPTIONS, |_, _| ()).unwrap_err();
        assert!(matches!(error, StoreError::Encrypted { .. }), "{error}");
    }
}

#[test]
fn an_unsupported_compression_codec_is_named() {
    use ironforge::store::{StoreConfig, read_table, write_table};
    use ironforge::table::{Column, Table, Values};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let table = Table::new(vec![Column::new("a", "", Values::F64(vec![1.5; 10].into()))]);
    write_table(&path, &table, &StoreConfig::default()).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // Field 3 of the column's metadata is its path, ["a"], and field 4 its codec: zstd, 6, becomes lzo, 3.
    let offset = bytes.windows(6).rposition(|w| w == [0x19, 0x18, 0x01, b'a', 0x15, 0x0c]).unwrap();
    bytes[offset + 5] = 0x06;
    std::fs::write(&path, bytes).unwrap();
    let error = read_table(&path, None, 1 << 20).unwrap_err();
    assert!(matches!(&error, StoreError::Feature { feature, .. } if feature.contains("lzo")), "{error}");
}
