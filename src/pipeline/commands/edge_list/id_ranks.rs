//! Positions of integer ids among the distinct ids in use.

use rayon::prelude::*;

/// The distinct ids in use, and the rank of each. Memory and time depend on the number of ids given, never on the
/// largest id.
pub(super) enum IdRanks {
    /// A bit for each integer up to the largest id, and the number of bits before each word.
    Bits { words: Vec<u64>, before: Vec<u32>, count: u64 },
    /// The ids, rising.
    Sorted(Vec<u64>),
}

impl IdRanks {
    /// The ranks of the ids of `columns`, some of which may repeat; `largest` is the largest of them, `None` without
    /// ids.
    pub(super) fn of(columns: &[&[u64]], largest: Option<u64>) -> Self {
        let given: usize = columns.iter().map(|ids| ids.len()).sum();
        match largest.map(|id| id / 64) {
            // A word for each id given at most.
            Some(last_word) if last_word < given as u64 => {
                let mut words = vec![0_u64; last_word as usize + 1];
                columns.iter().copied().flatten().for_each(|id| words[(id / 64) as usize] |= 1 << (id % 64));
                let mut count = 0;
                let mut before = Vec::with_capacity(words.len());
                for word in &words {
                    before.push(count as u32);
                    count += u64::from(word.count_ones());
                }
                Self::Bits { words, before, count }
            }
            _ => {
                let mut sorted = columns.concat();
                sorted.par_sort_unstable();
                sorted.dedup();
                Self::Sorted(sorted)
            }
        }
    }

    /// Number of distinct ids.
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Bits { count, .. } => *count,
            Self::Sorted(ids) => ids.len() as u64,
        }
    }

    /// Number of distinct ids below `id`, which is one of them.
    pub(super) fn rank(&self, id: u64) -> u32 {
        match self {
            Self::Bits { words, before, .. } => {
                let (word, below) = ((id / 64) as usize, (1 << (id % 64)) - 1);
                before[word] + (words[word] & below).count_ones()
            }
            Self::Sorted(ids) => ids.partition_point(|&other| other < id) as u32,
        }
    }

    /// The distinct ids, rising.
    pub(super) fn into_ids(self) -> Vec<u64> {
        match self {
            Self::Bits { words, count, .. } => {
                let mut ids = Vec::with_capacity(count as usize);
                for (mut word, base) in words.into_iter().zip((0..).step_by(64)) {
                    while word != 0 {
                        ids.push(base + u64::from(word.trailing_zeros()));
                        word &= word - 1;
                    }
                }
                ids
            }
            Self::Sorted(ids) => ids,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_give_the_position_among_the_distinct_ids() {
        for ids in [
            vec![],
            vec![0],
            vec![63, 64, 65, 0, 64, 127, 128],
            vec![9_907_233, 1, 9_304_045, 1],
            vec![u64::MAX, 0, u64::MAX - 1],
            (0..1000).map(|i| i * i % 997).collect(),
        ] {
            let ranks = IdRanks::of(&[&ids[..1.min(ids.len())], &ids], ids.iter().copied().max());
            let mut distinct = ids.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(ranks.count(), distinct.len() as u64);
            for (rank, &id) in distinct.iter().enumerate() {
                assert_eq!(ranks.rank(id) as usize, rank, "{id} of {ids:?}");
            }
            assert_eq!(ranks.into_ids(), distinct);
        }
    }
}
