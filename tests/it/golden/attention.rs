//! Goldens of attention: the attention of the Python system in float64, and its time bias.

use std::path::Path;

use ironforge::attention::{
    Attention, AttentionBackend, AttentionConfig, BiasKind, BlockMask, Cpu, Direction, EmptyRow, Inputs,
    Keys, Reference, Tensor, TimeBias, attention_pattern,
};
use ironforge::csr::CsrPattern;

use super::{Run, Tally};
use crate::close::Tolerance;
use crate::tensors::Tensors;

/// Tolerance of every case.
const TOLERANCE: Tolerance = Tolerance::abs(1e-5);

/// Scale of the `sqrt` bias in the goldens, minutes.
const SCALE_MINUTES: f64 = 0.1;

const MS_PER_MINUTE: f64 = 60_000.0;

pub fn compare(run: &mut Run) {
    run.each("bias_table", ".json", bias_table);
    run.each("attn_L", ".safetensors", attention);
}

fn bias_table(path: &Path, tally: &mut Tally) {
    // A bare NaN is not JSON.
    let text = std::fs::read_to_string(path).unwrap().replace("NaN", "\"nan\"");
    let table: serde_json::Value = serde_json::from_str(&text).unwrap();
    let numbers = |name: &str| -> Vec<f64> { table[name].as_array().unwrap().iter().map(number).collect() };
    let dt = numbers("dt");
    for (name, _) in table.as_object().unwrap().iter().filter(|(name, _)| *name != "dt") {
        let bias = match name.strip_prefix("sqrt_scale_") {
            Some(scale) => TimeBias::Sqrt { scale_minutes: scale.parse().unwrap() },
            None => default_bias(BiasKind::Buckets),
        };
        for (&dt, want) in dt.iter().zip(numbers(name)).filter(|(dt, _)| **dt >= 0.0) {
            let (got, want) = (bias.at(dt as f32), want as f32);
            let ulps = i64::from(got.to_bits() as i32) - i64::from(want.to_bits() as i32);
            let allowed = if name == "bucket" { 0 } else { 1 };
            let result = if ulps.abs() <= allowed { Ok(0.0) } else { Err(format!("{got} for {want}")) };
            tally.case(&format!("{name} at dt {dt}"), result);
        }
    }
}

fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn default_bias(kind: BiasKind) -> TimeBias {
    let scale_minutes = SCALE_MINUTES;
    AttentionConfig { bias: kind, scale_minutes, ..AttentionConfig::default() }.time_bias().unwrap()
}

fn attention(path: &Path, tally: &mut Tally) {
    let file = Tensors::read(path);
    let golden = Golden::read(&file);
    let mut cases: Vec<String> =
        file.names().iter().filter_map(|n| n.strip_prefix("out64_").map(str::to_owned)).collect();
    cases.sort();
    for case in cases {
        let want = golden.nodes_first(&file.f64(&format!("out64_{case}")));
        let backends: [&dyn AttentionBackend; 2] = [&Reference, &Cpu];
        for backend in backends {
            let got = golden.run(&case, backend);
            let result = TOLERANCE.compare(got.iter().map(|&x| f64::from(x)), want.iter().copied());
            tally.case(&format!("{case} on {}", backend.name()), result);
        }
    }
}

/// Inputs of one file, nodes first.
struct Golden {
    heads: usize,
    len: usize,
    dim: usize,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    t_ms: Vec<i64>,
    edges: (Vec<u32>, Vec<u32>),
    blocked: Option<(Vec<u32>, Vec<u32>)>,
}

impl Golden {
    fn read(file: &Tensors) -> Self {
        let [heads, len, dim] = file.shape("q")[..] else { panic!("q is not [heads, len, dim]") };
        let mut golden = Self {
            heads,
            len,
            dim,
            q: Vec::new(),
            k: Vec::new(),
            v: Vec::new(),
            t_ms: times(&file.f64("dt"), len),
            edges: edges(&file.i64("edge_index"), len),
            blocked: None,
        };
        [golden.q, golden.k, golden.v] = ["q", "k", "v"].map(|name| golden.nodes_first(&file.f32(name)));
        if file.names().iter().any(|name| name == "blocked_blocksparse") {
            let blocked = file.f64("blocked_blocksparse");
            golden.blocked = Some(pattern(len, |i, j| blocked[i * len + j] == 0.0));
        }
        golden
    }

