//! Reading a weights file.

use std::collections::{BTreeMap, BTreeSet};

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::header::check_header;
use super::metadata::{TRAINED, UNTRAINED_VALUE};
use crate::suggest::suggest;
use crate::tgat::config::{Positions, TgatConfig};
use crate::tgat::error::TgatError;
use crate::tgat::feature_stats::{FEATURE_MEAN, FEATURE_STD, FeatureStats, check_finite};
use crate::tgat::tensor_source::{INPUT, InitialValues, TensorSource, TensorSpec};

/// Optional prefix of tensor names.
const PREFIX: &str = "w.";

/// Name parts of tensors that files may contain although the network does not use them.
const UNUSED: [&str; 3] = ["temporal_encoding", "temporal_bias_network", "edge_processor"];

/// A parsed weights file, from which a network takes its tensors.
pub(in crate::tgat) struct WeightsFile<'a> {
    /// Tensors not yet taken, by name without the prefix.
    tensors: BTreeMap<String, TensorView<'a>>,
    /// Names of the tensors that the network needs.
    needed: BTreeSet<String>,
    /// The first needed tensor that is missing, and the setting that needs it.
    missing: Option<(String, &'static str)>,
    trained: bool,
}

impl<'a> WeightsFile<'a> {
    /// Parses the header and checks that the tensors fit the file. O(header).
    pub(in crate::tgat) fn parse(bytes: &'a [u8]) -> Result<Self, TgatError> {
        check_header(bytes)?;
        let damaged = |e: safetensors::SafeTensorError| TgatError::File { reason: e.to_string() };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let trained = metadata.metadata().as_ref().and_then(|m| m.get(TRAINED));
        let mut tensors = BTreeMap::new();
        for (name, view) in SafeTensors::deserialize(bytes).map_err(damaged)?.tensors() {
            let name = name.strip_prefix(PREFIX).unwrap_or(&name).to_owned();
            if tensors.insert(name.clone(), view).is_some() {
                return Err(TgatError::Twice { name });
            }
        }
        Ok(Self {
            tensors,
            needed: BTreeSet::new(),
            missing: None,
            trained: trained.is_none_or(|value| value != UNTRAINED_VALUE),
        })
    }

    /// True unless the metadata marks the weights as untrained.
    pub(in crate::tgat) fn trained(&self) -> bool {
        self.trained
    }

    /// The statistics of the features, if the file holds them.
    pub(in crate::tgat) fn feature_stats(
        &mut self,
        input_dim: usize,
    ) -> Result<Option<FeatureStats>, TgatError> {
        let has = [FEATURE_MEAN, FEATURE_STD].map(|name| self.tensors.contains_key(name));
        match has {
            [false, false] => {
                self.needed.extend([FEATURE_MEAN, FEATURE_STD].map(str::to_owned));
                return Ok(None);
            }
            [true, false] => {
                return Err(TgatError::HalfStatistics { has: FEATURE_MEAN, lacks: FEATURE_STD });
            }
            [false, true] => {
                return Err(TgatError::HalfStatistics { has: FEATURE_STD, lacks: FEATURE_MEAN });
            }
            [true, true] => {}
        }
        let mut take = |name: &str| {
            self.take(&TensorSpec {
                name: name.to_owned(),
                dims: vec![(input_dim, INPUT)],
                initial: InitialValues::Zero,
                setting: INPUT,
            })
        };
        let stats = FeatureStats { mean: take(FEATURE_MEAN)?, std: take(FEATURE_STD)? };
        stats.check(input_dim)?;
        Ok(Some(stats))
    }

    /// Checks the tensors that were not taken; returns the names of those known and not used, sorted.
    ///
    /// # Errors
    /// [`TgatError::Unused`], [`TgatError::Unknown`] or [`TgatError::Missing`]. An unknown name is reported before
    /// a missing one, since a misspelt tensor is both.
    pub(in crate::tgat) fn finish(self, config: &TgatConfig) -> Result<Vec<String>, TgatError> {
        let mut ignored = Vec::new();
        for name in self.tensors.into_keys() {
            if let Some(setting) = setting_that_uses(&name, config) {
                return Err(TgatError::Unused { name, setting });
            }
            if !name.split('.').any(|part| UNUSED.contains(&part)) {
                let near = suggest(&name, self.needed.iter().map(String::as_str)).map(str::to_owned);
                return Err(TgatError::Unknown { nearest: near, name: truncated(&name) });
            }
            ignored.push(name);
        }
        match self.missing {
            Some((name, setting)) => Err(TgatError::Missing { name, setting }),
            None => Ok(ignored),
        }
    }
}

impl TensorSource for WeightsFile<'_> {
    /// The values in the file, widened to f32. A missing tensor is recorded and gives zeros, so that
    /// [`WeightsFile::finish`] can report a misspelt name instead.
    fn take(&mut self, wanted: &TensorSpec) -> Result<Vec<f32>, TgatError> {
        self.needed.insert(wanted.name.clone());
        let Some(view) = self.tensors.remove(&wanted.name) else {
            self.missing.get_or_insert_with(|| (wanted.name.clone(), wanted.setting));
            return Ok(vec![0.0; wanted.len()]);
        };
        if view.shape() != wanted.shape() {
            let differs = |(got, want): (&usize, &(usize, &'static str))| (*got != want.0).then_some(want.1);
            let setting = view.shape().iter().zip(&wanted.dims).find_map(differs);
            return Err(TgatError::Shape {
                name: wanted.name.clone(),
                got: view.shape().to_vec(),
                want: wanted.shape(),
                setting: setting.unwrap_or(wanted.setting),
            });
        }
        let values = widened(&view).ok_or_else(|| TgatError::Dtype {
            name: wanted.name.clone(),
            dtype: format!("{:?}", view.dtype()),
        })?;
        check_finite(&wanted.name, &values)?;
        Ok(values)
    }
}

/// The values as f32; `None` unless the dtype is F32, F16 or BF16.
fn widened(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = view.data();
    Some(match view.dtype() {
        Dtype::F32 => data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        Dtype::F16 => data.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
        Dtype::BF16 => data.as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
        _ => return None,
    })
}

/// The setting that makes the network use this tensor; `None` if there is none.
fn setting_that_uses(name: &str, config: &TgatConfig) -> Option<&'static str> {
    let mut parts = name.split('.');
    if parts.next() == Some("attention_layers")
        && let Some(Ok(layer)) = parts.next().map(str::parse::<usize>)
        && layer >= config.num_layers
    {
        return Some("tgat.num_layers to the number of layers in the file");
    }
    let has = |part| name.split('.').any(|p| p == part);
    if has("dag_positional_encoding") && config.positions == Positions::None {
        return Some("tgat.positions = \"learned\"");
    }
    (has("layer_norm") && !config.layer_norm).then_some("tgat.layer_norm = true")
}

/// Largest number of characters of a tensor name in an error message: an untrusted name may be a megabyte long.
const MAX_SHOWN: usize = 120;

/// The name, truncated for an error message.
fn truncated(name: &str) -> String {
    name.chars().take(MAX_SHOWN).collect()
}
