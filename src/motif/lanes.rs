//! Drawn labellings side by side.

use std::ops::Range;

use super::code::Code;

/// Labellings that are counted together: one read of an occurrence serves all of them.
pub(super) const LANES: usize = 8;

/// Most labels that fit into a byte.
const BYTE: usize = 1 << u8::BITS;

/// The labels of every event under up to [`LANES`] labellings, a lane each.
pub(super) enum Lanes {
    /// Of up to 256 labels.
    Bytes(Vec<[u8; LANES]>),
    /// Of more.
    Words(Vec<[u32; LANES]>),
}

impl Lanes {
    /// Lanes for `events` events and so many labels, all of label 0.
    pub(super) fn new(events: usize, labels: usize) -> Self {
        if labels <= BYTE {
            Self::Bytes(vec![[0; LANES]; events])
        } else {
            Self::Words(vec![[0; LANES]; events])
        }
    }

    /// A single labelling, in lane 0.
    pub(super) fn of(labelling: &[u32], labels: usize) -> Self {
        let mut lanes = Self::new(labelling.len(), labels);
        lanes.set(0, labelling);
        lanes
    }

    /// Bytes for each event.
    pub(super) fn bytes(labels: usize) -> usize {
        if labels <= BYTE { LANES } else { LANES * size_of::<u32>() }
    }

    /// Puts a labelling into a lane.
    pub(super) fn set(&mut self, lane: usize, labelling: &[u32]) {
        match self {
            Self::Bytes(lanes) => lanes.iter_mut().zip(labelling).for_each(|(to, &l)| to[lane] = l as u8),
            Self::Words(lanes) => lanes.iter_mut().zip(labelling).for_each(|(to, &l)| to[lane] = l),
        }
    }

    /// Calls `visit` with the code of each of some occurrences in a lane, of labels of `bits` bits.
    #[inline]
    pub(super) fn each_code<C: Code, const K: usize>(
        &self,
        rows: &[[u32; K]],
        lane: usize,
        bits: u32,
        visit: impl FnMut(C),
    ) {
        match self {
            Self::Bytes(lanes) => {
                rows.iter().map(|row| code(row, bits, |e| lanes[e][lane].into())).for_each(visit)
            }
            Self::Words(lanes) => rows.iter().map(|row| code(row, bits, |e| lanes[e][lane])).for_each(visit),
        }
    }

    /// What `of_label` says of the label of every event in every lane, the first lane in the lowest byte.
    pub(super) fn marks(&self, of_label: &[u8]) -> Vec<u64> {
        fn of<T: Copy>(lanes: &[[T; LANES]], mark: impl Fn(T) -> u8) -> Vec<u64> {
            lanes.iter().map(|labels| u64::from_le_bytes(labels.map(&mark))).collect()
        }
        match self {
            Self::Bytes(lanes) => of(lanes, |label| of_label[usize::from(label)]),
            Self::Words(lanes) => of(lanes, |label| of_label[label as usize]),
        }
    }

    /// Calls `visit` with the codes of the occurrences in every lane, `[n, LANES]`, for up to [`BATCH`] at a time.
    #[inline]
    pub(super) fn each_batch<C: Code, const K: usize>(
        &self,
        rows: &[[u32; K]],
        bits: u32,
        mut visit: impl FnMut(&[C]),
    ) {
        let mut codes = [C::ZERO; BATCH * LANES];
        match self {
            Self::Bytes(lanes) => {
                let mut columns = [[0; BATCH * LANES]; K];
                for rows in rows.chunks(BATCH) {
                    fill(&mut columns, rows, lanes);
                    C::of_bytes(&columns, &mut codes);
                    visit(&codes[..rows.len() * LANES]);
                }
            }
            Self::Words(lanes) => {
                let mut columns = [[0; BATCH * LANES]; K];
                for rows in rows.chunks(BATCH) {
                    fill(&mut columns, rows, lanes);
                    for (at, code) in codes.iter_mut().enumerate() {
                        *code = columns.iter().fold(C::ZERO, |code, column| code.append(bits, column[at]));
                    }
                    visit(&codes[..rows.len() * LANES]);
                }
            }
        }
    }
}

#[inline]
fn code<C: Code, const K: usize>(row: &[u32; K], bits: u32, label: impl Fn(usize) -> u32) -> C {
    row.iter().fold(C::ZERO, |code, &event| code.append(bits, label(event as usize)))
}

/// Occurrences whose codes are made together.
pub(super) const BATCH: usize = 64;

/// Writes the labels of the first events of some occurrences in every lane, then those of the second, ...
#[inline]
fn fill<T: Copy, const K: usize>(
    columns: &mut [[T; BATCH * LANES]; K],
    rows: &[[u32; K]],
    lanes: &[[T; LANES]],
) {
    for (at, row) in rows.iter().enumerate() {
        for (column, &event) in columns.iter_mut().zip(row) {
            column.as_chunks_mut::<LANES>().0[at] = lanes[event as usize];
        }
    }
}

/// The lanes in groups of `size`.
pub(super) fn in_groups(lanes: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..lanes).step_by(size).map(move |first| first..lanes.min(first + size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_words_say_the_same() {
        fn check<C: Code + std::fmt::Debug, const K: usize>() {
            let labelling =
                |lane: usize| -> Vec<u32> { (0..150).map(|e| (e * 7 + lane as u32) % 256).collect() };
            let mut both = [Lanes::new(150, 256), Lanes::new(150, 257)];
            for lanes in &mut both {
                (0..LANES).for_each(|lane| lanes.set(lane, &labelling(lane)));
            }
            let rows: Vec<[u32; K]> = (0..145).map(|e| std::array::from_fn(|i| e + i as u32)).collect();
            let code = |row: &[u32; K], lane: usize| {
                row.iter().fold(C::ZERO, |code, &e| code.append(8, labelling(lane)[e as usize]))
            };
            let marks: Vec<u8> = (0..=255).rev().collect();
            for lanes in &both {
                let mut codes = Vec::new();
                lanes.each_batch(&rows, 8, |batch: &[C]| codes.extend_from_slice(batch));
                for lane in 0..LANES {
                    let want: Vec<C> = rows.iter().map(|row| code(row, lane)).collect();
                    let mut of_lane = Vec::new();
                    lanes.each_code(&rows, lane, 8, |code: C| of_lane.push(code));
                    assert_eq!(of_lane, want);
                    assert_eq!(codes.iter().skip(lane).step_by(LANES).copied().collect::<Vec<C>>(), want);
                    let marked =
                        lanes.marks(&marks).iter().map(|mark| mark.to_le_bytes()[lane]).collect::<Vec<u8>>();
                    assert_eq!(
                        marked,
                        labelling(lane).iter().map(|&l| marks[l as usize]).collect::<Vec<u8>>()
                    );
                }
            }
        }
        check::<u64, 3>();
        check::<u64, 4>();
        check::<u64, 5>();
        check::<u128, 5>();
    }

    #[test]
    fn groups_of_lanes_leave_none_out() {
        assert_eq!(in_groups(7, 3).collect::<Vec<_>>(), [0..3, 3..6, 6..7]);
        assert!(in_groups(8, 8).eq(std::iter::once(0..8)));
    }
}
