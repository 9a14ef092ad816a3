//! Offsets past 2^31 bytes and past 2^31 values: runs only the last graph of a very large batch, in zero-filled
//! mappings of which only the touched pages take memory.

use bytemuck::{Zeroable, bytes_of, cast_slice, cast_slice_mut};
use ironforge::attention::lowering::{
    AttentionParams, Half, Kernel, KeyForm, PlanInputs, TABLES, THREADS, TileEntry, WorkItem,
};
use ironforge::attention::{Accuracy, AttentionBackend, Keys, Output, Plan, Reference};
use ironforge_emulator::{Access, Buffer, Kernels, Launch, Memory, Order, require};

use crate::attention::strategies::{Batch, Bias, Dtype, Mask, Shape, Times, Values};
use crate::attention::suite;

const DIM: usize = 128;
/// Nodes before the graph that is run: with 128 dimensions of 2 bytes, 2^31 values and 2^32 bytes.
const BEFORE: usize = 1 << 24;
const LEN: usize = 70;

/// The last graph, alone.
fn shape() -> Shape {
    Shape {
        lengths: vec![LEN],
        heads: 1,
        dim: DIM,
        dtype: Dtype::F16,
        mask: Mask::All,
        bias: Bias::None,
        times: Times::Random,
        uniform: false,
        logits: 16.0,
        seed: 9,
    }
}

fn graph() -> Batch {
    Batch::new(&shape())
}

/// The buffers and parameters of the batch.
struct Far {
    memory: Memory,
    q: Buffer,
    out: Buffer,
    lse: Buffer,
    params: AttentionParams,
}

/// The buffers of a batch; `None` if they cannot be mapped, after a line with the reason.
fn far(batch: &Batch) -> Option<Far> {
    let (mut memory, nodes) = (Memory::new(), BEFORE + LEN);
    let mut reserve = |name: &str, bytes_of_a_node: usize, access| {
        let buffer = memory.reserve(name, nodes * bytes_of_a_node, access);
        if buffer.is_none() {
            crate::skip::skip(format_args!("{} GiB cannot be mapped", (nodes * bytes_of_a_node) >> 30));
        }
        buffer
    };
    let tensors = ["q", "k", "v"].map(|name| reserve(name, 2 * DIM, Access::ReadOnly));
    let out = reserve("out", 4 * DIM, Access::Writable)?;
    let lse = reserve("lse", 4, Access::Writable)?;
    let mut address = [0; 3];
    for (i, (buffer, values)) in tensors.into_iter().zip([&batch.q, &batch.k, &batch.v]).enumerate() {
        let (buffer, Values::F16(values)) = (buffer?, values) else { unreachable!() };
        memory.bytes_mut(buffer)[2 * DIM * BEFORE..].copy_from_slice(cast_slice(values));
        address[i] = buffer.address();
    }
    let params = AttentionParams {
        q: address[0],
        k: address[1],
        v: address[2],
        out: out.address(),
        lse: lse.address(),
        heads: 1,
        head_dim: DIM as u32,
        nodes: nodes as u32,
        scale: batch.scale,
        scale_log2e: batch.scale * std::f32::consts::LOG2_E,
        ..AttentionParams::zeroed()
    };
    Some(Far { memory, q: tensors[0]?, out, lse, params })
}

impl Far {
    /// The two block rows of the last graph.
    fn items(&mut self) -> u64 {
        let (start, end) = (BEFORE as u32, (BEFORE + LEN) as u32);
        let item =
            |n: u32| WorkItem { graph_start: start, graph_end: end, row_start: start + 64 * n, block_row: n };
        self.memory.input("items", cast_slice(&[item(0), item(1)])).address()
    }

    fn launch(&mut self, kernel: Kernel, grid: u32) {
        let entry = kernel.entry(Half::F16, DIM, Accuracy::Exact);
        let launch = Launch {
            entry: &entry,
            grid,
            block: THREADS,
            shared_bytes: kernel.shared_bytes(DIM),
            params: bytes_of(&self.params),
            order: Order::Forward,
        };
        require(80).unwrap().launch(&launch, &mut self.memory).clean();
    }

