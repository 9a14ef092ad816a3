//! Comparison of outputs with the reference, on some of the rows: the reference is too slow for all rows of a large
//! batch.

use ironforge::attention::{Accuracy, Attention, AttentionBackend, Keys, Output, Reference, TimeBias};
use ironforge::csr::CsrPattern;

use super::cases::{Case, Data};

/// Tolerance of an exact output, per unit of the largest value: for logits of magnitude up to 16, and above.
const CLOSE: f32 = 1e-5;
const FAR: f32 = 1e-4;

/// Tolerance of a log-sum-exp, which is as large as the logits.
const LSE_TOLERANCE: f32 = 1e-4;

/// The largest value of any tensor here.
const LARGEST: f32 = 2.0;

/// Largest number of multiplications that the reference may perform.
const PRODUCTS: usize = 1 << 27;

/// Results of the reference for some of the rows.
pub struct Wanted {
    nodes: usize,
    rows: Vec<usize>,
    /// Output of these rows, in order.
    out: Vec<f32>,
    lse: Vec<f32>,
    width: [usize; 2],
    most_keys: usize,
    bar: f32,
}

impl Wanted {
    /// Computes the number of rows that the reference can afford, evenly spread over the batch.
    pub fn new(case: &Case, data: &Data) -> Self {
        let (nodes, width) = (case.nodes(), case.heads * case.dim);
        let each = (data.pairs(case.pattern) / nodes).max(1) * width;
        let count = (PRODUCTS / each).clamp(16, nodes);
        let rows: Vec<usize> = (0..count).map(|n| n * (nodes - 1) / (count - 1).max(1)).collect();
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        let mut most_keys = 0;
        for i in 0..nodes {
            if rows.binary_search(&i).is_ok() {
                let row = data.row(case.pattern, i);
                most_keys = row.len().max(most_keys);
                col_idx.extend(row);
            }
            row_ptr.push(col_idx.len() as u32);
        }
        let keys = Keys::Edges(CsrPattern::new(&row_ptr, &col_idx, nodes).unwrap());
        let problem: Attention<'_> = data.problem(case, keys, Accuracy::Exact);
        let output = Reference.forward(&problem).unwrap();
        let of = |x: &[f32], width: usize| -> Vec<f32> {
            rows.iter().flat_map(|i| x[i * width..(i + 1) * width].iter().copied()).collect()
        };
        let (out, lse) = (of(&output.out, width), of(&output.lse, case.heads));
        let bar = if matches!(case.bias, TimeBias::Sqrt { .. }) { FAR } else { CLOSE };
        Self { bar, nodes, rows, out, lse, width: [width, case.heads], most_keys }
    }

    /// The largest error of an output.
    ///
    /// # Errors
    /// If the output is empty, or its error exceeds the tolerance: it must not be timed.
    pub fn check(&self, got: &Output, accuracy: Accuracy) -> Result<f32, String> {
        let finite = got.out.iter().chain(&got.lse).all(|x| x.is_finite());
        if !finite
            || got.out.len() != self.nodes * self.width[0]
            || got.lse.len() != self.nodes * self.width[1]
        {
            return Err("no result: not timed".to_owned());
        }
        let allowed = match accuracy {
            Accuracy::Exact => self.bar * LARGEST,
            // The documented bound for f16.
            Accuracy::Fast => {
                LARGEST * (self.bar + 2.0_f32.powi(-11) + self.most_keys as f32 * 2.0_f32.powi(-25))
            }
        };
        let worst = |got: &[f32], want: &[f32], width: usize| {
            let indices = self.rows.iter().flat_map(|i| i * width..(i + 1) * width);
            indices.zip(want).map(|(at, want)| (got[at] - want).abs()).fold(0.0, f32::max)
        };
        let out = worst(&got.out, &self.out, self.width[0]);
        let lse = worst(&got.lse, &self.lse, self.width[1]);
        if out <= allowed && lse <= LSE_TOLERANCE {
            Ok(out)
        } else {
            Err(format!("{out:e} off, its log-sum-exp {lse:e}, where {allowed:e} is allowed: not timed"))
        }
    }
}
