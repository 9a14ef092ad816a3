//! `attend`: attention on the tensors of a file, which is untrusted.

use std::path::{Path, PathBuf};

use half::{bf16, f16};
use ironforge::attention::{
    Accuracy, Attention, AttentionBackend, EmptyRow, Inputs, Keys, Reference, Tensor, TimeBias,
};
use ironforge::csr::CsrPattern;
use ironforge::pipeline::{AttendError, attend};
use serde_json::{Value, json};

use super::strategies::Random;
use crate::close::Tolerance;
use crate::tensors::Tensors;

const NODES: usize = 7;
const HEADS: usize = 2;
const DIM: usize = 3;

/// A tensor of an input file.
struct Part {
    name: &'static str,
    dtype: &'static str,
    shape: Vec<usize>,
    data: Vec<u8>,
}

fn integers(name: &'static str, values: &[i64]) -> Part {
    let data = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    Part { name, dtype: "I64", shape: vec![values.len()], data }
}

fn values(seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    (0..NODES * HEADS * DIM).map(|_| f16::from_f32(random.value()).to_f32()).collect()
}

fn floats(name: &'static str, dtype: &'static str, values: &[f32]) -> Part {
    let data = match dtype {
        "F32" => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        "F16" => values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect(),
        _ => values.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes()).collect(),
    };
    Part { name, dtype, shape: vec![NODES, HEADS, DIM], data }
}

fn qkv(dtype: &'static str) -> Vec<Part> {
    [("q", 1), ("k", 2), ("v", 3)].map(|(name, seed)| floats(name, dtype, &values(seed))).into()
}

fn file(parts: &[Part], metadata: Value) -> Vec<u8> {
    let mut header = json!({ "__metadata__": metadata });
    let mut data = Vec::new();
    for part in parts {
        let start = data.len();
        data.extend(&part.data);
        header[part.name] =
            json!({ "dtype": part.dtype, "shape": part.shape, "data_offsets": [start, data.len()] });
    }
    raw(&header.to_string(), &data)
}

fn raw(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// A folder with the input, and the path of the output.
fn folder_with(bytes: &[u8]) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in.safetensors"), folder.path().join("out.safetensors"));
    std::fs::write(&input, bytes).unwrap();
    (folder, input, out)
}

fn run(bytes: &[u8], backend: &str, accuracy: Accuracy) -> Result<Vec<u8>, AttendError> {
    let (_folder, input, out) = folder_with(bytes);
    attend(&input, &out, backend, accuracy)?;
    Ok(std::fs::read(out).unwrap())
}

