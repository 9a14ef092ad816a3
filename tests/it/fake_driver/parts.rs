//! The library in a process with the fake driver: launches on resident tensors, and calls after a fatal error.
#![allow(unsafe_code, reason = "a launch on a caller's stream")]

use ironforge::attention::lowering::{KernelArgs, OutputType, PlanInputs};
use ironforge::attention::{Attention, AttentionBackend, Inputs, Keys, Plan, Tensor, TimeBias};
use ironforge::cuda::{Cuda, CudaDevice, CudaError, DeviceAttention, DeviceBuffer, DevicePlan, RawStream};

use super::{PART, Run, memory, values};
use crate::ptx::built;

#[test]
fn resident_tensors_are_launched_many_times() {
    if built().is_none() {
        return;
    }
    let run = Run::new(&[]);
    run.part("resident");
    let launches = run.log("launch");
    assert_eq!(launches.iter().filter(|l| l.starts_with("flash_attention_f16_d16_exact grid 1 ")).count(), 5);
    assert_eq!(launches.iter().filter(|l| l.ends_with(" stream abc")).count(), 1, "{launches:?}");
    assert_eq!(launches.iter().filter(|l| l.starts_with("time_bias grid 5 block 256 ")).count(), 1);
    assert_eq!(run.log("module").len(), 2, "a kernel is loaded once");
    assert_eq!(run.log("alloc").len(), run.log("free").len());
}

#[test]
fn after_a_fatal_error_every_call_fails() {
    if built().is_none() {
        return;
    }
    for code in ["700", "719", "810", "911"] {
        Run::new(&[("FAKE_FAIL", &format!("cuMemcpyDtoHAsync_v2 {code}"))]).part("poisoned");
    }
    Run::new(&[("FAKE_FAIL", "cuMemAllocAsync 2 3 2")]).part("recovering");
}

/// Executed by the processes that the tests above start; does nothing by itself.
#[test]
fn the_other_process() {
    match std::env::var(PART).as_deref() {
        Ok("resident") => resident(),
        Ok("poisoned") => poisoned(),
        Ok("recovering") => recovering(),
        Ok(part) => memory::execute(part),
        Err(_) => {}
    }
}

pub(super) fn with_problem(f: impl FnOnce(&Attention<'_>)) {
    let (values, t_ms) = (values(5), [0, 1, 2, 3, 4]);
    let mut inputs = Inputs::new([2, 3], [Tensor::F16(&values); 3], &[0, 5], Keys::All);
    inputs.bias = TimeBias::Sqrt { scale_minutes: 0.1 };
    inputs.t_ms = Some(&t_ms);
    f(&Attention::new(inputs).unwrap());
}

fn resident() {
    with_problem(|problem| {
        let device = CudaDevice::first().unwrap();
        let plan = DevicePlan::new(&device, Plan::new(&PlanInputs::of(problem)).unwrap()).unwrap();
        let args = KernelArgs::new(problem).unwrap();
        let attention = DeviceAttention::new(&plan, &args).unwrap();
        assert!(attention.read().unwrap().out.iter().all(|x| x.is_nan()), "nothing was launched yet");
        for _ in 0..2 {
            attention.launch().unwrap();
        }
        assert_eq!(device.time_ms(|| attention.launch()).unwrap(), 0.5);
        assert_eq!(attention.read().unwrap().lse, [-1.0; 10]);
        let narrow = DeviceAttention::new(&plan, &args.clone().with_output(OutputType::Half)).unwrap();
        assert!(narrow.read().unwrap().out.iter().all(|x| x.is_nan()), "nothing was launched yet");
        narrow.launch().unwrap();
        assert_eq!(narrow.read().unwrap().out, [1.0; 30]);
        // SAFETY: the launch is the plan's own, on its own buffers; the fake driver takes any stream.
        unsafe { device.launch_on(RawStream(0xabc as *mut _), attention.launch_spec()) }.unwrap();
        assert_eq!(plan.time_bias(0).unwrap().len(), 25);

        let mut cut = args.clone();
        cut.k = vec![0; 3].into();
        assert!(matches!(DeviceAttention::new(&plan, &cut), Err(CudaError::Attention(_))));
        let limited = device.with_memory_limit(1000);
        let error = DeviceBuffer::new(&limited, 1_000_000).unwrap_err();
        assert!(
            matches!(error, CudaError::OutOfMemory { requested: 1_000_000, free } if free < 1000),
            "{error}"
        );
    });
}

fn poisoned() {
    with_problem(|problem| {
        let backend = Cuda::new(CudaDevice::first().unwrap());
        let first = backend.run(problem).unwrap_err();
        assert!(matches!(first, CudaError::Launch { code: 700 | 719 | 810 | 911, .. }), "{first}");
        for _ in 0..2 {
            let later = backend.run(problem).unwrap_err();
            assert!(matches!(later, CudaError::Poisoned { .. }), "{later}");
        }
        assert!(backend.forward(problem).unwrap_err().to_string().contains("start the program again"));
        assert!(matches!(backend.device().free_bytes(), Err(CudaError::Poisoned { .. })));
    });
}

fn recovering() {
    with_problem(|problem| {
        let backend = Cuda::new(CudaDevice::first().unwrap());
        let first = backend.run(problem).unwrap_err();
        assert!(matches!(first, CudaError::OutOfMemory { .. }), "{first}");
        assert_eq!(backend.run(problem).unwrap().lse, [-1.0; 10]);
    });
}
