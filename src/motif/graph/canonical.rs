//! An order of graphs by their content.

use std::cmp::Ordering;

use super::MotifGraph;

/// The indices of the graphs by first time, then size, times, labels and edges: an order that does not depend on the
/// one in which they are given, so that results do not depend on the names of sessions. Graphs that compare equal are
/// equal.
pub(crate) fn canonical_order(graphs: &[MotifGraph<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..graphs.len()).collect();
    order.sort_by(|&a, &b| compare(&graphs[a], &graphs[b]));
    order
}

fn compare(a: &MotifGraph<'_>, b: &MotifGraph<'_>) -> Ordering {
    let first = |graph: &MotifGraph<'_>| graph.t_ms().iter().min().copied();
    let rows = |graph: &MotifGraph<'_>, other: &MotifGraph<'_>| {
        let rows = (0..graph.nodes()).map(|u| graph.successors().row(u).cmp(other.successors().row(u)));
        rows.fold(Ordering::Equal, Ordering::then)
    };
    (first(a).cmp(&first(b)))
        .then_with(|| a.nodes().cmp(&b.nodes()))
        .then_with(|| a.t_ms().cmp(b.t_ms()))
        .then_with(|| a.labels().cmp(b.labels()))
        .then_with(|| rows(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr::CsrPattern;

    #[test]
    fn the_order_does_not_depend_on_that_of_the_input() {
        let linked = CsrPattern::new(&[0, 1, 1], &[1], 2).unwrap();
        let apart = CsrPattern::new(&[0, 0, 0], &[], 2).unwrap();
        let graph = |pattern, labels, t_ms| MotifGraph::new(pattern, labels, t_ms).unwrap();
        let graphs = [
            graph(linked, &[0, 1], &[5, 9]),
            graph(apart, &[0, 1], &[5, 9]),
            graph(linked, &[0, 2], &[5, 9]),
            graph(linked, &[0, 1], &[3, 9]),
            graph(linked, &[0, 0], &[9, 5]),
        ];
        let parts = |graphs: &[MotifGraph<'_>]| -> Vec<(Vec<u32>, Vec<i64>, usize)> {
            let ordered = canonical_order(graphs).into_iter().map(|index| &graphs[index]);
            ordered.map(|g| (g.labels().to_vec(), g.t_ms().to_vec(), g.edges())).collect()
        };
        let want = parts(&graphs);
        assert_eq!(want[0].1, [3, 9]);
        let mut reversed = graphs;
        reversed.reverse();
        assert_eq!(parts(&reversed), want);
        reversed.rotate_left(2);
        assert_eq!(parts(&reversed), want);
    }
}
