//! Shapes: small DAGs on events in time order; and the isomorphism class of each shape.
//!
//! Edges only lead forward, so a shape of k events is a set of pairs i < j. Two encodings: the triangle, used
//! internally, has bit `j(j-1)/2 + i` for the edge i -> j, so that the bits do not move when a later event is
//! added; the mask, used in results, has bit `i*k + j`.

use std::sync::LazyLock;

/// Events of the smallest pattern.
pub const MIN_NODES: usize = 3;
/// Events of the largest pattern.
pub const MAX_NODES: usize = 5;

/// Number of shapes of 3, 4 and 5 events, connected or not.
pub(crate) const SHAPES: usize = 8 + 64 + 1024;
/// Index of the first shape of each size.
pub(super) const FIRST_SHAPE: [usize; MAX_NODES + 2] = [0, 0, 0, 0, 8, 8 + 64, SHAPES];

/// Index of a shape among those of all sizes, smaller sizes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ShapeIdx(pub(crate) usize);

impl ShapeIdx {
    /// All shapes.
    pub(crate) fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..SHAPES).map(Self)
    }

    /// Number of shapes of up to `k` events.
    pub(crate) fn up_to(k: usize) -> usize {
        FIRST_SHAPE[k + 1]
    }

    /// The shape of a mask of `k` events; `None` if an edge leads backward or to an event that does not exist.
    pub(crate) fn from_mask(k: usize, mask: u32) -> Option<Self> {
        let forward: u32 = pairs(k).map(|(i, j)| 1 << (i * k + j)).sum();
        let bits = pairs(k).filter(|&(i, j)| mask >> (i * k + j) & 1 == 1).map(|(i, j)| 1 << pair_bit(i, j));
        (mask & !forward == 0).then(|| Self(FIRST_SHAPE[k] + bits.sum::<usize>()))
    }

    /// Number of events.
    pub(crate) fn nodes(self) -> usize {
        (MIN_NODES..MAX_NODES).find(|&k| self.0 < FIRST_SHAPE[k + 1]).unwrap_or(MAX_NODES)
    }

    /// Mask of the edges.
    pub(crate) fn mask(self) -> u32 {
        let k = self.nodes();
        let triangle = self.0 - FIRST_SHAPE[k];
        pairs(k).filter(|&(i, j)| triangle >> pair_bit(i, j) & 1 == 1).map(|(i, j)| 1 << (i * k + j)).sum()
    }

    /// The isomorphism class: the smallest mask among all numberings of the events.
    pub(crate) fn class(self) -> u32 {
        CLASSES[self.0]
    }
}

/// All pairs i < j of `k` events.
fn pairs(k: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..k).flat_map(|j| (0..j).map(move |i| (i, j)))
}

/// Bit number of the edge i -> j in a triangle.
pub(super) const fn pair_bit(i: usize, j: usize) -> usize {
    j * (j - 1) / 2 + i
}

/// The isomorphism class of a mask of `k` events: the smallest mask among all numberings of its events, edges
/// in any direction. `None` unless `k` is 3 to 5 and every edge leads from a lower to a higher number below `k`.
pub fn class_of(k: usize, mask: u32) -> Option<u32> {
    (MIN_NODES..=MAX_NODES).contains(&k).then(|| ShapeIdx::from_mask(k, mask).map(ShapeIdx::class))?
}

/// Class of every shape; computed at first use, in about a millisecond.
static CLASSES: LazyLock<Vec<u32>> = LazyLock::new(|| ShapeIdx::all().map(smallest_numbering).collect());

/// Smallest mask of a shape among all numberings of its events.
fn smallest_numbering(shape: ShapeIdx) -> u32 {
    let k = shape.nodes();
    let mask = shape.mask();
    let edges: Vec<(usize, usize)> = pairs(k).filter(|&(i, j)| mask >> (i * k + j) & 1 == 1).collect();
    let mut smallest = u32::MAX;
    let mut numbers: Vec<usize> = (0..k).collect();
    permute(&mut numbers, 0, &mut |numbers| {
        smallest = smallest.min(edges.iter().map(|&(i, j)| 1 << (numbers[i] * k + numbers[j])).sum());
    });
    smallest
}

/// Visits every permutation that leaves the first `fixed` numbers as they are.
fn permute(numbers: &mut [usize], fixed: usize, visit: &mut impl FnMut(&[usize])) {
    if fixed == numbers.len() {
        return visit(numbers);
    }
    for i in fixed..numbers.len() {
        numbers.swap(fixed, i);
        permute(numbers, fixed + 1, visit);
        numbers.swap(fixed, i);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_indices_of_shapes_convert_both_ways() {
        for shape in ShapeIdx::all() {
            assert_eq!(ShapeIdx::from_mask(shape.nodes(), shape.mask()), Some(shape));
        }
        assert_eq!(ShapeIdx::from_mask(3, 1 << 3), None, "1 -> 0 leads backward");
        assert_eq!(class_of(6, 0), None);
    }

    #[test]
    fn the_number_of_classes_is_that_of_connected_dags() {
        let classes = |k: usize| {
            let connected = |shape: &ShapeIdx| shape.nodes() == k && is_connected(k, shape.mask());
            let shapes: Vec<ShapeIdx> = ShapeIdx::all().filter(connected).collect();
            let classes: std::collections::BTreeSet<u32> = shapes.iter().map(|shape| shape.class()).collect();
            // every assignment of k numbers to k events, without those that use a number twice
            let digit = |code: usize, i: usize| code / k.pow(i as u32) % k;
            let distinct = |&code: &usize| (0..k).all(|i| (0..i).all(|j| digit(code, i) != digit(code, j)));
            let numberings: Vec<usize> = (0..k.pow(k as u32)).filter(distinct).collect();
            for &shape in &shapes {
                let edges = pairs(k).filter(|&(i, j)| shape.mask() >> (i * k + j) & 1 == 1);
                let edges: Vec<(usize, usize)> = edges.collect();
                let bit =
                    |code: usize, (i, j): (usize, usize)| 1_u32 << (digit(code, i) * k + digit(code, j));
                let mask = |&code: &usize| edges.iter().map(|&edge| bit(code, edge)).sum::<u32>();
                assert_eq!(numberings.iter().map(mask).min(), Some(shape.class()));
            }
            (shapes.len(), classes.len())
        };
        assert_eq!([3, 4, 5].map(classes), [(4, 4), (38, 24), (728, 267)]);
    }

    fn is_connected(k: usize, mask: u32) -> bool {
        let linked = |i: usize, j: usize| mask >> (i * k + j) & 1 == 1 || mask >> (j * k + i) & 1 == 1;
        let grow = |reached: u32| {
            (0..k)
                .filter(|&j| (0..k).any(|i| reached >> i & 1 == 1 && linked(i, j)))
                .fold(reached, |r, j| r | 1 << j)
        };
        (0..k).fold(1, |reached, _| grow(reached)) == (1 << k) - 1
    }
}
