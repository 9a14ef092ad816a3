//! Tensors as files for `ironforge attend` and benches/peers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bytemuck::cast_slice;
#[cfg(feature = "cuda")]
use ironforge::attention::Output;
use ironforge::attention::TimeBias;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::cases::{Case, Pattern};

/// Folder of the files, from IRONFORGE_BENCH_OUT, if set.
pub fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("IRONFORGE_BENCH_OUT").filter(|v| !v.is_empty())?);
    std::fs::create_dir_all(&folder).unwrap();
    Some(folder)
}

/// Writes the inputs of a case: LABEL.safetensors.
pub fn tensors(folder: &Path, case: &Case) {
    let data = case.data();
    let wide = |x: &[u32]| x.iter().map(|&x| i64::from(x)).collect::<Vec<i64>>();
    let offsets: Vec<i64> = data.offsets.iter().map(|&x| x as i64).collect();
    let (row_ptr, col_idx) = (wide(&data.row_ptr), wide(&data.col_idx));
    let shape = vec![case.nodes(), case.heads, case.dim];
    let mut parts: Vec<(&str, Dtype, Vec<usize>, &[u8])> = vec![
        ("q", Dtype::F16, shape.clone(), cast_slice(&data.q)),
        ("k", Dtype::F16, shape.clone(), cast_slice(&data.k)),
        ("v", Dtype::F16, shape, cast_slice(&data.v)),
        ("offsets", Dtype::I64, vec![offsets.len()], cast_slice(&offsets)),
        ("t_ms", Dtype::I64, vec![data.t_ms.len()], cast_slice(&data.t_ms)),
    ];
    let mut metadata = HashMap::from([("bias".to_owned(), case.bias.name().to_owned())]);
    match case.pattern {
        Pattern::All => drop(metadata.insert("keys".to_owned(), "all".to_owned())),
        Pattern::Causal => drop(metadata.insert("keys".to_owned(), "causal".to_owned())),
        _ => {
            parts.push(("row_ptr", Dtype::I64, vec![row_ptr.len()], cast_slice(&row_ptr)));
            parts.push(("col_idx", Dtype::I64, vec![col_idx.len()], cast_slice(&col_idx)));
        }
    }
    match &case.bias {
        TimeBias::Sqrt { scale_minutes } => {
            metadata.insert("scale_minutes".to_owned(), scale_minutes.to_string());
        }
        TimeBias::Buckets(buckets) => {
            metadata.insert("buckets".to_owned(), serde_json::to_string(buckets).unwrap());
        }
        TimeBias::None => {}
    }
    write(&inputs(folder, case), parts, Some(metadata));
}

fn inputs(folder: &Path, case: &Case) -> PathBuf {
    folder.join(format!("{}.safetensors", case.label()))
}

/// Writes the output of the chosen kernel next to the inputs, if these were written: LABEL.out.safetensors.
#[cfg(feature = "cuda")]
pub fn output(case: &Case, output: &Output) {
    let Some(folder) = folder().filter(|f| inputs(f, case).exists()) else { return };
    let shape = vec![case.nodes(), case.heads, case.dim];
    let parts = vec![("out", Dtype::F32, shape, cast_slice(&output.out))];
    write(&folder.join(format!("{}.out.safetensors", case.label())), parts, None);
}

fn write(
    path: &Path,
    parts: Vec<(&str, Dtype, Vec<usize>, &[u8])>,
    metadata: Option<HashMap<String, String>>,
) {
    let views = parts
        .into_iter()
        .map(|(name, dtype, shape, bytes)| (name, TensorView::new(dtype, shape, bytes).unwrap()));
    safetensors::serialize_to_file(views, metadata, path)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}
