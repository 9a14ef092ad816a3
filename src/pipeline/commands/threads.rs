//! Runs a command on the configured number of threads.

use crate::pipeline::error::Error;

/// Runs `work` on a pool of `threads` threads, or for 0 on the caller's pool.
pub(super) fn on_threads<T: Send>(
    threads: u16,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> Result<T, Error> {
    if threads == 0 {
        return work();
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build();
    pool.map_err(|e| Error::Threads { threads, reason: e.to_string() })?.install(work)
}
