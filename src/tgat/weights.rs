//! Weights files: safetensors with the original's names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::config::{Positions, TgatConfig};
use super::error::TgatError;
use super::model::FeatureStats;
use super::tensors::{INPUT, Start, TensorSource, Wanted};
use crate::suggest::suggest;

/// Largest weights file that is read: far above the largest network that the settings allow to be useful.
pub const MAX_FILE_BYTES: usize = 1 << 30;

/// Largest header: it names every tensor once, about 100 bytes each.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// Bytes in front of the header that hold its length, little-endian.
const HEADER_LEN_BYTES: usize = 8;

/// A number of more digits than this in the header lies beyond any file, and sums of them beyond 64 bits.
const MAX_DIGITS: usize = 18;

/// The prefix that a whole model's tensors may carry.
const PREFIX: &str = "w.";

pub(super) const FEATURE_MEAN: &str = "feature_mean";
pub(super) const FEATURE_STD: &str = "feature_std";

/// What the original holds in its files and never uses: parts of a name.
const NEVER_USED: [&str; 3] = ["temporal_encoding", "temporal_bias_network", "edge_processor"];

/// Key and value in the file's metadata that mark weights without training.
const TRAINED: (&str, &str, &str) = ("trained", "true", "false");

/// A parsed file, from which a network takes its tensors.
pub(super) struct WeightsFile<'a> {
    /// Those not yet taken, by name without the prefix.
    tensors: BTreeMap<String, TensorView<'a>>,
    /// Names that the network asked for.
    asked: BTreeSet<String>,
    /// The first that was not there.
    missing: Option<(String, &'static str)>,
    trained: bool,
}

impl<'a> WeightsFile<'a> {
    /// Parses the header and checks that the tensors fit the file. O(header).
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, TgatError> {
        check_header(bytes)?;
        let damaged = |e: safetensors::SafeTensorError| TgatError::File { reason: e.to_string() };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let (key, _, untrained) = TRAINED;
        let mark = metadata.metadata().as_ref().and_then(|m| m.get(key));
        let mut tensors = BTreeMap::new();
        for (name, view) in SafeTensors::deserialize(bytes).map_err(damaged)?.tensors() {
            let name = name.strip_prefix(PREFIX).unwrap_or(&name).to_owned();
            if tensors.insert(name.clone(), view).is_some() {
                return Err(TgatError::Twice { name });
            }
        }
        Ok(Self {
            tensors,
            asked: BTreeSet::new(),
            missing: None,
            trained: mark.is_none_or(|mark| mark != untrained),
        })
    }

    /// Whether the weights were trained: yes, unless the file says no.
    pub(super) fn trained(&self) -> bool {
        self.trained
    }

