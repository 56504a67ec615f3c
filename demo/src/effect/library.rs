//! The effects of a folder, and their reload while the program runs.

use super::{Effect, EffectError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How old a folder's last change must be before its stamp tells that there was no later one: file systems' clocks take
/// steps of up to two seconds.
const STAMP_STEP: Duration = Duration::from_secs(3);

/// A loaded effect and the file that it came from.
#[derive(Debug, Clone)]
struct Entry {
    path: PathBuf,
    stamp: Stamp,
    effect: Effect,
    /// What was wrong with the file when it was last tried; the effect is an older one.
    refusal: Option<String>,
}

/// A file that is no effect as yet.
#[derive(Debug, Clone)]
struct RefusedFile {
    path: PathBuf,
    stamp: Stamp,
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

/// What [`EffectLibrary::look_for_new`] found.
#[derive(Debug)]
pub enum News {
    /// There is an effect more, at this index; those from there on have moved up by one.
    Added(usize),
    /// A new file, or one that changed since it was refused, is refused.
    Refused(EffectError),
    /// A file that was refused is gone.
    RefusedGone,
}

/// The effects of a folder, sorted by file name; never empty.
#[derive(Debug, Clone)]
pub struct EffectLibrary {
    folder: PathBuf,
    /// The folder's when it was last listed; `None` to list it again.
    folder_stamp: Stamp,
    entries: Vec<Entry>,
    refused: Vec<RefusedFile>,
}

impl EffectLibrary {
    /// Loads every `*.ron` of `assets/effects`; those whose names begin with a dot are other programs'. Files that are
    /// refused are returned beside the library.
    ///
    /// # Errors
    /// [`EffectError::Unreadable`] if the folder cannot be listed, [`EffectError::NoEffect`] with the refused files if
    /// nothing is left.
    pub fn load(
        assets: &Path,
    ) -> Result<(Self, Vec<EffectError>), (EffectError, Vec<EffectError>)> {
        let folder = assets.join("effects");
        let mut library =
            Self { folder, folder_stamp: None, entries: Vec::new(), refused: Vec::new() };
        let mut refused = Vec::new();
        let listed = library.list(|news| {
            if let News::Refused(error) = news {
                refused.push(error);
            }
        });
        let folder = library.folder.clone();
        if let Err(source) = listed {
            return Err((EffectError::Unreadable { path: folder, source }, Vec::new()));
        }
        if library.entries.is_empty() {
            return Err((EffectError::NoEffect { folder, refused_count: refused.len() }, refused));
        }
        Ok((library, refused))
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

    /// Takes new files of the folder, lower indices first, and files that changed since they were refused. A file that is
    /// gone leaves its effect here; a new file with an effect of that name takes its place.
    ///
    /// While nothing changes it costs a `stat` call for the folder and one for each refused file, and no heap call. For
    /// three seconds after a change the folder is listed each time.
    pub fn look_for_new(&mut self, tell: impl FnMut(News)) {
        let is_as_it_was = |file: &RefusedFile| stamp_of(&file.path) == file.stamp;
        if self.folder_stamp == stamp_of(&self.folder) && self.refused.iter().all(is_as_it_was) {
            return;
        }
        // A folder that cannot be listed has nothing new; the effect that is shown misses its file.
        let _unlisted = self.list(tell);
    }

    /// Lists the folder and takes what is new in it.
    fn list(&mut self, mut tell: impl FnMut(News)) -> std::io::Result<()> {
        // Asked for before: what comes while it is being listed is found the next time.
        let stamp = stamp_of(&self.folder);
        let is_over = |at: &SystemTime| at.elapsed().is_ok_and(|age| age >= STAMP_STEP);
        self.folder_stamp = stamp.filter(|(at, _)| is_over(at));
        let mut paths = list_ron_files(&self.folder)?;
        paths.sort();
        self.refused.retain(|file| {
            let is_there = paths.contains(&file.path);
            if !is_there {
                tell(News::RefusedGone);
            }
            is_there
        });
        paths.retain(|path| self.entries.iter().all(|entry| entry.path != *path));
        paths.into_iter().filter_map(|path| self.take(path)).for_each(tell);
        Ok(())
    }

    /// Takes a file that is no effect as yet; `None` if there is nothing to tell.
    fn take(&mut self, path: PathBuf) -> Option<News> {
        let stamp = stamp_of(&path);
        let known = self.refused.iter().position(|file| file.path == path);
        if known.is_some_and(|known| self.refused[known].stamp == stamp) {
            return None;
        }
        known.map(|known| self.refused.remove(known));
        let effect = match Effect::load(&path) {
            Ok(effect) => effect,
            Err(error) => {
                self.refused.push(RefusedFile { path, stamp });
                return Some(News::Refused(error));
            }
        };
        let is_old_one =
            |old: &&mut Entry| old.effect.name == effect.name && stamp_of(&old.path).is_none();
        if let Some(old) = self.entries.iter_mut().find(is_old_one) {
            // Stamped as the missing file: it is read again as a changed one.
            (old.path, old.stamp) = (path, None);
            return None;
        }
        // One that took the place of a missing file may stand out of order.
        let behind = self.entries.iter().position(|entry| entry.path > path);
        let index = behind.unwrap_or(self.entries.len());
        self.entries.insert(index, Entry { path, stamp, effect, refusal: None });
        Some(News::Added(index))
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

/// The `*.ron` files of a folder, in no order. Editors keep locks and copies beside a file under a name with a dot in
/// front, which has the same end.
fn list_ron_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let path = entry.path();
        if !is_hidden && path.extension().is_some_and(|extension| extension == "ron") {
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
