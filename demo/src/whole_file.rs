//! Files that appear whole or not at all: written beside their target, then renamed onto it.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Most symbolic links that are followed to a file that is not there yet; as many as Linux follows.
const LINKS_MAX: usize = 40;

/// Why a file was not written; what stood there before still does.
#[derive(Debug)]
pub struct WriteError {
    /// The wanted file.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
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
    try_write(path, bytes).map_err(to_error(path))
}

/// Looks whether [`write_whole`] could write to `path` now: a file is made beside it and taken away again. A device or a
/// pipe is not touched.
///
/// # Errors
/// [`WriteError`] as of [`write_whole`].
pub fn check_writable(path: &Path) -> Result<(), WriteError> {
    try_target(path).map(drop).map_err(to_error(path))
}

fn to_error(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    |source| WriteError { path: path.to_owned(), source }
}

fn try_write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match try_target(path)? {
        // Not through the temporary file's own `write_all`, whose errors name it in place of the wanted one.
        Target::File { mut beside, path } => {
            beside.as_file_mut().write_all(bytes)?;
            beside.as_file().sync_all()?;
            beside.persist(&path)?;
            Ok(())
        }
        Target::Stream(path) => fs::OpenOptions::new().write(true).open(&path)?.write_all(bytes),
        Target::Printed(mut out) => out.write_all(bytes).and_then(|()| out.flush()),
    }
}

/// Where bytes go.
enum Target {
    /// A file, there or not, and the new one beside it; dropped, that is taken away.
    File { beside: NamedTempFile, path: PathBuf },
    /// A device or a pipe: no file must replace it; it takes the bytes as they come.
    Stream(PathBuf),
    /// What the program prints to. It may be a file that somebody else has opened, which must not be replaced either,
    /// and bytes go behind what stands there.
    Printed(Box<dyn Write>),
}

fn try_target(path: &Path) -> io::Result<Target> {
    match path.to_str() {
        Some("/dev/stdout") => return Ok(Target::Printed(Box::new(io::stdout()))),
        Some("/dev/stderr") => return Ok(Target::Printed(Box::new(io::stderr()))),
        _ => {}
    }
    let path = fs::canonicalize(path).or_else(|_| followed(path))?;
    let found = fs::metadata(&path).ok();
    if found.as_ref().is_some_and(Metadata::is_dir) {
        return Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder"));
    }
    if found.is_some_and(|data| !data.is_file()) {
        return Ok(Target::Stream(path));
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made by hand: it has the permissions of a new file, not those of a secret, and errors do not name it.
    let beside = tempfile::Builder::new()
        .prefix(".particle-demo-")
        .make_in(folder, |path| File::create_new(path))?;
    Ok(Target::File { beside, path })
}

/// Where a symbolic link leads to, be it to nothing yet; the path itself if it is none.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::Error::other("too many symbolic links"))
}

#[cfg(test)]
mod tests {
    use super::{check_writable, write_whole};

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
        for result in [check_writable(&path), write_whole(&path, b"x")] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("r.json: not written"), "{error}");
            assert!(!error.contains(".particle-demo-"), "{error}");
        }
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for result in [check_writable(folder.path()), write_whole(folder.path(), b"x")] {
            assert!(result.unwrap_err().to_string().contains("it is a folder"));
        }
    }

    #[test]
    fn a_check_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        check_writable(&path).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        std::fs::write(&path, "old").unwrap();
        check_writable(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_file_that_is_not_there_yet_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["r.json", "link"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink("r.json", &link).unwrap();
        write_whole(&link, b"x").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
        std::os::unix::fs::symlink("loop", folder.path().join("loop")).unwrap();
        assert!(write_whole(&folder.path().join("loop"), b"x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_has_the_permissions_of_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let [ours, other] = ["ours", "other"].map(|name| folder.path().join(name));
        write_whole(&ours, b"x").unwrap();
        std::fs::write(&other, "x").unwrap();
        let [ours, other] =
            [ours, other].map(|path| std::fs::metadata(path).unwrap().permissions());
        assert_eq!(ours, other);
    }
}
