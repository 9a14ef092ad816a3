//! An attention problem that owns its tensors and keys.

use std::ops::Range;

use half::{bf16, f16};
use ironforge::attention::{Accuracy, Attention, EmptyRow, Inputs, Keys, NonFinite, Tensor, TimeBias};
use ironforge::csr::CsrPattern;

use super::{Bias, Dtype, Random, Shape, rows, times};

/// Values in one of the storage types.
#[derive(Debug, Clone)]
pub enum Values {
    F32(Vec<f32>),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
}

impl Values {
    pub fn store(dtype: Dtype, values: &[f32]) -> Self {
        match dtype {
            Dtype::F32 => Self::F32(values.to_vec()),
            Dtype::F16 => Self::F16(values.iter().map(|&x| f16::from_f32(x)).collect()),
            Dtype::Bf16 => Self::Bf16(values.iter().map(|&x| bf16::from_f32(x)).collect()),
        }
    }

    pub fn tensor(&self) -> Tensor<'_> {
        match self {
            Self::F32(x) => Tensor::F32(x),
            Self::F16(x) => Tensor::F16(x),
            Self::Bf16(x) => Tensor::Bf16(x),
        }
    }

    pub fn widened(&self) -> Vec<f32> {
        (0..self.tensor().len()).map(|i| self.tensor().at(i)).collect()
    }
}

/// An attention problem that owns its tensors, with the attention pattern as lists of keys.
#[derive(Debug, Clone)]
pub struct Batch {
    pub heads: usize,
    pub dim: usize,
    pub dtype: Dtype,
    pub q: Values,
    pub k: Values,
    pub v: Values,
    pub offsets: Vec<usize>,
    pub rows: Vec<Vec<u32>>,
    pub bias: TimeBias,
    pub t_ms: Vec<i64>,
    pub scale: f32,
    pub empty_row: EmptyRow,
    pub accuracy: Accuracy,
    pub non_finite: NonFinite,
    pub logits: f64,
}

impl Batch {
    pub fn new(shape: &Shape) -> Self {
        let mut random = Random(shape.seed);
        let mut offsets = vec![0];
        for len in &shape.lengths {
            offsets.push(offsets[offsets.len() - 1] + len);
        }
        let nodes = offsets[offsets.len() - 1];
        let size = nodes * shape.heads * shape.dim;
        let mut values =
            || Values::store(shape.dtype, &(0..size).map(|_| random.value()).collect::<Vec<f32>>());
        let (q, k, v) = (values(), values(), values());
        let rows = (0..shape.lengths.len())
            .flat_map(|g| rows(shape.mask, offsets[g]..offsets[g + 1], &mut random))
            .collect();
        let t_ms: Vec<i64> =
            offsets.windows(2).flat_map(|w| times(shape.times, w[1] - w[0], &mut random)).collect();
        let spans = offsets
            .windows(2)
            .map(|w| t_ms[w[0]..w[1]].iter())
            .map(|t| t.clone().max().zip(t.min()).map_or(0, |(last, first)| last - first));
        // Half of the bound of the logits is left for the bias.
        let longest = spans.max().unwrap_or(0).max(1) as f64 / 60_000.0;
        let bias = match shape.bias {
            Bias::None => TimeBias::None,
            Bias::Sqrt => TimeBias::Sqrt { scale_minutes: (longest * 4.0 / shape.logits.powi(2)) as f32 },
            Bias::Buckets => TimeBias::Buckets(vec![
                (0.0, 5.0, 0.2),
                (5.0, 15.0, 0.1),
                (15.0, 60.0, 0.0),
                (60.0, 240.0, -0.1),
                (10.0, 120.0, shape.logits as f32 / 4.0),
            ]),
        };
        let mut batch = Self {
            heads: shape.heads,
            dim: shape.dim,
            dtype: shape.dtype,
            q,
            k,
            v,
            offsets,
            rows,
            bias,
            t_ms,
            scale: 1.0,
            empty_row: if shape.uniform { EmptyRow::Uniform } else { EmptyRow::Zero },
            accuracy: Accuracy::Exact,
            non_finite: NonFinite::Error,
            logits: shape.logits,
        };
        batch.scale = (shape.logits * 0.45 / batch.largest_product().max(1e-3)) as f32;
        batch
    }

