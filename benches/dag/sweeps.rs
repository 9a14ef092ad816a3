//! Operations of one sweep.

use std::hint::black_box;

use ironforge::dag::{Dag, DagView};

use crate::graphs::{layered, window};
use crate::{Bench, SIZES, group};

fn both(c: &mut Bench, graph: &str, form: &str, dag: &impl DagView) {
    let edges = dag.edges();
    let weights: Vec<f32> = (0..edges).map(|i| (i % 97) as f32).collect();
    let mut time = |operation: &str, run: &mut dyn FnMut()| {
        group(c, operation, edges).bench_function(format!("{form}/{graph}"), |b| b.iter(&mut *run));
    };
    time("topological_generations", &mut || drop(black_box(dag.topological_generations())));
    time("longest_path", &mut || drop(black_box(dag.longest_path())));
    time("longest_path_weighted", &mut || drop(black_box(dag.longest_path_weighted(&weights))));
    time("critical_path", &mut || drop(black_box(dag.critical_path(&weights))));
    time("path_counts_f64", &mut || drop(black_box(dag.path_counts_f64(&[0]))));
    time("weakly_connected_components", &mut || drop(black_box(dag.weakly_connected_components())));
    time("transpose", &mut || drop(black_box(dag.transpose())));
}

pub fn benches(c: &mut Bench) {
    for n in SIZES {
        let dag = window(n);
        both(c, &format!("n{n}"), "intervals", &dag);
        both(c, &format!("n{n}"), "rows", &Dag::from_intervals(&dag).unwrap());
    }
    both(c, "layered", "rows", &layered(100, 1000, 4));
}
