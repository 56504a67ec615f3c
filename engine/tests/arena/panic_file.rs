//! Whom a panic names.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// The file that `work` panics in.
pub fn panic_file(work: impl FnOnce()) -> Option<String> {
    thread_local! {
        static FILE: Cell<Option<String>> = const { Cell::new(None) };
    }
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            FILE.set(info.location().map(|location| location.file().to_string()));
            others(info);
        }));
    });
    catch_unwind(AssertUnwindSafe(work)).err()?;
    FILE.take()
}
