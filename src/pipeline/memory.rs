//! What a run takes of memory, beside what it was estimated to take.

use serde::Serialize;

use crate::config::Config;

/// Memory of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemoryReport {
    /// Bytes that the run was estimated to need, before it started.
    pub estimated_bytes: u64,
    /// Bytes that it was allowed: `limits.memory_gb`.
    pub limit_bytes: u64,
    /// Most bytes that the process has held in memory since it started, files mapped by the system included; `null`
    /// where the system does not say (it does on Linux).
    pub peak_bytes: Option<u64>,
}

impl MemoryReport {
    pub(super) fn new(estimated_bytes: u64, config: &Config) -> Self {
        Self { estimated_bytes, limit_bytes: config.memory_bytes(), peak_bytes: peak_bytes() }
    }
}

/// The largest resident set of this process.
#[cfg(target_os = "linux")]
fn peak_bytes() -> Option<u64> {
    high_water(&std::fs::read_to_string("/proc/self/status").ok()?)
}

#[cfg(not(target_os = "linux"))]
fn peak_bytes() -> Option<u64> {
    None
}

/// `VmHWM:     1234 kB` in bytes.
#[cfg(any(target_os = "linux", test))]
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_and_what_is_none_is_none() {
        assert_eq!(high_water("Name:\tx\nVmHWM:\t    1234 kB\nVmRSS: 9 kB\n"), Some(1234 * 1024));
        for none in ["", "VmRSS: 9 kB", "VmHWM: kB", "VmHWM: 9", "VmHWM: 99999999999999999999 kB"] {
            assert_eq!(high_water(none), None, "{none:?}");
        }
    }
}
