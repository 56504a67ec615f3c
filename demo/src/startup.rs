//! The effects at the start of a run, with or without a window.

use crate::assets::find_assets;
use crate::effect::{EffectError, EffectLibrary};
use crate::events::{Event, Events};
use std::path::Path;

/// What a run begins with.
#[derive(Debug)]
pub struct Effects {
    /// All that can be shown.
    pub library: EffectLibrary,
    /// The one to begin with.
    pub index: usize,
    /// Why others cannot be shown; already told on stderr and as events.
    pub refused: Vec<EffectError>,
}

impl Effects {
    /// The same effects once more, for a run without a window should there be none.
    #[must_use]
    pub fn spare(&self) -> Self {
        Self { library: self.library.clone(), index: self.index, refused: Vec::new() }
    }
}

/// Finds and reads the effects. A refused file is told on stderr and as an event, and the run goes on without it; if the
/// wanted effect may have been in it, the run begins with the first one that can be shown.
///
/// # Errors
/// [`EffectError::NoAssets`], [`EffectError::Unreadable`] and [`EffectError::NoEffect`] if nothing can be shown,
/// [`EffectError::UnknownName`] if `name` is wrong. For all of them the exit code is 2.
pub fn load_effects(
    assets: Option<&Path>,
    name: Option<&str>,
    events: Events,
) -> Result<Effects, EffectError> {
    let folder = find_assets(assets)?;
    let (library, refused) = EffectLibrary::load(&folder).map_err(|(error, refused)| {
        tell(&refused, events);
        error
    })?;
    tell(&refused, events);
    let index = match name.map(|name| library.index_of(name)) {
        None => 0,
        Some(Ok(index)) => index,
        Some(Err(error)) if refused.is_empty() => return Err(error),
        Some(Err(error)) => {
            eprintln!("{error}; beginning with {}", library.effect(0).name);
            0
        }
    };
    Ok(Effects { library, index, refused })
}

/// Tells about refused files.
fn tell(refused: &[EffectError], events: Events) {
    for error in refused {
        let error = error.to_string();
        eprintln!("{error}");
        events.emit(Event::EffectFailed { error: &error });
    }
}

#[cfg(test)]
mod tests {
    use super::load_effects;
    use crate::effect::EffectError;
    use crate::events::Events;
    use std::path::{Path, PathBuf};

    fn shipped() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets")
    }

    #[test]
    fn the_wanted_effect_is_chosen() {
        let effects = load_effects(Some(&shipped()), Some("galaxy"), Events::new(false)).unwrap();
        assert_eq!(effects.library.effect(effects.index).name, "galaxy");
    }

    #[test]
    fn a_wrong_name_is_an_error() {
        let error = load_effects(Some(&shipped()), Some("rain"), Events::new(false)).unwrap_err();
        assert!(matches!(error, EffectError::UnknownName { .. }));
    }

    #[test]
    fn a_refused_file_leaves_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let effects = folder.path().join("effects");
        std::fs::create_dir(&effects).unwrap();
        std::fs::copy(shipped().join("effects/galaxy.ron"), effects.join("galaxy.ron")).unwrap();
        std::fs::write(effects.join("rain.ron"), "(name: ").unwrap();
        let found = load_effects(Some(folder.path()), Some("rain"), Events::new(false)).unwrap();
        assert_eq!((found.index, found.refused.len()), (0, 1));
    }

    #[test]
    fn a_folder_without_a_good_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("effects")).unwrap();
        std::fs::write(folder.path().join("effects/rain.ron"), "(name: ").unwrap();
        let error = load_effects(Some(folder.path()), None, Events::new(false)).unwrap_err();
        assert!(matches!(error, EffectError::NoEffect { refused_count: 1, .. }));
    }
}
