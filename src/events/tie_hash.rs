//! A keyed hash of texts and numbers, for an order that depends on nothing else.

use crate::philox::Philox;

/// Purpose of the hash among the users of a seed.
const PURPOSE: u32 = 0x7469;
/// First word of a block that begins a present text, and of one that stands for a missing text.
const TEXT: u32 = 1;
const MISSING_TEXT: u32 = 2;
/// Bytes of a block.
const BLOCK: usize = 16;

/// The hash of a sequence of blocks of four words, under the key of a seed.
///
/// A CBC-MAC over Philox4x32-10, which is a bijection of its counter for every key: each block is added to the state
/// by exclusive or, and the state replaced by Philox's block at that counter. A text is encoded with its length
/// first, so that no encoding begins another. Not cryptographically secure.
#[derive(Debug, Clone, Copy)]
pub(super) struct TieHash {
    philox: Philox,
    state: [u32; 4],
}

impl TieHash {
    pub(super) fn new(seed: u64) -> Self {
        Self { philox: Philox::new(seed).fork(PURPOSE), state: [0; 4] }
    }

    /// The hash of the sequence followed by a block.
    pub(super) fn block(self, block: [u32; 4]) -> Self {
        let counter = std::array::from_fn(|i| self.state[i] ^ block[i]);
        Self { state: self.philox.block(counter), ..self }
    }

    /// The hash of the sequence followed by a text, which may be missing.
    pub(super) fn text(self, text: Option<&str>) -> Self {
        let Some(text) = text else { return self.block([MISSING_TEXT, 0, 0, 0]) };
        let length = text.len() as u64;
        let begun = self.block([TEXT, length as u32, (length >> 32) as u32, 0]);
        text.as_bytes().chunks(BLOCK).fold(begun, |hash, bytes| hash.block(words(bytes)))
    }

    /// The hash of the sequence so far as a block: what stands for a text whose hash is used many times.
    pub(super) fn digest(self) -> [u32; 4] {
        self.state
    }

    /// The hash as a number, uniform over its 64 bits.
    pub(super) fn finish(self) -> u64 {
        u64::from(self.state[0]) << 32 | u64::from(self.state[1])
    }
}

/// At most 16 bytes as little-endian words, zeros after them.
fn words(bytes: &[u8]) -> [u32; 4] {
    let mut padded = [0; BLOCK];
    padded[..bytes.len()].copy_from_slice(bytes);
    std::array::from_fn(|i| {
        u32::from_le_bytes([padded[4 * i], padded[4 * i + 1], padded[4 * i + 2], padded[4 * i + 3]])
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_that_differ_in_length_padding_or_division_differ() {
        let hash = TieHash::new(7);
        let long = "x".repeat(40);
        let one =
            [None, Some(""), Some("\0"), Some("a"), Some("a\0"), Some("b"), Some(&long), Some(&long[..39])];
        let mut seen: Vec<u64> = one.iter().map(|&text| hash.text(text).finish()).collect();
        seen.extend(one.iter().flat_map(|&a| one.map(|b| hash.text(a).text(b).finish())));
        seen.push(hash.text(Some("ab")).finish());
        seen.extend(one.iter().map(|&text| TieHash::new(8).text(text).finish()));
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len());
    }

    #[test]
    fn each_bit_of_the_input_flips_half_of_the_hash() {
        let of = |n: u32| TieHash::new(1).block([n, 0, 0, 0]).finish();
        let flips = |bit: u32| (0..500).map(|n| (of(n) ^ of(n ^ 1 << bit)).count_ones()).sum::<u32>();
        for bit in 0..32 {
            // 16,000 of 32,000, standard deviation 89
            assert!(flips(bit).abs_diff(16_000) < 500, "{bit}: {}", flips(bit));
        }
    }
}
