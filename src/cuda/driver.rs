//! The way to the driver: every call passes [`call`], which gives typed errors and remembers the fatal ones.
//!
//! Unsafe code is here, in `launch.rs` and in `resident.rs` only.
#![allow(unsafe_code, reason = "calls into the CUDA driver")]

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use cudarc::driver::result::{self, DriverError};
use cudarc::driver::sys::{self, CUdevice_attribute, CUevent_flags};
use cudarc::driver::{CudaContext, CudaSlice, CudaStream, DevicePtrMut};
use libloading::Library;

use super::error::{Capability, CudaError, Version};

/// The oldest driver: cudarc's declarations are those of this version, and every version of PTX tried by build.rs is
/// within its reach.
pub(super) const NEEDED: Version = Version(12_000);

/// Errors after which the context, and with it every result of the process, is lost.
///
/// Source: `CUresult` in cuda.h 13.0, which says that the process must be started again, or that the context cannot be
/// used: contained, illegal address, timeout, context destroyed, assert, hardware stack, illegal instruction,
/// misaligned address, address space, program counter, launch failure, tensor memory leak, MPS client terminated,
/// external device.
/// It does not say so of an uncorrectable error of memory (214) or NVLink (220) and of an unknown one (999), but
/// nothing that was computed can be trusted after these either.
const STICKY: &[u32] = &[214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911, 999];

/// Errors by which a driver refuses a kernel that a newer one may take: image, binary, PTX, compiler, version of PTX,
/// source, symbol, initialisation, name.
const REFUSALS: &[u32] = &[200, 209, 218, 221, UNSUPPORTED_PTX, 300, 302, 303, 500];

const NO_DEVICE: u32 = 100;
const STUB_LIBRARY: u32 = 34;
const OUT_OF_MEMORY: u32 = 2;
pub(super) const UNSUPPORTED_PTX: u32 = 222;

/// The functions of the driver that this room calls.
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

/// An event that keeps its time.
pub(super) const TIMED: CUevent_flags = CUevent_flags::CU_EVENT_DEFAULT;

/// The first fatal error of the process.
static POISON: OnceLock<String> = OnceLock::new();

/// Calls the driver, unless it failed for good before.
pub(super) fn call<T>(
    doing: &'static str,
    f: impl FnOnce() -> Result<T, DriverError>,
) -> Result<T, CudaError> {
    if let Some(by) = POISON.get() {
        return Err(CudaError::Poisoned { by: by.clone() });
    }
    // cudarc panics where the driver's library lacks a function.
    let in_words = || f().map_err(|error| (error.0 as u32, said(error)));
    let result = catch_unwind(AssertUnwindSafe(in_words)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map_or("a function is missing", String::as_str).to_owned();
        CudaError::Driver { doing, code: 0, said }
    })?;
    result.map_err(|(code, said)| {
        if is_sticky(code) {
            POISON.get_or_init(|| format!("{doing}: {said}"));
        }
        CudaError::Driver { doing, code, said }
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
fn said(error: DriverError) -> String {
    let code = error.0 as u32;
    match (error.error_name(), error.error_string()) {
        (Ok(name), Ok(text)) => {
            format!("{} ({code}): {}", name.to_string_lossy(), text.to_string_lossy())
        }
        _ => format!("error {code}"),
    }
}

/// What the driver tells of the first GPU, without making a context on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// CUDA version of the driver.
    pub driver: Version,
    /// GPUs that the driver shows.
    pub gpus: u32,
    /// Name of the first.
    pub name: String,
    /// Its compute capability.
    pub capability: Capability,
    /// Its memory, bytes.
    pub memory: u64,
}

/// Looks for the driver and its first GPU. Never panics; the answer is that of the first call in this process.
///
/// # Errors
/// [`CudaError::NoDriver`], [`CudaError::NotADriver`], [`CudaError::TooOld`], [`CudaError::NoDevice`], or what the
/// driver says.
pub fn probe() -> Result<&'static Found, CudaError> {
    static FOUND: OnceLock<Result<Found, CudaError>> = OnceLock::new();
    FOUND.get_or_init(look).as_ref().map_err(CudaError::clone)
}

