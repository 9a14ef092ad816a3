//! The last line against a decoder that panics on a damaged file: the panic becomes a value, and says nothing.
//!
//! `catch_unwind` alone would still print the panic through the process's hook. A hook is therefore put in front of
//! the present one, once, and stays silent only on a thread that is inside [`shield`]; all other panics pass
//! through unchanged. A program that sets a hook of its own later replaces this one: it then sees the message,
//! and still gets the error. With `panic = "abort"` no panic can be caught, so the crate wants unwinding.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Leaves the flag as it was found, whichever way the scope is left.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        QUIET.set(self.0);
    }
}

/// Runs `work`; a panic inside comes back as its message.
///
/// What `work` borrowed must not be used after an `Err`: it may be half-changed.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // The flag is gone while a thread is torn down: speak up then.
            if !QUIET.try_with(Cell::get).unwrap_or(false) {
                previous(info);
            }
        }));
    });
    let _restore = Restore(QUIET.replace(true));
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
