//! The one file that names the Tracy client.

#[doc(hidden)]
pub use tracy_client::span_location;
use tracy_client::{Client, Span, SpanLocation};

/// A span of time on this thread, from its opening to its drop.
#[must_use = "a zone ends when it is dropped"]
pub struct Zone {
    _span: Option<Span>,
}

impl Zone {
    #[doc(hidden)]
    #[inline]
    pub fn at(location: &'static SpanLocation) -> Self {
        Self { _span: Client::running().map(|client| client.span(location, 0)) }
    }

    /// Opens a zone with a name known at run time.
    pub fn named(name: &'static str) -> Self {
        let open = |client: Client| client.span_alloc(Some(name), "", file!(), line!(), 0);
        Self { _span: Client::running().map(open) }
    }

    /// Opens a zone for a system of this path, named by the path's last part.
    #[cfg(feature = "ecs")]
    pub(crate) fn of_system(path: &str) -> Self {
        let name = path.rsplit("::").next().unwrap_or(path);
        let open = |client: Client| client.span_alloc(Some(name), path, file!(), line!(), 0);
        Self { _span: Client::running().map(open) }
    }
}

/// Starts the profiler's client, once in a program; it listens on the loopback interface only.
pub fn start() {
    // The handle is a token: the client runs on when it is dropped.
    let _client = Client::start();
}

/// Says that a frame was finished.
pub fn frame_mark() {
    if let Some(client) = Client::running() {
        client.frame_mark();
    }
}

/// Opens a zone with a literal name, until the end of the block.
#[macro_export]
macro_rules! zone {
    ($name:literal) => {
        let _zone = $crate::profile::Zone::at($crate::profile::span_location!($name));
    };
}
