//! Every fault is found, at its line, whichever thread goes first.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::OnceLock;

use common::{compiled, params};
use ironforge_emulator::{Fault, Finding, Kernels, Launch, Memory, Order, Report};

const THREADS: u32 = 128;
const SHARED_BYTES: u32 = 1024;
const ORDERS: [Order; 3] = [Order::Forward, Order::Reverse, Order::Random(7)];

fn kernels() -> Option<&'static Kernels> {
    static COMPILED: OnceLock<Option<Kernels>> = OnceLock::new();
    COMPILED.get_or_init(|| compiled("faults.cu", "faults", &[])).as_ref()
}

/// The line marked `HERE name`.
fn line_of(name: &str) -> u32 {
    let marked = |line: &str| line.split_once("// HERE ").is_some_and(|(_, marker)| marker == name);
    let source = include_str!("kernels/faults.cu");
    source.lines().position(marked).unwrap_or_else(|| panic!("no line is marked {name}")) as u32 + 1
}

fn launch(kernels: &Kernels, entry: &str, grid: u32, order: Order) -> Report {
    let mut memory = Memory::new();
    let values = [0u8; 128 * 4];
    let in_ = memory.input("in", &values);
    let out = memory.output("out", 128 * 4);
    let read_only = memory.input("read_only", &values);
    let written = memory.in_out("written", &values);
    let params = params(&[in_.address(), out.address(), read_only.address(), written.address()]);
    let launch = Launch { entry, grid, block: THREADS, shared_bytes: SHARED_BYTES, params: &params, order };
    kernels.launch(&launch, &mut memory)
}

/// The finding of this kind at the marked line, in each order; and no finding of another kind.
#[track_caller]
fn found(entry: &str, grid: u32, fault: Fault, marker: &str) -> Option<Vec<(Finding, Report)>> {
    let kernels = kernels()?;
    let line = line_of(marker);
    let find = |order| {
        let report = launch(kernels, entry, grid, order);
        let wanted = report
            .findings
            .iter()
            .find(|f| f.fault == fault && f.line == line && f.file == "faults.cu")
            .cloned();
        (wanted.unwrap_or_else(|| panic!("no {fault:?} at line {line} in {order:?}: {report}")), report)
    };
    Some(ORDERS.map(find).into())
}

/// A fault that does not keep the launch from its end.
#[track_caller]
fn is_found(entry: &str, fault: Fault) {
    for (_, report) in found(entry, 1, fault, entry).into_iter().flatten() {
        assert!(report.finished, "{report}");
    }
}

/// A fault that ends it.
#[track_caller]
fn ends_the_launch(entry: &str, fault: Fault) {
    for (_, report) in found(entry, 1, fault, entry).into_iter().flatten() {
        assert!(!report.finished, "{report}");
        assert_eq!(report.findings.len(), 1, "{report}");
    }
}

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
fn a_shuffle_orders_no_memory() {
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
fn blocks_race_whichever_comes_first() {
    let Some(kernels) = kernels() else { return };
    let of = |order| launch(kernels, "block_reads_what_another_writes", 2, order);
    let line = line_of("block_writes_what_another_reads");
    assert!(of(Order::Forward).findings.iter().all(|f| f.fault == Fault::Race && f.line == line));
    assert!(of(Order::Reverse).findings.iter().all(|f| f.fault == Fault::Race && f.line == line - 1));
    assert!(!of(Order::Forward).findings.is_empty() && !of(Order::Reverse).findings.is_empty());
}

#[test]
fn one_block_alone_does_not_race_with_the_launch_before() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        launch(kernels, "blocks_write_one_word", 1, order).clean();
    }
}

#[test]
fn shared_memory_begins_uninitialised() {
    is_found("uninitialised_shared", Fault::Uninitialised);
}

#[test]
fn an_output_is_not_read_before_it_is_written() {
    is_found("uninitialised_global", Fault::Uninitialised);
}

#[test]
fn a_load_past_the_end_ends_the_launch() {
    for (finding, report) in
        found("load_out_of_bounds", 1, Fault::OutOfBounds, "load_out_of_bounds").into_iter().flatten()
    {
        assert_eq!(finding.what, "read of 4 bytes at byte 512 of in, which has 512");
        assert_eq!(finding.thread, Some(127));
        assert!(!report.finished);
    }
}

