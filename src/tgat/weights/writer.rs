//! Writing a weights file.

use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::metadata::{TRAINED, TRAINED_VALUE, UNTRAINED_VALUE};
use crate::tgat::error::TgatError;

/// The bytes of a safetensors file of these tensors (name, shape, values). The same tensors give the same bytes.
pub(in crate::tgat) fn write(
    tensors: &[(String, Vec<usize>, &[f32])],
    trained: bool,
) -> Result<Vec<u8>, TgatError> {
    let refused = |e: safetensors::SafeTensorError| TgatError::File { reason: e.to_string() };
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, _, v)| v.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), bytes)| {
            Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(refused)?))
        })
        .collect::<Result<Vec<_>, TgatError>>()?;
    let value = if trained { TRAINED_VALUE } else { UNTRAINED_VALUE };
    safetensors::serialize(views, Some(HashMap::from([(TRAINED.to_owned(), value.to_owned())])))
        .map_err(refused)
}
