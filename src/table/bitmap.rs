//! Bitmaps: one bit per row, set if the row has a value.

use std::fmt;
use std::ops::Range;

use super::Buffer;

/// One bit for each row, the lowest bit of a byte first: Arrow's layout.
///
/// Clones and slices share the bytes.
#[derive(Clone, Default)]
pub struct Bitmap {
    bytes: Buffer<u8>,
    /// Index of the bit of row 0 in `bytes`.
    offset: usize,
    len: usize,
}

impl Bitmap {
    /// `len` rows, all set to `bit`.
    pub fn repeat(bit: bool, len: usize) -> Self {
        let byte = if bit { u8::MAX } else { 0 };
        Self { bytes: vec![byte; len.div_ceil(8)].into(), offset: 0, len }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bit of row `i`.
    ///
    /// # Panics
    /// If `i` is not a row.
    #[track_caller]
    pub fn get(&self, i: usize) -> bool {
        assert!(i < self.len, "row {i} of {}", self.len);
        let bit = self.offset + i;
        self.bytes[bit / 8] >> (bit % 8) & 1 == 1
    }

    /// The bits in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = bool> + DoubleEndedIterator + Clone + '_ {
        let bytes = &self.bytes[..];
        (self.offset..self.offset + self.len).map(move |bit| bytes[bit / 8] >> (bit % 8) & 1 == 1)
    }

    /// Number of rows whose bit is set.
    pub fn count_ones(&self) -> usize {
        let (first, end) = (self.offset, self.offset + self.len);
        let whole = first.div_ceil(8)..end / 8;
        if whole.start >= whole.end {
            return self.iter().filter(|&bit| bit).count();
        }
        let ones = |bits: Range<usize>| bits.filter(|&bit| self.bytes[bit / 8] >> (bit % 8) & 1 == 1).count();
        let within: usize = self.bytes[whole.clone()].iter().map(|byte| byte.count_ones() as usize).sum();
        ones(first..8 * whole.start) + within + ones(8 * whole.end..end)
    }

    /// The rows of `range`, without a copy.
    ///
    /// # Panics
    /// If the range is not within the rows.
    #[track_caller]
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} of {} rows", self.len);
        Self { bytes: self.bytes.clone(), offset: self.offset + range.start, len: range.end - range.start }
    }

    /// The bytes, the index of the bit of row 0 in them, and the number of rows.
    pub fn parts(&self) -> (&Buffer<u8>, usize, usize) {
        (&self.bytes, self.offset, self.len)
    }
}

impl From<Bitmap> for BitmapBuilder {
    /// Continues a bitmap; without a copy if its first bit is the first of its bytes and nothing else shares them.
    fn from(bitmap: Bitmap) -> Self {
        if bitmap.offset != 0 {
            let mut builder = Self::default();
            bitmap.iter().for_each(|bit| builder.push(bit));
            return builder;
        }
        let mut bytes = bitmap.bytes.into_vec();
        bytes.truncate(bitmap.len.div_ceil(8));
        // Bits past the end must be 0: `push` only sets bits.
        if let (Some(last), used @ 1..) = (bytes.last_mut(), bitmap.len % 8) {
            *last &= (1 << used) - 1;
        }
        Self { bytes, len: bitmap.len }
    }
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let mut builder = BitmapBuilder::default();
        bits.into_iter().for_each(|bit| builder.push(bit));
        builder.finish()
    }
}

impl fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Bitmap {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Bitmap {}

/// A bitmap under construction.
#[derive(Debug, Clone, Default)]
pub(super) struct BitmapBuilder {
    bytes: Vec<u8>,
    len: usize,
}

impl BitmapBuilder {
    /// Appends the bit of a row.
    pub(super) fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let (true, Some(last)) = (bit, self.bytes.last_mut()) {
            *last |= 1 << (self.len % 8);
        }
        self.len += 1;
    }

    /// Appends `rows` rows of one bit.
    pub(super) fn extend(&mut self, bit: bool, rows: usize) {
        let end = self.len + rows;
        while self.len < end && !self.len.is_multiple_of(8) {
            self.push(bit);
        }
        let whole = (end - self.len) / 8;
        self.bytes.resize(self.bytes.len() + whole, if bit { u8::MAX } else { 0 });
        self.len += 8 * whole;
        while self.len < end {
            self.push(bit);
        }
    }

    /// The finished bitmap.
    pub(super) fn finish(self) -> Bitmap {
        Bitmap { bytes: self.bytes.into(), offset: 0, len: self.len }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_slices_and_counts_are_those_of_a_list(
            bits in prop::collection::vec(any::<bool>(), 0..100),
            (start, len) in (0usize..100, 0usize..100),
        ) {
            let bitmap: Bitmap = bits.iter().copied().collect();
            prop_assert!(bitmap.iter().eq(bits.iter().copied()));
            let start = start.min(bits.len());
            let range = start..(start + len).min(bits.len());
            let part = bitmap.slice(range.clone());
            prop_assert!(part.iter().eq(bits[range.clone()].iter().copied()));
            prop_assert_eq!(part.count_ones(), bits[range.clone()].iter().filter(|&&bit| bit).count());
            prop_assert_eq!(&part, &bits[range].iter().copied().collect::<Bitmap>());
        }

        #[test]
        fn a_continued_slice_keeps_its_bits(
            bits in prop::collection::vec(any::<bool>(), 0..40),
            more in prop::collection::vec(any::<bool>(), 0..20),
            (start, len) in (0usize..40, 0usize..40),
        ) {
            let bitmap: Bitmap = bits.iter().copied().collect();
            let start = start.min(bits.len());
            let range = start..(start + len).min(bits.len());
            let mut builder = BitmapBuilder::from(bitmap.slice(range.clone()));
            more.iter().for_each(|&bit| builder.push(bit));
            prop_assert!(builder.finish().iter().eq(bits[range].iter().chain(&more).copied()));
        }

        #[test]
        fn runs_are_the_bits_one_by_one(runs in prop::collection::vec((any::<bool>(), 0usize..40), 0..6)) {
            let mut builder = BitmapBuilder::default();
            runs.iter().for_each(|&(bit, rows)| builder.extend(bit, rows));
            let bits = runs.iter().flat_map(|&(bit, rows)| std::iter::repeat_n(bit, rows));
            prop_assert_eq!(builder.finish(), bits.collect::<Bitmap>());
        }
    }

    #[test]
    fn a_repeated_bit_is_every_bit() {
        assert_eq!(Bitmap::repeat(true, 13).count_ones(), 13);
        assert_eq!(Bitmap::repeat(false, 13), (0..13).map(|_| false).collect());
    }
}
