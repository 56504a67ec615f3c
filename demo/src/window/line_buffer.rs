//! Text of one frame without a heap call.

use std::fmt;

/// Most bytes of a line; what does not fit is cut.
const CAPACITY_BYTES: usize = 256;

/// A short text on the stack.
#[derive(Debug, Clone, Copy)]
pub struct LineBuffer {
    bytes: [u8; CAPACITY_BYTES],
    len: usize,
}

impl LineBuffer {
    /// Formats a line: `LineBuffer::format(format_args!("{ms:.1} ms"))`.
    #[must_use]
    pub fn format(text: fmt::Arguments<'_>) -> Self {
        let mut line = Self { bytes: [0; CAPACITY_BYTES], len: 0 };
        // A line that is too long is cut, which is all that a label can do.
        let _cut = fmt::Write::write_fmt(&mut line, text);
        line
    }

    /// A whole number with a comma between thousands.
    #[must_use]
    pub fn grouped(number: u64) -> Self {
        let plain = Self::format(format_args!("{number}"));
        let mut line = Self { bytes: [0; CAPACITY_BYTES], len: 0 };
        for (index, &digit) in plain.bytes[..plain.len].iter().enumerate() {
            if index > 0 && (plain.len - index).is_multiple_of(3) {
                line.push(b',');
            }
            line.push(digit);
        }
        line
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if self.len < CAPACITY_BYTES {
            self.bytes[self.len] = byte;
            self.len += 1;
        }
    }
}

impl fmt::Write for LineBuffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = CAPACITY_BYTES - self.len;
        let taken = text.floor_char_boundary(room);
        self.bytes[self.len..self.len + taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.len += taken;
        if taken == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY_BYTES, LineBuffer};

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(LineBuffer::grouped(0).as_str(), "0");
        assert_eq!(LineBuffer::grouped(999).as_str(), "999");
        assert_eq!(LineBuffer::grouped(1_234_567).as_str(), "1,234,567");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let long = "\u{e9}".repeat(CAPACITY_BYTES);
        let line = LineBuffer::format(format_args!("x{long}"));
        assert_eq!(line.as_str().len(), CAPACITY_BYTES - 1);
        assert!(line.as_str().ends_with('\u{e9}'));
    }
}
