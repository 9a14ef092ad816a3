//! The occurrences of a shape under some labellings, and the ways to count them.

use std::ops::Range;

use super::code::{Code, CodeMap, digits, label_bits};
use super::desk::Desk;
use super::known::Known;
use super::lanes::Lanes;
use super::occurrences::Occurrences;

/// Occurrences found anew that are shown together.
const CHUNK: usize = 1 << 14;

/// Which labels some patterns bear: bit i of a label's mark says that one of them has it at its i-th event.
pub(super) struct Marks(Vec<u8>);

impl Marks {
    /// Those of some codes of `k` of so many labels.
    pub(super) fn of<C: Code>(codes: &[C], labels: usize, k: usize) -> Self {
        let radix = 1 << label_bits(labels);
        let mut marks = vec![0; labels];
        for &code in codes {
            for (at, &label) in digits(code, radix, k)[..k].iter().enumerate() {
                marks[label as usize] |= 1 << at;
            }
        }
        Self(marks)
    }
}

/// The occurrences of a shape under some labellings.
pub(super) struct Drawn<'a> {
    pub(super) occurrences: &'a Occurrences<'a>,
    /// Place of the shape in its group.
    pub(super) place: usize,
    /// Number of the occurrences, or about that.
    pub(super) rows: usize,
    pub(super) k: usize,
    pub(super) labels: &'a Lanes,
    /// Those of the labellings that are looked at.
    pub(super) lanes: Range<usize>,
    /// Of a label.
    pub(super) bits: u32,
}

impl Drawn<'_> {
    /// Starts a count.
    pub(super) fn clear<C: Code>(&self, known: &Known<C>, desk: &mut Desk) {
        desk.clear(known, self.rows, self.lanes.clone());
    }

    /// Counts the occurrences whose first event is one of `roots`.
    pub(super) fn count<C: Code>(&self, roots: Range<u32>, known: &Known<C>, desk: &mut Desk) {
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| desk.add(known, rows, self.labels, self.bits)),
            4 => self.each(roots, |rows: &[[u32; 4]]| desk.add(known, rows, self.labels, self.bits)),
            _ => self.each(roots, |rows: &[[u32; 5]]| desk.add(known, rows, self.labels, self.bits)),
        }
    }

    /// The unknown codes that occur at least `count` times in a lane among `roots`, which have just been counted, and
    /// how often. The higher `count`, the fewer cells of the desk show it: what is asked for seldom costs little.
    pub(super) fn unknown<C: Code>(
        &self,
        lane: usize,
        roots: Range<u32>,
        known: &Known<C>,
        desk: &Desk,
        count: u32,
    ) -> Vec<(C, u32)> {
        let sketch = desk.sketch(lane);
        if !sketch.any_reaches(count) {
            return Vec::new();
        }
        let mut counts: CodeMap<C, u32> = CodeMap::default();
        let mut add = |code: C| {
            if sketch.reaches(known.hash(code), count) && known.place(code) == known.places() {
                *counts.entry(code).or_insert(0) += 1;
            }
        };
        let (labels, bits) = (self.labels, self.bits);
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| labels.each_code(rows, lane, bits, &mut add)),
            4 => self.each(roots, |rows: &[[u32; 4]]| labels.each_code(rows, lane, bits, &mut add)),
            _ => self.each(roots, |rows: &[[u32; 5]]| labels.each_code(rows, lane, bits, &mut add)),
        }
        counts.into_iter().filter(|&(_, n)| n >= count).collect()
    }

    /// Calls `visit` with the lane, the first event and the place of each known occurrence whose first event is one of
    /// `roots`. For few known codes: what bears another label somewhere than `marks` allow is passed over early, in all
    /// lanes at once.
    pub(super) fn places<C: Code>(
        &self,
        roots: Range<u32>,
        known: &Known<C>,
        marks: &Marks,
        mut visit: impl FnMut(usize, u32, usize),
    ) {
        let marks = &self.labels.marks(&marks.0)[..];
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| self.look_up(rows, known, marks, &mut visit)),
            4 => self.each(roots, |rows: &[[u32; 4]]| self.look_up(rows, known, marks, &mut visit)),
            _ => self.each(roots, |rows: &[[u32; 5]]| self.look_up(rows, known, marks, &mut visit)),
        }
    }

    fn look_up<C: Code, const K: usize>(
        &self,
        rows: &[[u32; K]],
        known: &Known<C>,
        marks: &[u64],
        visit: &mut impl FnMut(usize, u32, usize),
    ) {
        // the lowest bit of each lane
        const ONES: u64 = u64::MAX / 0xFF;
        for row in rows {
            let mut allowed = ONES;
            for (at, &event) in row.iter().enumerate() {
                allowed &= marks[event as usize] >> at;
            }
            while allowed != 0 {
                let lane = (allowed.trailing_zeros() / u8::BITS) as usize;
                allowed &= allowed - 1;
                if self.lanes.contains(&lane) {
                    self.labels.each_code(std::slice::from_ref(row), lane, self.bits, |code| {
                        let place = known.place(code);
                        if place < known.places() {
                            visit(lane, row[0], place);
                        }
                    });
                }
            }
        }
    }

    fn each<const K: usize>(&self, roots: Range<u32>, mut visit: impl FnMut(&[[u32; K]])) {
        if let Some(kept) = self.occurrences.kept(self.place) {
            let (rows, _) = kept.as_chunks::<K>();
            let at = |root: u32| rows.partition_point(|row| row[0] < root);
            return visit(&rows[at(roots.start)..at(roots.end)]);
        }
        let mut rows: Vec<[u32; K]> = Vec::with_capacity(CHUNK);
        self.occurrences.each(self.place, |nodes| {
            if roots.contains(&nodes[0]) {
                rows.extend(nodes.as_chunks::<K>().0);
                if rows.len() == CHUNK {
                    visit(&rows);
                    rows.clear();
                }
            }
        });
        visit(&rows);
    }
}
