//! The patterns of a shape that are followed through the draws, each with a place of its own.

use super::code::Code;

/// Codes to a bucket: the fewer, the sooner each bucket finds its displacement.
const PER_BUCKET: usize = 4;
/// Ways of hashing tried before the table is doubled.
const TRIES: u64 = 16;

/// A perfect hash table: every known code has one place, found by one read, without a search and without a branch that
/// could be guessed wrong; that is what most of the time of a draw would go to.
///
/// A code's bucket says by what its place is displaced. Source: Pearson, Fox et al., "hash and displace"
/// (Belazzougui, Botelho and Dietzfelbinger, "Hash, displace, and compress", ESA 2009).
pub(super) struct Known<C> {
    /// The code of each place, [`Code::NONE`] where there is none; a power of two.
    codes: Vec<C>,
    displacements: Vec<u32>,
    multiplier: u64,
    bucket_shift: u32,
    place_shift: u32,
}

impl<C: Code> Known<C> {
    /// The table of some distinct codes. O(codes), expected.
    pub(super) fn of(codes: &[C]) -> Self {
        let mut places = (codes.len() * 3 / 2).max(2).next_power_of_two();
        let mut attempt = 0;
        loop {
            if let Some(known) = Self::try_of(codes, places, attempt) {
                return known;
            }
            attempt += 1;
            if attempt % TRIES == 0 {
                places *= 2;
            }
        }
    }

    fn try_of(codes: &[C], places: usize, attempt: u64) -> Option<Self> {
        let buckets = (places / PER_BUCKET).max(2);
        let bucket_shift = u64::BITS - buckets.trailing_zeros();
        let mut known = Self {
            codes: vec![C::NONE; places],
            displacements: vec![0; buckets],
            // odd, and another for each attempt
            multiplier: 0xD6E8_FEB8_6659_FD93_u64.wrapping_mul(2 * attempt + 1),
            bucket_shift,
            place_shift: bucket_shift - places.trailing_zeros(),
        };
        let mut by_bucket: Vec<(usize, u32, C)> = codes
            .iter()
            .map(|&code| {
                let hash = known.hash(code);
                (known.bucket(hash), known.start(hash), code)
            })
            .collect();
        by_bucket.sort_unstable();
        let mut crowded: Vec<&[(usize, u32, C)]> = by_bucket.chunk_by(|a, b| a.0 == b.0).collect();
        // those that are hardest to place come first
        crowded.sort_by_key(|bucket| std::cmp::Reverse(bucket.len()));
        for bucket in crowded {
            if bucket.windows(2).any(|pair| pair[0].1 == pair[1].1) {
                return None;
            }
            let free = |by: &u32| bucket.iter().all(|&(_, at, _)| known.codes[(at ^ by) as usize] == C::NONE);
            let by = (0..places as u32).find(free)?;
            known.displacements[bucket[0].0] = by;
            bucket.iter().for_each(|&(_, at, code)| known.codes[(at ^ by) as usize] = code);
        }
        Some(known)
    }

    /// Number of places, those without a code included.
    pub(super) fn places(&self) -> usize {
        self.codes.len()
    }

    /// The known codes and their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, C)> {
        self.codes.iter().copied().enumerate().filter(|&(_, code)| code != C::NONE)
    }

    /// What [`Known::place`] asks for; its upper bits may serve others too.
    #[inline]
    pub(super) fn hash(&self, code: C) -> u64 {
        code.hash(self.multiplier)
    }

    #[inline]
    fn bucket(&self, hash: u64) -> usize {
        (hash >> self.bucket_shift) as usize
    }

    #[inline]
    fn start(&self, hash: u64) -> u32 {
        (hash >> self.place_shift) as u32 & (self.codes.len() as u32 - 1)
    }

    /// Where a code stands if it is known.
    #[inline]
    fn displaced(&self, hash: u64) -> u32 {
        self.start(hash) ^ self.displacements[self.bucket(hash)]
    }

    /// The place of a code; [`Known::places`] for one that is not known.
    #[inline]
    pub(super) fn place(&self, code: C) -> usize {
        self.settle(code, self.displaced(self.hash(code)))
    }

    #[inline]
    fn settle(&self, code: C, at: u32) -> usize {
        let known = self.codes[at as usize] == code;
        std::hint::select_unpredictable(known, at as usize, self.codes.len())
    }

    /// Finds the codes of some occurrences under `labels` of `bits` bits, at most [`BATCH`], and their places.
    ///
    /// Step by step for all of them: reads of one step do not wait for one another, so their cache misses overlap.
    #[inline]
    pub(super) fn look_up<const K: usize>(
        &self,
        rows: &[[u32; K]],
        labels: &[u32],
        bits: u32,
        batch: &mut Batch<C>,
    ) {
        let Batch { codes, hashes, places } = batch;
        for ((code, hash), row) in codes.iter_mut().zip(hashes.iter_mut()).zip(rows) {
            *code = row.iter().fold(C::ZERO, |code, &node| code.append(bits, labels[node as usize]));
            *hash = self.hash(*code);
        }
        for (place, &hash) in places.iter_mut().zip(&hashes[..rows.len()]) {
            *place = self.displaced(hash);
        }
        for (place, &code) in places.iter_mut().zip(&codes[..rows.len()]) {
            *place = self.settle(code, *place) as u32;
        }
    }
}

/// Occurrences that are looked up together.
pub(super) const BATCH: usize = 64;

/// What is looked up; the first entries, one for each occurrence, are those of the last look-up.
pub(super) struct Batch<C> {
    pub(super) codes: [C; BATCH],
    pub(super) hashes: [u64; BATCH],
    pub(super) places: [u32; BATCH],
}

impl<C: Code> Batch<C> {
    pub(super) fn new() -> Self {
        Self { codes: [C::NONE; BATCH], hashes: [0; BATCH], places: [0; BATCH] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_known_code_has_a_place_of_its_own_and_no_other_code_has_one() {
        fn check<C: Code + std::fmt::Debug>(n: u32, radix: u32) {
            let mut numbers = crate::philox::Philox::new(u64::from(n)).stream(radix, 0);
            let mut code = || (0..5).fold(C::ZERO, |code, _| code.push(radix, numbers.below(radix)));
            let codes: BTreeSet<C> = (0..n).map(|_| code()).collect();
            let others: Vec<C> = (0..1000).map(|_| code()).filter(|c| !codes.contains(c)).collect();
            let codes: Vec<C> = codes.into_iter().collect();
            let known = Known::of(&codes);
            let place = |code: C| known.place(code);
            let places: BTreeSet<usize> = codes.iter().map(|&code| place(code)).collect();
            assert_eq!(places.len(), codes.len());
            assert!(known.iter().all(|(at, code)| place(code) == at));
            assert!(others.iter().all(|&code| place(code) == known.places()));
            assert_eq!(known.iter().count(), codes.len());
        }
        for n in [0, 1, 2, 3, 7, 100, 5_000, 60_000] {
            check::<u64>(n, 140);
            check::<u64>(n, 9);
            check::<u128>(n, 1 << 25);
        }
    }
}
