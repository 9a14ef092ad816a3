//! Counter-based random numbers: Philox4x32-10.
//!
//! A random number is a pure function of a seed and a counter, so the bits are the same for any number of threads,
//! in any order, and on a GPU.
//!
//! ```
//! use ironforge::philox::Philox;
//!
//! let mut stream = Philox::new(42).stream(3, 9);
//! assert_eq!(stream.next_u32(), Philox::new(42).block([0, 0, 3, 9])[0]);
//! assert!(stream.below(6) < 6);
//! ```
//! Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).

const ROUNDS: usize = 10;
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// Increments of the two key words per round: the golden ratio and sqrt(3) - 1, as fractions of 2^32.
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// The generator: a 64-bit key.
///
/// Not cryptographically secure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Philox {
    key: [u32; 2],
}

impl Philox {
    /// The generator of a seed; the low half of the seed is the first key word.
    pub const fn new(seed: u64) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32] }
    }

    /// The generator of a purpose, so that two users of one seed do not draw the same numbers.
    pub fn fork(self, purpose: u32) -> Self {
        // A stream would have to draw 2^64 blocks to reach this counter.
        let [low, high, ..] = self.block([u32::MAX, u32::MAX, purpose, u32::MAX]);
        Self { key: [low, high] }
    }

    /// The block of four random words at a counter. About 5 ns.
    #[inline]
    pub fn block(self, counter: [u32; 4]) -> [u32; 4] {
        let [mut c0, mut c1, mut c2, mut c3] = counter;
        let [mut k0, mut k1] = self.key;
        for _ in 0..ROUNDS {
            let left = u64::from(MULTIPLIERS[0]) * u64::from(c0);
            let right = u64::from(MULTIPLIERS[1]) * u64::from(c2);
            (c0, c1, c2, c3) =
                ((right >> 32) as u32 ^ c1 ^ k0, right as u32, (left >> 32) as u32 ^ c3 ^ k1, left as u32);
            k0 = k0.wrapping_add(WEYL[0]);
            k1 = k1.wrapping_add(WEYL[1]);
        }
        [c0, c1, c2, c3]
    }

    /// The stream with id (`a`, `b`): the words of the blocks at `[low(i), high(i), a, b]` for the 64-bit i = 0, 1,
    /// ...
    #[inline]
    pub fn stream(self, a: u32, b: u32) -> Stream {
        Stream { philox: self, id: [a, b], next_block: 0, words: [0; 4], used: 4 }
    }
}

/// The random numbers of one stream, in order; made by [`Philox::stream`].
#[derive(Debug, Clone)]
pub struct Stream {
    philox: Philox,
    id: [u32; 2],
    next_block: u64,
    words: [u32; 4],
    used: usize,
}

impl Stream {
    /// The next 32 random bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if self.used == self.words.len() {
            let [a, b] = self.id;
            self.words = self.philox.block([self.next_block as u32, (self.next_block >> 32) as u32, a, b]);
            self.next_block += 1;
            self.used = 0;
        }
        let word = self.words[self.used];
        self.used += 1;
        word
    }

    /// Uniform in [0, 1): a multiple of 2^-24, exact in f32, each equally likely.
    #[inline]
    pub fn next_f32(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// Uniform in 0..n, without bias.
    ///
    /// Source: Lemire, "Fast random integer generation in an interval" (arXiv:1805.10941).
    ///
    /// # Panics
    /// If `n` is 0.
    #[inline]
    #[track_caller]
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "the range 0..n must not be empty");
        let mut product = u64::from(self.next_u32()) * u64::from(n);
        if (product as u32) < n {
            // Products whose low word is below 2^32 mod n are rejected: they would bias the result.
            let reject_below = n.wrapping_neg() % n;
            while (product as u32) < reject_below {
                product = u64::from(self.next_u32()) * u64::from(n);
            }
        }
        (product >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_answers_of_random123_are_reproduced() {
        let cases = [
            (0, [0; 4], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            (u64::MAX, [u32::MAX; 4], [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]),
            (
                0x299F_31D0_A409_3822,
                [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344],
                [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1],
            ),
        ];
        for (seed, counter, want) in cases {
            assert_eq!(Philox::new(seed).block(counter), want, "seed {seed:x}");
        }
    }

    #[test]
    fn a_stream_is_the_sequence_of_its_blocks() {
        let philox = Philox::new(42);
        let mut stream = philox.stream(3, 9);
        let drawn: Vec<u32> = (0..8).map(|_| stream.next_u32()).collect();
        assert_eq!(drawn[..4], philox.block([0, 0, 3, 9]));
        assert_eq!(drawn[4..], philox.block([1, 0, 3, 9]));
    }

    #[test]
    fn purposes_and_streams_have_distinct_numbers() {
        let philox = Philox::new(7);
        let firsts = [
            philox.stream(0, 1).next_u32(),
            philox.stream(1, 0).next_u32(),
            philox.fork(0).stream(0, 1).next_u32(),
            philox.fork(1).stream(0, 1).next_u32(),
            Philox::new(7 << 32).stream(0, 1).next_u32(),
        ];
        for (i, first) in firsts.iter().enumerate() {
            assert!(!firsts[..i].contains(first), "{firsts:x?}");
        }
    }

    #[test]
    fn numbers_below_n_are_equally_frequent_and_fractions_stay_below_one() {
        let mut stream = Philox::new(1).stream(0, 0);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        // 10,000 each, standard deviation 91
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 400), "{counts:?}");
        assert_eq!((0..100).map(|_| stream.below(1)).max(), Some(0));
        let mean = (0..60_000).map(|_| f64::from(stream.next_f32())).sum::<f64>() / 60_000.0;
        assert!((mean - 0.5).abs() < 0.005, "{mean}");
        assert!((0..60_000).all(|_| (0.0..1.0).contains(&stream.next_f32())));
    }

    #[test]
    fn a_range_that_does_not_divide_the_words_is_not_biased() {
        // Without rejection the values of the first half would be twice as frequent as some of the others.
        let n = 3 << 30;
        let mut stream = Philox::new(5).stream(0, 0);
        let thirds = (0..30_000).fold([0_u32; 3], |mut thirds, _| {
            thirds[(stream.below(n) % 3) as usize] += 1;
            thirds
        });
        // 10,000 each, standard deviation 82; multiply-shift alone gives 15,000 multiples of 3
        assert!(thirds.iter().all(|c| c.abs_diff(10_000) < 400), "{thirds:?}");
    }
}
