//! Several labellings interleaved, one per lane.

use std::ops::Range;

use multiversion::multiversion;

use crate::motif::graph::LabelIdx;
use crate::motif::pattern::{LabelKey, digits, label_bits};

/// Number of labellings counted together: an occurrence is read once for all of them.
pub(crate) const LANES: usize = 8;

/// Largest number of labels whose indices fit a byte.
const MAX_BYTE_LABELS: usize = 1 << u8::BITS;

/// For each label, the positions at which a set of patterns has it: bit i is set if the i-th event of some pattern
/// has this label.
pub(crate) struct LabelMask(Vec<u8>);

impl LabelMask {
    /// The mask of the patterns of `k` events with these keys; `labels` is the size of the vocabulary.
    pub(crate) fn new<L: LabelKey>(keys: &[L], labels: usize, k: usize) -> Self {
        let radix = 1 << label_bits(labels);
        let mut bits = vec![0; labels];
        for &key in keys {
            for (rank, label) in digits(key, radix, k)[..k].iter().enumerate() {
                bits[label.index()] |= 1 << rank;
            }
        }
        Self(bits)
    }
}

/// The labels of every event under up to [`LANES`] labellings, `[events][LANES]`.
pub(super) enum LabelLanes {
    /// For up to 256 labels.
    Bytes(Vec<[u8; LANES]>),
    /// For more labels.
    Words(Vec<[u32; LANES]>),
}

impl LabelLanes {
    /// Lanes for `events` events and `labels` labels, all label 0.
    pub(super) fn new(events: usize, labels: usize) -> Self {
        if labels <= MAX_BYTE_LABELS {
            Self::Bytes(vec![[0; LANES]; events])
        } else {
            Self::Words(vec![[0; LANES]; events])
        }
    }

    /// A single labelling, in lane 0.
    pub(super) fn single(labelling: &[LabelIdx], labels: usize) -> Self {
        let mut lanes = Self::new(labelling.len(), labels);
        lanes.set(0, labelling);
        lanes
    }

    /// Bytes per event for a vocabulary of `labels` labels.
    pub(super) fn bytes_per_event(labels: usize) -> usize {
        if labels <= MAX_BYTE_LABELS { LANES } else { LANES * size_of::<u32>() }
    }

    /// Writes a labelling into a lane.
    pub(super) fn set(&mut self, lane: usize, labelling: &[LabelIdx]) {
        match self {
            Self::Bytes(lanes) => lanes.iter_mut().zip(labelling).for_each(|(to, l)| to[lane] = l.0 as u8),
            Self::Words(lanes) => lanes.iter_mut().zip(labelling).for_each(|(to, l)| to[lane] = l.0),
        }
    }

    /// Calls `visit` with the key of each occurrence of `rows` in one lane, `bits` bits per label.
    #[inline]
    pub(super) fn each_key<L: LabelKey, const K: usize>(
        &self,
        rows: &[[u32; K]],
        lane: usize,
        bits: u32,
        visit: impl FnMut(L),
    ) {
        match self {
            Self::Bytes(lanes) => {
                rows.iter().map(|row| key(row, bits, |e| lanes[e][lane].into())).for_each(visit)
            }
            Self::Words(lanes) => rows.iter().map(|row| key(row, bits, |e| lanes[e][lane])).for_each(visit),
        }
    }

    /// The key of an occurrence in one lane, `bits` bits per label.
    #[inline]
    pub(super) fn key<L: LabelKey, const K: usize>(&self, row: &[u32; K], lane: usize, bits: u32) -> L {
        match self {
            Self::Bytes(lanes) => key(row, bits, |e| lanes[e][lane].into()),
            Self::Words(lanes) => key(row, bits, |e| lanes[e][lane]),
        }
    }

    /// For every event, the bits of `mask` for its label in each lane, one byte per lane, the first lane in the
    /// lowest byte.
    pub(super) fn masks(&self, mask: &LabelMask) -> Vec<u64> {
        fn of<T: Copy>(lanes: &[[T; LANES]], bits: impl Fn(T) -> u8) -> Vec<u64> {
            lanes.iter().map(|labels| u64::from_le_bytes(labels.map(&bits))).collect()
        }
        match self {
            Self::Bytes(lanes) => of(lanes, |label| mask.0[usize::from(label)]),
            Self::Words(lanes) => of(lanes, |label| mask.0[label as usize]),
        }
    }