#[test]
fn a_store_past_the_end_ends_the_launch() {
    ends_the_launch("store_out_of_bounds", Fault::OutOfBounds);
}

#[test]
fn structs_and_loops_are_seen_in_whole() {
    // What a compiler might turn into calls of memcpy and memset.
    ends_the_launch("struct_out_of_bounds", Fault::OutOfBounds);
    ends_the_launch("loop_out_of_bounds", Fault::OutOfBounds);
}

#[test]
fn shared_memory_ends_where_the_launch_says() {
    ends_the_launch("shared_out_of_bounds", Fault::OutOfBounds);
}

#[test]
fn an_input_is_not_written() {
    ends_the_launch("store_to_read_only", Fault::ReadOnly);
}

#[test]
fn a_wide_access_needs_a_wide_address() {
    ends_the_launch("misaligned", Fault::Misaligned);
}

#[test]
fn a_copy_must_be_waited_for() {
    is_found("copy_without_wait", Fault::CopyInFlight);
}

#[test]
fn a_wait_counts_groups() {
    is_found("copy_waited_for_too_little", Fault::CopyInFlight);
}

#[test]
fn a_wait_is_no_barrier() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        let report = launch(kernels, "copy_without_barrier", 1, order);
        assert!(report.findings.iter().any(|f| f.line == line_of("copy_without_barrier")), "{report}");
    }
}

#[test]
fn a_copy_in_flight_is_not_written_over() {
    is_found("copy_overwritten_in_flight", Fault::CopyInFlight);
}

#[test]
fn a_copy_waits_for_readers() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        let report = launch(kernels, "copy_into_what_is_read", 1, order);
        let line = line_of("copy_into_what_is_read");
        let is_known = |f: &Finding| match f.fault {
            Fault::Race => f.line == line || f.line == line - 1,
            fault => fault == Fault::CopyInFlight && f.line == line - 1,
        };
        assert!(!report.findings.is_empty() && report.findings.iter().all(is_known), "{report}");
    }
}

#[test]
fn a_thread_does_not_leave_its_copies() {
    let Some(kernels) = kernels() else { return };
    let report = launch(kernels, "copy_never_waited_for", 1, Order::Forward);
    assert_eq!(report.findings.len(), 1, "{report}");
    assert_eq!((report.findings[0].fault, report.findings[0].times), (Fault::CopyInFlight, 32));
}

#[test]
fn a_copy_keeps_to_its_buffer() {
    ends_the_launch("copy_out_of_bounds", Fault::OutOfBounds);
}

#[test]
fn a_copy_of_nothing_names_a_true_address() {
    is_found("copy_of_nothing_from_nowhere", Fault::OutOfBounds);
}

#[test]
fn lanes_that_part_do_not_shuffle() {
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
fn a_deadlock_lists_who_waits_where() {
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
fn every_thread_meets_at_the_barrier() {
    is_found("half_a_block_meets", Fault::Barrier);
}

#[test]
fn a_barrier_is_one_line() {
    let Some(kernels) = kernels() else { return };
    for order in ORDERS {
        let report = launch(kernels, "different_barriers", 1, order);
        let line = line_of("different_barriers");
        assert!(report.findings.iter().all(|f| f.fault == Fault::Barrier), "{report}");
        assert!(report.findings.iter().any(|f| f.line == line || f.line == line - 2), "{report}");
    }
}

#[test]
fn a_row_of_a_matrix_is_aligned() {
    ends_the_launch("misaligned_row", Fault::Misaligned);
}

#[test]
fn a_row_of_a_matrix_lies_in_shared_memory() {
    ends_the_launch("row_out_of_bounds", Fault::OutOfBounds);
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

#[test]
fn a_launch_that_no_device_takes_does_not_begin() {
    let Some(kernels) = kernels() else { return };
    for (block, shared_bytes, params) in [(100, 0, 32), (256, 0, 32), (128, 1 << 20, 32), (128, 0, 31)] {
        let params = vec![0; params];
        let launch = Launch {
            entry: "misaligned",
            grid: 1,
            block,
            shared_bytes,
            params: &params,
            order: Order::Forward,
        };
        let report = kernels.launch(&launch, &mut Memory::new());
        assert_eq!(report.findings[0].fault, Fault::Launch, "{report}");
        assert!(!report.finished);
    }
}
