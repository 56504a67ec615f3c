//! Files that appear whole or not at all: written beside their target, then renamed onto it.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a file was not written; what stood there before still does.
#[derive(Debug)]
pub struct WriteError {
    /// The wanted file.
    pub path: PathBuf,
    /// What the system says.
    pub source: std::io::Error,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not written: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Writes `bytes` to `path`, replacing a file that stands there. A symbolic link is followed.
///
/// # Errors
/// [`WriteError`] if the folder or the file cannot be written, or if `path` is something other than a file.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    try_write(path, bytes).map_err(|source| WriteError { path: path.to_owned(), source })
}

fn try_write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Ok(data) = std::fs::metadata(&target)
        && !data.is_file()
    {
        // A device or a pipe (`--report /dev/stdout`) must not be replaced by a file; it takes the bytes as they come.
        return if data.is_dir() {
            Err(std::io::Error::new(std::io::ErrorKind::IsADirectory, "it is a folder"))
        } else {
            std::fs::OpenOptions::new().write(true).open(&target)?.write_all(bytes)
        };
    }
    let folder =
        target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = new_file_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

/// A temporary file with the permissions of a new file, not those of a secret.
fn new_file_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".particle-demo-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::write_whole;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        write_whole(&path, b"old").unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("r.json");
        let error = write_whole(&path, b"x").unwrap_err().to_string();
        assert!(error.contains("r.json: not written"), "{error}");
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            write_whole(folder.path(), b"x").unwrap_err().to_string().contains("it is a folder")
        );
    }
}
