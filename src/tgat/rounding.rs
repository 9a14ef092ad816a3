//! Rounding of queries, keys and values to the precision of attention, the same for every backend.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::config::Precision;
use super::error::TgatError;
use crate::attention::{NonFinite, Tensor};

/// A tensor rounded to the precision of attention.
#[derive(Debug, Clone)]
pub(super) enum RoundedTensor {
    F32(Vec<f32>),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
}

/// The layer and name of a tensor, for error messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct TensorLocation {
    pub(super) layer: usize,
    pub(super) tensor: &'static str,
    /// Number of values per node.
    pub(super) width: usize,
}

impl RoundedTensor {
    /// Rounds to nearest, ties to even.
    ///
    /// # Errors
    /// [`TgatError::Overflow`] if a finite value becomes infinite; [`TgatError::NonFinite`] if a value is not
    /// finite and the policy makes that an error.
    pub(super) fn new(
        values: Vec<f32>,
        precision: Precision,
        policy: NonFinite,
        location: TensorLocation,
    ) -> Result<Self, TgatError> {
        check_finite(&values, policy, location)?;
        let overflow = |i: usize| TgatError::Overflow {
            layer: location.layer,
            tensor: location.tensor,
            node: i / location.width,
            value: values[i],
            precision,
        };
        match precision {
            Precision::F32 => Ok(Self::F32(values)),
            Precision::F16 => {
                let mut rounded = vec![f16::ZERO; values.len()];
                rounded.convert_from_f32_slice(&values);
                match rounded.iter().zip(&values).position(|(r, v)| r.is_infinite() && v.is_finite()) {
                    Some(i) => Err(overflow(i)),
                    None => Ok(Self::F16(rounded)),
                }
            }
            Precision::Bf16 => {
                let mut rounded = vec![bf16::ZERO; values.len()];
                rounded.convert_from_f32_slice(&values);
                match rounded.iter().zip(&values).position(|(r, v)| r.is_infinite() && v.is_finite()) {
                    Some(i) => Err(overflow(i)),
                    None => Ok(Self::Bf16(rounded)),
                }
            }
        }
    }

    /// The values as an input of attention.
    pub(super) fn tensor(&self) -> Tensor<'_> {
        match self {
            Self::F32(values) => Tensor::F32(values),
            Self::F16(values) => Tensor::F16(values),
            Self::Bf16(values) => Tensor::Bf16(values),
        }
    }
}

/// Checks that all values are finite, if the policy is [`NonFinite::Error`].
///
/// # Errors
/// [`TgatError::NonFinite`] for the first that is not.
pub(super) fn check_finite(
    values: &[f32],
    policy: NonFinite,
    location: TensorLocation,
) -> Result<(), TgatError> {
    let found = match policy {
        NonFinite::Error => values.iter().position(|v| !v.is_finite()),
        NonFinite::Propagate => None,
    };
    found.map_or(Ok(()), |i| {
        let TensorLocation { layer, tensor, width } = location;
        Err(TgatError::NonFinite { layer, tensor, node: i / width, value: values[i] })
    })
}
