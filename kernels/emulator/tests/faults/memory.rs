//! Uninitialised reads, and addresses that a kernel must not access.

use ironforge_emulator::Fault;

use super::{ends_the_launch, found, is_found};

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
fn accesses_of_structs_and_loops_are_checked_in_full() {
    // What a compiler might turn into calls of memcpy and memset.
    ends_the_launch("struct_out_of_bounds", Fault::OutOfBounds);
    ends_the_launch("loop_out_of_bounds", Fault::OutOfBounds);
}

#[test]
fn shared_memory_has_the_size_of_the_launch() {
    ends_the_launch("shared_out_of_bounds", Fault::OutOfBounds);
}

#[test]
fn an_input_is_not_written() {
    ends_the_launch("store_to_read_only", Fault::ReadOnly);
}

#[test]
fn a_wide_access_needs_an_aligned_address() {
    ends_the_launch("misaligned", Fault::Misaligned);
}

#[test]
fn a_row_of_a_matrix_is_aligned() {
    ends_the_launch("misaligned_row", Fault::Misaligned);
}

#[test]
fn a_row_of_a_matrix_lies_in_shared_memory() {
    ends_the_launch("row_out_of_bounds", Fault::OutOfBounds);
}
