//! A perfect hash of the patterns of a shape that are tracked through the replicates.

use std::hint::select_unpredictable;

use multiversion::multiversion;

use crate::motif::pattern::LabelKey;

/// Slots per bucket: with fewer keys in a bucket its displacement is found sooner.
const SLOTS_PER_BUCKET: usize = 4;
/// Largest load of the table, in 16ths.
const MAX_LOAD_16THS: usize = 14;
/// Hash functions tried before the table is doubled.
const TRIES_PER_SIZE: u64 = 16;
/// Hash bits that a short entry holds; its lowest bit is 0 and marks an empty slot if set.
const SHORT_BITS: u32 = u32::BITS - 1;

/// A slot of a [`PerfectHash`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(u32);

impl Slot {
    /// The slot with this index.
    pub(super) fn at(index: usize) -> Self {
        Self(index as u32)
    }

    /// The slot as an index into an array with an entry for every slot.
    #[inline]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A perfect hash table: the slot of every known key, found without probing and without a branch. Probing and
/// mispredicted branches would otherwise take most of the time of a replicate.
///
/// Hash and displace: the slot is a part of the hash XOR a displacement that all keys of a bucket share. Source:
/// Belazzougui, Botelho and Dietzfelbinger, "Hash, displace, and compress" (ESA 2009), after Pearson and Fox et al.
pub(crate) struct PerfectHash<L> {
    entries: SlotKeys<L>,
    displacements: Vec<u32>,
    multiplier: u64,
    slot_bits: u32,
    bucket_bits: u32,
}

/// The entry of each slot, compared with a key to tell whether it is known.
enum SlotKeys<L> {
    /// The key itself, [`LabelKey::NONE`] in an empty slot.
    Whole(Vec<L>),
    /// For keys of few bits, whose hash is a permutation of the keys: the bits of the hash that are not in the slot
    /// index. 1 in an empty slot; the lowest bit of a key's entry is 0.
    Short(Vec<u32>),
}

impl<L: LabelKey> PerfectHash<L> {
    /// The table of distinct keys of at most `bits` bits. Expected O(keys).
    pub(crate) fn new(keys: &[L], bits: u32) -> Self {
        let mut slots = (keys.len() * 16).div_ceil(MAX_LOAD_16THS).max(2).next_power_of_two();
        let mut attempt = 0;
        loop {
            if let Some(hash) = Self::try_new(keys, bits, slots, attempt) {
                return hash;
            }
            attempt += 1;
            if attempt % TRIES_PER_SIZE == 0 {
                slots *= 2;
            }
        }
    }

    /// The table for one size and one hash function; `None` if some bucket finds no displacement.
    fn try_new(keys: &[L], bits: u32, slots: usize, attempt: u64) -> Option<Self> {
        let slot_bits = slots.trailing_zeros();
        // odd, and different for each attempt
        let multiplier = 0xD6E8_FEB8_6659_FD93_u64.wrapping_mul(2 * attempt + 1);
        let is_short = L::BITS == u64::BITS && bits <= slot_bits + SHORT_BITS;
        let mut this = Self {
            entries: if is_short {
                SlotKeys::Short(vec![1; slots])
            } else {
                SlotKeys::Whole(vec![L::NONE; slots])
            },
            displacements: vec![0; (slots / SLOTS_PER_BUCKET).max(2)],
            // shifted up, the multiplication is modulo 2^bits and, the multiplier being odd, a permutation of the
            // keys
            multiplier: if is_short { multiplier << (u64::BITS - bits) } else { multiplier },
            slot_bits,
            bucket_bits: (slots / SLOTS_PER_BUCKET).max(2).trailing_zeros(),
        };
        let mut by_bucket: Vec<(u32, u32, u32, L)> = keys
            .iter()
            .map(|&key| {
                let (start, rest) = this.split(this.hash(key));
                (this.bucket(rest), start, rest, key)
            })
            .collect();
        by_bucket.sort_unstable();
        let mut buckets: Vec<&[(u32, u32, u32, L)]> = by_bucket.chunk_by(|a, b| a.0 == b.0).collect();
        // the largest buckets first: they are the hardest to displace
        buckets.sort_by_key(|bucket| std::cmp::Reverse(bucket.len()));
        for bucket in buckets {
            if bucket.windows(2).any(|pair| pair[0].1 == pair[1].1) {
                return None;
            }
            let all_free =
                |by: &u32| bucket.iter().all(|&(_, start, ..)| this.is_free((start ^ by) as usize));
            let by = (0..slots as u32).find(all_free)?;
            this.displacements[bucket[0].0 as usize] = by;
            for &(_, start, rest, key) in bucket {
                match &mut this.entries {
                    SlotKeys::Whole(entries) => entries[(start ^ by) as usize] = key,
                    SlotKeys::Short(entries) => entries[(start ^ by) as usize] = rest,
                }
            }
        }
        Some(this)
    }