    /// The results of `rows` nodes from `first` on.
    fn output(&self, first: usize, rows: usize) -> Output {
        let pick = |buffer, width: usize| {
            cast_slice(&self.memory.bytes(buffer)[4 * width * first..4 * width * (first + rows)]).to_vec()
        };
        Output { out: pick(self.out, DIM), lse: pick(self.lse, 1) }
    }
}

#[test]
fn flash_attention_reaches_past_two_to_the_31() {
    let batch = graph();
    let Some(mut far) = require(80).and_then(|_| far(&batch)) else { return };
    far.params.items = far.items();
    far.launch(Kernel::FlashAttention, 2);
    let want = batch.with_keys(Keys::All, |problem| Reference.forward(problem).unwrap());
    suite::compare(&batch, &far.output(BEFORE, LEN), &want).unwrap();
}

#[test]
fn block_sparse_attention_reaches_tiles_past_two_to_the_31() {
    /// 512 bytes each.
    const TILES_BEFORE: usize = 1 << 22;
    let batch = graph();
    let Some(mut far) = require(80).and_then(|_| far(&batch)) else { return };
    let Some(tiles) = far.memory.reserve("tiles", 512 * (TILES_BEFORE + 1), Access::ReadOnly) else {
        crate::skip::skip(format_args!("2 GiB of tiles cannot be mapped"));
        return;
    };
    // Every bit of the one partial tile, which is the first of the first block row; the rest is full.
    cast_slice_mut::<u8, u32>(&mut far.memory.bytes_mut(tiles)[512 * TILES_BEFORE..]).fill(u32::MAX);
    let full = |column| TileEntry { column, bits: u32::MAX };
    let entries = [TileEntry { column: 0, bits: TILES_BEFORE as u32 }, full(1), full(0), full(1)];
    far.params.items = far.items();
    far.params.tiles = tiles.address();
    far.params.entries = far.memory.input("entries", cast_slice(&entries)).address();
    far.params.row_ptr = far.memory.input("row_ptr", cast_slice(&[0_u32, 2, 4])).address();
    far.params.keys = KeyForm::List as u32;
    far.launch(Kernel::BlockSparseAttention, 2);
    let want = batch.with_keys(Keys::All, |problem| Reference.forward(problem).unwrap());
    suite::compare(&batch, &far.output(BEFORE, LEN), &want).unwrap();
}

/// Far keys: the first node attends to those of the last graph.
#[test]
fn edge_attention_gathers_from_past_two_to_the_31() {
    let batch = graph();
    let Some(mut far) = require(80).and_then(|_| far(&batch)) else { return };
    let row: Vec<u32> = (0..LEN).map(|j| (BEFORE + j) as u32).collect();
    // The eight rows of one block: the first attends to the last graph.
    let row_ptr =
        [0, LEN as u32, LEN as u32, LEN as u32, LEN as u32, LEN as u32, LEN as u32, LEN as u32, LEN as u32];
    far.params.row_ptr = far.memory.input("row_ptr", cast_slice(&row_ptr)).address();
    far.params.col_idx = far.memory.input("col_idx", cast_slice(&row)).address();
    far.params.keys = KeyForm::List as u32;
    let Values::F16(q) = &batch.q else { unreachable!() };
    far.memory.bytes_mut(far.q)[..2 * DIM].copy_from_slice(cast_slice(&q[..DIM]));
    far.launch(Kernel::EdgeAttention, 1);
    let want = batch.with_keys(Keys::All, |problem| Reference.forward(problem).unwrap());
    let want = Output { out: want.out[..DIM].to_vec(), lse: want.lse[..1].to_vec() };
    suite::compare(&batch, &far.output(0, 1), &want).unwrap();
}

