//! The timed graphs: each event linked with the next ones in a window; one such graph, or several interleaved.

use ironforge::csr::CsrPattern;
use ironforge::motif::MotifGraph;
use ironforge::philox::Philox;

/// Events 1 to 119 s apart, each linked with the next 4 that are 1 to 120 minutes away.
pub struct Window {
    pub row_ptr: Vec<u32>,
    pub col_idx: Vec<u32>,
    labels: Vec<u32>,
    t_ms: Vec<i64>,
}

impl Window {
    pub fn new(events: usize, vocabulary: u32) -> Self {
        Self::interleaved(events, 1, vocabulary)
    }

    /// `ways` windows whose events take turns, `events` in all: the same sets, but edges reach `ways` times as far.
    pub fn interleaved(events: usize, ways: usize, vocabulary: u32) -> Self {
        let mut stream = Philox::new(7).stream(0, 0);
        let times: Vec<i64> = (0..events / ways)
            .scan(0, |t, _| {
                *t += 1000 * i64::from(1 + stream.below(119));
                Some(*t)
            })
            .collect();
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        for event in 0..times.len() * ways {
            let (i, way) = (event / ways, event % ways);
            let near = |&j: &usize| (60_000..=7_200_000).contains(&(times[j] - times[i]));
            let next = (i + 1..times.len().min(i + 64)).filter(near).take(4);
            col_idx.extend(next.map(|j| (j * ways + way) as u32));
            row_ptr.push(col_idx.len() as u32);
        }
        let t_ms: Vec<i64> = (0..times.len() * ways).map(|event| times[event / ways]).collect();
        let labels = t_ms.iter().map(|_| stream.below(vocabulary)).collect();
        Self { row_ptr, col_idx, labels, t_ms }
    }

    pub fn view(&self) -> MotifGraph<'_> {
        let pattern = CsrPattern::new(&self.row_ptr, &self.col_idx, self.labels.len()).unwrap();
        MotifGraph::new(pattern, &self.labels, &self.t_ms).unwrap()
    }
}
