//! Memory of a run: estimate, limit and peak.

use serde::Serialize;

use crate::config::LimitsConfig;

/// Memory of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemoryReport {
    /// Bytes that the run was estimated to need before it started.
    pub estimated_bytes: u64,
    /// Bytes that it was allowed to use: `limits.memory_gb`.
    pub limit_bytes: u64,
    /// Peak resident memory of the process since its start, including mapped files; `None` on systems other than
    /// Linux.
    pub peak_bytes: Option<u64>,
}

impl MemoryReport {
    pub(crate) fn new(estimated_bytes: u64, limits: &LimitsConfig) -> Self {
        Self { estimated_bytes, limit_bytes: limits.memory_bytes(), peak_bytes: peak_bytes() }
    }
}

/// Peak resident set of this process.
#[cfg(target_os = "linux")]
fn peak_bytes() -> Option<u64> {
    high_water(&std::fs::read_to_string("/proc/self/status").ok()?)
}

#[cfg(not(target_os = "linux"))]
fn peak_bytes() -> Option<u64> {
    None
}

/// Bytes of the line `VmHWM:     1234 kB` of `/proc/self/status`.
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
    fn the_high_water_mark_is_read_and_other_text_gives_none() {
        assert_eq!(high_water("Name:\tx\nVmHWM:\t    1234 kB\nVmRSS: 9 kB\n"), Some(1234 * 1024));
        for none in ["", "VmRSS: 9 kB", "VmHWM: kB", "VmHWM: 9", "VmHWM: 99999999999999999999 kB"] {
            assert_eq!(high_water(none), None, "{none:?}");
        }
    }
}
