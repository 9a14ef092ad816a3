//! The attention problem of a file: names, defaults and keys.

use super::tensor_file::{StoredTensor, TensorFile};
use crate::attention::{
    Accuracy, AttentionConfig, AttentionError, BiasKind, EmptyRow, Inputs, Keys, NonFinite, TimeBias,
};
use crate::csr::CsrPattern;
use crate::pipeline::error::{AttendError, KeysFault};

/// Names of the tensors of a file.
const TENSORS: [&str; 7] = ["q", "k", "v", "offsets", "t_ms", "row_ptr", "col_idx"];

/// Metadata keys of a file. `format` is set by other writers and ignored.
const METADATA: [&str; 8] =
    ["keys", "bias", "scale_minutes", "buckets", "scale", "empty_row", "non_finite", "format"];

const BIASES: [(&str, BiasKind); 3] =
    [("none", BiasKind::None), ("sqrt", BiasKind::Sqrt), ("buckets", BiasKind::Buckets)];
const EMPTY_ROWS: [(&str, EmptyRow); 2] = [("zero", EmptyRow::Zero), ("uniform", EmptyRow::Uniform)];
const NON_FINITES: [(&str, NonFinite); 2] =
    [("error", NonFinite::Error), ("propagate", NonFinite::Propagate)];

/// The problem of a file, owned.
#[derive(Debug)]
pub(super) struct TensorProblem {
    pub(super) heads: usize,
    pub(super) head_dim: usize,
    q: StoredTensor,
    k: StoredTensor,
    v: StoredTensor,
    offsets: Vec<usize>,
    t_ms: Option<Vec<i64>>,
    keys: FileKeys,
    bias: TimeBias,
    scale: Option<f32>,
    empty_row: EmptyRow,
    non_finite: NonFinite,
}

/// The attention keys of a file.
#[derive(Debug, Clone)]
enum FileKeys {
    All,
    Causal,
    Edges { row_ptr: Vec<u32>, col_idx: Vec<u32> },
}

impl TensorProblem {
    /// Reads the problem, and checks every name and value.
    pub(super) fn read(file: &TensorFile<'_>) -> Result<Self, AttendError> {
        file.check_names(&TENSORS, &METADATA)?;
        let shape = file.shape("q")?;
        let [nodes, heads, head_dim] = shape[..] else {
            return Err(file.tensor_error(
                "q",
                format!("has the shape {shape:?}"),
                "[nodes, heads, head_dim]",
            ));
        };
        let bias = AttentionConfig {
            bias: file.choice("bias", &BIASES)?.unwrap_or(BiasKind::None),
            scale_minutes: file.number("scale_minutes")?.unwrap_or(AttentionConfig::default().scale_minutes),
            buckets: file
                .json("buckets", "JSON [[lo, hi, weight], ...]")?
                .unwrap_or(AttentionConfig::default().buckets),
            ..AttentionConfig::default()
        };
        Ok(Self {
            heads,
            head_dim,
            q: file.stored("q", &shape)?,
            k: file.stored("k", &shape)?,
            v: file.stored("v", &shape)?,
            offsets: offsets(file)?.unwrap_or_else(|| vec![0, nodes]),
            t_ms: file.integers("t_ms", Some(nodes))?,
            keys: keys(file, nodes)?,
            bias: bias.time_bias().map_err(|source| file.problem_error(source))?,
            scale: file.number("scale")?.map(|x| x as f32),
            empty_row: file.choice("empty_row", &EMPTY_ROWS)?.unwrap_or_default(),
            non_finite: file.choice("non_finite", &NON_FINITES)?.unwrap_or_default(),
        })
    }