    pub fn nodes(&self) -> usize {
        self.offsets[self.offsets.len() - 1]
    }

    pub fn graphs(&self) -> impl Iterator<Item = Range<usize>> {
        self.offsets.windows(2).map(|w| w[0]..w[1])
    }

    /// Largest |q·k| of any pair.
    fn largest_product(&self) -> f64 {
        let (q, k) = (self.q.widened(), self.k.widened());
        let row = |x: &[f32], i: usize, h: usize| -> Vec<f32> {
            x[(i * self.heads + h) * self.dim..][..self.dim].to_vec()
        };
        let mut largest = 0.0_f64;
        for (i, h) in (0..self.nodes()).flat_map(|i| (0..self.heads).map(move |h| (i, h))) {
            let q = row(&q, i, h);
            for &j in &self.rows[i] {
                let k = row(&k, j as usize, h);
                let dot: f64 = q.iter().zip(&k).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                largest = largest.max(dot.abs());
            }
        }
        largest
    }

    pub fn csr(&self) -> (Vec<u32>, Vec<u32>) {
        let mut row_ptr = vec![0];
        for row in &self.rows {
            row_ptr.push(row_ptr[row_ptr.len() - 1] + row.len() as u32);
        }
        (row_ptr, self.rows.concat())
    }

    /// Calls `run` with the checked problem, its keys as edges.
    pub fn with_edges<T>(&self, run: impl FnOnce(&Attention<'_>) -> T) -> T {
        let (row_ptr, col_idx) = self.csr();
        self.with_keys(Keys::Edges(CsrPattern::new(&row_ptr, &col_idx, self.nodes()).unwrap()), run)
    }

    /// Calls `run` with the checked problem and other keys.
    pub fn with_keys<T>(&self, keys: Keys<'_>, run: impl FnOnce(&Attention<'_>) -> T) -> T {
        let tensors = [self.q.tensor(), self.k.tensor(), self.v.tensor()];
        let mut inputs = Inputs::new([self.heads, self.dim], tensors, &self.offsets, keys);
        inputs.bias = self.bias.clone();
        inputs.t_ms = Some(&self.t_ms);
        inputs.scale = Some(self.scale);
        inputs.empty_row = self.empty_row;
        inputs.accuracy = self.accuracy;
        inputs.non_finite = self.non_finite;
        run(&Attention::new(inputs).unwrap())
    }

    /// The batch of the nodes `order` (old indices), in the graphs of `offsets`, with their keys renumbered.
    pub fn select(&self, order: &[usize], offsets: Vec<usize>) -> Self {
        let width = self.heads * self.dim;
        let pick = |x: &Values| {
            let x = x.widened();
            let values: Vec<f32> =
                order.iter().flat_map(|&i| x[i * width..(i + 1) * width].iter().copied()).collect();
            Values::store(self.dtype, &values)
        };
        let mut new_index = vec![u32::MAX; self.nodes()];
        order.iter().enumerate().for_each(|(new, &old)| new_index[old] = new as u32);
        let rows = order.iter().map(|&i| {
            let mut row: Vec<u32> = self.rows[i].iter().map(|&j| new_index[j as usize]).collect();
            row.sort_unstable();
            row
        });
        Self {
            q: pick(&self.q),
            k: pick(&self.k),
            v: pick(&self.v),
            rows: rows.collect(),
            t_ms: order.iter().map(|&i| self.t_ms[i]).collect(),
            offsets,
            ..self.clone()
        }
    }
}