    /// The statistics of the features, if the file brings them.
    pub(super) fn feature_stats(&mut self, input_dim: usize) -> Result<Option<FeatureStats>, TgatError> {
        let has = [FEATURE_MEAN, FEATURE_STD].map(|name| self.tensors.contains_key(name));
        match has {
            [false, false] => {
                self.asked.extend([FEATURE_MEAN, FEATURE_STD].map(str::to_owned));
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
            self.take(&Wanted {
                name: name.to_owned(),
                dims: vec![(input_dim, INPUT)],
                start: Start::Zero,
                setting: INPUT,
            })
        };
        let stats = FeatureStats { mean: take(FEATURE_MEAN)?, std: take(FEATURE_STD)? };
        check_stats(&stats, input_dim)?;
        Ok(Some(stats))
    }

    /// Settles what is left when the network is built: the names that the original never uses.
    ///
    /// # Errors
    /// A name that is not known comes first, since a misspelt tensor is both unknown and missing.
    pub(super) fn finish(self, config: &TgatConfig) -> Result<Vec<String>, TgatError> {
        let mut ignored = Vec::new();
        for name in self.tensors.into_keys() {
            if let Some(setting) = setting_that_uses(&name, config) {
                return Err(TgatError::Unused { name, setting });
            }
            if !name.split('.').any(|part| NEVER_USED.contains(&part)) {
                let near = suggest(&name, self.asked.iter().map(String::as_str)).map(str::to_owned);
                return Err(TgatError::Unknown { nearest: near, name: shown(&name) });
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
    /// The values of the file. An absent tensor is remembered and gives zeros, so that [`WeightsFile::finish`] can
    /// first look for a misspelt name.
    fn take(&mut self, wanted: &Wanted) -> Result<Vec<f32>, TgatError> {
        self.asked.insert(wanted.name.clone());
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

/// The tensors as a file: sorted by name, one line of metadata, so the same tensors give the same bytes.
pub(super) fn write(tensors: &[(String, Vec<usize>, &[f32])], trained: bool) -> Result<Vec<u8>, TgatError> {
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
    let (key, yes, no) = TRAINED;
    let mark = if trained { yes } else { no };
    safetensors::serialize(views, Some(HashMap::from([(key.to_owned(), mark.to_owned())]))).map_err(refused)
}

/// Checks statistics of the features: `[input_dim]`, finite, no negative deviation.
pub(super) fn check_stats(stats: &FeatureStats, input_dim: usize) -> Result<(), TgatError> {
    for (what, values) in [(FEATURE_MEAN, &stats.mean), (FEATURE_STD, &stats.std)] {
        if values.len() != input_dim {
            return Err(TgatError::Len { what, got: values.len(), want: input_dim });
        }
        check_finite(what, values)?;
    }
    match stats.std.iter().position(|&v| v < 0.0) {
        Some(column) => Err(TgatError::Deviation { column, value: stats.std[column] }),
        None => Ok(()),
    }
}

fn check_finite(name: &str, values: &[f32]) -> Result<(), TgatError> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(TgatError::Weight { name: name.to_owned(), index, value: values[index] }),
        None => Ok(()),
    }
}

/// Refuses what the parser should not be given: huge files and headers, and numbers whose sums leave 64 bits.
fn check_header(bytes: &[u8]) -> Result<(), TgatError> {
    let too_large = |what, got: u64, max: u64| Err(TgatError::FileSize { what, got, max });
    if bytes.len() > MAX_FILE_BYTES {
        return too_large("size in bytes", bytes.len() as u64, MAX_FILE_BYTES as u64);
    }
    let Some((length, rest)) = bytes.split_first_chunk::<HEADER_LEN_BYTES>() else {
        return Err(TgatError::File { reason: format!("it has only {} bytes", bytes.len()) });
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER_BYTES {
        return too_large("header in bytes", length, MAX_HEADER_BYTES);
    }
    let header = &rest[..rest.len().min(length as usize)];
    if has_long_number(header) {
        return Err(TgatError::File {
            reason: format!("its header holds a number of over {MAX_DIGITS} digits"),
        });
    }
    Ok(())
}

/// Whether JSON holds, outside its strings, a number of more than [`MAX_DIGITS`] digits.
fn has_long_number(json: &[u8]) -> bool {
    let (mut quoted, mut escaped, mut digits) = (false, false, 0);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'0'..=b'9' if !quoted => {
                digits += 1;
                if digits > MAX_DIGITS {
                    return true;
                }
                continue;
            }
            _ => {}
        }
        digits = 0;
    }
    false
}

/// The values as f32, if their type can be widened without loss.
fn widened(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = view.data();
    Some(match view.dtype() {
        Dtype::F32 => data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        Dtype::F16 => data.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
        Dtype::BF16 => data.as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
        _ => return None,
    })
}

/// The setting under which the network would know a name that it does not know now.
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

/// Longest part of a name from a file that is compared or shown: a hostile one may be a megabyte long.
const SHOWN: usize = 120;

fn shown(name: &str) -> String {
    name.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_seen_outside_strings_only() {
        assert!(has_long_number(br#"{"a":1234567890123456789}"#));
        assert!(has_long_number(br#"{"a\"":[0,1234567890123456789]}"#));
        assert!(!has_long_number(br#"{"a":123456789012345678,"b":9}"#));
        assert!(!has_long_number(br#"{"\"1234567890123456789":"1234567890123456789"}"#));
    }
}
