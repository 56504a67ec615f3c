//! What it costs to watch the files of effects.

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use frame_arena::heap::{Counting, assert_no_heap_calls};
use particle_demo::effect::{EffectLibrary, Reload};

#[global_allocator]
static HEAP: Counting = Counting::system();

#[test]
fn watching_files_that_stay_as_they_are_makes_no_heap_call() {
    let assets = tempfile::tempdir().unwrap();
    let folder = assets.path().join("effects");
    std::fs::create_dir(&folder).unwrap();
    let galaxy = include_str!("../../assets/effects/galaxy.ron");
    std::fs::write(folder.join("galaxy.ron"), galaxy).unwrap();
    std::fs::write(folder.join("refused.ron"), "(").unwrap();
    let long_ago = UNIX_EPOCH + Duration::from_secs(1000);
    File::open(&folder).unwrap().set_modified(long_ago).unwrap();
    let (mut library, refused) = EffectLibrary::load(assets.path()).unwrap();
    assert_eq!(refused.len(), 1);
    assert_no_heap_calls(|| {
        library.look_for_new(|news| panic!("{news:?}"));
        assert!(matches!(library.reload_changed(0), Reload::Unchanged));
    });
}
