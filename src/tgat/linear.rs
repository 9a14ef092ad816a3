//! Dense projections, `y = x Wᵀ + b`.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::error::TgatError;
use super::tensor_source::{Dim, InitialValues, TensorSource, TensorSpec, TensorVisitor};

/// Rows per matrix product; fixed, so that the bits do not depend on the number of threads.
const ROWS_PER_PRODUCT: usize = 256;

/// A dense projection with bias, and the name of its tensors in a weights file.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    name: String,
    inputs: usize,
    outputs: usize,
    /// `[outputs, inputs]`, row-major.
    weight: Vec<f32>,
    /// `[outputs]`.
    bias: Vec<f32>,
}

impl Linear {
    /// The projection whose tensors are `name.weight` and `name.bias`; `setting` is the one that needs them.
    pub(super) fn build(
        name: String,
        inputs: Dim,
        outputs: Dim,
        setting: &'static str,
        source: &mut dyn TensorSource,
    ) -> Result<Self, TgatError> {
        let mut take = |part: &str, dims: Vec<Dim>, initial| {
            source.take(&TensorSpec { name: format!("{name}.{part}"), dims, initial, setting })
        };
        let weight = take("weight", vec![outputs, inputs], InitialValues::Xavier)?;
        let bias = take("bias", vec![outputs], InitialValues::Zero)?;
        Ok(Self { name, inputs: inputs.0, outputs: outputs.0, weight, bias })
    }

    pub(super) fn visit<'m>(&'m self, visit: &mut TensorVisitor<'_, 'm>) {
        visit(format!("{}.weight", self.name), vec![self.outputs, self.inputs], &self.weight);
        visit(format!("{}.bias", self.name), vec![self.outputs], &self.bias);
    }

    /// Output `[rows, outputs]` for `x`, `[rows, inputs]`. O(rows · inputs · outputs), on all threads of the pool.
    ///
    /// The bits of an output row depend on its input row alone: the sum over the inputs has the same order at every
    /// row index.
    pub(super) fn forward(&self, x: &[f32]) -> Result<Vec<f32>, TgatError> {
        let rows = x.len() / self.inputs;
        let mut y = vec![0.0; rows * self.outputs];
        y.par_chunks_mut(ROWS_PER_PRODUCT * self.outputs)
            .zip(x.par_chunks(ROWS_PER_PRODUCT * self.inputs))
            .try_for_each(|(y, x)| self.project(x, y))?;
        Ok(y)
    }

    /// Writes the output for up to [`ROWS_PER_PRODUCT`] rows to `y`.
    fn project(&self, x: &[f32], y: &mut [f32]) -> Result<(), TgatError> {
        for row in y.chunks_exact_mut(self.outputs) {
            row.copy_from_slice(&self.bias);
        }
        let rows = y.len() / self.outputs;
        let misfit = |what, got, want| move |_| TgatError::Len { what, got, want };
        let (x_len, y_len) = (x.len(), y.len());
        let x =
            ArrayView2::from_shape((rows, self.inputs), x).map_err(misfit("x", x_len, rows * self.inputs))?;
        let mut y = ArrayViewMut2::from_shape((rows, self.outputs), y).map_err(misfit(
            "y",
            y_len,
            rows * self.outputs,
        ))?;
        let weight = ArrayView2::from_shape((self.outputs, self.inputs), &self.weight).map_err(misfit(
            "weight",
            self.weight.len(),
            self.outputs * self.inputs,
        ))?;
        general_mat_mul(1.0, &x, &weight.t(), 1.0, &mut y);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tensor_source::{FIXED, SeededTensors};
    use super::*;

    fn linear(inputs: usize, outputs: usize) -> Linear {
        let mut linear =
            Linear::build("l".into(), (inputs, FIXED), (outputs, FIXED), FIXED, &mut SeededTensors::new(3))
                .unwrap();
        linear.bias = (0..outputs).map(|i| i as f32 * 0.25 - 1.0).collect();
        linear
    }

    fn features(rows: usize, inputs: usize) -> Vec<f32> {
        (0..rows * inputs).map(|i| ((i * 37 % 101) as f32 - 50.0) / 17.0).collect()
    }

    #[test]
    fn a_projection_is_x_times_w_transposed_plus_b() {
        for (rows, inputs, outputs) in [(1, 1, 1), (3, 45, 44), (259, 5, 2)] {
            let (l, x) = (linear(inputs, outputs), features(rows, inputs));
            let y = l.forward(&x).unwrap();
            for r in 0..rows {
                for o in 0..outputs {
                    let sum: f64 = (0..inputs)
                        .map(|i| f64::from(x[r * inputs + i]) * f64::from(l.weight[o * inputs + i]))
                        .sum();
                    let want = sum + f64::from(l.bias[o]);
                    assert!((f64::from(y[r * outputs + o]) - want).abs() < 1e-5, "row {r}, output {o}");
                }
            }
        }
    }

    #[test]
    fn a_row_has_the_same_bits_at_every_index() {
        let (inputs, outputs, rows) = (45, 44, ROWS_PER_PRODUCT + 9);
        let (l, x) = (linear(inputs, outputs), features(rows, inputs));
        let whole = l.forward(&x).unwrap();
        let alone: Vec<f32> = x.chunks(inputs).flat_map(|row| l.forward(row).unwrap()).collect();
        assert_eq!(whole, alone);
    }
}
