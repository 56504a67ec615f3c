//! A logger for this test program: each thread sees its own warnings, and may answer them.

use std::cell::{Cell, RefCell};
use std::sync::Once;

use log::{LevelFilter, Log, Metadata, Record, set_logger, set_max_level};

thread_local! {
    static WARNINGS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static ANSWER: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
}

struct PerThread;

impl Log for PerThread {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &Record<'_>) {
        WARNINGS.with_borrow_mut(|warnings| warnings.push(record.args().to_string()));
        if let Some(answer) = ANSWER.take() {
            answer();
        }
    }
    fn flush(&self) {}
}

/// Starts to collect this thread's warnings.
pub fn collect() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        set_logger(&PerThread).expect("no other logger in this program");
        set_max_level(LevelFilter::Warn);
    });
    take();
}

/// This thread's warnings since the last call.
pub fn take() -> Vec<String> {
    WARNINGS.take()
}

/// Runs `answer` inside the logger at this thread's next warning.
pub fn answer_next_with(answer: impl FnOnce() + 'static) {
    collect();
    ANSWER.set(Some(Box::new(answer)));
}
