//! Every fault is found, at its line, in any order of the threads.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod copies;
mod memory;
mod races;
mod rendezvous;

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
    let source = include_str!("../kernels/faults.cu");
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

/// Asserts that the fault is found and that the launch runs to its end.
#[track_caller]
fn is_found(entry: &str, fault: Fault) {
    for (_, report) in found(entry, 1, fault, entry).into_iter().flatten() {
        assert!(report.finished, "{report}");
    }
}

/// Asserts that the fault is found and ends the launch.
#[track_caller]
fn ends_the_launch(entry: &str, fault: Fault) {
    for (_, report) in found(entry, 1, fault, entry).into_iter().flatten() {
        assert!(!report.finished, "{report}");
        assert_eq!(report.findings.len(), 1, "{report}");
    }
}

#[test]
fn an_invalid_launch_does_not_start() {
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
