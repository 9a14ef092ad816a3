//! Content-defined row group boundaries: the rows decide, so that an edit moves only the boundaries near it.
//!
//! A rolling hash covers the last eight rows, so that a changed row moves only boundaries within the eight rows after
//! it. A row group that has its minimum size ends at the first row whose hash is below a threshold, and at its
//! maximum size in any case. Integers and times enter the hash as the difference to the row before: rows inserted
//! into a numbered table shift all later numbers, but not their differences.
//! Source: Xia et al. 2016 (FastCDC), with rows instead of bytes.

use std::ops::Range;

use rayon::prelude::*;

use crate::store::StoreConfig;
use crate::table::{MISSING, Table, Values};

/// Hash of a missing value.
const ABSENT: u64 = 0x9e37_79b9_7f4a_7c15;
/// An odd multiplier with random-looking bits: it carries low bits into the high ones.
const MIX: u64 = 0xff51_afd7_ed55_8ccd;
/// Rows that a thread hashes at a time: their hashes stay in the L1 cache from column to column.
const BLOCK_ROWS: usize = 2048;
/// Left shift of the 64-bit rolling hash per row, bits: a row has left the hash after eight rows.
const SHIFT_BITS: u32 = 8;

/// Content-defined boundaries of row groups, batch by batch. Takes 8 bytes of memory per row of the batch.
pub(crate) struct ContentDefinedChunker {
    min: usize,
    max: usize,
    threshold: u64,
    /// Rows of the unfinished row group.
    rows: usize,
    rolling: u64,
    /// The last present value of each integer column; 0 for other columns.
    before: Vec<u64>,
}

impl ContentDefinedChunker {
    /// Chunker with the minimum, mean and maximum rows of a valid configuration.
    pub(crate) fn new(config: &StoreConfig) -> Self {
        let [min, mean, max] =
            [config.min_row_group_rows, config.row_group_rows, config.max_row_group_rows].map(|n| n as usize);
        let threshold = u64::MAX / mean.saturating_sub(min).max(1) as u64;
        Self { min, max, threshold, rows: 0, rolling: 0, before: Vec::new() }
    }

    /// The rows of the batch at which row groups end, exclusive: each is the first row of the next row group. The
    /// next batch continues the last row group.
    pub(crate) fn row_group_ends(&mut self, batch: &Table) -> Vec<usize> {
        self.before.resize(batch.columns().len(), 0);
        let names: Vec<Vec<u64>> = batch
            .columns()
            .iter()
            .map(|column| match &column.values {
                Values::Text(labels) => labels.names.iter().map(|name| hash_text(name)).collect(),
                _ => Vec::new(),
            })
            .collect();
        let blocks: Vec<_> = (0..batch.rows())
            .step_by(BLOCK_ROWS)
            .map(|start| {
                let rows = start..batch.rows().min(start + BLOCK_ROWS);
                let before = self.before.clone();
                for (before, column) in self.before.iter_mut().zip(batch.columns()) {
                    *before = last_value(&column.values, rows.clone()).unwrap_or(*before);
                }
                (rows, before)
            })
            .collect();
        let hash = |(rows, mut before): (Range<usize>, Vec<u64>)| {
            let mut hashes = vec![0; rows.len()];
            for ((column, before), names) in batch.columns().iter().zip(&mut before).zip(&names) {
                mix_column(&mut hashes, &column.values, rows.clone(), before, names);
            }
            hashes
        };
        let hashes: Vec<Vec<u64>> = blocks.into_par_iter().map(hash).collect();
        let mut ends = Vec::new();
        for (row, &hash) in hashes.iter().flatten().enumerate() {
            self.rolling = (self.rolling << SHIFT_BITS).wrapping_add(hash ^ (hash >> 32));
            self.rows += 1;
            if self.rows >= self.max || self.rows >= self.min && self.rolling < self.threshold {
                ends.push(row + 1);
                self.rows = 0;
            }
        }
        ends
    }
}

/// The last present value of some rows of an integer column; `None` if there is none, or for other columns.
fn last_value(values: &Values, rows: Range<usize>) -> Option<u64> {
    match values {
        Values::U32(array) => array.slice(rows).present().next_back().map(u64::from),
        Values::U64(array) => array.slice(rows).present().next_back(),
        Values::I64(array) | Values::Time { values: array, .. } => {
            array.slice(rows).present().next_back().map(|v| v as u64)
        }
        _ => None,
    }
}

/// Mixes a column into the hashes of some rows. `before` is the last integer value before them, `names` the hashes of
/// the column's distinct strings.
fn mix_column(hashes: &mut [u64], values: &Values, rows: Range<usize>, before: &mut u64, names: &[u64]) {
    let mut difference = |v: u64| v.wrapping_sub(std::mem::replace(before, v));
    match &values.slice(rows) {
        Values::U32(array) => mix(hashes, array.iter().map(|v| v.map_or(ABSENT, |v| difference(v.into())))),
        Values::U64(array) => mix(hashes, array.iter().map(|v| v.map_or(ABSENT, &mut difference))),
        Values::I64(array) | Values::Time { values: array, .. } => {
            mix(hashes, array.iter().map(|v| v.map_or(ABSENT, |v| difference(v as u64))));
        }
        Values::F32(array) => mix(hashes, array.iter().map(|v| v.map_or(ABSENT, |v| v.to_bits().into()))),
        Values::F64(array) => mix(hashes, array.iter().map(|v| v.map_or(ABSENT, f64::to_bits))),
        Values::Bool(array) => mix(hashes, array.iter().map(|v| v.map_or(ABSENT, u64::from))),
        Values::Text(labels) => {
            let hash = |&code: &u32| if code == MISSING { ABSENT } else { names[code as usize] };
            mix(hashes, labels.codes.iter().map(hash));
        }
    }
}

/// Mixes one value into the hash of each row.
fn mix(hashes: &mut [u64], values: impl Iterator<Item = u64>) {
    for (hash, value) in hashes.iter_mut().zip(values) {
        *hash = (hash.rotate_left(29) ^ value).wrapping_mul(MIX);
    }
}

/// Hash of a string. The standard library's hash may change between releases, but the boundaries must not.
fn hash_text(text: &str) -> u64 {
    let mut hash = text.len() as u64;
    for bytes in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        hash = (hash.rotate_left(29) ^ u64::from_le_bytes(word)).wrapping_mul(MIX);
    }
    hash
}
