//! Calls into the driver: each goes through [`call`], which returns typed errors and records the first fatal one.
//!
//! Unsafe code is here, in `memory.rs`, `launch.rs` and `resident.rs` only.
#![allow(unsafe_code, reason = "calls into the CUDA driver")]

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use cudarc::driver::result::{self, DriverError};
use cudarc::driver::sys::{self, CUdevice_attribute, CUevent_flags};
use cudarc::driver::{CudaContext, CudaStream};
use libloading::Library;

use super::error::{Capability, CudaError, Version};

/// The oldest supported driver: cudarc's declarations are those of this version, and it reads every version of PTX
/// that build.rs tries.
pub(super) const OLDEST_DRIVER: Version = Version(12_000);

/// Error codes after which the context is unusable, so that no later result of the process is valid.
///
/// Source: `CUresult` in cuda.h 13.0, which documents that the process must be restarted, or that the context cannot
/// be used: contained, illegal address, timeout, context destroyed, assert, hardware stack, illegal instruction,
/// misaligned address, address space, program counter, launch failure, tensor memory leak, MPS client terminated,
/// external device. It does not document this for uncorrectable memory errors (214), NVLink errors (220) and unknown
/// errors (999), but results cannot be trusted after these either.
const STICKY: &[u32] = &[214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911, 999];

/// Error codes with which a driver refuses a kernel that a newer driver may accept: invalid image, no binary for the
/// GPU, invalid PTX, no JIT compiler, unsupported PTX version, JIT disabled, invalid source, missing shared-object
/// symbol, shared-object initialisation, name not found.
const REFUSALS: &[u32] = &[200, 209, 218, 221, UNSUPPORTED_PTX, 223, 300, 302, 303, 500];

const NO_DEVICE: u32 = 100;
const STUB_LIBRARY: u32 = 34;
const OUT_OF_MEMORY: u32 = 2;
pub(super) const UNSUPPORTED_PTX: u32 = 222;

/// Functions of the driver that this module calls.
const FUNCTIONS: &[&str] = &[
    "cuCtxGetCurrent",
    "cuCtxSetCurrent",
    "cuCtxSynchronize",
    "cuDeviceGet",
    "cuDeviceGetAttribute",
    "cuDeviceGetCount",
    "cuDeviceGetMemPool",
    "cuDeviceGetName",
    "cuDevicePrimaryCtxRelease_v2",
    "cuDevicePrimaryCtxRetain",
    "cuDeviceTotalMem_v2",
    "cuDriverGetVersion",
    "cuEventCreate",
    "cuEventDestroy_v2",
    "cuEventElapsedTime",
    "cuEventRecord",
    "cuEventSynchronize",
    "cuFuncSetAttribute",
    "cuGetErrorName",
    "cuGetErrorString",
    "cuInit",
    "cuLaunchKernel",
    "cuMemAllocAsync",
    "cuMemAlloc_v2",
    "cuMemFreeAsync",
    "cuMemFree_v2",
    "cuMemGetInfo_v2",
    "cuMemPoolTrimTo",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemsetD8Async",
    "cuModuleGetFunction",
    "cuModuleLoadData",
    "cuModuleUnload",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
];

/// Flags of an event that records its time.
pub(super) const TIMED: CUevent_flags = CUevent_flags::CU_EVENT_DEFAULT;

/// The first fatal error of the process.
static POISON: OnceLock<String> = OnceLock::new();

/// Calls the driver, unless a fatal error occurred earlier. `doing` completes "the CUDA driver failed to ...".
pub(super) fn call<T>(
    doing: &'static str,
    f: impl FnOnce() -> Result<T, DriverError>,
) -> Result<T, CudaError> {
    if let Some(by) = POISON.get() {
        return Err(CudaError::Poisoned { by: by.clone() });
    }
    // cudarc panics where the driver's library lacks a function.
    let described = || f().map_err(|error| (error.0 as u32, driver_message(error)));
    let result = catch_unwind(AssertUnwindSafe(described)).map_err(|panic| {
        let message =
            panic.downcast_ref::<String>().map_or("a function is missing", String::as_str).to_owned();
        CudaError::Driver { doing, code: 0, message }
    })?;
    result.map_err(|(code, message)| {
        if is_sticky(code) {
            POISON.get_or_init(|| format!("{doing}: {message}"));
        }
        CudaError::Driver { doing, code, message }
    })
}

pub(super) fn is_sticky(code: u32) -> bool {
    STICKY.contains(&code)
}

pub(super) fn is_refusal(code: u32) -> bool {
    REFUSALS.contains(&code)
}

pub(super) fn lacks_memory(error: &CudaError) -> bool {
    matches!(error, CudaError::Driver { code: OUT_OF_MEMORY, .. })
}

/// Name, number and text of an error.
fn driver_message(error: DriverError) -> String {
    let code = error.0 as u32;
    match (error.error_name(), error.error_string()) {
        (Ok(name), Ok(text)) => {
            format!("{} ({code}): {}", name.to_string_lossy(), text.to_string_lossy())
        }
        _ => format!("error {code}"),
    }
}

