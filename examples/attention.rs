//! Attention over a causal DAG of events, as a library call.
#![allow(clippy::print_stdout)]

use ironforge::attention::{
    Attention, AttentionBackend, Cpu, Direction, Inputs, Keys, Tensor, TimeBias, attention_pattern,
};
use ironforge::dag::{Dag, WindowKnn};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Six events, a minute apart; each links to the next four that follow within two hours.
    let t_ms: Vec<i64> = (0..6).map(|i| i * 60_000).collect();
    let rule = WindowKnn { k: 4, dt_min_ms: 60_000, dt_max_ms: 7_200_000 };
    let dag = Dag::from_intervals(&rule.build(&t_ms)?)?;

    // Each event attends to its predecessors and itself.
    let pattern = attention_pattern(dag.pattern(), Direction::Predecessors, true)?;
    let (heads, head_dim) = (2, 4);
    let values: Vec<f32> = (0..t_ms.len() * heads * head_dim).map(|i| (i % 7) as f32 / 7.0).collect();
    let offsets = [0, t_ms.len()];
    let qkv = [Tensor::F32(&values); 3];
    let problem = Attention::new(Inputs {
        bias: TimeBias::Sqrt { scale_minutes: 10.0 },
        t_ms: Some(&t_ms),
        ..Inputs::new([heads, head_dim], qkv, &offsets, Keys::Edges(pattern.as_pattern()))
    })?;
    let output = Cpu.forward(&problem)?;
    assert_eq!(output.out.len(), 6 * heads * head_dim);
    println!("first row of head 0: {:?}", &output.out[..head_dim]);
    Ok(())
}
