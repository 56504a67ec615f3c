//! The connection: greeting, blocks, questions and answers.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::capture::{Capture, Recorder};
use crate::error::ViewerError;
use crate::reader::Reader;
use crate::wire::{self, Question};

/// Between two attempts to connect and be welcomed.
const RETRY_PERIOD: Duration = Duration::from_millis(2);

/// A connection to a program with Tracy's client in it.
#[derive(Debug)]
pub struct Viewer {
    stream: TcpStream,
    deadline: Instant,
    recorder: Recorder,
}

impl Viewer {
    /// Connects to the program that listens, or will listen, on this port of this machine.
    ///
    /// # Errors
    /// If nobody does, and answers, before the deadline, which holds for the capture too, or the
    /// program refuses.
    pub fn connect(port: u16, deadline: Instant) -> Result<Self, ViewerError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut nobody_there = ViewerError::NobodyThere { port };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(nobody_there);
            }
            let Ok(stream) = TcpStream::connect_timeout(&address, left) else {
                thread::sleep(RETRY_PERIOD);
                continue;
            };
            match Self::greet(stream, deadline) {
                Err(ViewerError::Io(error)) if has_hung_up(&error) => {
                    nobody_there = ViewerError::Io(error);
                    thread::sleep(RETRY_PERIOD);
                }
                answered => return answered,
            }
        }
    }

    /// The client hangs up on a viewer whose greeting is later than two seconds.
    fn greet(mut stream: TcpStream, deadline: Instant) -> Result<Self, ViewerError> {
        stream.set_nodelay(true)?;
        stream.write_all(wire::GREETING)?;
        stream.write_all(&wire::PROTOCOL_VERSION.to_le_bytes())?;
        let mut status = [0];
        read(&mut stream, deadline, &mut status, "an answer to the greeting")?;
        if status[0] != wire::WELCOME {
            return Err(ViewerError::Refused { status: status[0] });
        }
        let mut welcome = [0; wire::WELCOME_BYTES];
        read(&mut stream, deadline, &mut welcome, "the welcome")?;
        let recorder = Recorder::new(&mut Reader(&welcome))?;
        if recorder.is_on_demand() {
            let mut frames_and_time = [0; 16];
            read(&mut stream, deadline, &mut frames_and_time, "the welcome")?;
        }
        Ok(Self { stream, deadline, recorder })
    }

    /// Records until the program ends.
    ///
    /// # Errors
    /// If the deadline passes before, the connection breaks, or what comes is not the protocol.
    pub fn capture(self) -> Result<Capture, ViewerError> {
        self.capture_until(Recorder::has_ended)
    }

    /// Leaves after this many frame marks, as a viewer does that is closed.
    ///
    /// # Errors
    /// As [`capture`](Self::capture).
    pub fn capture_frames(self, frame_count: usize) -> Result<Capture, ViewerError> {
        self.capture_until(|recorder| recorder.frame_mark_count() >= frame_count)
    }

    fn capture_until(
        mut self,
        is_enough: impl Fn(&Recorder) -> bool,
    ) -> Result<Capture, ViewerError> {
        let mut blocks = Blocks::default();
        while !(is_enough(&self.recorder) && self.recorder.is_answered()) {
            let block = blocks.next(&mut self.stream, self.deadline)?;
            self.recorder.record(&mut Reader(block))?;
            self.ask()?;
        }
        self.stream.write_all(&wire::FAREWELL)?;
        Ok(self.recorder.finish())
    }

    /// Asks for the names of what came up.
    fn ask(&mut self) -> Result<(), ViewerError> {
        let questions: VecDeque<Question> = self.recorder.take_questions();
        if questions.is_empty() {
            return Ok(());
        }
        let packets: Vec<u8> = questions.into_iter().flat_map(Question::packet).collect();
        Ok(self.stream.write_all(&packets)?)
    }
}

/// The stream of blocks, each of which may refer to the last 64 KiB before it.
#[derive(Default)]
struct Blocks {
    packed: Vec<u8>,
    /// The window, and then the present block.
    plain: Vec<u8>,
}

impl Blocks {
    fn next(&mut self, stream: &mut TcpStream, deadline: Instant) -> Result<&[u8], ViewerError> {
        let mut size = [0; 4];
        read(stream, deadline, &mut size, "the program's end")?;
        let size = u32::from_le_bytes(size) as usize;
        if size > lz4_flex::block::get_maximum_output_size(wire::BLOCK_BYTES) {
            return Err(ViewerError::Garbled { what: format!("a block of {size} bytes") });
        }
        self.packed.resize(size, 0);
        read(stream, deadline, &mut self.packed, "the rest of a block")?;
        let kept = self.plain.len().min(wire::WINDOW_BYTES);
        self.plain.drain(..self.plain.len() - kept);
        self.plain.resize(kept + wire::BLOCK_BYTES, 0);
        let (window, block) = self.plain.split_at_mut(kept);
        let bytes = lz4_flex::block::decompress_into_with_dict(&self.packed, block, window)
            .map_err(|error| ViewerError::Garbled { what: error.to_string() })?;
        self.plain.truncate(kept + bytes);
        Ok(&self.plain[kept..])
    }
}

/// Whether the other side ended the connection.
fn has_hung_up(error: &std::io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Fills `buffer`, by the deadline.
fn read(
    stream: &mut TcpStream,
    deadline: Instant,
    buffer: &mut [u8],
    what: &'static str,
) -> Result<(), ViewerError> {
    let mut filled = 0;
    while filled < buffer.len() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ViewerError::Late { missing: what });
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => return Err(std::io::Error::from(ErrorKind::UnexpectedEof).into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_program_that_hangs_up_before_its_welcome_is_asked_again() {
        const NOT_AVAILABLE: u8 = 3;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let program = thread::spawn(move || {
            // With the greeting unread: the viewer's connection is reset.
            drop(listener.accept().unwrap());
            let (mut second, _) = listener.accept().unwrap();
            let mut greeting = [0; wire::GREETING.len() + 4];
            second.read_exact(&mut greeting).unwrap();
            second.write_all(&[NOT_AVAILABLE]).unwrap();
        });
        let refusal = Viewer::connect(port, Instant::now() + Duration::from_secs(60)).unwrap_err();
        program.join().unwrap();
        assert!(matches!(refusal, ViewerError::Refused { status: NOT_AVAILABLE }), "{refusal}");
    }

    #[test]
    fn a_program_that_never_answers_is_waited_for_until_the_deadline() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = Viewer::connect(port, Instant::now() + Duration::from_millis(20)).unwrap_err();
        // The second, if this thread had to wait so long for its turn.
        assert!(matches!(error, ViewerError::Late { .. } | ViewerError::NobodyThere { .. }));
    }
}