fn refused(bytes: &[u8]) -> String {
    let (folder, input, out) = folder_with(bytes);
    std::fs::write(&out, "what was there").unwrap();
    let error = attend(&input, &out, "cpu", Accuracy::Exact).unwrap_err();
    assert_eq!(error.exit_code(), 65, "{error}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "what was there");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "a temporary file is left");
    error.to_string()
}

fn outputs(bytes: &[u8]) -> (Vec<f64>, Vec<f64>) {
    let (_folder, path, _) = folder_with(bytes);
    let file = Tensors::read(&path);
    assert_eq!((file.shape("out"), file.shape("lse")), (vec![NODES, HEADS, DIM], vec![NODES, HEADS]));
    (file.f64("out"), file.f64("lse"))
}

#[test]
fn a_file_gives_every_input_of_attention() {
    let rows: &[i64] = &[0, 2, 2, 5, 6, 6, 8, 8];
    // Unsorted, and with repeats.
    let columns: &[i64] = &[1, 0, 2, 0, 2, 3, 5, 4];
    let times: Vec<i64> = (0..NODES as i64).map(|i| i * 150_000).collect();
    let more = [
        integers("offsets", &[0, 3, 7]),
        integers("t_ms", &times),
        integers("row_ptr", rows),
        integers("col_idx", columns),
    ];
    let parts: Vec<Part> = qkv("F32").into_iter().chain(more).collect();
    let metadata = json!({
        "bias": "buckets", "buckets": "[[0, 5, 0.5], [5, 10, -1]]", "scale": "0.75", "empty_row": "uniform",
        "scale_minutes": "0.1", "format": "pt",
    });
    let got = run(&file(&parts, metadata), "cpu", Accuracy::Exact).unwrap();

    let [q, k, v] = [values(1), values(2), values(3)];
    let pattern = CsrPattern::new(&[0, 2, 2, 4, 5, 5, 7, 7], &[0, 1, 0, 2, 3, 4, 5], NODES).unwrap();
    let tensors = [&q, &k, &v].map(|x| Tensor::F32(x));
    let mut inputs = Inputs::new([HEADS, DIM], tensors, &[0, 3, 7], Keys::Edges(pattern));
    inputs.bias = TimeBias::Buckets(vec![(0.0, 5.0, 0.5), (5.0, 10.0, -1.0)]);
    inputs.t_ms = Some(&times);
    inputs.scale = Some(0.75);
    inputs.empty_row = EmptyRow::Uniform;
    let want = Reference.forward(&Attention::new(inputs).unwrap()).unwrap();
    let (out, lse) = outputs(&got);
    for (got, want) in [(out, want.out), (lse, want.lse)] {
        let want = want.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        Tolerance::abs(1e-5).compare(got.into_iter(), want.into_iter()).unwrap();
    }
}

#[test]
fn all_types_and_backends_agree_and_repeated_runs_give_the_same_bytes() {
    for (dtype, keys) in [("F32", "all"), ("F16", "causal"), ("BF16", "all")] {
        let input = file(&qkv(dtype), json!({ "keys": keys }));
        let [auto, cpu, reference] =
            ["auto", "cpu", "reference"].map(|backend| run(&input, backend, Accuracy::Exact).unwrap());
        assert_eq!(auto, cpu);
        assert_eq!(cpu, run(&input, "cpu", Accuracy::Exact).unwrap());
        let ((a, _), (b, _)) = (outputs(&cpu), outputs(&reference));
        Tolerance::abs(1e-5).compare(a.into_iter(), b.into_iter()).unwrap();
    }
}

#[test]
fn the_result_names_its_backend_and_version() {
    let bytes = run(&file(&qkv("F16"), json!({ "keys": "all" })), "auto", Accuracy::Fast).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().clone().unwrap();
    for (key, want) in
        [("backend", "cpu"), ("device", "cpu"), ("accuracy", "fast"), ("version", env!("CARGO_PKG_VERSION"))]
    {
        assert_eq!(metadata[key], want, "{key}");
    }
    let (_folder, input, out) = folder_with(&file(&qkv("F16"), json!({ "keys": "all" })));
    let report = attend(&input, &out, "auto", Accuracy::Exact).unwrap();
    assert_eq!((report.nodes, report.graphs, report.heads, report.head_dim), (NODES, 1, HEADS, DIM));
    assert!(report.backend == "cpu" && !report.reason.is_empty());
}

#[test]
fn no_nodes_are_valid() {
    let none = ["q", "k", "v"].map(|name| Part { name, dtype: "F16", shape: vec![0, 4, 11], data: vec![] });
    let bytes = run(&file(&none, json!({ "keys": "causal" })), "cpu", Accuracy::Exact).unwrap();
    let (_folder, path, _) = folder_with(&bytes);
    assert_eq!(Tensors::read(&path).shape("out"), [0, 4, 11]);
}

#[test]
fn invalid_files_are_refused_by_name() {
    let with = |more: Vec<Part>, metadata: Value| {
        file(&qkv("F32").into_iter().chain(more).collect::<Vec<Part>>(), metadata)
    };
    let all = json!({ "keys": "all" });
    let rows = [0, 1, 1, 1, 1, 1, 1, 1];
    let edges = |rows: &[i64], columns: &[i64]| {
        with(vec![integers("row_ptr", rows), integers("col_idx", columns)], json!({}))
    };
    let short = Part { shape: vec![NODES, HEADS], ..floats("v", "F32", &values(3)) };
    let short = Part { data: short.data[..NODES * HEADS * 4].to_vec(), ..short };
    let other = Part { dtype: "I32", ..floats("v", "F32", &values(3)) };
    let mixed = floats("v", "F16", &values(3));
    let replaced = |part| {
        let mut parts = qkv("F32");
        parts[2] = part;
        file(&parts, all.clone())
    };
    let cases = [
        (with(vec![], json!({})), "the attention keys are not defined"),
        (with(vec![integers("row_ptr", &rows)], json!({})), "row_ptr is present without col_idx"),
        (with(vec![integers("col_idx", &[0])], json!({})), "col_idx is present without row_ptr"),
        (
            with(vec![integers("row_ptr", &rows), integers("col_idx", &[0])], all.clone()),
            "both the tensors and the metadata",
        ),
        (
            with(vec![integers("offset", &[0])], all.clone()),
            "unknown tensor `offset`, did you mean `offsets`?",
        ),
        (with(vec![], json!({ "keys": "all", "empty_rows": "zero" })), "did you mean `empty_row`?"),
        (with(vec![], json!({ "keys": "al" })), "metadata `keys` is `al`, it must be all or causal"),
        (with(vec![], json!({ "keys": "all", "bias": "rbf" })), "it must be none or sqrt or buckets"),
        (with(vec![], json!({ "keys": "all", "bias": "sqrt" })), "needs t_ms"),
        (with(vec![], json!({ "keys": "all", "buckets": "[[1]]" })), "JSON [[lo, hi, weight], ...]"),
        (with(vec![], json!({ "keys": "all", "scale": "much" })), "it must be a number"),
        (with(vec![], json!({ "keys": "all", "scale": "nan" })), "scale is NaN"),
        (with(vec![integers("offsets", &[0, -1])], all.clone()), "offsets[1] is -1"),
        (with(vec![integers("offsets", &[0, 9])], all.clone()), "the shape needs"),
        (
            with(vec![integers("t_ms", &[0, 1])], all.clone()),
            "tensor `t_ms` has the shape [2], it must be [7]",
        ),
        (edges(&[0, 1], &[0]), "tensor `row_ptr` has the shape [2], it must be [8]"),
        (edges(&[1, 1, 1, 1, 1, 1, 1, 1], &[0]), "row_ptr[0] is 1"),
        (edges(&[0, 1, 0, 1, 1, 1, 1, 1], &[0]), "row_ptr[2] is 0"),
        (edges(&[0, i64::MAX, 1, 1, 1, 1, 1, i64::MIN], &[0]), "row_ptr[2] is 1"),
        (edges(&[0, 1, 1, 1, 1, 1, 1, i64::MAX], &[0]), "row_ptr[7] is 9223372036854775807"),
        (edges(&rows, &[7]), "col_idx[0] is 7, but there are 7 nodes"),
        (edges(&rows, &[-1]), "col_idx[0] is -1"),
        (edges(&rows, &[1 << 40]), "col_idx[0] is 1099511627776"),
        (replaced(short), "tensor `v` has the shape [7, 2]"),
        (replaced(other), "tensor `v` is stored as I32, it must be F16, BF16 or F32"),
        (replaced(mixed), "v is stored as f16, but q as f32"),
        (file(&qkv("F32")[..2], all.clone()), "tensor `v` is missing"),
        (vec![], "not a complete safetensors file"),
        (b"no tensors at all".to_vec(), "not a complete safetensors file"),
    ];
    for (bytes, want) in cases {
        let error = refused(&bytes);
        assert!(error.contains(want), "`{error}` does not say `{want}`");
    }
}

#[test]
fn a_hostile_header_is_refused() {
    let entry = |shape: &str, from: u64, to: u64| {
        format!(r#"{{"q":{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}}}"#)
    };
    let part = r#"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#;
    let headers = [
        entry("[18446744073709551615,2,2]", 0, 4),
        entry("[4294967296,4294967296,4294967296]", 0, 4),
        entry("[1,1,1]", 0, u64::MAX),
        entry("[1,1,1]", 4, 0),
        entry("[-1,1,1]", 0, 4),
        format!(r#"{{"q":{part},"k":{part}}}"#),
        "[".repeat(100_000),
        "{}".to_owned(),
        "null".to_owned(),
    ];
    for header in headers {
        refused(&raw(&header, &[0; 4]));
    }
    refused(&[&u64::MAX.to_le_bytes()[..], b"{}"].concat());
    // A shape without bytes may still have more nodes than the limit.
    let many =
        ["q", "k", "v"].map(|name| Part { name, dtype: "F32", shape: vec![usize::MAX, 0, 4], data: vec![] });
    refused(&file(&many, json!({ "keys": "all" })));
    let whole = file(&qkv("F32"), json!({ "keys": "all" }));
    for len in (0..whole.len()).step_by(13) {
        refused(&whole[..len]);
    }
}

#[test]
fn nan_is_an_error_unless_propagation_is_requested() {
    let mut v = values(3);
    v[(3 * HEADS + 1) * DIM + 2] = f32::NAN;
    let mut parts = qkv("F32");
    parts[2] = floats("v", "F32", &v);
    let error = refused(&file(&parts, json!({ "keys": "causal" })));
    assert!(error.contains("v holds NaN at node 3, head 1, dim 2"), "{error}");
    let propagated = file(&parts, json!({ "keys": "causal", "non_finite": "propagate" }));
    let (out, lse) = outputs(&run(&propagated, "cpu", Accuracy::Exact).unwrap());
    for (i, x) in out.iter().enumerate() {
        let attends = i / (HEADS * DIM) >= 3 && i % (HEADS * DIM) == DIM + 2;
        assert_eq!(x.is_nan(), attends, "{i}");
    }
    assert!(lse.iter().all(|x| x.is_finite()));
}

#[test]
fn each_kind_of_error_has_its_exit_code() {
    let good = file(&qkv("F32"), json!({ "keys": "all" }));
    let (folder, input, out) = folder_with(&good);
    let code = |input: &Path, out: &Path, backend| {
        attend(input, out, backend, Accuracy::Exact).unwrap_err().exit_code()
    };
    assert_eq!(code(&folder.path().join("none"), &out, "cpu"), 66);
    assert_eq!(code(folder.path(), &out, "cpu"), 66);
    assert_eq!(code(&input, &folder.path().join("no/such/folder"), "cpu"), 73);
    assert_eq!(code(&input, folder.path(), "cpu"), 73);
    assert_eq!(code(&input, &out, "cuda"), 71);
    assert_eq!(code(&input, &out, "gpu"), 2);
    assert!(!out.exists());
    let fast = attend(&input, &out, "cpu", Accuracy::Fast).unwrap_err();
    assert!(fast.to_string().contains("store q, k, v as f16 or bf16"), "{fast}");
}