    /// The key in each slot; `keys` are the known ones.
    pub(crate) fn keys_by_slot(&self, keys: &[L]) -> Vec<Option<L>> {
        let mut by_slot = vec![None; self.slots()];
        keys.iter().for_each(|&key| by_slot[self.slot(key).index()] = Some(key));
        by_slot
    }

    fn is_free(&self, slot: usize) -> bool {
        match &self.entries {
            SlotKeys::Whole(entries) => entries[slot] == L::NONE,
            SlotKeys::Short(entries) => entries[slot] == 1,
        }
    }

    /// Number of slots, empty ones included.
    pub(crate) fn slots(&self) -> usize {
        1 << self.slot_bits
    }

    /// The result of [`PerfectHash::slot`] for an unknown key: one past the last slot.
    #[inline]
    pub(crate) fn unknown_slot(&self) -> Slot {
        Slot(1 << self.slot_bits)
    }

    /// Hash of a key; only its upper bits are well mixed.
    #[inline]
    fn hash(&self, key: L) -> u64 {
        key.hash(self.multiplier)
    }

    /// The slot before displacement (the upper bits of the hash), and the following 32 bits.
    #[inline]
    fn split(&self, hash: u64) -> (u32, u32) {
        ((hash >> (u64::BITS - self.slot_bits)) as u32, (hash << self.slot_bits >> u32::BITS) as u32)
    }

    #[inline]
    fn bucket(&self, rest: u32) -> u32 {
        rest >> (u32::BITS - self.bucket_bits)
    }

    /// The slot of a key; [`PerfectHash::unknown_slot`] if it is unknown.
    #[inline]
    pub(crate) fn slot(&self, key: L) -> Slot {
        let (start, rest) = self.split(self.hash(key));
        let slot = start ^ self.displacements[self.bucket(rest) as usize];
        let is_known = match &self.entries {
            SlotKeys::Whole(entries) => entries[slot as usize] == key,
            SlotKeys::Short(entries) => entries[slot as usize] == rest,
        };
        Slot(select_unpredictable(is_known, slot, self.unknown_slot().0))
    }

