//! GPU memory: freed memory is reused, the limit holds across threads, and any thread may free.

use std::sync::{Arc, Barrier};
use std::thread;

use ironforge::attention::Plan;
use ironforge::attention::lowering::{KernelArgs, PlanInputs};
use ironforge::cuda::{Cuda, CudaDevice, CudaError, DeviceAttention, DeviceBuffer, DevicePlan};

use super::Run;
use super::parts::with_problem;
use crate::ptx::built;

/// Executes one of the parts below.
pub(super) fn execute(part: &str) {
    match part {
        "again" => again(),
        "once more" => once_more(),
        "racing" => racing(),
        "elsewhere" => elsewhere(),
        "next plan" => next_plan(),
        _ => {}
    }
}

#[test]
fn freed_memory_is_reused() {
    if built().is_none() {
        return;
    }
    for (pools, keeps) in [("1", "0"), ("1", "1"), ("0", "0")] {
        Run::new(&[("FAKE_MEMORY", "1000000"), ("FAKE_POOLS", pools), ("FAKE_KEEPS", keeps)]).part("again");
    }
}

fn again() {
    let device = CudaDevice::first().unwrap();
    for _ in 0..3 {
        device.check_memory(700_000).unwrap();
        drop(DeviceBuffer::new(&device, 700_000).unwrap());
    }
    assert_eq!(
        device.check_memory(1_000_001),
        Err(CudaError::OutOfMemory { requested: 1_000_001, free: 1_000_000 })
    );
}

#[test]
fn an_allocation_that_fails_is_tried_once_more() {
    if built().is_none() {
        return;
    }
    Run::new(&[("FAKE_FAIL", "cuMemAllocAsync 2 1 1")]).part("once more");
    Run::new(&[("FAKE_FAIL", "cuMemAlloc_v2 2 1 1"), ("FAKE_POOLS", "0")]).part("once more");
}

fn once_more() {
    let device = CudaDevice::first().unwrap();
    let mut values = [0_u8; 3];
    DeviceBuffer::of(&device, &[1_u8, 2, 3]).unwrap().read(0, &mut values).unwrap();
    assert_eq!(values, [1, 2, 3]);
}

#[test]
fn two_threads_cannot_exceed_the_limit_together() {
    if built().is_none() {
        return;
    }
    Run::new(&[]).part("racing");
}

fn racing() {
    const THREADS: usize = 8;
    const ROUNDS: usize = 200;
    let device = CudaDevice::first().unwrap().with_memory_limit(10_000);
    let barrier = Barrier::new(THREADS);
    let compete = || {
        let try_once = |_| {
            barrier.wait();
            let taken = DeviceBuffer::new(&device, 6_000);
            // No thread frees before every thread has tried.
            barrier.wait();
            taken.is_ok()
        };
        (0..ROUNDS).map(try_once).collect::<Vec<_>>()
    };
    let taken: Vec<Vec<bool>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(compete)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for round in 0..ROUNDS {
        assert_eq!(taken.iter().filter(|t| t[round]).count(), 1, "round {round}");
    }
    // A refused allocation is not counted.
    assert_eq!(device.free_bytes().unwrap(), 10_000);
}

#[test]
fn buffers_are_used_and_dropped_on_any_thread() {
    if built().is_none() {
        return;
    }
    for pools in ["1", "0"] {
        let run = Run::new(&[("FAKE_POOLS", pools)]);
        run.part("elsewhere");
        assert_eq!(run.log("alloc").len(), 4);
        assert_eq!(run.log("free").len(), 4, "memory is left allocated: {pools}");
    }
}

fn elsewhere() {
    with_problem(|problem| {
        let device = CudaDevice::first().unwrap();
        let plan = DevicePlan::new(&device, Plan::new(&PlanInputs::of(problem)).unwrap()).unwrap();
        let attention = DeviceAttention::new(&plan, &KernelArgs::new(problem).unwrap()).unwrap();
        let buffer = DeviceBuffer::of(&device, &[7_u32; 9]).unwrap();
        let elsewhere = |work: Box<dyn FnOnce() + Send + '_>| {
            thread::scope(|scope| scope.spawn(work).join().unwrap());
        };
        elsewhere(Box::new(|| attention.launch().unwrap()));
        elsewhere(Box::new(|| assert_eq!(attention.read().unwrap().lse, [-1.0; 10])));
        elsewhere(Box::new(|| drop(buffer)));
        elsewhere(Box::new(|| drop((attention, plan))));
        // An error of a drop would be returned by the next call.
        device.synchronize().unwrap();
        assert_eq!(device.with_memory_limit(100).free_bytes().unwrap(), 100);
    });
}

#[test]
fn a_kept_plan_is_freed_before_the_next() {
    if built().is_none() {
        return;
    }
    Run::new(&[]).part("next plan");
}

fn next_plan() {
    with_problem(|problem| {
        let plan = || Arc::new(Plan::new(&PlanInputs::of(problem)).unwrap());
        let bytes = DeviceAttention::bytes(&plan(), &KernelArgs::new(problem).unwrap());
        let backend = Cuda::new(CudaDevice::first().unwrap().with_memory_limit(bytes));
        for _ in 0..2 {
            backend.run_planned(problem, &plan()).unwrap();
        }
    });
}
