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

    /// An error at the first place where `needle` stands.
    pub(super) fn at_first(path: &Path, text: &str, needle: &str, what: String) -> Self {
        Self::at_byte(path, text, text.find(needle).unwrap_or(0), what)
    }

    /// An error at the last place where `needle` stands.
    pub(super) fn at_last(path: &Path, text: &str, needle: &str, what: String) -> Self {
        Self::at_byte(path, text, text.rfind(needle).unwrap_or(0), what)
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
    let bytes = &text.as_bytes()[..line_start + in_line];
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
