//! The kernel `time_bias` against the host.

use ironforge::attention::lowering::{PlanInputs, TIME_BIAS, time_bias_shape};
use ironforge::attention::{Keys, Plan, TimeBias, minutes_between};
use ironforge_emulator::{Kernels, Launch, Memory, Order, require};

/// The bias of every pair: bit for bit for `buckets`; for `sqrt`, within the two roundings of the f32 computation.
#[test]
fn the_time_bias_of_every_pair_is_that_of_the_host() {
    for arch in [75, 80] {
        let Some(kernels) = require(arch) else { return };
        let t_ms: Vec<i64> = (0..300).map(|i| 1_785_000_000_000 + i * i * 977 % 15_000_000).collect();
        let buckets = vec![(0.0, 5.0, 0.2), (5.0, 15.0, 0.1), (15.0, 60.0, 0.0), (60.0, 240.0, -0.1)];
        for bias in [TimeBias::None, TimeBias::Sqrt { scale_minutes: 0.1 }, TimeBias::Buckets(buckets)] {
            let (first, len) = (7, 270);
            let got = time_bias(kernels, &t_ms, &bias, first, len);
            for (n, got) in got.iter().enumerate() {
                let (i, j) = (first + n / len, first + n % len);
                let want = bias.at(minutes_between(t_ms[i], t_ms[j]));
                let ulps = got.to_bits().abs_diff(want.to_bits());
                let allowed = if matches!(bias, TimeBias::Sqrt { .. }) { 2 } else { 0 };
                assert!(ulps <= allowed, "sm_{arch} {bias:?} {i} {j}: {got} for {want}");
            }
        }
    }
}

fn time_bias(kernels: &Kernels, t_ms: &[i64], bias: &TimeBias, first: usize, len: usize) -> Vec<f32> {
    let offsets = [0, t_ms.len()];
    let plan_inputs =
        PlanInputs { heads: 1, head_dim: 1, offsets: &offsets, keys: Keys::All, bias, t_ms: Some(t_ms) };
    let plan = Plan::new(&plan_inputs).unwrap();
    let mut memory = Memory::new();
    let tables = plan.tables().map(|(table, bytes)| memory.input(table.name(), bytes).address());
    let times = memory.input("times", bytemuck::cast_slice(t_ms));
    let out = memory.output("out", 4 * len * len);
    let params = plan.time_bias_params(times.address(), out.address(), [first as u64, len as u64], &tables);
    let (grid, block) = time_bias_shape(len as u64).unwrap();
    let params = bytemuck::bytes_of(&params);
    let launch = Launch { entry: TIME_BIAS, grid, block, shared_bytes: 0, params, order: Order::Forward };
    kernels.launch(&launch, &mut memory).clean();
    bytemuck::cast_slice(memory.bytes(out)).to_vec()
}
