//! The labels of an occurrence as one integer key.

use std::hash::{BuildHasherDefault, Hasher};

use crate::motif::enumerate::MAX_NODES;
use crate::motif::graph::LabelIdx;

/// An integer whose digits are the labels of an occurrence, the earliest event's most significant: keys of one shape
/// sort as their labels do.
pub(crate) trait LabelKey: Copy + Ord + std::hash::Hash + Send + Sync + 'static {
    const ZERO: Self;
    /// Marks the absence of a key; above every valid one.
    const NONE: Self;
    /// Width of the integer, bits.
    const BITS: u32;
    /// Appends a digit below `radix`.
    fn push(self, radix: u32, digit: LabelIdx) -> Self;
    /// Appends a digit below 2^`bits`.
    fn push_bits(self, bits: u32, digit: u32) -> Self;
    /// Writes N keys of 8-bit digits; `columns` are the digits, the earliest event's first, `[k][N]`, k from 3 to 5.
    fn from_byte_columns<const N: usize>(columns: &[[u8; N]], keys: &mut [Self; N]);
    /// Removes the last digit.
    fn pop(self, radix: u32) -> (Self, LabelIdx);
    /// A 64-bit hash; the upper bits are mixed best.
    fn mix(self) -> u64;
    /// A weaker and faster 64-bit hash, one for each odd `multiplier`; only the upper bits are well mixed.
    fn hash(self, multiplier: u64) -> u64;
    /// The key as an index into an array with an entry for every key.
    fn index(self) -> usize;
}

/// The odd number nearest to 2^64 / golden ratio (Fibonacci hashing): neighbouring keys get distant hashes.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl LabelKey for u64 {
    const ZERO: Self = 0;
    const NONE: Self = Self::MAX;
    const BITS: u32 = Self::BITS;
    #[inline]
    fn push(self, radix: u32, digit: LabelIdx) -> Self {
        self * Self::from(radix) + Self::from(digit.0)
    }
    #[inline]
    fn push_bits(self, bits: u32, digit: u32) -> Self {
        self << bits | Self::from(digit)
    }
    #[inline(always)]
    fn from_byte_columns<const N: usize>(columns: &[[u8; N]], keys: &mut [Self; N]) {
        // two labels in 16 bits, four in 32: narrow integers put more keys into one SIMD instruction
        let (mut first, mut second) = ([0_u16; N], [0_u16; N]);
        for (key, (&a, &b)) in first.iter_mut().zip(columns[0].iter().zip(&columns[1])) {
            *key = u16::from(a) << 8 | u16::from(b);
        }
        if columns.len() == 3 {
            for (key, (&ab, &c)) in keys.iter_mut().zip(first.iter().zip(&columns[2])) {
                *key = Self::from(ab) << 8 | Self::from(c);
            }
            return;
        }
        for (key, (&c, &d)) in second.iter_mut().zip(columns[2].iter().zip(&columns[3])) {
            *key = u16::from(c) << 8 | u16::from(d);
        }
        let mut four = [0_u32; N];
        for (key, (&ab, &cd)) in four.iter_mut().zip(first.iter().zip(&second)) {
            *key = u32::from(ab) << 16 | u32::from(cd);
        }
        match columns.get(4) {
            None => keys.iter_mut().zip(&four).for_each(|(key, &abcd)| *key = abcd.into()),
            Some(last) => {
                for (key, (&abcd, &e)) in keys.iter_mut().zip(four.iter().zip(last)) {
                    *key = Self::from(abcd) << 8 | Self::from(e);
                }
            }
        }
    }
    fn pop(self, radix: u32) -> (Self, LabelIdx) {
        (self / Self::from(radix), LabelIdx((self % Self::from(radix)) as u32))
    }
    #[inline]
    fn mix(self) -> u64 {
        (self ^ self >> 32).wrapping_mul(GOLDEN)
    }
    #[inline]
    fn hash(self, multiplier: u64) -> u64 {
        self.wrapping_mul(multiplier)
    }
    #[inline]
    fn index(self) -> usize {
        self as usize
    }
}

impl LabelKey for u128 {
    const ZERO: Self = 0;
    const NONE: Self = Self::MAX;
    const BITS: u32 = Self::BITS;
    #[inline]
    fn push(self, radix: u32, digit: LabelIdx) -> Self {
        self * Self::from(radix) + Self::from(digit.0)
    }
    #[inline]
    fn push_bits(self, bits: u32, digit: u32) -> Self {
        self << bits | Self::from(digit)
    }
    #[inline(always)]
    fn from_byte_columns<const N: usize>(columns: &[[u8; N]], keys: &mut [Self; N]) {
        for (i, key) in keys.iter_mut().enumerate() {
            *key = columns.iter().fold(Self::ZERO, |key, column| key.push_bits(8, column[i].into()));
        }
    }
    fn pop(self, radix: u32) -> (Self, LabelIdx) {
        (self / Self::from(radix), LabelIdx((self % Self::from(radix)) as u32))
    }
    #[inline]
    fn mix(self) -> u64 {
        ((self as u64).wrapping_mul(GOLDEN) ^ (self >> 64) as u64).mix()
    }
    #[inline]
    fn hash(self, multiplier: u64) -> u64 {
        let low = (self as u64).wrapping_mul(multiplier);
        (low ^ low >> 32 ^ (self >> 64) as u64).wrapping_mul(multiplier)
    }
    #[inline]
    fn index(self) -> usize {
        self as usize
    }
}

/// Largest number of distinct labels for which keys of `k` events fit.
pub(crate) fn label_limit<L: LabelKey>(k: usize) -> usize {
    // radix^k <= 2^(bits - 1), so that no push overflows
    1 << ((L::BITS - 1) / k as u32).min(31)
}

/// Bits per label in a key of bit fields, for `labels` distinct labels; at least 8. The fields fit if [`label_limit`]
/// allows this number of labels.
pub(crate) fn label_bits(labels: usize) -> u32 {
    (usize::BITS - labels.saturating_sub(1).leading_zeros()).max(u8::BITS)
}

/// Digits of a key of `k` labels, the earliest event's first.
pub(crate) fn digits<L: LabelKey>(mut key: L, radix: u32, k: usize) -> [LabelIdx; MAX_NODES] {
    let mut digits = [LabelIdx(0); MAX_NODES];
    for digit in digits[..k].iter_mut().rev() {
        (key, *digit) = key.pop(radix);
    }
    digits
}

/// A map from keys, or from other integers; its iteration order must not affect results.
pub(crate) type KeyMap<L, V> = std::collections::HashMap<L, V, BuildHasherDefault<KeyHasher>>;

/// Multiplicative hashing without a random seed: label indices are internal, so collisions cannot be provoked by
/// input.
#[derive(Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        // hashbrown uses the lowest bits and the highest seven
        self.0 ^ self.0 >> 32
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = (self.0 ^ key).mix();
    }
    fn write_u128(&mut self, key: u128) {
        self.0 = (u128::from(self.0) ^ key).mix();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_allowed_key_packs_and_unpacks() {
        fn check<L: LabelKey>(k: usize) {
            let radix = label_limit::<L>(k) as u32;
            let largest = LabelIdx(radix - 1);
            let key = (0..k).fold(L::ZERO, |key, _| key.push(radix, largest));
            assert_eq!(digits(key, radix, k)[..k], vec![largest; k]);
        }
        for k in 3..=5 {
            check::<u64>(k);
            check::<u128>(k);
        }
    }
}
