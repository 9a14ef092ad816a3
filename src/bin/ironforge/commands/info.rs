//! `ironforge info`.

use ironforge::backend;
use serde_json::json;

use crate::args::InfoArgs;
use crate::output::{self, Failure};

/// Prints the capabilities of this build and this machine.
pub fn run(args: &InfoArgs) -> Result<(), Failure> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let cuda = backend::status();
    let auto = if cuda.can_run {
        "the GPU if it is estimated to finish first, else cpu"
    } else {
        "cpu: CUDA cannot run"
    };
    let features = [("cli", true), ("store", true), ("cuda", cfg!(feature = "cuda"))];
    let features: Vec<&str> = features.iter().filter(|f| f.1).map(|f| f.0).collect();
    let version = env!("CARGO_PKG_VERSION");
    let machine = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let simd = simd();
    if args.json {
        return output::json(&json!({
            "schema_version": 1, "version": version, "features": features, "machine": machine,
            "threads": threads, "simd": simd, "cuda": cuda.used, "cuda_driver": cuda.driver, "gpu": cuda.gpu,
            "kernels": cuda.kernels, "device_auto": auto,
        }));
    }
    output::result(&format!(
        "ironforge {version}\nfeatures  {}\nmachine   {machine}, {threads} threads, {}\nauto      {auto}\n\
         cuda      {}\ndriver    {}\ngpu       {}\nkernels   {}\n",
        features.join(", "),
        if simd.is_empty() { "no vector extension known".to_owned() } else { simd.join(", ") },
        cuda.used,
        cuda.driver.as_deref().map_or("none".to_owned(), |version| format!("CUDA {version}")),
        cuda.gpu.as_deref().unwrap_or("none"),
        cuda.kernels,
    ))
}

/// Vector extensions of this processor that ironforge uses.
fn simd() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let found = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("fma", std::arch::is_x86_feature_detected!("fma")),
            ("f16c", std::arch::is_x86_feature_detected!("f16c")),
            ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ];
        found.into_iter().filter(|f| f.1).map(|f| f.0).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    Vec::new()
}
