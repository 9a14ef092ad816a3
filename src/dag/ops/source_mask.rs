//! Bit sets of sources, and counters of the sets that contain each source.

use std::ops::{BitAnd, BitOr, BitXor};

/// A set of up to 64·W sources of one sweep, one bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SourceMask<const W: usize>([u64; W]);

impl<const W: usize> SourceMask<W> {
    pub(super) const NONE: Self = Self([0; W]);
    pub(super) const SOURCES: usize = 64 * W;

    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }

    pub(super) fn set(&mut self, source: usize) {
        self.0[source / 64] |= 1 << (source % 64);
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.iter().fold(0, |all, word| all | word) == 0
    }

    /// The sources of the set, rising.
    pub(super) fn sources(self) -> impl Iterator<Item = usize> {
        (0..W).flat_map(move |i| {
            let rest = std::iter::successors(Some(self.0[i]), |&word| Some(word & word.wrapping_sub(1)));
            rest.take_while(|&word| word != 0).map(move |word| 64 * i + word.trailing_zeros() as usize)
        })
    }
}

impl<const W: usize> BitAnd for SourceMask<W> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }
}

impl<const W: usize> BitOr for SourceMask<W> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }
}

impl<const W: usize> BitXor for SourceMask<W> {
    type Output = Self;
    fn bitxor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }
}

/// Counts, for each source, the masks that hold it: the bit planes of one binary counter per source, fed through a
/// tree of full adders (Harley and Seal).
pub(super) struct SourceCounter<const W: usize> {
    /// Planes of the bits 2^0, 2^1, ...
    planes: [SourceMask<W>; 33],
    /// Masks not yet added, the first `pending_len` of them.
    pending: [SourceMask<W>; 8],
    pending_len: usize,
}

/// Sum and carry of three bits.
#[inline]
fn full_add<const W: usize>(
    a: SourceMask<W>,
    b: SourceMask<W>,
    c: SourceMask<W>,
) -> (SourceMask<W>, SourceMask<W>) {
    let half = a ^ b;
    (half ^ c, (a & b) | (half & c))
}

impl<const W: usize> SourceCounter<W> {
    pub(super) fn new() -> Self {
        Self { planes: [SourceMask::NONE; 33], pending: [SourceMask::NONE; 8], pending_len: 0 }
    }

    #[inline]
    pub(super) fn count(&mut self, mask: SourceMask<W>) {
        self.pending[self.pending_len] = mask;
        self.pending_len += 1;
        if self.pending_len == 8 {
            self.add_pending();
        }
    }

    /// Counts a mask `times` times. O(bits of `times`) additions of planes.
    #[inline]
    pub(super) fn count_times(&mut self, mask: SourceMask<W>, times: u32) {
        if times == 1 {
            return self.count(mask);
        }
        for bit in (0..u32::BITS).filter(|bit| times >> bit & 1 == 1) {
            self.carry_into(bit as usize, mask);
        }
    }

    /// Adds a mask to the plane of the bit 2^`first`, and what carries to the planes above.
    #[inline]
    fn carry_into(&mut self, first: usize, mut carry: SourceMask<W>) {
        for plane in &mut self.planes[first..] {
            if carry.is_none() {
                break;
            }
            (*plane, carry) = (*plane ^ carry, *plane & carry);
        }
    }

    fn add_pending(&mut self) {
        let [a, b, c, d, e, f, g, h] = std::mem::replace(&mut self.pending, [SourceMask::NONE; 8]);
        self.pending_len = 0;
        let [one, two, four, ..] = self.planes;
        let (one, two_a) = full_add(one, a, b);
        let (one, two_b) = full_add(one, c, d);
        let (two, four_a) = full_add(two, two_a, two_b);
        let (one, two_a) = full_add(one, e, f);
        let (one, two_b) = full_add(one, g, h);
        let (two, four_b) = full_add(two, two_a, two_b);
        let (four, eight) = full_add(four, four_a, four_b);
        (self.planes[0], self.planes[1], self.planes[2]) = (one, two, four);
        self.carry_into(3, eight);
    }

    /// The count of each source, `[SOURCES]`.
    pub(super) fn totals(mut self) -> impl Iterator<Item = u32> {
        self.add_pending();
        (0..SourceMask::<W>::SOURCES).map(move |source| {
            let bit = |plane: &SourceMask<W>| (plane.0[source / 64] >> (source % 64) & 1) as u32;
            self.planes.iter().rev().fold(0, |sum, plane| sum << 1 | bit(plane))
        })
    }
}
