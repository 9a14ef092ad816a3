//! Many sessions in one graph.

use ironforge::dag::{Dag, DagError, DagView, WindowKnn};
use proptest::prelude::*;

use super::edges;

const RULE: WindowKnn = WindowKnn { k: 4, dt_min_ms: 2, dt_max_ms: 30 };

fn join(sessions: &[Vec<i64>]) -> (Vec<i64>, Vec<u32>) {
    let ends = sessions.iter().scan(0, |end, session| {
        *end += session.len() as u32;
        Some(*end)
    });
    (sessions.concat(), std::iter::once(0).chain(ends).collect())
}

proptest! {
    #[test]
    fn a_batch_is_the_disjoint_union_of_its_sessions(
        mut sessions in prop::collection::vec(prop::collection::vec(-50_i64..50, 0..20), 0..12),
    ) {
        sessions.iter_mut().for_each(|t| t.sort_unstable());
        let (t_ms, offsets) = join(&sessions);
        let batch = RULE.build_batch(&t_ms, &offsets).unwrap();
        prop_assert_eq!(batch.sessions(), sessions.len());
        let one_by_one: Vec<_> = sessions.iter().map(|t| RULE.build(t).unwrap()).collect();
        for (s, alone) in one_by_one.iter().enumerate() {
            prop_assert_eq!(edges(&batch.session(s)), edges(alone));
            let level = &batch.graph().topological_generations().level;
            let numbers = batch.numbers(s);
            let here = &level[numbers.start as usize..numbers.end as usize];
            prop_assert_eq!(here, alone.topological_generations().level);
        }
        prop_assert_eq!(batch.graph().edges(), one_by_one.iter().map(|dag| dag.edges()).sum::<u64>());
        let csr = batch.to_csr().unwrap();
        prop_assert_eq!(csr.graph(), &Dag::from_intervals(batch.graph()).unwrap());
        let longest = |dags: Vec<Vec<u32>>| dags.iter().map(Vec::len).collect::<Vec<_>>();
        prop_assert_eq!(
            longest(csr.par_map(|_, dag| dag.longest_path())),
            longest(one_by_one.iter().map(|dag| dag.longest_path()).collect())
        );
    }
}

#[test]
fn many_sessions_are_built_the_same_on_all_threads() {
    let sessions: Vec<Vec<i64>> = (0..2000).map(|s| (0..s % 90).map(|i| i * (1 + s % 7)).collect()).collect();
    let (t_ms, offsets) = join(&sessions);
    let batch = RULE.build_batch(&t_ms, &offsets).unwrap();
    for (s, t) in sessions.iter().enumerate() {
        assert_eq!(edges(&batch.session(s)), edges(&RULE.build(t).unwrap()), "{s}");
    }
    assert_eq!(batch.bytes(), 8 * t_ms.len() + 4 * offsets.len());
    assert!(batch.graph().topological_generations().widest() > 1000, "all sessions begin at once");
}

#[test]
fn a_batch_names_the_event_out_of_order_and_needs_complete_offsets() {
    assert_eq!(RULE.build_batch(&[9, 1, 2, 1], &[0, 1, 4]), Err(DagError::Unsorted { index: 3 }));
    for offsets in [&[][..], &[0], &[1, 2], &[0, 3], &[0, 2, 1, 2]] {
        let built = std::panic::catch_unwind(|| RULE.build_batch(&[1, 2], offsets));
        assert!(built.is_err(), "{offsets:?}");
    }
    assert_eq!(RULE.build_batch(&[], &[0]).unwrap().sessions(), 0);
}
