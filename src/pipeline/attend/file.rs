//! Reading a file of tensors: nothing of it is believed.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::AttendError;
use crate::attention::{AttentionError, Tensor};
use crate::suggest::suggest;

/// Largest file read: it is held in memory, and its values once more.
const MAX_BYTES: u64 = 16 << 30;

/// Values in their stored type.
#[derive(Debug)]
pub(super) enum Stored {
    F32(Vec<f32>),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
}

impl Stored {
    pub(super) fn tensor(&self) -> Tensor<'_> {
        match self {
            Self::F32(x) => Tensor::F32(x),
            Self::F16(x) => Tensor::F16(x),
            Self::Bf16(x) => Tensor::Bf16(x),
        }
    }
}

/// The bytes of a file, at most `MAX_BYTES`.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, AttendError> {
    let open = |source| AttendError::Open { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(open)?;
    let size = file.metadata().map_err(open)?;
    if !size.is_file() {
        return Err(open(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file")));
    }
    let too_large = |bytes| AttendError::TooLarge { path: path.to_owned(), bytes, max: MAX_BYTES };
    if size.len() > MAX_BYTES {
        return Err(too_large(size.len()));
    }
    // A file may grow while it is read.
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(open)?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large(bytes.len() as u64)) } else { Ok(bytes) }
}

/// A safetensors file whose header is sound.
#[derive(Debug)]
pub(super) struct File<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
    metadata: HashMap<String, String>,
}

impl<'a> File<'a> {
    pub(super) fn parse(path: &'a Path, bytes: &'a [u8]) -> Result<Self, AttendError> {
        let format = |e: safetensors::SafeTensorError| AttendError::Format {
            path: path.to_owned(),
            why: e.to_string(),
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(format)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
        Ok(Self { path, tensors, metadata: header.metadata().clone().unwrap_or_default() })
    }

    /// Checks that the file names nothing else.
    pub(super) fn only(&self, tensors: &[&str], metadata: &[&str]) -> Result<(), AttendError> {
        self.known("tensor", self.tensors.names(), tensors)?;
        self.known("metadata key", self.metadata.keys().map(String::as_str).collect(), metadata)
    }

    fn known(&self, what: &'static str, mut names: Vec<&str>, known: &[&str]) -> Result<(), AttendError> {
        // Sorted, so that it is always the same one that is named.
        names.sort_unstable();
        let Some(name) = names.into_iter().find(|name| !known.contains(name)) else { return Ok(()) };
        Err(AttendError::Unknown {
            path: self.path.to_owned(),
            what,
            name: name.to_owned(),
            nearest: suggest(name, known.iter().copied()).map(str::to_owned),
            known: known.join(", "),
        })
    }

    pub(super) fn shape(&self, name: &'static str) -> Result<Vec<usize>, AttendError> {
        Ok(self.required(name)?.shape().to_vec())
    }

    /// Queries, keys or values of that shape.
    pub(super) fn stored(&self, name: &'static str, shape: &[usize]) -> Result<Stored, AttendError> {
        let view = self.required(name)?;
        if view.shape() != shape {
            return Err(self.tensor(
                name,
                format!("has the shape {:?}", view.shape()),
                format!("{shape:?} as q is"),
            ));
        }
        match view.dtype() {
            Dtype::F32 => Ok(Stored::F32(values(view.data(), f32::from_le_bytes))),
            Dtype::F16 => Ok(Stored::F16(values(view.data(), f16::from_le_bytes))),
            Dtype::BF16 => Ok(Stored::Bf16(values(view.data(), bf16::from_le_bytes))),
            other => Err(self.tensor(name, format!("is stored as {other:?}"), "F16, BF16 or F32")),
        }
    }

    /// A list of integers, of that length if one is given; `None` if the file has no such tensor.
    pub(super) fn integers(
        &self,
        name: &'static str,
        len: Option<usize>,
    ) -> Result<Option<Vec<i64>>, AttendError> {
        let Ok(view) = self.tensors.tensor(name) else { return Ok(None) };
        if view.dtype() != Dtype::I64 {
            return Err(self.tensor(name, format!("is stored as {:?}", view.dtype()), "I64"));
        }
        let shape = view.shape();
        if shape.len() != 1 || len.is_some_and(|len| shape[0] != len) {
            let want = len.map_or("a list".to_owned(), |len| format!("[{len}], after the nodes of q"));
            return Err(self.tensor(name, format!("has the shape {shape:?}"), want));
        }
        Ok(Some(values(view.data(), i64::from_le_bytes)))
    }

    /// The value of a metadata key that is one of a few words.
    pub(super) fn choice<T: Clone>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, AttendError> {
        let Some(value) = self.metadata.get(key) else { return Ok(None) };
        match words.iter().find(|(word, _)| word == value) {
            Some((_, choice)) => Ok(Some(choice.clone())),
            None => {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Err(self.metadata(key, words.join(" or ")))
            }
        }
    }

    /// The value of a metadata key that is a number.
    pub(super) fn number(&self, key: &'static str) -> Result<Option<f64>, AttendError> {
        let Some(value) = self.metadata.get(key) else { return Ok(None) };
        value.trim().parse().map(Some).map_err(|_| self.metadata(key, "a number"))
    }

    /// The value of a metadata key that is JSON; `want` says what of.
    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        key: &'static str,
        want: &'static str,
    ) -> Result<Option<T>, AttendError> {
        let Some(value) = self.metadata.get(key) else { return Ok(None) };
        serde_json::from_str(value).map(Some).map_err(|_| self.metadata(key, want))
    }

    fn required(&self, name: &'static str) -> Result<TensorView<'_>, AttendError> {
        let missing =
            || self.tensor(name, "is missing".to_owned(), "F16, BF16 or F32 [nodes, heads, head_dim]");
        self.tensors.tensor(name).map_err(|_| missing())
    }

    /// A tensor that is not what it must be.
    pub(super) fn tensor(&self, tensor: &'static str, found: String, want: impl Into<String>) -> AttendError {
        AttendError::Tensor { path: self.path.to_owned(), tensor, found, want: want.into() }
    }

    /// A value of a tensor that cannot be.
    pub(super) fn value(
        &self,
        tensor: &'static str,
        index: usize,
        value: i64,
        why: impl Into<String>,
    ) -> AttendError {
        AttendError::Value { path: self.path.to_owned(), tensor, index, value, why: why.into() }
    }

    /// Who sees whom is not said once.
    pub(super) fn keys(&self, found: &'static str) -> AttendError {
        AttendError::Keys { path: self.path.to_owned(), found }
    }

    /// The parts do not make a problem.
    pub(super) fn problem(&self, source: AttentionError) -> AttendError {
        AttendError::Problem { path: self.path.to_owned(), source }
    }

    fn metadata(&self, key: &'static str, want: impl Into<String>) -> AttendError {
        let value = self.metadata.get(key).cloned().unwrap_or_default();
        AttendError::Metadata { path: self.path.to_owned(), key, value, want: want.into() }
    }
}

/// Values from their bytes, which need not lie aligned.
fn values<const N: usize, T>(data: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    data.as_chunks::<N>().0.iter().map(|&bytes| read(bytes)).collect()
}
