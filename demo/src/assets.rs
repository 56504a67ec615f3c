//! Where the assets folder is.

use crate::effect::EffectError;
use std::path::{Path, PathBuf};

/// The folder of the sources that the program was built from.
const SOURCE_ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets");

/// Finds the assets folder: `wanted` if given, else `./assets`, else one beside the program or a folder above it, else
/// that of the sources.
///
/// # Errors
/// [`EffectError::NoAssets`] with every place that was tried. A `wanted` folder is not checked here: its own error is
/// better.
pub fn find_assets(wanted: Option<&Path>) -> Result<PathBuf, EffectError> {
    if let Some(folder) = wanted {
        return Ok(folder.to_owned());
    }
    let program = std::env::current_exe().unwrap_or_default();
    let beside = program.ancestors().skip(1).map(|folder| folder.join("assets"));
    let tried: Vec<PathBuf> = std::iter::once(PathBuf::from("assets"))
        .chain(beside)
        .chain([PathBuf::from(SOURCE_ASSETS)])
        .collect();
    match tried.iter().find(|folder| folder.join("effects").is_dir()) {
        Some(folder) => Ok(folder.clone()),
        None => Err(EffectError::NoAssets { tried }),
    }
}

#[cfg(test)]
mod tests {
    use super::find_assets;
    use std::path::Path;

    #[test]
    fn the_wanted_folder_wins() {
        assert_eq!(find_assets(Some(Path::new("mine"))).unwrap(), Path::new("mine"));
    }

    #[test]
    fn the_folder_of_the_sources_is_found() {
        assert!(find_assets(None).unwrap().join("effects").is_dir());
    }
}
