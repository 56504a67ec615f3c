//! Why there is no capture.

use std::fmt;
use std::io;

/// Why there is no capture.
#[derive(Debug)]
#[non_exhaustive]
pub enum ViewerError {
    /// Nobody listened on the port before the deadline.
    NobodyThere {
        /// The port, on this machine.
        port: u16,
    },
    /// The program speaks another version of the protocol, or has a viewer already.
    Refused {
        /// Its answer: 2 is another version, 3 is not available.
        status: u8,
    },
    /// The deadline passed.
    Late {
        /// What had not come.
        missing: &'static str,
    },
    /// What came is not the protocol.
    Garbled {
        /// What is wrong with it.
        what: String,
    },
    /// The connection failed.
    Io(io::Error),
}

impl fmt::Display for ViewerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyThere { port } => {
                write!(f, "nobody listens on port {port}; is the program built with the profiler?")
            }
            Self::Refused { status } => write!(
                f,
                "the program refused the viewer with status {status}; \
                 2 is another protocol version, 3 that it takes no viewer now"
            ),
            Self::Late { missing } => write!(f, "the deadline passed and {missing} had not come"),
            Self::Garbled { what } => write!(f, "not the profiler's protocol: {what}"),
            Self::Io(error) => write!(f, "the connection failed: {error}"),
        }
    }
}

impl std::error::Error for ViewerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for ViewerError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