    /// Calls `visit` with the keys of the occurrences in all lanes, `[n, LANES]`, up to [`BATCH`] occurrences at a
    /// time.
    #[inline]
    pub(super) fn each_batch<L: LabelKey, const K: usize>(
        &self,
        rows: &[[u32; K]],
        bits: u32,
        mut visit: impl FnMut(&[L]),
    ) {
        let mut keys = [L::ZERO; BATCH * LANES];
        match self {
            Self::Bytes(lanes) => {
                for rows in rows.chunks(BATCH) {
                    byte_keys(rows, lanes, &mut keys);
                    visit(&keys[..rows.len() * LANES]);
                }
            }
            Self::Words(lanes) => {
                let mut columns = [[0; BATCH * LANES]; K];
                for rows in rows.chunks(BATCH) {
                    fill(&mut columns, rows, lanes);
                    for (i, key) in keys.iter_mut().enumerate() {
                        *key = columns.iter().fold(L::ZERO, |key, column| key.push_bits(bits, column[i]));
                    }
                    visit(&keys[..rows.len() * LANES]);
                }
            }
        }
    }
}

#[inline]
fn key<L: LabelKey, const K: usize>(row: &[u32; K], bits: u32, label: impl Fn(usize) -> u32) -> L {
    row.iter().fold(L::ZERO, |key, &event| key.push_bits(bits, label(event as usize)))
}

/// Occurrences whose keys are built at a time.
pub(super) const BATCH: usize = 64;

/// Writes the keys of up to [`BATCH`] occurrences in all lanes, `[n, LANES]`.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl+bmi2", "x86_64+avx2+bmi2"))]
fn byte_keys<L: LabelKey, const K: usize>(
    rows: &[[u32; K]],
    lanes: &[[u8; LANES]],
    keys: &mut [L; BATCH * LANES],
) {
    let mut columns = [[0; BATCH * LANES]; K];
    fill(&mut columns, rows, lanes);
    L::from_byte_columns(&columns, keys);
}

/// Transposes labels: column i receives the labels of the i-th events of the occurrences, in all lanes.
#[inline(always)]
fn fill<T: Copy, const K: usize>(
    columns: &mut [[T; BATCH * LANES]; K],
    rows: &[[u32; K]],
    lanes: &[[T; LANES]],
) {
    for (i, row) in rows.iter().enumerate() {
        for (column, &event) in columns.iter_mut().zip(row) {
            column.as_chunks_mut::<LANES>().0[i] = lanes[event as usize];
        }
    }
}

/// The lanes `0..lanes` in groups of `size`.
pub(super) fn in_groups(lanes: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..lanes).step_by(size).map(move |first| first..lanes.min(first + size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_words_give_the_same_keys_and_masks() {
        fn check<L: LabelKey + std::fmt::Debug, const K: usize>() {
            let labelling = |lane: usize| -> Vec<LabelIdx> {
                (0..150).map(|e| LabelIdx((e * 7 + lane as u32) % 256)).collect()
            };
            let mut both = [LabelLanes::new(150, 256), LabelLanes::new(150, 257)];
            for lanes in &mut both {
                (0..LANES).for_each(|lane| lanes.set(lane, &labelling(lane)));
            }
            let rows: Vec<[u32; K]> = (0..145).map(|e| std::array::from_fn(|i| e + i as u32)).collect();
            let key = |row: &[u32; K], lane: usize| {
                row.iter().fold(L::ZERO, |key, &e| key.push_bits(8, labelling(lane)[e as usize].0))
            };
            let mask = LabelMask((0..=255).rev().collect());
            for lanes in &both {
                let mut keys = Vec::new();
                lanes.each_batch(&rows, 8, |batch: &[L]| keys.extend_from_slice(batch));
                for lane in 0..LANES {
                    let want: Vec<L> = rows.iter().map(|row| key(row, lane)).collect();
                    let mut of_lane = Vec::new();
                    lanes.each_key(&rows, lane, 8, |key: L| of_lane.push(key));
                    assert_eq!(of_lane, want);
                    assert_eq!(keys.iter().skip(lane).step_by(LANES).copied().collect::<Vec<L>>(), want);
                    let bits =
                        lanes.masks(&mask).iter().map(|bits| bits.to_le_bytes()[lane]).collect::<Vec<u8>>();
                    assert_eq!(bits, labelling(lane).iter().map(|l| mask.0[l.index()]).collect::<Vec<u8>>());
                }
            }
        }
        check::<u64, 3>();
        check::<u64, 4>();
        check::<u64, 5>();
        check::<u128, 5>();
    }

    #[test]
    fn groups_of_lanes_cover_all_of_them() {
        assert_eq!(in_groups(7, 3).collect::<Vec<_>>(), [0..3, 3..6, 6..7]);
        assert!(in_groups(8, 8).eq(std::iter::once(0..8)));
    }
}
