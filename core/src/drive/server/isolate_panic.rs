use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

/// A panic that was caught. The panic hook has reported it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panicked;

/// Calls code of a connection, which may panic: no panic goes further, and neither does one of the payload's own drop. For
/// adapters.
///
/// The caller drops whatever the panic left half done, again under this function, and looks at nothing of it.
///
/// # Errors
///
/// If the code panics.
///
/// # Examples
///
/// ```
/// use asynchat_core::drive::isolate_panic;
///
/// assert_eq!(isolate_panic(|| 1), Ok(1));
/// assert!(isolate_panic(|| panic!("caught")).is_err());
/// ```
pub fn isolate_panic<R>(call: impl FnOnce() -> R) -> Result<R, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        // `panic_any` takes any value. Outside of the handler's own task a panic of its drop would end the server.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            // Its drop may panic as well, and so on. It is leaked: that is safe, and no peer can cause it but through such a
            // payload.
            core::mem::forget(second);
        }
        Panicked
    })
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic_any(Self);
        }
    }

    // C19
    #[test]
    fn isolate_panic_outlives_a_payload_that_panics() {
        assert_eq!(isolate_panic(|| panic_any(PanicsWhenDropped)), Err::<(), _>(Panicked));
    }

    // C19
    #[test]
    fn isolate_panic_outlives_a_value_that_panics() {
        assert_eq!(isolate_panic(|| drop(PanicsWhenDropped)), Err(Panicked));
    }
}
