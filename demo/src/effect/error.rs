//! What can be wrong with an effect file.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why there is no such effect.
#[derive(Debug)]
#[non_exhaustive]
pub enum EffectError {
    /// The file or folder cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is read, but is no sound effect.
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The field if it is known, what was found and what was expected.
        what: String,
    },
    /// The folder holds no effect that can be shown.
    NoEffect {
        /// Which folder.
        folder: PathBuf,
        /// Number of files that were tried and refused.
        refused_count: usize,
    },
    /// No effect has the wanted name.
    UnknownName {
        /// The wanted name.
        name: String,
        /// The names that there are, comma separated.
        known: String,
    },
    /// No assets folder was found.
    NoAssets {
        /// Where it was looked for.
        tried: Vec<PathBuf>,
    },
}

impl EffectError {
    /// The error of the RON reader, with the name of the field in front where there is one.
    pub(super) fn from_ron(path: &Path, text: &str, error: &ron::error::SpannedError) -> Self {
        let at = error.span.end;
        let what = match (&error.code, field_before(text, at.line, at.col)) {
            (ron::Error::Message(message), Some(field)) => format!("{field}: {message}"),
            (code, _) => code.to_string(),
        };
        Self::Invalid { path: path.to_owned(), line: at.line, column: at.col, what }
    }

    /// An error at the layer `name` that the emitter of this index asks for.
    pub(super) fn at_layer_of(
        path: &Path,
        text: &str,
        emitter: usize,
        name: &str,
        what: String,
    ) -> Self {
        let code = without_comments(text);
        // The effect's own list of layers holds no texts, but more fields.
        let is_of_names = |at: &usize| {
            let list = code[at + "layers:".len()..].trim_start().strip_prefix('[');
            list.is_some_and(|list| !list.trim_start().starts_with('('))
        };
        let mut lists = code.match_indices("layers:").map(|found| found.0).filter(is_of_names);
        let list = lists.nth(emitter).unwrap_or(0);
        let inside = code[list..].find(&format!("\"{name}\"")).unwrap_or(0);
        Self::at_byte(path, text, list + inside, what)
    }

    /// An error at the attractor that the emitter of this index among the discs names.
    pub(super) fn at_attractor_of(path: &Path, text: &str, disc: usize, what: String) -> Self {
        let code = without_comments(text);
        let byte = code.match_indices("attractor:").nth(disc);
        Self::at_byte(path, text, byte.map_or(0, |found| found.0), what)
    }

    /// An error at the last place where `needle` stands.
    pub(super) fn at_last(path: &Path, text: &str, needle: &str, what: String) -> Self {
        Self::at_byte(path, text, text.rfind(needle).unwrap_or(0), what)
    }

    /// The error of a file that is text up to `valid_bytes` only.
    pub(super) fn not_text(path: &Path, bytes: &[u8], valid_bytes: usize) -> Self {
        let text = str::from_utf8(&bytes[..valid_bytes]).unwrap_or_default();
        let byte = bytes.get(valid_bytes).copied().unwrap_or_default();
        let what = format!("byte 0x{byte:02x} is no UTF-8; save the file as UTF-8");
        Self::at_byte(path, text, text.len(), what)
    }

    /// An error at a byte of the text.
    fn at_byte(path: &Path, text: &str, byte: usize, what: String) -> Self {
        let before = &text[..byte];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&letter| letter != '\n').count() + 1;
        Self::Invalid { path: path.to_owned(), line, column, what }
    }
}

/// Name of the outermost field whose value ends at a place: the last `name:` at the depth of that place.
fn field_before(text: &str, line: usize, column: usize) -> Option<&str> {
    let line_start: usize =
        text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let in_line = text[line_start..]
        .char_indices()
        .nth(column.checked_sub(1)?)
        .map_or(text.len() - line_start, |c| c.0);
    let code = without_comments(text);
    let bytes = &code.as_bytes()[..line_start + in_line];
    let mut depth = 0_i32;
    for (index, &byte) in bytes.iter().enumerate().rev() {
        match byte {
            b')' | b']' => depth += 1,
            b'(' | b'[' => depth -= 1,
            b':' if depth <= 0 => {
                let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                let length = bytes[..index].iter().rev().take_while(|byte| is_name(byte)).count();
                return text.get(index - length..index);
            }
            _ => {}
        }
    }
    None
}

/// The text with a space for each byte of a comment, so that everything else stands where it stood.
fn without_comments(text: &str) -> String {
    let (mut code, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let comment_length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment_length(rest)
        } else {
            0
        };
        let length = match first {
            _ if comment_length > 0 => comment_length,
            '"' => string_length(rest),
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        if comment_length > 0 {
            code.extend(piece.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            code.push_str(piece);
        }
        rest = after;
    }
    code
}

/// Bytes of the block comment that `text` begins with; one may stand inside another.
fn block_comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Bytes of the string that `text` begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text[1..].find(|letter| {
        let is_end = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

impl fmt::Display for EffectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, source } => {
                write!(f, "{}: cannot be read: {source}", path.display())
            }
            Self::Invalid { path, line, column, what } => {
                write!(f, "{}:{line}:{column}: {what}", path.display())
            }
            Self::NoEffect { folder, refused_count: 0 } => {
                write!(
                    f,
                    "{}: no effect file (*.ron); name the right folder with --assets",
                    folder.display()
                )
            }
            Self::NoEffect { folder, refused_count } => write!(
                f,
                "{}: no effect can be shown, {refused_count} refused; mend one or name another folder with --assets",
                folder.display()
            ),
            Self::UnknownName { name, known } => {
                write!(f, "no effect is named \"{name}\"; there are: {known}")
            }
            Self::NoAssets { tried } => {
                f.write_str(
                    "no assets folder (one with effects/ in it); name it with --assets; tried:",
                )?;
                tried.iter().try_for_each(|path| write!(f, " {}", path.display()))
            }
        }
    }
}

impl std::error::Error for EffectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}
