//! Where content-defined row groups end: by the rows themselves, so that an edit moves the ends near it and no others.
//!
//! A hash rolls over the last eight rows: a changed row can move the ends within the eight behind it alone. Once a
//! group has its minimum, it ends at the row where the hash falls below a threshold, and at its maximum in any case.
//! Integers and times enter as the difference to the row before: where rows are inserted into numbered ones, all
//! numbers behind them shift, and their differences do not.
//! Source: Xia et al. 2016 (FastCDC), with rows in the place of bytes.

use std::ops::Range;

use rayon::prelude::*;

use crate::store::StoreConfig;
use crate::table::{MISSING, Table, Values};

/// Stands for a missing value.
const ABSENT: u64 = 0x9e37_79b9_7f4a_7c15;
/// An odd number whose bits look random: carries low bits into the high ones.
const MIX: u64 = 0xff51_afd7_ed55_8ccd;
/// Rows that a thread hashes at a time: their hashes stay in the nearest cache while the columns pass by.
const BLOCK: usize = 2048;
/// Bits by which the hash moves on with each row: 64 / 8 rows are in it.
const STEP: u32 = 8;

/// Finds the ends of row groups, batch by batch. 8 bytes a row of the batch.
pub(crate) struct Cuts {
    min: usize,
    max: usize,
    threshold: u64,
    /// Rows of the group that is under way.
    rows: usize,
    rolling: u64,
    /// The last value of each column of integers.
    before: Vec<u64>,
}

impl Cuts {
    /// Of a checked configuration.
    pub(crate) fn new(config: &StoreConfig) -> Self {
        let [min, mean, max] =
            [config.min_row_group_rows, config.row_group_rows, config.max_row_group_rows].map(|n| n as usize);
        let threshold = u64::MAX / mean.saturating_sub(min).max(1) as u64;
        Self { min, max, threshold, rows: 0, rolling: 0, before: Vec::new() }
    }

    /// The rows of the batch at which groups end, each the first of the next group. The next batch goes on from there.
    pub(crate) fn ends(&mut self, batch: &Table) -> Vec<usize> {
        self.before.resize(batch.columns().len(), 0);
        let names: Vec<Vec<u64>> = batch
            .columns()
            .iter()
            .map(|column| match &column.values {
                Values::Text(labels) => labels.names.iter().map(|name| text(name)).collect(),
                _ => Vec::new(),
            })
            .collect();
        let blocks: Vec<_> = (0..batch.rows())
            .step_by(BLOCK)
            .map(|start| {
                let rows = start..batch.rows().min(start + BLOCK);
                let before = self.before.clone();
                for (before, column) in self.before.iter_mut().zip(batch.columns()) {
                    *before = last(&column.values, rows.clone()).unwrap_or(*before);
                }
                (rows, before)
            })
            .collect();
        let hash = |(rows, mut before): (Range<usize>, Vec<u64>)| {
            let mut hashes = vec![0; rows.len()];
            for ((column, before), names) in batch.columns().iter().zip(&mut before).zip(&names) {
                add_column(&mut hashes, &column.values, rows.clone(), before, names);
            }
            hashes
        };
        let hashes: Vec<Vec<u64>> = blocks.into_par_iter().map(hash).collect();
        let mut ends = Vec::new();
        for (row, &hash) in hashes.iter().flatten().enumerate() {
            self.rolling = (self.rolling << STEP).wrapping_add(hash ^ (hash >> 32));
            self.rows += 1;
            if self.rows >= self.max || self.rows >= self.min && self.rolling < self.threshold {
                ends.push(row + 1);
                self.rows = 0;
            }
        }
        ends
    }
}

/// The last value of some rows, if the column is one of integers and one is present.
fn last(values: &Values, rows: Range<usize>) -> Option<u64> {
    match values {
        Values::U32(array) => array.slice(rows).present().next_back().map(u64::from),
        Values::U64(array) => array.slice(rows).present().next_back(),
        Values::I64(array) | Values::Time { values: array, .. } => {
            array.slice(rows).present().next_back().map(|v| v as u64)
        }
        _ => None,
    }
}

/// Adds a column to the hashes of some rows; `names` are the hashes of its strings.
fn add_column(hashes: &mut [u64], values: &Values, rows: Range<usize>, before: &mut u64, names: &[u64]) {
    let mut step = |v: u64| v.wrapping_sub(std::mem::replace(before, v));
    match &values.slice(rows) {
        Values::U32(array) => add(hashes, array.iter().map(|v| v.map_or(ABSENT, |v| step(v.into())))),
        Values::U64(array) => add(hashes, array.iter().map(|v| v.map_or(ABSENT, &mut step))),
        Values::I64(array) | Values::Time { values: array, .. } => {
            add(hashes, array.iter().map(|v| v.map_or(ABSENT, |v| step(v as u64))));
        }
        Values::F32(array) => add(hashes, array.iter().map(|v| v.map_or(ABSENT, |v| v.to_bits().into()))),
        Values::F64(array) => add(hashes, array.iter().map(|v| v.map_or(ABSENT, f64::to_bits))),
        Values::Bool(array) => add(hashes, array.iter().map(|v| v.map_or(ABSENT, u64::from))),
        Values::Text(labels) => {
            let hash = |&code: &u32| if code == MISSING { ABSENT } else { names[code as usize] };
            add(hashes, labels.codes.iter().map(hash));
        }
    }
}

fn add(hashes: &mut [u64], values: impl Iterator<Item = u64>) {
    for (hash, value) in hashes.iter_mut().zip(values) {
        *hash = (hash.rotate_left(29) ^ value).wrapping_mul(MIX);
    }
}

/// A hash of a string that no release of the compiler changes: files must be cut alike tomorrow.
fn text(text: &str) -> u64 {
    let mut hash = text.len() as u64;
    for bytes in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        hash = (hash.rotate_left(29) ^ u64::from_le_bytes(word)).wrapping_mul(MIX);
    }
    hash
}
