//! The labels of an occurrence packed into one integer.

use std::hash::{BuildHasherDefault, Hasher};

use crate::motif::enumerate::MAX_NODES;
use crate::motif::graph::LabelIdx;

/// Labels as digits of a number, the earliest event's first: keys of one shape sort as their labels do.
pub(crate) trait LabelKey: Copy + Ord + std::hash::Hash + Send + Sync + 'static {
    const ZERO: Self;
    /// No key: above every valid one.
    const NONE: Self;
    /// Bits of a key.
    const BITS: u32;
    /// Appends a digit below `radix`.
    fn push(self, radix: u32, digit: LabelIdx) -> Self;
    /// Appends a digit of `bits` bits: `push` with a radix of 2^`bits`.
    fn push_bits(self, bits: u32, digit: u32) -> Self;
    /// Writes the keys whose digits are the `columns`, labels of 8 bits, the earliest event's first.
    fn from_byte_columns<const N: usize>(columns: &[[u8; N]], keys: &mut [Self; N]);
    /// Removes the last digit.
    fn pop(self, radix: u32) -> (Self, LabelIdx);
    /// A hash of 64 bits, the upper ones best.
    fn mix(self) -> u64;
    /// A weaker and faster hash, another for every `multiplier`: the upper bits are good.
    fn hash(self, multiplier: u64) -> u64;
    /// The key as an index into an array with an entry for every key.
    fn index(self) -> usize;
}

/// Odd, near 2^64 over the golden ratio: neighbouring keys get distant hashes.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

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
    #[inline]
    fn from_byte_columns<const N: usize>(columns: &[[u8; N]], keys: &mut [Self; N]) {
        // two labels in 16 bits, four in 32: as narrow as possible, so that few instructions make many keys
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
        (self ^ self >> 32).wrapping_mul(SPREAD)
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
    #[inline]
    fn from_byte_columns<const N: usize>(columns: &[[u8; N]], keys: &mut [Self; N]) {
        for (at, key) in keys.iter_mut().enumerate() {
            *key = columns.iter().fold(Self::ZERO, |key, column| key.push_bits(8, column[at].into()));
        }
    }
    fn pop(self, radix: u32) -> (Self, LabelIdx) {
        (self / Self::from(radix), LabelIdx((self % Self::from(radix)) as u32))
    }
    #[inline]
    fn mix(self) -> u64 {
        ((self as u64).wrapping_mul(SPREAD) ^ (self >> 64) as u64).mix()
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

/// Largest number of distinct labels that keys of `k` events distinguish.
pub(crate) fn label_limit<L: LabelKey>(k: usize) -> usize {
    // radix^k <= 2^(bits - 1), so that no push overflows
    1 << ((L::BITS - 1) / k as u32).min(31)
}

/// Bits of one of `labels` labels in a key, at least 8; a key holds the labels of any number that [`label_limit`]
/// allows.
pub(crate) fn label_bits(labels: usize) -> u32 {
    (usize::BITS - labels.saturating_sub(1).leading_zeros()).max(u8::BITS)
}

/// Digits of a key of `k` labels.
pub(crate) fn digits<L: LabelKey>(mut key: L, radix: u32, k: usize) -> [LabelIdx; MAX_NODES] {
    let mut digits = [LabelIdx(0); MAX_NODES];
    for digit in digits[..k].iter_mut().rev() {
        (key, *digit) = key.pop(radix);
    }
    digits
}

/// A map from keys, or from other small integers; its order is never used.
pub(crate) type KeyMap<L, V> = std::collections::HashMap<L, V, BuildHasherDefault<KeyHasher>>;

/// Multiplies instead of hashing: keys are internal, and a caller gains nothing by choosing labels that collide.
#[derive(Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        // the map reads the lowest bits and the highest seven
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
