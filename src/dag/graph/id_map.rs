//! The mapping between a DAG's topological numbers and the caller's ids.

/// The mapping between the numbers of a DAG and the caller's ids, both ways. 8 bytes per node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dag) struct IdMap {
    /// Id of each number.
    ids: Vec<u32>,
    /// The numbers, sorted by id.
    by_id: Vec<u32>,
}

impl IdMap {
    /// The mapping of distinct ids, `ids[number]`; `None` if each id is its number.
    pub(in crate::dag) fn new(ids: Vec<u32>) -> Option<Self> {
        if ids.iter().zip(0..).all(|(&id, number)| id == number) {
            return None;
        }
        let mut by_id: Vec<u32> = (0..ids.len() as u32).collect();
        by_id.sort_unstable_by_key(|&number| ids[number as usize]);
        Some(Self { ids, by_id })
    }

    /// The mapping of ids that are a permutation of the numbers; `by_id` is its inverse.
    pub(super) fn from_permutation(ids: Vec<u32>, by_id: Vec<u32>) -> Self {
        Self { ids, by_id }
    }

    /// Id of each number.
    pub(in crate::dag) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The number of an id, if the id occurs. O(1) where the ids are a permutation of the numbers, else O(log nodes).
    pub(super) fn number(&self, id: u32) -> Option<u32> {
        // If the ids are a permutation, `by_id` is its inverse and is indexed by the id.
        match self.by_id.get(id as usize) {
            Some(&number) if self.ids[number as usize] == id => Some(number),
            _ => {
                let at = self.by_id.binary_search_by_key(&id, |&number| self.ids[number as usize]);
                at.ok().map(|at| self.by_id[at])
            }
        }
    }
}