    /// The keys, in the form of an attention problem.
    pub(super) fn keys(&self) -> Result<Keys<'_>, AttentionError> {
        Ok(match &self.keys {
            FileKeys::All => Keys::All,
            FileKeys::Causal => Keys::Causal,
            FileKeys::Edges { row_ptr, col_idx } => {
                Keys::Edges(CsrPattern::new(row_ptr, col_idx, row_ptr.len() - 1)?)
            }
        })
    }

    pub(super) fn inputs<'a>(&'a self, keys: Keys<'a>, accuracy: Accuracy) -> Inputs<'a> {
        Inputs {
            heads: self.heads,
            head_dim: self.head_dim,
            q: self.q.tensor(),
            k: self.k.tensor(),
            v: self.v.tensor(),
            offsets: &self.offsets,
            keys,
            bias: self.bias.clone(),
            t_ms: self.t_ms.as_deref(),
            scale: self.scale,
            empty_row: self.empty_row,
            accuracy,
            non_finite: self.non_finite,
        }
    }
}

fn offsets(file: &TensorFile<'_>) -> Result<Option<Vec<usize>>, AttendError> {
    let Some(offsets) = file.integers("offsets", None)? else { return Ok(None) };
    let index = |(at, value): (usize, i64)| {
        let refused = || file.value_error("offsets", at, value, "an index must not be negative");
        usize::try_from(value).map_err(|_| refused())
    };
    offsets.into_iter().enumerate().map(index).collect::<Result<_, _>>().map(Some)
}

fn keys(file: &TensorFile<'_>, nodes: usize) -> Result<FileKeys, AttendError> {
    let keys = file.choice("keys", &[("all", FileKeys::All), ("causal", FileKeys::Causal)])?;
    let row_ptr = file.integers("row_ptr", Some(nodes.saturating_add(1)))?;
    match (row_ptr, file.integers("col_idx", None)?, keys) {
        (None, None, Some(keys)) => Ok(keys),
        (Some(row_ptr), Some(col_idx), None) => edges(file, &row_ptr, &col_idx, nodes),
        (None, None, None) => Err(file.keys_error(KeysFault::Missing)),
        (Some(_), None, _) => Err(file.keys_error(KeysFault::NoColIdx)),
        (None, Some(_), _) => Err(file.keys_error(KeysFault::NoRowPtr)),
        (Some(_), Some(_), Some(_)) => Err(file.keys_error(KeysFault::GivenTwice)),
    }
}

/// The keys of `row_ptr` and `col_idx`, each row sorted and without repeats.
fn edges(
    file: &TensorFile<'_>,
    row_ptr: &[i64],
    col_idx: &[i64],
    nodes: usize,
) -> Result<FileKeys, AttendError> {
    if row_ptr[0] != 0 {
        return Err(file.value_error("row_ptr", 0, row_ptr[0], "it must be 0"));
    }
    if let Some(at) = row_ptr.windows(2).position(|w| w[1] < w[0]) {
        let want = format!("less than the {} before it", row_ptr[at]);
        return Err(file.value_error("row_ptr", at + 1, row_ptr[at + 1], want));
    }
    let end = row_ptr[nodes];
    if usize::try_from(end) != Ok(col_idx.len()) {
        return Err(file.value_error(
            "row_ptr",
            nodes,
            end,
            format!("but col_idx holds {} values", col_idx.len()),
        ));
    }
    let (mut bounds, mut columns) = (vec![0], Vec::with_capacity(col_idx.len()));
    let mut row = Vec::new();
    for w in row_ptr.windows(2) {
        row.clear();
        // In range: bounds rise from 0 to the number of columns.
        let (start, end) = (w[0] as usize, w[1] as usize);
        for (at, &col) in (start..).zip(&col_idx[start..end]) {
            let known = u32::try_from(col).ok().filter(|&col| (col as usize) < nodes);
            let refused = || file.value_error("col_idx", at, col, format!("but there are {nodes} nodes"));
            row.push(known.ok_or_else(refused)?);
        }
        row.sort_unstable();
        row.dedup();
        columns.extend_from_slice(&row);
        let max = u32::MAX as usize;
        let too_many = |_| AttentionError::TooLarge { what: "number of keys", got: columns.len(), max };
        bounds.push(u32::try_from(columns.len()).map_err(too_many).map_err(|e| file.problem_error(e))?);
    }
    Ok(FileKeys::Edges { row_ptr: bounds, col_idx: columns })
}
