//! Labellings side by side.

use std::ops::Range;

use crate::motif::graph::LabelIdx;
use crate::motif::pattern::{LabelKey, digits, label_bits};

/// Labellings that are counted together: one read of an occurrence serves all of them.
pub(crate) const LANES: usize = 8;

/// Largest number of labels that fit into a byte.
const BYTE: usize = 1 << u8::BITS;

/// For each label, the events of some patterns that have it: bit i is set if one of the patterns has it at its i-th
/// event.
pub(crate) struct LabelMask(Vec<u8>);

impl LabelMask {
    /// The mask of the patterns with these keys, of `k` of `labels` labels.
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

/// The labels of every event under up to [`LANES`] labellings, a lane each.
pub(super) enum LabelLanes {
    /// Up to 256 labels.
    Bytes(Vec<[u8; LANES]>),
    /// More labels.
    Words(Vec<[u32; LANES]>),
}

impl LabelLanes {
    /// Lanes for `events` events and `labels` labels, all label 0.
    pub(super) fn new(events: usize, labels: usize) -> Self {
        if labels <= BYTE {
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

    /// Number of bytes for each event.
    pub(super) fn bytes(labels: usize) -> usize {
        if labels <= BYTE { LANES } else { LANES * size_of::<u32>() }
    }

    /// Writes a labelling into a lane.
    pub(super) fn set(&mut self, lane: usize, labelling: &[LabelIdx]) {
        match self {
            Self::Bytes(lanes) => lanes.iter_mut().zip(labelling).for_each(|(to, l)| to[lane] = l.0 as u8),
            Self::Words(lanes) => lanes.iter_mut().zip(labelling).for_each(|(to, l)| to[lane] = l.0),
        }
    }

    /// Calls `visit` with the key of each of some occurrences in a lane, `bits` bits a label.
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

    /// The bits of `mask` for the label of every event in every lane, the first lane in the lowest byte.
    pub(super) fn masks(&self, mask: &LabelMask) -> Vec<u64> {
        fn of<T: Copy>(lanes: &[[T; LANES]], bits: impl Fn(T) -> u8) -> Vec<u64> {
            lanes.iter().map(|labels| u64::from_le_bytes(labels.map(&bits))).collect()
        }
        match self {
            Self::Bytes(lanes) => of(lanes, |label| mask.0[usize::from(label)]),
            Self::Words(lanes) => of(lanes, |label| mask.0[label as usize]),
        }
    }

    /// Calls `visit` with the keys of the occurrences in every lane, `[n, LANES]`, for up to [`BATCH`] at a time.
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
                let mut columns = [[0; BATCH * LANES]; K];
                for rows in rows.chunks(BATCH) {
                    fill(&mut columns, rows, lanes);
                    L::from_byte_columns(&columns, &mut keys);
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

/// Occurrences whose keys are built together.
pub(super) const BATCH: usize = 64;

/// Writes the labels of the first events of some occurrences in every lane, then those of the second, ...
#[inline]
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

/// `lanes` lanes in groups of `size`.
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