    /// `[heads, len, dim]` as `[len, heads, dim]`.
    fn nodes_first<T: Copy>(&self, values: &[T]) -> Vec<T> {
        let at = |i, h, d| values[(h * self.len + i) * self.dim + d];
        let rows = (0..self.len).flat_map(|i| (0..self.heads).map(move |h| (i, h)));
        rows.flat_map(|(i, h)| (0..self.dim).map(move |d| at(i, h, d))).collect()
    }

    /// Runs the case of this name, whose words give the mask, the self loops and the bias.
    fn run(&self, case: &str, backend: &dyn AttentionBackend) -> Vec<f32> {
        let (mut masked, mut causal, mut block_sparse, mut own) = (false, false, false, false);
        let mut bias = TimeBias::None;
        for word in case.split('_') {
            match word {
                "plain" | "bias" | "only" | "noself" => {}
                "mask" => masked = true,
                "causal" => causal = true,
                "blocksparse" => block_sparse = true,
                "self" => own = true,
                "bucket" => bias = default_bias(BiasKind::Buckets),
                "sqrt" => bias = default_bias(BiasKind::Sqrt),
                other => panic!("case {case}: the word `{other}` is not known"),
            }
        }
        let offsets = [0, self.len];
        let successors = CsrPattern::new(&self.edges.0, &self.edges.1, self.len).unwrap();
        let read = attention_pattern(successors, Direction::Successors, own).unwrap();
        let edges = BlockMask::new(&offsets, read.as_pattern()).unwrap();
        let (row_ptr, col_idx) = pattern(self.len, |i, j| j <= i);
        let past = BlockMask::new(&offsets, CsrPattern::new(&row_ptr, &col_idx, self.len).unwrap()).unwrap();
        let both = edges.intersection(&past).unwrap();
        let keys = match (masked, causal, block_sparse) {
            (false, false, false) => Keys::All,
            (false, true, false) => Keys::Causal,
            (true, false, false) => Keys::Edges(read.as_pattern()),
            (true, true, false) => Keys::Mask(&both),
            (_, _, true) => {
                let (row_ptr, col_idx) = self.blocked.as_ref().expect("blocked_blocksparse");
                Keys::Edges(CsrPattern::new(row_ptr, col_idx, self.len).unwrap())
            }
        };
        let tensors = [&self.q, &self.k, &self.v].map(|x| Tensor::F32(x));
        let mut inputs = Inputs::new([self.heads, self.dim], tensors, &offsets, keys);
        (inputs.bias, inputs.t_ms, inputs.empty_row) = (bias, Some(self.t_ms.as_slice()), EmptyRow::Uniform);
        backend.forward(&Attention::new(inputs).unwrap()).unwrap().out
    }
}

/// Times in milliseconds from the differences in minutes, which they must reproduce.
fn times(dt: &[f64], len: usize) -> Vec<i64> {
    let minutes = &dt[..len];
    for (i, j) in (0..len).flat_map(|i| (0..len).map(move |j| (i, j))) {
        assert_eq!(
            dt[i * len + j],
            (minutes[i] - minutes[j]).abs(),
            "dt[{i}, {j}] is not a difference of times"
        );
    }
    let ms = |m: &f64| {
        assert_eq!((m * MS_PER_MINUTE).fract(), 0.0, "{m} minutes are not whole milliseconds");
        (m * MS_PER_MINUTE) as i64
    };
    minutes.iter().map(ms).collect()
}

/// Edges `[2, edges]` by source.
fn edges(index: &[i64], len: usize) -> (Vec<u32>, Vec<u32>) {
    let (src, dst) = index.split_at(index.len() / 2);
    let pairs: std::collections::BTreeSet<(i64, i64)> =
        src.iter().copied().zip(dst.iter().copied()).collect();
    pattern(len, |i, j| pairs.contains(&(i as i64, j as i64)))
}

fn pattern(len: usize, allows: impl Fn(usize, usize) -> bool) -> (Vec<u32>, Vec<u32>) {
    let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
    for i in 0..len {
        col_idx.extend((0..len).filter(|&j| allows(i, j)).map(|j| j as u32));
        row_ptr.push(col_idx.len() as u32);
    }
    (row_ptr, col_idx)
}
