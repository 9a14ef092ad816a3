//! Asynchronous copies: they must be waited for, ordered, and inside their buffers.

use ironforge_emulator::{Fault, Finding, Order};

use super::{ORDERS, ends_the_launch, is_found, kernels, launch, line_of};

#[test]
fn a_copy_must_be_waited_for() {
    is_found("copy_without_wait", Fault::CopyInFlight);
}

#[test]
fn a_wait_counts_groups() {
    is_found("copy_waited_for_too_little", Fault::CopyInFlight);
}

#[test]
fn a_wait_is_not_a_barrier() {
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
fn a_thread_must_wait_for_its_copies_before_it_returns() {
    let Some(kernels) = kernels() else { return };
    let report = launch(kernels, "copy_never_waited_for", 1, Order::Forward);
    assert_eq!(report.findings.len(), 1, "{report}");
    assert_eq!((report.findings[0].fault, report.findings[0].times), (Fault::CopyInFlight, 32));
}

#[test]
fn a_copy_must_stay_inside_its_buffer() {
    ends_the_launch("copy_out_of_bounds", Fault::OutOfBounds);
}

#[test]
fn the_source_of_an_invalid_copy_must_be_a_valid_address() {
    is_found("copy_of_nothing_from_nowhere", Fault::OutOfBounds);
}