#[test]
fn edge_attention_counts_rows_past_two_to_the_32() {
    let rows = require(80).and_then(last_rows);
    rows.unwrap_or(Ok(())).unwrap();
}

/// Runs the last blocks of a launch over more than 2^32 rows: 64 heads of 2^26 nodes. `None` if the buffers cannot be
/// mapped, after a line with the reason.
pub fn last_rows(kernels: &Kernels) -> Option<Result<(), String>> {
    const HEADS: usize = 64;
    const BEFORE: usize = 1 << 26;
    const NODE: usize = HEADS * 16;
    let batch = Batch::new(&Shape { heads: HEADS, dim: 16, bias: Bias::Sqrt, ..shape() });
    let (mut memory, nodes) = (Memory::new(), BEFORE + LEN);
    let mut far = |name: &str, of_a_node: usize, bytes: &[u8]| {
        let Some(buffer) = memory.reserve(name, nodes * of_a_node, Access::Writable) else {
            crate::skip::skip(format_args!("{} GiB cannot be mapped", (nodes * of_a_node) >> 30));
            return None;
        };
        memory.bytes_mut(buffer)[BEFORE * of_a_node..][..bytes.len()].copy_from_slice(bytes);
        Some(buffer)
    };
    let (lo, hi) = ([BEFORE as u32; LEN], [(BEFORE + LEN) as u32; LEN]);
    let tensor = |values: &Values| match values {
        Values::F16(values) => cast_slice::<_, u8>(values).to_vec(),
        _ => unreachable!(),
    };
    let buffers = [
        far("q", 2 * NODE, &tensor(&batch.q)),
        far("k", 2 * NODE, &tensor(&batch.k)),
        far("v", 2 * NODE, &tensor(&batch.v)),
        far("out", 4 * NODE, &[]),
        far("lse", 4 * HEADS, &[]),
        far("lo", 4, cast_slice(&lo)),
        far("hi", 4, cast_slice(&hi)),
        far("t_ms", 8, cast_slice(&batch.t_ms)),
    ];
    let [q, k, v, out, lse, lo, hi, t_ms] = all(buffers)?;
    let bias = batch.with_keys(Keys::All, |p| {
        Plan::new(&PlanInputs::of(p)).unwrap().bias_params(batch.scale, &[0; TABLES])
    });
    let params = AttentionParams {
        q: q.address(),
        k: k.address(),
        v: v.address(),
        out: out.address(),
        lse: lse.address(),
        lo: lo.address(),
        hi: hi.address(),
        t_ms: t_ms.address(),
        bias,
        heads: HEADS as u32,
        head_dim: 16,
        nodes: nodes as u32,
        keys: KeyForm::Intervals as u32,
        scale: batch.scale,
        scale_log2e: batch.scale * std::f32::consts::LOG2_E,
        ..AttentionParams::zeroed()
    };
    let launch = Launch {
        entry: &Kernel::EdgeAttention.entry(Half::F16, 16, Accuracy::Exact),
        // A block computes the 64 heads of one node.
        grid: nodes as u32,
        block: THREADS,
        shared_bytes: 0,
        params: bytes_of(&params),
        order: Order::Forward,
    };
    let report = kernels.launch_from(BEFORE as u32, &launch, &mut memory);
    if !report.finished || !report.findings.is_empty() {
        return Some(Err(report.to_string()));
    }
    let last = |buffer, of_a_node: usize| cast_slice(&memory.bytes(buffer)[BEFORE * of_a_node..]).to_vec();
    let got = Output { out: last(out, 4 * NODE), lse: last(lse, 4 * HEADS) };
    let want = batch.with_keys(Keys::All, |problem| Reference.forward(problem).unwrap());
    Some(suite::compare(&batch, &got, &want))
}

fn all<const N: usize>(buffers: [Option<Buffer>; N]) -> Option<[Buffer; N]> {
    let found: Vec<Buffer> = buffers.into_iter().collect::<Option<_>>()?;
    found.try_into().ok()
}
