//! Races: unordered accesses of the threads of a block, and of the blocks of a launch.

use ironforge_emulator::{Fault, Order};

use super::{ORDERS, found, is_found, kernels, launch, line_of};

#[test]
fn a_read_needs_a_barrier_after_the_write() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        let report = launch(kernels, "read_without_barrier", 1, order);
        // The line that reads, or the line that writes if that comes later.
        let line = line_of("read_without_barrier");
        assert!(report.findings.iter().all(|f| f.line == line || f.line == line - 1), "{report}");
        assert!(report.findings.iter().any(|f| f.fault == Fault::Race), "{report}");
    }
}

#[test]
fn a_write_needs_a_barrier_after_reads() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        let report = launch(kernels, "overwritten_without_barrier", 1, order);
        let line = line_of("overwritten_without_barrier");
        assert!(report.findings.iter().all(|f| f.fault == Fault::Race), "{report}");
        assert!(report.findings.iter().any(|f| f.line == line), "{report}");
    }
}

#[test]
fn two_threads_must_not_write_one_word() {
    is_found("two_threads_write", Fault::Race);
}

#[test]
fn a_shuffle_does_not_order_memory() {
    is_found("shuffle_is_no_barrier", Fault::Race);
}

#[test]
fn threads_of_a_block_race_in_buffers_too() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        let report = launch(kernels, "threads_share_a_global_word", 1, order);
        assert!(report.findings.iter().any(|f| f.fault == Fault::Race), "{report}");
    }
}

#[test]
fn two_blocks_must_not_write_one_word() {
    for (finding, _) in
        found("blocks_write_one_word", 2, Fault::Race, "blocks_write_one_word").into_iter().flatten()
    {
        assert_eq!((finding.times, finding.what.contains("two blocks")), (256, true), "{finding}");
    }
}

#[test]
fn blocks_race_in_either_order() {
    let Some(kernels) = kernels() else { return };
    let of = |order| launch(kernels, "block_reads_what_another_writes", 2, order);
    let line = line_of("block_writes_what_another_reads");
    assert!(of(Order::Forward).findings.iter().all(|f| f.fault == Fault::Race && f.line == line));
    assert!(of(Order::Reverse).findings.iter().all(|f| f.fault == Fault::Race && f.line == line - 1));
    assert!(!of(Order::Forward).findings.is_empty() && !of(Order::Reverse).findings.is_empty());
}

#[test]
fn a_block_does_not_race_with_an_earlier_launch() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        launch(kernels, "blocks_write_one_word", 1, order).clean();
    }
}

#[test]
fn matrices_need_a_barrier_too() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        let report = launch(kernels, "rows_without_barrier", 1, order);
        assert!(report.findings.iter().any(|f| f.line == line_of("rows_without_barrier")), "{report}");
        assert!(report.findings.iter().any(|f| f.fault == Fault::Race), "{report}");
    }
}
