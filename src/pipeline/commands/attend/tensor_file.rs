//! Reads a safetensors file and checks its names, types and shapes. The file is untrusted.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::attention::{AttentionError, Tensor};
use crate::pipeline::error::{AttendError, KeysFault, TensorFileEntry};
use crate::suggest::suggest;

/// Largest file that is read: memory holds the file and a copy of its values.
const MAX_BYTES: u64 = 16 << 30;

/// Values of a tensor in their stored type.
#[derive(Debug)]
pub(super) enum StoredTensor {
    F32(Vec<f32>),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
}

impl StoredTensor {
    pub(super) fn tensor(&self) -> Tensor<'_> {
        match self {
            Self::F32(x) => Tensor::F32(x),
            Self::F16(x) => Tensor::F16(x),
            Self::Bf16(x) => Tensor::Bf16(x),
        }
    }
}

/// The bytes of a file, at most [`MAX_BYTES`].
pub(super) fn read(path: &Path) -> Result<Vec<u8>, AttendError> {
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
    // The file may grow while it is read.
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(open)?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large(bytes.len() as u64)) } else { Ok(bytes) }
}

/// A safetensors file with a valid header.
#[derive(Debug)]
pub(super) struct TensorFile<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
    metadata: HashMap<String, String>,
}

impl<'a> TensorFile<'a> {
    pub(super) fn parse(path: &'a Path, bytes: &'a [u8]) -> Result<Self, AttendError> {
        let format = |e: safetensors::SafeTensorError| AttendError::Format {
            path: path.to_owned(),
            why: e.to_string(),
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(format)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
        Ok(Self { path, tensors, metadata: header.metadata().clone().unwrap_or_default() })
    }

    /// Refuses tensors and metadata keys of other names.
    pub(super) fn check_names(&self, tensors: &[&str], metadata: &[&str]) -> Result<(), AttendError> {
        self.check_known(TensorFileEntry::Tensor, self.tensors.names(), tensors)?;
        let keys = self.metadata.keys().map(String::as_str).collect();
        self.check_known(TensorFileEntry::MetadataKey, keys, metadata)
    }

    fn check_known(
        &self,
        entry: TensorFileEntry,
        mut names: Vec<&str>,
        known: &[&str],
    ) -> Result<(), AttendError> {
        // Sorted, so that the error always names the same one.
        names.sort_unstable();
        let Some(name) = names.into_iter().find(|name| !known.contains(name)) else { return Ok(()) };
        Err(AttendError::Unknown {
            path: self.path.to_owned(),
            entry,
            name: name.to_owned(),
            nearest: suggest(name, known.iter().copied()).map(str::to_owned),
            known: known.join(", "),
        })
    }

    pub(super) fn shape(&self, name: &'static str) -> Result<Vec<usize>, AttendError> {
        Ok(self.required(name)?.shape().to_vec())
    }

    /// Queries, keys or values of shape `shape`.
    pub(super) fn stored(&self, name: &'static str, shape: &[usize]) -> Result<StoredTensor, AttendError> {
        let view = self.required(name)?;
        if view.shape() != shape {
            let (found, want) =
                (format!("has the shape {:?}", view.shape()), format!("{shape:?}, the shape of q"));
            return Err(self.tensor_error(name, found, want));
        }
        match view.dtype() {
            Dtype::F32 => Ok(StoredTensor::F32(values(view.data(), f32::from_le_bytes))),
            Dtype::F16 => Ok(StoredTensor::F16(values(view.data(), f16::from_le_bytes))),
            Dtype::BF16 => Ok(StoredTensor::Bf16(values(view.data(), bf16::from_le_bytes))),
            other => Err(self.tensor_error(name, format!("is stored as {other:?}"), "F16, BF16 or F32")),
        }
    }

    /// A list of integers, of length `len` if given; `None` if the file has no tensor `name`.
    pub(super) fn integers(
        &self,
        name: &'static str,
        len: Option<usize>,
    ) -> Result<Option<Vec<i64>>, AttendError> {
        let Ok(view) = self.tensors.tensor(name) else { return Ok(None) };
        if view.dtype() != Dtype::I64 {
            return Err(self.tensor_error(name, format!("is stored as {:?}", view.dtype()), "I64"));
        }
        let shape = view.shape();
        if shape.len() != 1 || len.is_some_and(|len| shape[0] != len) {
            let want = len.map_or("a list".to_owned(), |len| format!("[{len}], after the nodes of q"));
            return Err(self.tensor_error(name, format!("has the shape {shape:?}"), want));
        }
        Ok(Some(values(view.data(), i64::from_le_bytes)))
    }

    /// Value of a metadata key that is one of the given words; `None` if the key is absent.
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
                Err(self.metadata_error(key, words.join(" or ")))
            }
        }
    }

    /// Value of a metadata key that is a number; `None` if the key is absent.
    pub(super) fn number(&self, key: &'static str) -> Result<Option<f64>, AttendError> {
        let Some(value) = self.metadata.get(key) else { return Ok(None) };
        value.trim().parse().map(Some).map_err(|_| self.metadata_error(key, "a number"))
    }

    /// Value of a metadata key that is JSON, described by `want`; `None` if the key is absent.
    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        key: &'static str,
        want: &'static str,
    ) -> Result<Option<T>, AttendError> {
        let Some(value) = self.metadata.get(key) else { return Ok(None) };
        serde_json::from_str(value).map(Some).map_err(|_| self.metadata_error(key, want))
    }

    fn required(&self, name: &'static str) -> Result<TensorView<'_>, AttendError> {
        let missing =
            || self.tensor_error(name, "is missing".to_owned(), "F16, BF16 or F32 [nodes, heads, head_dim]");
        self.tensors.tensor(name).map_err(|_| missing())
    }

    /// The error of a tensor that is missing or has the wrong type or shape.
    pub(super) fn tensor_error(
        &self,
        tensor: &'static str,
        found: String,
        want: impl Into<String>,
    ) -> AttendError {
        AttendError::Tensor { path: self.path.to_owned(), tensor, found, want: want.into() }
    }

    /// The error of an invalid value of a tensor.
    pub(super) fn value_error(
        &self,
        tensor: &'static str,
        index: usize,
        value: i64,
        why: impl Into<String>,
    ) -> AttendError {
        AttendError::Value { path: self.path.to_owned(), tensor, index, value, why: why.into() }
    }

    /// The error of keys that are not defined exactly once.
    pub(super) fn keys_error(&self, fault: KeysFault) -> AttendError {
        AttendError::Keys { path: self.path.to_owned(), fault }
    }

    /// The error of tensors that do not form a problem.
    pub(super) fn problem_error(&self, source: AttentionError) -> AttendError {
        AttendError::Problem { path: self.path.to_owned(), source }
    }

    fn metadata_error(&self, key: &'static str, want: impl Into<String>) -> AttendError {
        let value = self.metadata.get(key).cloned().unwrap_or_default();
        AttendError::Metadata { path: self.path.to_owned(), key, value, want: want.into() }
    }
}

/// Values from their bytes, which may be unaligned.
fn values<const N: usize, T>(data: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    data.as_chunks::<N>().0.iter().map(|&bytes| read(bytes)).collect()
}
