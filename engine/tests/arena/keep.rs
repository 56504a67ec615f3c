//! Values that live as long as the program, for callbacks that must be `'static`.

use std::ptr;
use std::sync::Mutex;

/// Leaks `value` but remembers where, so that a leak checker sees that it is still in use.
pub fn keep<T>(value: T) -> &'static T {
    static KEPT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let kept = Box::leak(Box::new(value));
    KEPT.lock().unwrap().push(ptr::from_ref(kept).expose_provenance());
    kept
}
