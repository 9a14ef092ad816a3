//! Panics of the decoder on damaged files, returned as errors without printing a message.
//!
//! `catch_unwind` alone still prints the panic through the process's hook. Therefore a hook is installed once in
//! front of the present one; it is silent only on a thread inside [`catch_panic`] and forwards all other panics
//! unchanged. A program that sets another hook later replaces this one: its hook then receives the message, and the
//! caller still gets the error. With `panic = "abort"` no panic can be caught, so the crate requires unwinding.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Restores [`QUIET`] when the scope is left, by return or by panic.
struct RestoreQuiet(bool);

impl Drop for RestoreQuiet {
    fn drop(&mut self) {
        QUIET.set(self.0);
    }
}

/// Runs `work`; a panic inside is returned as its message.
///
/// Values that `work` borrowed mutably must not be used after an `Err`: they may be partly changed.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // The flag no longer exists while a thread is torn down: do not silence its panics.
            if !QUIET.try_with(Cell::get).unwrap_or(false) {
                previous(info);
            }
        }));
    });
    let _restore = RestoreQuiet(QUIET.replace(true));
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(message)
}

fn message(payload: Box<dyn Any + Send>) -> String {
    let text = match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().copied().unwrap_or("no message").to_owned(),
    };
    format!("the decoder failed ({text})")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(catch_panic(|| 3), Ok(3));
        let why = catch_panic::<()>(|| panic!("at row {}", 7)).unwrap_err();
        assert!(why.contains("at row 7"), "{why}");
        assert!(!QUIET.get(), "the flag is restored");
    }
}
