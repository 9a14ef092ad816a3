//! The primitives on a GPU.
#![allow(unsafe_code, reason = "launches entries that no program carries")]

use std::sync::Arc;

use cudarc::driver::{
    CudaContext, CudaModule, CudaStream, DevicePtr, DevicePtrMut, DeviceRepr, LaunchConfig, PushKernelArg,
};
use cudarc::nvrtc::Ptx;
use ironforge_emulator::Order;

use super::trials::{SHARED_BYTES, Trial, trials};
use super::{PrimitiveParams, emulated, run_emulated};
use crate::gpu::device;

/// PTX of kernels/tests/primitives.cu, by architecture.
const MODULES: &[(u32, &str)] = include!(concat!(env!("OUT_DIR"), "/test_modules.rs"));

// SAFETY: 1. it is the struct that the entries take, with the same layout (Pod, and a static_assert next to the
//         entries).
unsafe impl DeviceRepr for PrimitiveParams {}

fn run(stream: &Arc<CudaStream>, module: &Arc<CudaModule>, trial: &Trial) -> Vec<u8> {
    let function = module.load_function(&trial.entry()).unwrap();
    let input = stream.clone_htod(&trial.input).unwrap();
    let mut output = stream.clone_htod(&vec![0xff_u8; trial.wanted.len()]).unwrap();
    {
        let ((from, _reads), (to, _writes)) = (input.device_ptr(stream), output.device_ptr_mut(stream));
        let params = PrimitiveParams { input: from, output: to, mask: trial.mask, unused: 0 };
        let config = LaunchConfig {
            grid_dim: (trial.grid, 1, 1),
            block_dim: (trial.threads, 1, 1),
            shared_mem_bytes: SHARED_BYTES,
        };
        // SAFETY: 1. the entry takes one PrimitiveParams by value.
        //         2. a thread reads one element of `input` and writes one of `output`: Trial::new made both of the
        //            grid's size; shared memory is as large as the largest struct of an entry.
        //         3. both buffers live until the copy back below, which the same stream orders after the launch.
        unsafe { stream.launch_builder(&function).arg(&params).launch(config) }.unwrap();
    }
    let got = stream.clone_dtoh(&output).unwrap();
    stream.synchronize().unwrap();
    got
}

/// Bit for bit if the instruction is exact, else within its documented error, as each trial states.
#[test]
fn a_gpu_agrees_with_the_emulator() {
    let Some(device) = device("primitives") else { return };
    let context = CudaContext::new(0).unwrap();
    // SAFETY: 1. everything here is allocated, used and freed on the one stream of the next line.
    unsafe { context.disable_event_tracking() };
    let stream = context.new_stream().unwrap();
    for &(arch, ptx) in MODULES.iter().filter(|(arch, _)| *arch <= device.info().capability.0) {
        let module = context.load_module(Ptx::from_src(ptx)).unwrap();
        let kernels = emulated(arch);
        let reference = if kernels.is_some() { "the emulator" } else { "plain arithmetic" };
        for trial in trials(arch) {
            let want = kernels.map_or(trial.wanted.clone(), |k| run_emulated(k, &trial, Order::Forward));
            let far = trial.compare(&run(&stream, &module, &trial), &want);
            let far = far.unwrap_or_else(|e| panic!("sm_{arch} {} against {reference}: {e}", trial.entry()));
            println!("sm_{arch} {} against {reference}: largest difference {far:e}", trial.entry());
        }
    }
}
