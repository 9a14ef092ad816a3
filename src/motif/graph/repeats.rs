//! Diagnostics: how far successive events have the same label, and come in bursts.

use super::MotifGraph;

/// How far successive events have the same label, and come in bursts, within the blocks of the stratified null: what
/// violates the assumptions of the nulls.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LabelRepeats {
    /// Share of the pairs of successive events of a block that have the same label; 0 without such pairs.
    pub same_label: f64,
    /// The share expected if the labels of each block were permuted.
    pub expected: f64,
    /// Standard deviations from `expected` to `same_label`, as for independent pairs.
    pub z: f64,
    /// (s - m) / (s + m) for the mean m and the standard deviation s of the gaps between successive events of a
    /// block, in units of the mean gap of the block: 0 for events at random times, near 1 for bursts, -1 for a clock.
    pub burstiness: f64,
}

/// Fewest gaps of a block whose burstiness counts: the mean gap of fewer is too uncertain.
const MIN_GAPS: usize = 4;

impl LabelRepeats {
    /// The diagnostics over blocks of `block_ms`, each from the least time of its graph on.
    pub(in crate::motif) fn of(graphs: &[MotifGraph<'_>], block_ms: u64) -> Self {
        let mut totals = Totals::default();
        for graph in graphs {
            let t_first = graph.t_ms().iter().copied().min().unwrap_or(0);
            // t_first is the smallest: the difference is not negative and fits u64, so wrapping is exact
            let block = |event: usize| graph.t_ms()[event].wrapping_sub(t_first) as u64 / block_ms;
            let events: Vec<usize> = (0..graph.nodes()).collect();
            for events in events.chunk_by(|&a, &b| block(a) == block(b)) {
                totals.add(graph, events);
            }
        }
        totals.finish()
    }
}

/// Sums over blocks.
#[derive(Default)]
struct Totals {
    pairs: f64,
    same: f64,
    expected: f64,
    variance: f64,
    gaps: f64,
    /// Sums of the gaps and of their squares, in units of the mean gap of the block.
    sum: f64,
    squares: f64,
}

impl Totals {
    fn add(&mut self, graph: &MotifGraph<'_>, events: &[usize]) {
        let n = events.len();
        if n < 2 {
            return;
        }
        let (labels, t_ms) = (graph.labels(), graph.t_ms());
        let mut sorted: Vec<u32> = events.iter().map(|&event| labels[event]).collect();
        sorted.sort_unstable();
        let of_label = |same: &[u32]| (same.len() * (same.len() - 1)) as f64;
        let same_pairs: f64 = sorted.chunk_by(|a, b| a == b).map(of_label).sum();
        let share = same_pairs / (n * (n - 1)) as f64;
        let pairs = (n - 1) as f64;
        self.pairs += pairs;
        self.same += events.windows(2).filter(|pair| labels[pair[0]] == labels[pair[1]]).count() as f64;
        self.expected += pairs * share;
        self.variance += pairs * share * (1.0 - share);
        let gaps: Vec<f64> =
            events.windows(2).map(|pair| t_ms[pair[0]].abs_diff(t_ms[pair[1]]) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        if gaps.len() >= MIN_GAPS && mean > 0.0 {
            self.gaps += gaps.len() as f64;
            self.sum += gaps.iter().map(|gap| gap / mean).sum::<f64>();
            self.squares += gaps.iter().map(|gap| (gap / mean) * (gap / mean)).sum::<f64>();
        }
    }

    fn finish(self) -> LabelRepeats {
        let per = |sum: f64, n: f64| if n > 0.0 { sum / n } else { 0.0 };
        let mean = per(self.sum, self.gaps);
        let sd = (per(self.squares, self.gaps) - mean * mean).max(0.0).sqrt();
        LabelRepeats {
            same_label: per(self.same, self.pairs),
            expected: per(self.expected, self.pairs),
            z: per(self.same - self.expected, self.variance.sqrt()),
            burstiness: per(sd - mean, sd + mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr::CsrPattern;

    fn repeats(labels: &[u32], t_ms: &[i64], block_ms: u64) -> LabelRepeats {
        let row_ptr = vec![0; labels.len() + 1];
        let pattern = CsrPattern::new(&row_ptr, &[], labels.len()).unwrap();
        LabelRepeats::of(&[MotifGraph::new(pattern, labels, t_ms).unwrap()], block_ms)
    }

    #[test]
    fn runs_of_a_label_and_bursts_show() {
        let t_ms: Vec<i64> = (0..40).collect();
        let runs: Vec<u32> = (0..40).map(|i| i / 5 % 2).collect();
        let of_runs = repeats(&runs, &t_ms, 20);
        assert_eq!((of_runs.same_label, of_runs.burstiness), (32.0 / 38.0, -1.0));
        // 90 ordered pairs of one label twice among 380
        assert!((of_runs.expected - 180.0 / 380.0).abs() < 1e-12 && of_runs.z > 4.0);
        let alternating: Vec<u32> = (0..40).map(|i| i % 2).collect();
        assert!(repeats(&alternating, &t_ms, 20).z < -4.0);
        let bursts: Vec<i64> = (0..40).map(|i| i / 10 * 5000 + i % 10).collect();
        assert!(repeats(&runs, &bursts, 100_000).burstiness > 0.4);
        assert_eq!(
            repeats(&[1], &[5], 20),
            LabelRepeats { same_label: 0.0, expected: 0.0, z: 0.0, burstiness: 0.0 }
        );
    }
}