fn look() -> Result<Found, CudaError> {
    // SAFETY: loading libcuda runs its initialisers, which touch nothing of ours; every CUDA program runs them.
    if !unsafe { sys::is_culib_present() } {
        return Err(why_not_loaded());
    }
    // SAFETY: names are looked up, and nothing is called.
    let has = |name: &str| unsafe { sys::culib().get::<unsafe extern "C" fn()>(name.as_bytes()) }.is_ok();
    let lacks = |name| Err(CudaError::NotADriver { why: format!("libcuda has no {name}") });
    // The version before the other functions: an old driver lacks some.
    if !has("cuDriverGetVersion") {
        return lacks("cuDriverGetVersion");
    }
    let mut have = 0;
    // SAFETY: the pointer is to an integer that outlives the call; the function needs no initialised driver.
    call("tell its version", || unsafe { sys::cuDriverGetVersion(&raw mut have).result() })?;
    let have = Version(at_least_0(have));
    if have < NEEDED {
        return Err(CudaError::TooOld { have, need: NEEDED });
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
    let gpus = at_least_0(call("count GPUs", result::device::get_count).map_err(absent)?);
    if gpus == 0 {
        return Err(CudaError::NoDevice);
    }
    let device = call("find the first GPU", || result::device::get(0))?;
    // SAFETY: `device` came from the driver, for this and the two calls below.
    let attribute = |a| call("describe the GPU", || unsafe { result::device::get_attribute(device, a) });
    let major = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
    let minor = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
    let memory = call("describe the GPU", || unsafe { result::device::total_mem(device) })?;
    Ok(Found {
        driver: have,
        gpus,
        name: call("name the GPU", || result::device::get_name(device))?,
        capability: Capability(at_least_0(major).saturating_mul(10).saturating_add(at_least_0(minor))),
        memory: memory as u64,
    })
}

/// What the driver counts; a negative answer counts nothing.
fn at_least_0(answer: i32) -> u32 {
    answer.max(0).unsigned_abs()
}

/// Why no libcuda was loaded, in the loader's words if it is not that there is none.
fn why_not_loaded() -> CudaError {
    let names = ["cuda", "nvcuda"].into_iter().flat_map(cudarc::get_lib_name_candidates);
    let mut refusals = names.filter_map(|name| {
        // SAFETY: as in `look`; no library of these names could be loaded a moment ago.
        let error = unsafe { Library::new(&name) }.err()?;
        let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        // A file that is there may lack one that it needs, in the same words.
        let of_itself = said.contains(&name) && !said.contains("needed by");
        let is_absent = of_itself && said.to_lowercase().contains("no such file");
        (!is_absent).then_some(said)
    });
    refusals.next().map_or(CudaError::NoDriver, |said| CudaError::NotADriver {
        why: format!("libcuda cannot be loaded ({said})"),
    })
}

/// The context of the first GPU, and the one stream that everything of this process runs on.
pub(super) fn open() -> Result<Arc<CudaStream>, CudaError> {
    let context = call("open the GPU", || CudaContext::new(0))?;
    // SAFETY: events between streams are needed only where two streams meet, and this room allocates, uses and frees
    // every buffer on the one stream made here. Who gives a buffer's address to another stream does so by `launch_on`,
    // and its promise 3 puts the two in order.
    unsafe { context.disable_event_tracking() };
    call("make a stream", || context.new_stream())
}

/// So many bytes on the GPU, each 0xff: NaN in every float type, so that what no kernel wrote cannot pass for a result.
///
/// Freed from any thread: `CudaSlice` frees in the order of the stream, which needs no current context unless the
/// stream is the default one (cuMemFreeAsync in cuda.h); without memory pools it makes the context current first.
pub(super) fn allocate(stream: &Arc<CudaStream>, bytes: usize) -> Result<CudaSlice<u8>, CudaError> {
    let allocate = || {
        call("allocate memory", || {
            // SAFETY: the memory is set before anything can read it, in the order of the stream; u8 has no invalid
            // value.
            let mut slice = unsafe { stream.alloc::<u8>(bytes) }?;
            let (address, _order) = slice.device_ptr_mut(stream);
            // SAFETY: the range is that of the allocation above, on the same stream.
            unsafe { result::memset_d8_async(address, 0xff, bytes, stream.cu_stream()) }?;
            drop(_order);
            Ok(slice)
        })
    };
    allocate().or_else(|error| {
        if !lacks_memory(&error) {
            return Err(error);
        }
        reclaim(stream)?;
        allocate()
    })
}

/// Waits for the stream, and has the driver take back what was freed in its order. Until then that stays with a memory
/// pool, and `cuMemGetInfo` counts it as used. Waiting alone is enough for a pool that nobody told to keep more
/// (CU_MEMPOOL_ATTR_RELEASE_THRESHOLD in cuda.h), but others in the process may have told it.
pub(super) fn reclaim(stream: &CudaStream) -> Result<(), CudaError> {
    call("finish its work", || stream.synchronize())?;
    let context = stream.context();
    if !context.has_async_alloc() {
        return Ok(());
    }
    call("take memory back", || {
        // SAFETY: the device and its pool come from the driver; trimming gives back only what is not in use.
        unsafe { result::mem_pool::trim_to(result::device::get_mem_pool(context.cu_device())?, 0) }
    })
}
