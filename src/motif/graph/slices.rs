//! A graph cut into slices of time, each a graph by itself.

use super::MotifGraph;
use crate::csr::CsrPattern;
use crate::motif::MotifError;

/// The slices of a graph, in the order of time.
pub(crate) struct TimeSlices(Vec<Slice>);

/// The events of a slice and the edges among them.
#[derive(Default)]
struct Slice {
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
    labels: Vec<u32>,
    t_ms: Vec<i64>,
}

impl TimeSlices {
    /// Slices of `width_ms`, from the least time of the graph on; those without events are left out. An edge from
    /// one slice to another is cut.
    pub(crate) fn of(graph: &MotifGraph<'_>, width_ms: u64) -> Self {
        let t_first = graph.t_ms().iter().copied().min().unwrap_or(0);
        // t_first is the smallest: the difference is not negative and fits u64, so wrapping is exact
        let cell = |t: i64| t.wrapping_sub(t_first) as u64 / width_ms;
        let mut cells: Vec<u64> = graph.t_ms().iter().map(|&t| cell(t)).collect();
        let of_event = cells.clone();
        cells.sort_unstable();
        cells.dedup();
        let slice_of: Vec<usize> =
            of_event.iter().map(|cell| cells.partition_point(|other| other < cell)).collect();
        let mut slices: Vec<Slice> = Vec::new();
        slices.resize_with(cells.len(), || Slice { row_ptr: vec![0], ..Slice::default() });
        let mut number_in_slice = vec![0_u32; graph.nodes()];
        for (event, &slice) in slice_of.iter().enumerate() {
            number_in_slice[event] = slices[slice].labels.len() as u32;
            slices[slice].labels.push(graph.labels()[event]);
            slices[slice].t_ms.push(graph.t_ms()[event]);
        }
        for (event, &slice) in slice_of.iter().enumerate() {
            let inside = graph.successors().row(event).iter().filter(|&&to| slice_of[to as usize] == slice);
            let Slice { row_ptr, col_idx, .. } = &mut slices[slice];
            col_idx.extend(inside.map(|&to| number_in_slice[to as usize]));
            row_ptr.push(col_idx.len() as u32);
        }
        Self(slices)
    }

    /// The slices as graphs.
    ///
    /// # Errors
    /// Those of [`MotifGraph::new`], none of which a part of a valid graph has.
    pub(crate) fn graphs(&self) -> Result<Vec<MotifGraph<'_>>, MotifError> {
        let graph = |(graph, slice)| {
            let Slice { row_ptr, col_idx, labels, t_ms }: &Slice = slice;
            let pattern = CsrPattern::new(row_ptr, col_idx, labels.len());
            MotifGraph::new(pattern.map_err(|error| MotifError::RuleParts { graph, error })?, labels, t_ms)
        };
        self.0.iter().enumerate().map(graph).collect()
    }

    /// Number of slices.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_within_a_slice_stay_and_empty_slices_are_left_out() {
        // events at 0, 40, 10, 95 and 130 ms, each linked with all later ones
        let row_ptr = [0, 4, 7, 9, 10, 10];
        let col_idx = [1, 2, 3, 4, 2, 3, 4, 3, 4, 4];
        let pattern = CsrPattern::new(&row_ptr, &col_idx, 5).unwrap();
        let graph = MotifGraph::new(pattern, &[7, 8, 9, 7, 6], &[100, 140, 110, 195, 230]).unwrap();
        let slices = TimeSlices::of(&graph, 30);
        assert_eq!(slices.len(), 4);
        let parts: Vec<(Vec<u32>, usize)> =
            slices.graphs().unwrap().iter().map(|g| (g.labels().to_vec(), g.edges())).collect();
        assert_eq!(parts, [(vec![7, 9], 1), (vec![8], 0), (vec![7], 0), (vec![6], 0)]);
        assert_eq!(TimeSlices::of(&graph, 1000).graphs().unwrap()[0].edges(), 10);
    }
}