/// Properties of the first GPU, read without creating a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuInfo {
    /// CUDA version of the driver.
    pub driver: Version,
    /// Number of GPUs that the driver lists.
    pub gpus: u32,
    /// Name of the first GPU.
    pub name: String,
    /// Its compute capability.
    pub capability: Capability,
    /// Its total memory, bytes.
    pub memory: u64,
}

/// Properties of the first GPU. Never panics. They are read once per process; later calls return the first result.
///
/// # Errors
/// [`CudaError::NoDriver`], [`CudaError::NotADriver`], [`CudaError::TooOld`], [`CudaError::NoDevice`], or another
/// error of the driver.
pub fn probe() -> Result<&'static GpuInfo, CudaError> {
    static INFO: OnceLock<Result<GpuInfo, CudaError>> = OnceLock::new();
    INFO.get_or_init(read_info).as_ref().map_err(CudaError::clone)
}

fn read_info() -> Result<GpuInfo, CudaError> {
    // SAFETY: loading libcuda runs its initialisers, which touch nothing of this program.
    if !unsafe { sys::is_culib_present() } {
        return Err(load_error());
    }
    // SAFETY: symbols are looked up, and none is called.
    let has = |name: &str| unsafe { sys::culib().get::<unsafe extern "C" fn()>(name.as_bytes()) }.is_ok();
    let lacks = |name| Err(CudaError::NotADriver { why: format!("libcuda has no {name}") });
    // The version before the other functions: an old driver lacks some.
    if !has("cuDriverGetVersion") {
        return lacks("cuDriverGetVersion");
    }
    let mut have = 0;
    // SAFETY: the pointer is to an integer that outlives the call; the function needs no initialised driver.
    call("report its version", || unsafe { sys::cuDriverGetVersion(&raw mut have).result() })?;
    let have = Version(non_negative(have));
    if have < OLDEST_DRIVER {
        return Err(CudaError::TooOld { have, need: OLDEST_DRIVER });
    }
    if let Some(name) = FUNCTIONS.iter().find(|name| !has(name)) {
        return lacks(name);
    }
    let absent = |error| match error {
        CudaError::Driver { code: NO_DEVICE, .. } => CudaError::NoDevice,
        CudaError::Driver { code: STUB_LIBRARY, .. } => {
            CudaError::NotADriver { why: "libcuda is the stub of a CUDA toolkit".to_owned() }
        }
        other => other,
    };
    call("start", result::init).map_err(absent)?;
    let gpus = non_negative(call("count GPUs", result::device::get_count).map_err(absent)?);
    if gpus == 0 {
        return Err(CudaError::NoDevice);
    }
    let device = call("find the first GPU", || result::device::get(0))?;
    // SAFETY: `device` came from the driver, for this and the two calls below.
    let attribute = |a| call("describe the GPU", || unsafe { result::device::get_attribute(device, a) });
    let major = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
    let minor = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
    let memory = call("describe the GPU", || unsafe { result::device::total_mem(device) })?;
    Ok(GpuInfo {
        driver: have,
        gpus,
        name: call("name the GPU", || result::device::get_name(device))?,
        capability: Capability(non_negative(major).saturating_mul(10).saturating_add(non_negative(minor))),
        memory: memory as u64,
    })
}

/// A value from the driver, with negative values as 0.
fn non_negative(answer: i32) -> u32 {
    answer.max(0).unsigned_abs()
}

/// The reason why libcuda was not loaded: absent, or the loader's message.
fn load_error() -> CudaError {
    let names = ["cuda", "nvcuda"].into_iter().flat_map(cudarc::get_lib_name_candidates);
    let mut refusals = names.filter_map(|name| {
        // SAFETY: as in `read_info`; no library of these names could be loaded a moment ago.
        let error = unsafe { Library::new(&name) }.err()?;
        let message = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        // The loader words a missing library and a missing dependency of one that exists alike, except for the names.
        let names_library = message.contains(&name) && !message.contains("needed by");
        let is_absent = names_library && message.to_lowercase().contains("no such file");
        (!is_absent).then_some(message)
    });
    refusals.next().map_or(CudaError::NoDriver, |message| CudaError::NotADriver {
        why: format!("libcuda cannot be loaded ({message})"),
    })
}

/// Creates the context of the first GPU and the one stream that all work of this process runs on.
pub(super) fn open() -> Result<Arc<CudaStream>, CudaError> {
    let context = call("open the GPU", || CudaContext::new(0))?;
    // SAFETY: events are needed only between streams, and this module allocates, uses and frees every buffer on the
    // one stream created here. A buffer's address reaches another stream only through `launch_on`, whose requirement
    // 3 orders the two.
    unsafe { context.disable_event_tracking() };
    call("create a stream", || context.new_stream())
}
