//! The effects of a folder, and their reload while the program runs.

use super::{Effect, EffectError};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A loaded effect and the file that it came from.
#[derive(Debug, Clone)]
struct Entry {
    path: PathBuf,
    stamp: Stamp,
    effect: Effect,
    /// What was wrong with the file when it was last tried; the effect is an older one.
    refusal: Option<String>,
}

/// When a file was last written, and its bytes: `None` if it cannot be told, for example while an editor replaces it.
type Stamp = Option<(SystemTime, u64)>;

/// What [`EffectLibrary::reload_changed`] found.
#[derive(Debug)]
pub enum Reload {
    /// The file is as it was.
    Unchanged,
    /// The file changed and the effect is the new one.
    Loaded,
    /// The file changed and is refused; the effect is still the old one.
    Refused(EffectError),
}

/// The effects of a folder, sorted by file name; never empty.
#[derive(Debug, Clone)]
pub struct EffectLibrary {
    entries: Vec<Entry>,
}

impl EffectLibrary {
    /// Loads every `*.ron` of `assets/effects`. Files that are refused are returned beside the library.
    ///
    /// # Errors
    /// [`EffectError::Unreadable`] if the folder cannot be listed, [`EffectError::NoEffect`] with the refused files if
    /// nothing is left.
    pub fn load(
        assets: &Path,
    ) -> Result<(Self, Vec<EffectError>), (EffectError, Vec<EffectError>)> {
        let folder = assets.join("effects");
        let mut paths = match list_ron_files(&folder) {
            Ok(paths) => paths,
            Err(source) => {
                return Err((EffectError::Unreadable { path: folder, source }, Vec::new()));
            }
        };
        paths.sort();
        let mut entries = Vec::new();
        let mut refused = Vec::new();
        for path in paths {
            let stamp = stamp_of(&path);
            match Effect::load(&path) {
                Ok(effect) => entries.push(Entry { path, stamp, effect, refusal: None }),
                Err(error) => refused.push(error),
            }
        }
        if entries.is_empty() {
            return Err((EffectError::NoEffect { folder, refused_count: refused.len() }, refused));
        }
        Ok((Self { entries }, refused))
    }

    /// Number of effects, at least one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// The effect at an index; the last one for an index past the end.
    #[must_use]
    pub fn effect(&self, index: usize) -> &Effect {
        &self.entries[index.min(self.entries.len() - 1)].effect
    }

    /// The names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.iter().map(|entry| entry.effect.name.as_str())
    }

    /// Index of the effect with this name, letter case aside.
    ///
    /// # Errors
    /// [`EffectError::UnknownName`] with the names that there are.
    pub fn index_of(&self, name: &str) -> Result<usize, EffectError> {
        self.names().position(|known| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
            EffectError::UnknownName {
                name: name.to_owned(),
                known: self.names().collect::<Vec<_>>().join(", "),
            }
        })
    }

    /// Why the effect at an index is older than its file; `None` if it is not. The last one for an index past the end.
    #[must_use]
    pub fn refusal(&self, index: usize) -> Option<&str> {
        self.entries[index.min(self.entries.len() - 1)].refusal.as_deref()
    }

    /// Reads an effect's file again if it changed since it was last tried. One `stat` call when it did not.
    pub fn reload_changed(&mut self, index: usize) -> Reload {
        let last = self.entries.len() - 1;
        let entry = &mut self.entries[index.min(last)];
        let stamp = stamp_of(&entry.path);
        if stamp == entry.stamp {
            return Reload::Unchanged;
        }
        entry.stamp = stamp;
        match Effect::load(&entry.path) {
            Ok(effect) => {
                entry.effect = effect;
                entry.refusal = None;
                Reload::Loaded
            }
            Err(error) => {
                entry.refusal = Some(error.to_string());
                Reload::Refused(error)
            }
        }
    }
}

/// The `*.ron` files of a folder, in no order.
fn list_ron_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ron") {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// A file's stamp. Its time alone does not do: a file that is emptied and written anew within one step of the file
/// system's clock, some milliseconds, has one time for both, and a copy may keep the time of what it replaces.
fn stamp_of(path: &Path) -> Stamp {
    let data = std::fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}