    /// Writes the index of each key's counter: its slot, or, for an unknown key, the number of slots plus the cell
    /// given by the upper `cell_bits` bits of its hash.
    pub(super) fn counter_indices(&self, keys: &[L], indices: &mut [u32], cell_bits: u32) {
        let &Self { ref displacements, multiplier, slot_bits, bucket_bits, .. } = self;
        let split = Split { multiplier, slot_bits, bucket_bits, cell_bits };
        match &self.entries {
            SlotKeys::Whole(entries) => find(keys, indices, split, displacements, entries),
            SlotKeys::Short(entries) => find_short(keys, indices, split, displacements, entries),
        }
    }
}

/// The parts of a hash.
#[derive(Clone, Copy)]
struct Split {
    multiplier: u64,
    slot_bits: u32,
    bucket_bits: u32,
    cell_bits: u32,
}

/// [`PerfectHash::counter_indices`] for whole entries.
fn find<L: LabelKey>(keys: &[L], indices: &mut [u32], split: Split, displacements: &[u32], entries: &[L]) {
    find_by(keys, indices, split, displacements, entries, |entry, key, _| entry == key);
}

/// [`PerfectHash::counter_indices`] for short entries: the inner loop of the test.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512bw+avx512vl+bmi2", "x86_64+avx2+bmi2"))]
fn find_short<L: LabelKey>(
    keys: &[L],
    indices: &mut [u32],
    split: Split,
    displacements: &[u32],
    entries: &[u32],
) {
    find_by(keys, indices, split, displacements, entries, |entry, _, rest| entry == rest);
}

#[inline(always)]
fn find_by<L: LabelKey, E: Copy>(
    keys: &[L],
    indices: &mut [u32],
    split: Split,
    displacements: &[u32],
    entries: &[E],
    is_known: impl Fn(E, L, u32) -> bool,
) {
    let Split { multiplier, slot_bits, bucket_bits, cell_bits } = split;
    let slots = 1_u32 << slot_bits;
    let (slot_shift, bucket_shift) = (u64::BITS - slot_bits, u32::BITS - bucket_bits);
    let cell_shift = u64::BITS - cell_bits;
    // lengths that are powers of two and indices below them: no bounds to check
    let (slot_mask, bucket_mask) = (entries.len() - 1, displacements.len() - 1);
    let (entries, displacements) = (&entries[..=slot_mask], &displacements[..=bucket_mask]);
    for (index, &key) in indices.iter_mut().zip(keys) {
        let hash = key.hash(multiplier);
        let start = (hash >> slot_shift) as u32;
        let rest = (hash << slot_bits >> u32::BITS) as u32;
        let slot = start ^ displacements[(rest >> bucket_shift) as usize & bucket_mask];
        let cell = slots + (hash >> cell_shift) as u32;
        let is_known = is_known(entries[slot as usize & slot_mask], key, rest);
        *index = if is_known { slot } else { cell };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::motif::pattern::label_bits;

    #[test]
    fn each_known_key_has_one_slot_and_no_other_key_has_one() {
        fn check<L: LabelKey + std::fmt::Debug>(n: u32, radix: u32) {
            let bits = 5 * label_bits(radix as usize);
            let mut stream = crate::philox::Philox::new(u64::from(n)).stream(radix, 0);
            let mut key = || (0..5).fold(L::ZERO, |key, _| key.push_bits(bits / 5, stream.below(radix)));

            let keys: BTreeSet<L> = (0..n).map(|_| key()).collect();
            let others: Vec<L> = (0..1000).map(|_| key()).filter(|c| !keys.contains(c)).collect();
            let keys: Vec<L> = keys.into_iter().collect();
            let hash = PerfectHash::new(&keys, bits);
            let slot = |key: L| hash.slot(key);
            let slots: BTreeSet<Slot> = keys.iter().map(|&key| slot(key)).collect();
            assert_eq!(slots.len(), keys.len());
            assert!(others.iter().all(|&key| slot(key) == hash.unknown_slot()));
            let mut indices = vec![0; keys.len() + others.len()];
            hash.counter_indices(&[&keys[..], &others].concat(), &mut indices, 6);
            let want = |&key: &L| {
                let cell = hash.slots() + (hash.hash(key) >> 58) as usize;
                if keys.binary_search(&key).is_ok() { slot(key).index() } else { cell }
            };
            assert!(keys.iter().chain(&others).map(want).eq(indices.iter().map(|&index| index as usize)));
        }
        for n in [0, 1, 2, 3, 7, 100, 5_000, 60_000] {
            check::<u64>(n, 140);
            check::<u64>(n, 9);
            check::<u64>(n, 4096);
            check::<u128>(n, 1 << 25);
        }
    }
}
