//! Divergence and deadlocks: lanes and threads that do not meet.

use ironforge_emulator::Fault;

use super::{ORDERS, found, is_found, kernels, launch, line_of};

#[test]
fn diverged_lanes_cannot_shuffle() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        let report = launch(kernels, "lanes_part", 1, order);
        assert_eq!(report.findings.len(), 1, "{report}");
        let (finding, line) = (&report.findings[0], line_of("lanes_part"));
        assert_eq!(finding.fault, Fault::Divergence);
        assert!(finding.line == line || finding.line == line - 2, "{report}");
        assert!(!report.finished);
    }
}

#[test]
fn a_deadlock_lists_the_operations_that_threads_wait_in() {
    for (finding, _) in
        found("half_a_warp_votes", 1, Fault::Deadlock, "half_a_warp_votes").into_iter().flatten()
    {
        let line = line_of("half_a_warp_votes");
        let vote = format!("threads 0-15 wait in a vote, line {line}");
        let barrier = format!("threads 16-31 wait in the barrier of the block, line {}", line + 2);
        assert!(finding.what.contains(&vote) && finding.what.contains(&barrier), "{finding}");
    }
}

#[test]
fn every_thread_must_reach_the_barrier() {
    is_found("half_a_block_meets", Fault::Barrier);
}

#[test]
fn all_threads_must_meet_at_the_same_barrier() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        let report = launch(kernels, "different_barriers", 1, order);
        let line = line_of("different_barriers");
        assert!(report.findings.iter().all(|f| f.fault == Fault::Barrier), "{report}");
        assert!(report.findings.iter().any(|f| f.line == line || f.line == line - 2), "{report}");
    }
}
