//! Attention on anybody's tensors: a safetensors file in, a safetensors file out.
//!
//! In: `q`, `k`, `v` `[nodes, heads, head_dim]` (F16, BF16 or F32, all three alike). Optional: `offsets` I64
//! `[graphs + 1]` (default: one graph), `t_ms` I64 `[nodes]`. Who sees whom is either the tensors `row_ptr` I64
//! `[nodes + 1]` and `col_idx` I64, global node indices that each row may see inside its own graph, or the
//! metadata `keys` = `all` | `causal`; never both. The columns of a row are a set: they may come in any order,
//! and a repeated one counts once.
//!
//! Metadata, all optional: `bias` = `none` (default) | `sqrt` | `buckets`, `scale_minutes` (0.1), `buckets`
//! (JSON `[[lo, hi, weight], ...]`, minutes; default: the original's), `scale` (default 1/sqrt(head_dim)),
//! `empty_row` = `zero` (default) | `uniform`, `non_finite` = `error` (default) | `propagate`. `format`, which
//! other writers leave, is passed over.
//!
//! Out: `out` F32 `[nodes, heads, head_dim]`, `lse` F32 `[nodes, heads]`, metadata `backend`, `device`,
//! `accuracy`, `version`. The same input gives the same bytes.

mod error;
mod file;
mod request;
mod write;

use std::path::Path;

pub use error::AttendError;

use crate::attention::{Accuracy, Attention, AttentionError};
use crate::backend::{DeviceOptions, SelectedBackend, Workload};

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AttendReport {
    /// Nodes, of all graphs together.
    pub nodes: usize,
    /// Graphs.
    pub graphs: usize,
    /// Heads.
    pub heads: usize,
    /// Head dimension.
    pub head_dim: usize,
    /// Backend that ran.
    pub backend: String,
    /// Why it was chosen.
    pub reason: String,
}

/// Runs attention on the tensors of `input` and writes the result to `out`, whole or not at all. `backend` is
/// `auto`, `reference`, `cpu` or `cuda`.
///
/// # Errors
/// [`AttendError`] names the file, the place in it and the remedy; `out` is then as it was.
pub fn attend(
    input: &Path,
    out: &Path,
    backend: &str,
    accuracy: Accuracy,
) -> Result<AttendReport, AttendError> {
    let candidates = DeviceOptions::by_name(backend)?;
    let bytes = file::bytes(input)?;
    let file = file::File::parse(input, &bytes)?;
    let request = request::Request::of(&file)?;
    let refused = |source| file.problem(source);
    let keys = request.keys().map_err(refused)?;
    let problem = Attention::new(request.inputs(keys, accuracy)).map_err(refused)?;
    let mut chosen = candidates.choose(&Workload::of(&problem));
    let mut outcome = chosen.backend.forward(&problem);
    if let (Err(error @ AttentionError::Range { .. }), "auto") = (&outcome, backend) {
        chosen = SelectedBackend::cpu(format!("{}, but the GPU cannot do it: {error}", chosen.reason));
        outcome = chosen.backend.forward(&problem);
    }
    let output = outcome.map_err(refused)?;
    let report = AttendReport {
        nodes: problem.nodes(),
        graphs: problem.graphs(),
        heads: request.heads,
        head_dim: request.head_dim,
        backend: chosen.used,
        reason: chosen.reason,
    };
    write::write(out, &report, chosen.device, accuracy, &output)?;
    Ok(report)
}
