//! Runs attention on the tensors of a file.

use std::path::Path;

use super::problem::TensorProblem;
use super::tensor_file::{self, TensorFile};
use super::write::write;
use crate::attention::{Accuracy, Attention, AttentionError};
use crate::backend::{DeviceOptions, SelectedBackend, Workload};
use crate::pipeline::error::AttendError;

/// Report of [`attend`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AttendReport {
    /// Nodes of all graphs.
    pub nodes: usize,
    /// Number of graphs.
    pub graphs: usize,
    /// Number of heads.
    pub heads: usize,
    /// Head dimension.
    pub head_dim: usize,
    /// The backend that ran.
    pub backend: String,
    /// Reason for selecting it.
    pub reason: String,
}

/// Runs attention on the tensors of the safetensors file `input` and writes the result to `out`, completely or not at
/// all. `backend` is `auto`, `reference`, `cpu` or `cuda`. The same input gives the same bytes.
///
/// # Input
///
/// Tensors `q`, `k`, `v` `[nodes, heads, head_dim]` (F16, BF16 or F32, the same for all three). Optional: `offsets`
/// I64 `[graphs + 1]` (default: one graph), `t_ms` I64 `[nodes]`. The attention keys are either the tensors `row_ptr`
/// I64 `[nodes + 1]` and `col_idx` I64 (the global node indices that each row attends to, inside its own graph), or
/// the metadata `keys` = `all` | `causal`; never both. The columns of a row may be in any order, and repeats count
/// once.
///
/// Metadata, all optional: `bias` = `none` (default) | `sqrt` | `buckets`, `scale_minutes` (0.1), `buckets`
/// (JSON `[[lo, hi, weight], ...]` in minutes; default: that of `attention.buckets`), `scale` (default
/// 1/sqrt(head_dim)), `empty_row` = `zero` (default) | `uniform`, `non_finite` = `error` (default) | `propagate`.
/// `format`, which other writers set, is ignored.
///
/// # Output
///
/// Tensors `out` F32 `[nodes, heads, head_dim]` and `lse` F32 `[nodes, heads]`; metadata `backend`, `device`,
/// `accuracy` and `version`.
///
/// ```no_run
/// use std::path::Path;
///
/// use ironforge::attention::Accuracy;
/// use ironforge::pipeline::attend;
///
/// let (input, out) = (Path::new("in.safetensors"), Path::new("out.safetensors"));
/// let report = attend(input, out, "auto", Accuracy::Exact)?;
/// println!("{} nodes on {}: {}", report.nodes, report.backend, report.reason);
/// # Ok::<(), ironforge::pipeline::AttendError>(())
/// ```
///
/// # Errors
/// [`AttendError`] names the file, the tensor or key, and the remedy; `out` is then unchanged.
pub fn attend(
    input: &Path,
    out: &Path,
    backend: &str,
    accuracy: Accuracy,
) -> Result<AttendReport, AttendError> {
    let candidates = DeviceOptions::by_name(backend)?;
    let bytes = tensor_file::read(input)?;
    let file = TensorFile::parse(input, &bytes)?;
    let tensors = TensorProblem::read(&file)?;
    let refused = |source| file.problem_error(source);
    let keys = tensors.keys().map_err(refused)?;
    let problem = Attention::new(tensors.inputs(keys, accuracy)).map_err(refused)?;
    let mut chosen = candidates.choose(&Workload::of(&problem));
    let mut outcome = chosen.backend.forward(&problem);
    if let (Err(error @ AttentionError::Range { .. }), "auto") = (&outcome, backend) {
        chosen = SelectedBackend::cpu(format!("{}, but the GPU cannot run it: {error}", chosen.reason));
        outcome = chosen.backend.forward(&problem);
    }
    let output = outcome.map_err(refused)?;
    let report = AttendReport {
        nodes: problem.nodes(),
        graphs: problem.graphs(),
        heads: tensors.heads,
        head_dim: tensors.head_dim,
        backend: chosen.used,
        reason: chosen.reason,
    };
    write(out, &report, chosen.device, accuracy, &output)?;
    Ok(report)
}
