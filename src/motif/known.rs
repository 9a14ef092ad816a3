//! The patterns of a shape that are followed through the draws, each with a place of its own.

use std::hint::select_unpredictable;

use super::code::Code;

/// Codes to a bucket: the fewer, the sooner each bucket finds its displacement.
const PER_BUCKET: usize = 4;
/// Of 16 places, how many are taken at most.
const TAKEN_OF_16: usize = 14;
/// Ways of hashing tried before the table is doubled.
const TRIES: u64 = 16;
/// Bits of a short key that may be set; the lowest is set where there is no code.
const SHORT: u32 = u32::BITS - 1;

/// A perfect hash table: every known code has one place, found by one read, without a search and without a branch that
/// could be guessed wrong; that is what most of the time of a draw would go to.
///
/// A code's bucket says by what its place is displaced. Source: Pearson, Fox et al., "hash and displace"
/// (Belazzougui, Botelho and Dietzfelbinger, "Hash, displace, and compress", ESA 2009).
pub(super) struct Known<C> {
    keys: Keys<C>,
    displacements: Vec<u32>,
    multiplier: u64,
    place_bits: u32,
    bucket_bits: u32,
}

/// What tells at a place whether a code is the one that is known there.
enum Keys<C> {
    /// The code itself, [`Code::NONE`] where there is none.
    Whole(Vec<C>),
    /// Of codes of few bits, which a hash only puts in another order: those bits of the hash that the place does not
    /// imply. 1 where there is no code: of a code the lowest bit is 0.
    Short(Vec<u32>),
}

impl<C: Code> Known<C> {
    /// The table of some distinct codes of at most `bits` bits. O(codes), expected.
    pub(super) fn of(codes: &[C], bits: u32) -> Self {
        let mut places = (codes.len() * 16).div_ceil(TAKEN_OF_16).max(2).next_power_of_two();
        let mut attempt = 0;
        loop {
            if let Some(known) = Self::try_of(codes, bits, places, attempt) {
                return known;
            }
            attempt += 1;
            if attempt % TRIES == 0 {
                places *= 2;
            }
        }
    }

    fn try_of(codes: &[C], bits: u32, places: usize, attempt: u64) -> Option<Self> {
        let place_bits = places.trailing_zeros();
        // odd, and another for each attempt
        let multiplier = 0xD6E8_FEB8_6659_FD93_u64.wrapping_mul(2 * attempt + 1);
        let is_short = C::BITS == u64::BITS && bits <= place_bits + SHORT;
        let mut known = Self {
            keys: if is_short { Keys::Short(vec![1; places]) } else { Keys::Whole(vec![C::NONE; places]) },
            displacements: vec![0; (places / PER_BUCKET).max(2)],
            // moved up, it multiplies modulo 2^bits: no two codes have the same hash
            multiplier: if is_short { multiplier << (u64::BITS - bits) } else { multiplier },
            place_bits,
            bucket_bits: (places / PER_BUCKET).max(2).trailing_zeros(),
        };
        let mut by_bucket: Vec<(u32, u32, u32, C)> = codes
            .iter()
            .map(|&code| {
                let (start, rest) = known.split(known.hash(code));
                (known.bucket(rest), start, rest, code)
            })
            .collect();
        by_bucket.sort_unstable();
        let mut crowded: Vec<&[(u32, u32, u32, C)]> = by_bucket.chunk_by(|a, b| a.0 == b.0).collect();
        // those that are hardest to place come first
        crowded.sort_by_key(|bucket| std::cmp::Reverse(bucket.len()));
        for bucket in crowded {
            if bucket.windows(2).any(|pair| pair[0].1 == pair[1].1) {
                return None;
            }
            let free = |by: &u32| bucket.iter().all(|&(_, start, ..)| known.is_free((start ^ by) as usize));
            let by = (0..places as u32).find(free)?;
            known.displacements[bucket[0].0 as usize] = by;
            for &(_, start, rest, code) in bucket {
                match &mut known.keys {
                    Keys::Whole(codes) => codes[(start ^ by) as usize] = code,
                    Keys::Short(rests) => rests[(start ^ by) as usize] = rest,
                }
            }
        }
        Some(known)
    }

    fn is_free(&self, place: usize) -> bool {
        match &self.keys {
            Keys::Whole(codes) => codes[place] == C::NONE,
            Keys::Short(rests) => rests[place] == 1,
        }
    }

