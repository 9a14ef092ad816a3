//! The occurrences of a shape under one labelling, and the ways to count them.

use std::ops::Range;

use super::code::{Code, CodeMap, digits, label_bits};
use super::desk::Desk;
use super::known::{BATCH, Batch, Known};
use super::occurrences::Occurrences;

/// Occurrences shown together.
const STRIDE: usize = 1 << 14;

/// Which labels the first and the last events of some patterns bear.
pub(super) struct Ends {
    first: Vec<bool>,
    last: Vec<bool>,
}

impl Ends {
    /// Those of some codes of `k` of so many labels.
    pub(super) fn of<C: Code>(codes: &[C], labels: usize, k: usize) -> Self {
        let radix = 1 << label_bits(labels);
        let mut ends = Self { first: vec![false; labels], last: vec![false; labels] };
        for &code in codes {
            let labels = digits(code, radix, k);
            ends.first[labels[0] as usize] = true;
            ends.last[labels[k - 1] as usize] = true;
        }
        ends
    }
}

/// The occurrences of a shape under one labelling.
pub(super) struct Drawn<'a> {
    pub(super) occurrences: &'a Occurrences<'a>,
    /// Place of the shape in its group.
    pub(super) place: usize,
    /// Number of the occurrences, or about that.
    pub(super) rows: usize,
    pub(super) k: usize,
    pub(super) labels: &'a [u32],
    /// Of a label.
    pub(super) bits: u32,
}

impl Drawn<'_> {
    /// Starts a count.
    pub(super) fn clear<C: Code>(&self, known: &Known<C>, desk: &mut Desk) {
        desk.clear(known, self.rows);
    }

    /// Counts the occurrences whose first event is one of `roots`.
    pub(super) fn count<C: Code>(&self, roots: Range<u32>, known: &Known<C>, desk: &mut Desk) {
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| desk.add(known, rows, self.labels, self.bits)),
            4 => self.each(roots, |rows: &[[u32; 4]]| desk.add(known, rows, self.labels, self.bits)),
            _ => self.each(roots, |rows: &[[u32; 5]]| desk.add(known, rows, self.labels, self.bits)),
        }
    }

    /// The unknown codes that occur at least `count` times among `roots`, which have just been counted, and how often.
    /// The higher `count`, the fewer cells of the desk show it: what is asked for seldom costs little.
    pub(super) fn unknown<C: Code>(
        &self,
        roots: Range<u32>,
        known: &Known<C>,
        desk: &Desk,
        count: u32,
    ) -> Vec<(C, u32)> {
        if !desk.any_may_reach(count) {
            return Vec::new();
        }
        let mut counts: CodeMap<C, u32> = CodeMap::default();
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| self.count_hot(rows, known, desk, count, &mut counts)),
            4 => self.each(roots, |rows: &[[u32; 4]]| self.count_hot(rows, known, desk, count, &mut counts)),
            _ => self.each(roots, |rows: &[[u32; 5]]| self.count_hot(rows, known, desk, count, &mut counts)),
        }
        counts.into_iter().filter(|&(_, n)| n >= count).collect()
    }

    fn count_hot<C: Code, const K: usize>(
        &self,
        rows: &[[u32; K]],
        known: &Known<C>,
        desk: &Desk,
        count: u32,
        counts: &mut CodeMap<C, u32>,
    ) {
        let mut batch = Batch::new();
        for rows in rows.chunks(BATCH) {
            known.look_up(rows, self.labels, self.bits, &mut batch);
            for ((&code, &hash), &place) in
                batch.codes[..rows.len()].iter().zip(&batch.hashes).zip(&batch.places)
            {
                if desk.may_reach(hash, count) && place as usize == known.places() {
                    *counts.entry(code).or_insert(0) += 1;
                }
            }
        }
    }

    /// Calls `visit` with the first event and the place of each known occurrence whose first event is one of `roots`;
    /// what begins or ends with another label than `known` does is passed over early.
    pub(super) fn places<C: Code>(
        &self,
        roots: Range<u32>,
        known: &Known<C>,
        ends: &Ends,
        mut visit: impl FnMut(u32, u32),
    ) {
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| self.look_up(rows, known, ends, &mut visit)),
            4 => self.each(roots, |rows: &[[u32; 4]]| self.look_up(rows, known, ends, &mut visit)),
            _ => self.each(roots, |rows: &[[u32; 5]]| self.look_up(rows, known, ends, &mut visit)),
        }
    }

    fn look_up<C: Code, const K: usize>(
        &self,
        rows: &[[u32; K]],
        known: &Known<C>,
        Ends { first, last }: &Ends,
        visit: &mut impl FnMut(u32, u32),
    ) {
        let mut batch = Batch::new();
        let mut chosen = [[0; K]; BATCH];
        for rows in rows.chunks(BATCH) {
            let mut n = 0;
            for row in rows {
                chosen[n] = *row;
                let label = |node: u32| self.labels[node as usize] as usize;
                n += usize::from(first[label(row[0])] & last[label(row[K - 1])]);
            }
            let rows = &chosen[..n];
            known.look_up(rows, self.labels, self.bits, &mut batch);
            let places = rows.iter().zip(&batch.places).filter(|&(_, &at)| (at as usize) < known.places());
            places.for_each(|(row, &place)| visit(row[0], place));
        }
    }

    fn each<const K: usize>(&self, roots: Range<u32>, mut visit: impl FnMut(&[[u32; K]])) {
        if let Some(kept) = self.occurrences.kept(self.place) {
            let (rows, _) = kept.as_chunks::<K>();
            let at = |root: u32| rows.partition_point(|row| row[0] < root);
            return rows[at(roots.start)..at(roots.end)].chunks(STRIDE).for_each(visit);
        }
        let mut rows: Vec<[u32; K]> = Vec::with_capacity(STRIDE);
        self.occurrences.each(self.place, |nodes| {
            if roots.contains(&nodes[0]) {
                rows.extend(nodes.as_chunks::<K>().0);
                if rows.len() == STRIDE {
                    visit(&rows);
                    rows.clear();
                }
            }
        });
        visit(&rows);
    }
}
