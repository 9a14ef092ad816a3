//! The labels of an occurrence as one number.

use std::hash::{BuildHasherDefault, Hasher};

use super::shape::MAX_NODES;

/// Labels read as digits of a number, the earliest event's first: codes of one shape sort as their labels do.
pub(crate) trait Code: Copy + Ord + std::hash::Hash + Send + Sync + 'static {
    const ZERO: Self;
    /// No code: above every one there can be.
    const NONE: Self;
    /// Bits of a code.
    const BITS: u32;
    /// Appends a digit below `radix`.
    fn push(self, radix: u32, digit: u32) -> Self;
    /// As `push` with a radix of 2^`bits`.
    fn append(self, bits: u32, digit: u32) -> Self;
    /// Reads the `columns` of some codes, labels of 8 bits, the earliest event's first.
    fn of_bytes<const N: usize>(columns: &[[u8; N]], codes: &mut [Self; N]);
    /// Takes the last digit off.
    fn pop(self, radix: u32) -> (Self, u32);
    /// Mixed to 64 bits, the upper ones best.
    fn mix(self) -> u64;
    /// Mixed less well and sooner, another way for every `multiplier`: the upper bits are good.
    fn hash(self, multiplier: u64) -> u64;
    /// As a place in a table that is known to hold it.
    fn index(self) -> usize;
}

/// Odd, near 2^64 over the golden ratio: neighbouring codes land far apart.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Code for u64 {
    const ZERO: Self = 0;
    const NONE: Self = Self::MAX;
    const BITS: u32 = Self::BITS;
    #[inline]
    fn push(self, radix: u32, digit: u32) -> Self {
        self * Self::from(radix) + Self::from(digit)
    }
    #[inline]
    fn append(self, bits: u32, digit: u32) -> Self {
        self << bits | Self::from(digit)
    }
    #[inline]
    fn of_bytes<const N: usize>(columns: &[[u8; N]], codes: &mut [Self; N]) {
        // of two labels 16 bits, of four 32: as narrow as can be, so that few instructions make many codes
        let (mut first, mut second) = ([0_u16; N], [0_u16; N]);
        for (code, (&a, &b)) in first.iter_mut().zip(columns[0].iter().zip(&columns[1])) {
            *code = u16::from(a) << 8 | u16::from(b);
        }
        if columns.len() == 3 {
            for (code, (&ab, &c)) in codes.iter_mut().zip(first.iter().zip(&columns[2])) {
                *code = Self::from(ab) << 8 | Self::from(c);
            }
            return;
        }
        for (code, (&c, &d)) in second.iter_mut().zip(columns[2].iter().zip(&columns[3])) {
            *code = u16::from(c) << 8 | u16::from(d);
        }
        let mut four = [0_u32; N];
        for (code, (&ab, &cd)) in four.iter_mut().zip(first.iter().zip(&second)) {
            *code = u32::from(ab) << 16 | u32::from(cd);
        }
        match columns.get(4) {
            None => codes.iter_mut().zip(&four).for_each(|(code, &abcd)| *code = abcd.into()),
            Some(last) => {
                for (code, (&abcd, &e)) in codes.iter_mut().zip(four.iter().zip(last)) {
                    *code = Self::from(abcd) << 8 | Self::from(e);
                }
            }
        }
    }
    fn pop(self, radix: u32) -> (Self, u32) {
        (self / Self::from(radix), (self % Self::from(radix)) as u32)
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

impl Code for u128 {
    const ZERO: Self = 0;
    const NONE: Self = Self::MAX;
    const BITS: u32 = Self::BITS;
    #[inline]
    fn push(self, radix: u32, digit: u32) -> Self {
        self * Self::from(radix) + Self::from(digit)
    }
    #[inline]
    fn append(self, bits: u32, digit: u32) -> Self {
        self << bits | Self::from(digit)
    }
    #[inline]
    fn of_bytes<const N: usize>(columns: &[[u8; N]], codes: &mut [Self; N]) {
        for (at, code) in codes.iter_mut().enumerate() {
            *code = columns.iter().fold(Self::ZERO, |code, column| code.append(8, column[at].into()));
        }
    }
    fn pop(self, radix: u32) -> (Self, u32) {
        (self / Self::from(radix), (self % Self::from(radix)) as u32)
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

/// Most distinct labels that codes of `k` events can tell apart.
pub(crate) fn label_limit<C: Code>(k: usize) -> usize {
    // radix^k <= 2^(bits - 1), so that no push overflows
    1 << ((C::BITS - 1) / k as u32).min(31)
}

/// Bits that tell so many labels apart, a byte at least; as many labels as [`label_limit`] allows fit into a code.
pub(crate) fn label_bits(labels: usize) -> u32 {
    (usize::BITS - labels.saturating_sub(1).leading_zeros()).max(u8::BITS)
}

/// Digits of a code of `k` labels.
pub(crate) fn digits<C: Code>(mut code: C, radix: u32, k: usize) -> [u32; MAX_NODES] {
    let mut digits = [0; MAX_NODES];
    for digit in digits[..k].iter_mut().rev() {
        (code, *digit) = code.pop(radix);
    }
    digits
}

/// A map from codes; its order is never used.
pub(crate) type CodeMap<C, V> = std::collections::HashMap<C, V, BuildHasherDefault<CodeHasher>>;

/// Multiplies instead of hashing: codes are our own, nobody can choose them to collide on purpose and gain by it.
#[derive(Default)]
pub(crate) struct CodeHasher(u64);

impl Hasher for CodeHasher {
    fn finish(&self) -> u64 {
        // the map reads the lowest bits and the highest seven
        self.0 ^ self.0 >> 32
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u64(&mut self, code: u64) {
        self.0 = (self.0 ^ code).mix();
    }
    fn write_u128(&mut self, code: u128) {
        self.0 = (u128::from(self.0) ^ code).mix();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_allowed_code_survives_both_ways() {
        fn check<C: Code>(k: usize) {
            let radix = label_limit::<C>(k) as u32;
            let code = (0..k).fold(C::ZERO, |code, _| code.push(radix, radix - 1));
            assert_eq!(digits(code, radix, k)[..k], vec![radix - 1; k]);
        }
        for k in 3..=5 {
            check::<u64>(k);
            check::<u128>(k);
        }
    }
}