    /// Number of places, those without a code included.
    pub(super) fn places(&self) -> usize {
        1 << self.place_bits
    }

    /// What [`Known::place`] asks for; its upper bits may serve others too.
    #[inline]
    pub(super) fn hash(&self, code: C) -> u64 {
        code.hash(self.multiplier)
    }

    /// The place before it is displaced, and the bits of the hash behind it.
    #[inline]
    fn split(&self, hash: u64) -> (u32, u32) {
        ((hash >> (u64::BITS - self.place_bits)) as u32, (hash << self.place_bits >> u32::BITS) as u32)
    }

    #[inline]
    fn bucket(&self, rest: u32) -> u32 {
        rest >> (u32::BITS - self.bucket_bits)
    }

    /// The place of a code; [`Known::places`] for one that is not known.
    #[inline]
    pub(super) fn place(&self, code: C) -> usize {
        let (start, rest) = self.split(self.hash(code));
        let at = (start ^ self.displacements[self.bucket(rest) as usize]) as usize;
        let is_known = match &self.keys {
            Keys::Whole(codes) => codes[at] == code,
            Keys::Short(rests) => rests[at] == rest,
        };
        select_unpredictable(is_known, at, self.places())
    }

    /// Where each code is counted: at its place, or, if it is not known, behind all places at the cell that the upper
    /// `cell_bits` bits of its hash name.
    #[inline(never)]
    pub(super) fn look_up(&self, codes: &[C], found: &mut [u32], cell_bits: u32) {
        match &self.keys {
            Keys::Whole(known) => {
                self.find(codes, found, cell_bits, |at, code, _| known[at as usize] == code)
            }
            Keys::Short(known) => {
                self.find(codes, found, cell_bits, |at, _, rest| known[at as usize] == rest)
            }
        }
    }

    #[inline(always)]
    fn find(&self, codes: &[C], found: &mut [u32], cell_bits: u32, is_known: impl Fn(u32, C, u32) -> bool) {
        let &Self { ref displacements, multiplier, place_bits, bucket_bits, .. } = self;
        let displacements = &displacements[..];
        let places = 1_u32 << place_bits;
        let (place_shift, bucket_shift) = (u64::BITS - place_bits, u32::BITS - bucket_bits);
        let cell_shift = u64::BITS - cell_bits;
        for (found, &code) in found.iter_mut().zip(codes) {
            let hash = code.hash(multiplier);
            let start = (hash >> place_shift) as u32;
            let rest = (hash << place_bits >> u32::BITS) as u32;
            let at = start ^ displacements[(rest >> bucket_shift) as usize];
            let cell = places + (hash >> cell_shift) as u32;
            *found = select_unpredictable(is_known(at, code, rest), at, cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::label_bits;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_known_code_has_a_place_of_its_own_and_no_other_code_has_one() {
        fn check<C: Code + std::fmt::Debug>(n: u32, radix: u32) {
            let bits = 5 * label_bits(radix as usize);
            let mut numbers = crate::philox::Philox::new(u64::from(n)).stream(radix, 0);
            let mut code = || (0..5).fold(C::ZERO, |code, _| code.append(bits / 5, numbers.below(radix)));

            let codes: BTreeSet<C> = (0..n).map(|_| code()).collect();
            let others: Vec<C> = (0..1000).map(|_| code()).filter(|c| !codes.contains(c)).collect();
            let codes: Vec<C> = codes.into_iter().collect();
            let known = Known::of(&codes, bits);
            let place = |code: C| known.place(code);
            let places: BTreeSet<usize> = codes.iter().map(|&code| place(code)).collect();
            assert_eq!(places.len(), codes.len());
            assert!(others.iter().all(|&code| place(code) == known.places()));
            let mut found = vec![0; codes.len() + others.len()];
            known.look_up(&[&codes[..], &others].concat(), &mut found, 6);
            let want = |&code: &C| {
                let cell = known.places() + (known.hash(code) >> 58) as usize;
                if codes.binary_search(&code).is_ok() { place(code) } else { cell }
            };
            assert!(codes.iter().chain(&others).map(want).eq(found.iter().map(|&at| at as usize)));
        }
        for n in [0, 1, 2, 3, 7, 100, 5_000, 60_000] {
            check::<u64>(n, 140);
            check::<u64>(n, 9);
            check::<u64>(n, 4096);
            check::<u128>(n, 1 << 25);
        }
    }
}
