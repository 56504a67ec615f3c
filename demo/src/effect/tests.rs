use super::{Effect, EffectError, EffectLibrary, MADE_FOR_PARTICLES, News, Reload, Spawner};
use std::path::{Path, PathBuf};

/// The shipped effects.
fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets")
}

/// An effect of the tests' own, so that tuning the shipped ones breaks none.
fn fountain_text() -> String {
    include_str!("sample.ron").to_owned()
}

/// Reads the fountain with one piece of text replaced, and returns the error.
fn error_with(from: &str, to: &str) -> String {
    let text = fountain_text();
    assert!(text.contains(from), "{from} is in the file");
    Effect::parse(&text.replacen(from, to, 1), Path::new("fountain.ron")).unwrap_err().to_string()
}

/// Line and column, from 1, where `piece` begins in the fountain.
fn place_of(piece: &str) -> (usize, usize) {
    let text = fountain_text();
    let before = &text[..text.find(piece).unwrap()];
    (before.lines().count().max(1), before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1)
}

#[test]
fn shipped_effects_load() {
    let (library, refused) = EffectLibrary::load(&assets()).unwrap();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(library.names().collect::<Vec<_>>(), ["firework", "fountain", "galaxy"]);
    assert_eq!(library.index_of("Galaxy").unwrap(), 2);
}

#[test]
fn more_particles_than_an_effect_is_made_for_fill_the_same_area() {
    let effect = Effect::parse(&fountain_text(), Path::new("fountain.ron")).unwrap();
    assert_eq!(effect.fitted(10), effect);
    assert_eq!(effect.fitted(MADE_FOR_PARTICLES), effect);
    let fitted = effect.fitted(4 * MADE_FOR_PARTICLES);
    assert_eq!(fitted.radius_m.max * 2.0, effect.radius_m.max);
    assert_eq!(Effect { radius_m: effect.radius_m, ..fitted }, effect);
}

#[test]
fn an_unknown_name_lists_the_known_ones() {
    let (library, _) = EffectLibrary::load(&assets()).unwrap();
    let error = library.index_of("rain").unwrap_err().to_string();
    assert_eq!(error, "no effect is named \"rain\"; there are: firework, fountain, galaxy");
}

#[test]
fn an_unknown_field_is_named_with_its_place() {
    let error = error_with("restitution:", "bounce:");
    let (line, _) = place_of("restitution:");
    assert!(error.starts_with(&format!("fountain.ron:{line}:")), "{error}");
    assert!(error.contains("bounce") && error.contains("restitution"), "{error}");
}

#[test]
fn a_reversed_range_names_field_values_and_remedy() {
    let error = error_with("radius_m: (min: 0.016", "radius_m: (min: 0.5");
    let (line, _) = place_of("radius_m:");
    assert!(error.starts_with(&format!("fountain.ron:{line}:")), "{error}");
    assert!(error.ends_with("radius_m: min 0.5 is above max 0.032; swap them"), "{error}");
}

#[test]
fn a_negative_drag_names_field_and_bound() {
    let error = error_with("drag_per_sec: 0.08", "drag_per_sec: -1.0");
    assert!(error.ends_with("drag_per_sec: -1 given, expected 0 or a number above it"), "{error}");
}

#[test]
fn a_field_inside_an_emitter_is_named() {
    let error = error_with("half_width_m: 0.4", "half_width_m: -0.4");
    let (line, _) = place_of("half_width_m: 0.4");
    assert!(error.starts_with(&format!("fountain.ron:{line}:")), "{error}");
    assert!(error.contains("half_width_m: -0.4 given"), "{error}");
}

#[test]
fn not_a_number_is_refused() {
    assert!(
        error_with("gravity_m_per_sec2: 9.8", "gravity_m_per_sec2: NaN")
            .contains("gravity_m_per_sec2: NaN given")
    );
}

/// Line and column were those of the first place where the same text stands.
#[test]
fn a_wrong_reference_is_told_where_it_stands() {
    // The effect has this name too, in a line further up.
    let error = error_with("layers: [\"left\"]", "layers: [\"fountain\"]");
    let (line, column) = place_of("layers: [\"left\"]");
    let wanted = format!("fountain.ron:{line}:{}: layers: no layer", column + "layers: [".len());
    assert!(error.starts_with(&wanted), "{error}");

    let text = std::fs::read_to_string(assets().join("effects/galaxy.ron")).unwrap();
    let at = text.match_indices("attractor: 0").nth(1).unwrap().0;
    let text = format!("{}attractor: 7{}", &text[..at], &text[at + "attractor: 0".len()..]);
    let text = format!("// attractor: 0 is the core\n{text}");
    let error = Effect::parse(&text, Path::new("g")).unwrap_err().to_string();
    let line = text.lines().position(|line| line.contains("attractor: 7")).unwrap() + 1;
    assert!(error.starts_with(&format!("g:{line}:")), "{error}");
}

/// Signs in comments were taken for the file's own, and another field was named, or none.
#[test]
fn comments_do_not_lead_to_another_field() {
    let error = error_with("(0.0, -5.3)", "(0.0, /* x: y) */ inf)");
    assert!(error.contains(": position_m: (0, inf) given"), "{error}");
    let error = error_with("layers: [\"left\"]", "layers: [/* :( /* // */ */]");
    assert!(error.contains(": layers: an empty list given"), "{error}");
    let error = error_with("(at: 0.2,", "// 1) \"dark\n(at: 0.9,");
    assert!(error.contains(": stops: stop at 0.6 follows"), "{error}");
}

/// The reader said only that an integer is out of bounds.
#[test]
fn more_trail_points_than_fit_the_field_are_told_with_the_limit() {
    for count in ["13", "300", "-1"] {
        let error = error_with("trail_points_max: 3", &format!("trail_points_max: {count}"));
        let wanted = format!("trail_points_max: {count} given, expected 0 to 12");
        assert!(error.ends_with(&wanted), "{error}");
    }
}

/// Particles of the layers beyond had the looks of others.
#[test]
fn more_layers_than_a_particle_can_tell_apart_are_refused() {
    let ramp = "ramp: (over: Age, stops: [(at: 0.0, rgba: (1, 1, 1, 1))])";
    let layer = |n| format!("(name: \"{n}\", size_factor: 1, {ramp}),");
    let with = |count| {
        let more = (4..count).map(layer).collect::<String>();
        fountain_text().replacen("    layers: [\n", &format!("    layers: [{more}\n"), 1)
    };
    let parse = |text: &str| Effect::parse(text, Path::new("fountain.ron"));
    assert_eq!(parse(&with(256)).unwrap().layers.len(), 256);
    let error = parse(&with(257)).unwrap_err().to_string();
    assert!(error.ends_with("layers: 257 given, expected 1 to 256"), "{error}");
}

/// Editors that put a byte order mark in front show none.
#[test]
fn a_byte_order_mark_is_passed_over() {
    let marked = format!("\u{feff}{}", fountain_text());
    assert!(Effect::parse(&marked, Path::new("fountain.ron")).is_ok());
}

/// "stream did not contain valid UTF-8" had neither a place nor a remedy.
#[test]
fn a_file_that_is_no_utf_8_is_told_with_place_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.ron");
    for (bytes, place) in
        [(&b"\xff\xfe("[..], "1:1: byte 0xff"), (b"(\n\xc3\xa9\xe9", "2:2: byte 0xe9")]
    {
        std::fs::write(&path, bytes).unwrap();
        let error = Effect::load(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("x.ron:{place} is no UTF-8; save the file")), "{error}");
    }
}

#[test]
fn empty_ramps_and_lists_are_refused() {
    let stop = fountain_text();
    let ramp = stop.split("stops: [").nth(1).unwrap().split(']').next().unwrap().to_owned();
    assert!(error_with(&ramp, "").contains("stops: an empty list given"));
    assert!(error_with("layers: [\"left\"]", "layers: []").contains("layers: an empty list given"));
}

#[test]
fn stops_out_of_order_are_refused() {
    assert!(error_with("(at: 0.2,", "(at: 0.9,").contains("put them in rising order"));
}

#[test]
fn a_colour_above_one_is_refused() {
    assert!(error_with("(0.90, 0.65,", "(255.0, 0.65,").contains("rgba: (255, 0.65"));
}

#[test]
fn an_unknown_layer_lists_the_known_ones() {
    let error = error_with("layers: [\"left\"]", "layers: [\"top\"]");
    let (line, _) = place_of("layers: [\"left\"]");
    assert!(error.starts_with(&format!("fountain.ron:{line}:")), "{error}");
    assert!(
        error.ends_with("no layer is named \"top\"; expected one of: left, right, spray, sparkle"),
        "{error}"
    );
}

#[test]
fn a_missing_attractor_is_refused() {
    let text = std::fs::read_to_string(assets().join("effects/galaxy.ron")).unwrap();
    let error = Effect::parse(&text.replacen("attractor: 0", "attractor: 1", 1), Path::new("g"))
        .unwrap_err();
    assert!(error.to_string().contains("attractor: number 1 of 1"), "{error}");
}

#[test]
fn cut_off_and_empty_files_are_refused_with_a_place() {
    for text in ["", "(", "(name: \"x\"", "\u{feff}garbage", &fountain_text()[..700]] {
        let error = Effect::parse(text, Path::new("x.ron")).unwrap_err();
        assert!(matches!(error, EffectError::Invalid { line: 1.., column: 1.., .. }), "{error}");
    }
}

#[test]
fn a_missing_folder_and_an_empty_one_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (error, _) = EffectLibrary::load(folder.path()).unwrap_err();
    assert!(matches!(error, EffectError::Unreadable { .. }), "{error}");
    std::fs::create_dir(folder.path().join("effects")).unwrap();
    let (error, _) = EffectLibrary::load(folder.path()).unwrap_err();
    assert!(matches!(error, EffectError::NoEffect { refused_count: 0, .. }), "{error}");
}

/// Writes the one effect of a folder, as of so many seconds.
fn writer_of_one_effect(folder: &Path) -> impl Fn(&str, u64) {
    std::fs::create_dir(folder.join("effects")).unwrap();
    let file = folder.join("effects/one.ron");
    move |text, secs| {
        std::fs::write(&file, text).unwrap();
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(secs);
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(at).unwrap();
    }
}

#[test]
fn a_refused_reload_keeps_the_effect_and_a_mended_one_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = writer_of_one_effect(folder.path());
    write(&fountain_text(), 1000);
    let (mut library, _) = EffectLibrary::load(folder.path()).unwrap();
    let before = library.effect(0).clone();
    assert!(matches!(library.reload_changed(0), Reload::Unchanged));
    write("(", 2000);
    assert!(matches!(library.reload_changed(0), Reload::Refused(EffectError::Invalid { .. })));
    assert_eq!(library.effect(0), &before);
    assert!(matches!(library.reload_changed(0), Reload::Unchanged), "one message for one bad file");
    assert!(
        library.refusal(0).unwrap().contains("one.ron:1:"),
        "to be told again when chosen again"
    );
    write(&fountain_text().replace("restitution: 0.45", "restitution: 0.9"), 3000);
    assert!(matches!(library.reload_changed(0), Reload::Loaded));
    assert_eq!((library.effect(0).restitution, library.refusal(0)), (0.9, None));
}

/// Read between an editor's emptying it and its writing, a file was refused until it was saved once more.
#[test]
fn a_file_written_anew_within_one_step_of_the_clock_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let write = writer_of_one_effect(folder.path());
    write(&fountain_text(), 1000);
    let (mut library, _) = EffectLibrary::load(folder.path()).unwrap();
    write("", 2000);
    assert!(matches!(library.reload_changed(0), Reload::Refused(_)));
    write(&fountain_text(), 2000);
    assert!(matches!(library.reload_changed(0), Reload::Loaded));
}

/// A folder with the fountain as `b.ron`, and what writes a file of a name with an effect of another name beside it.
fn folder_of_b() -> (tempfile::TempDir, impl Fn(&str, &str)) {
    let assets = tempfile::tempdir().unwrap();
    let effects = assets.path().join("effects");
    std::fs::create_dir(&effects).unwrap();
    let write = move |file: &str, name: &str| {
        let text = fountain_text().replacen("\"fountain\"", &format!("\"{name}\""), 1);
        std::fs::write(effects.join(file), text).unwrap();
    };
    write("b.ron", "b");
    (assets, write)
}

/// What there is to tell: indices of new effects, and whether a file was refused (`Err(true)`) or is gone.
fn news(library: &mut EffectLibrary) -> Vec<Result<usize, bool>> {
    let mut all = Vec::new();
    library.look_for_new(|news| {
        all.push(match news {
            News::Added(index) => Ok(index),
            News::Refused(_) => Err(true),
            News::RefusedGone => Err(false),
        });
    });
    all
}

#[test]
fn new_files_stand_among_the_others_by_file_name() {
    let (assets, write) = folder_of_b();
    let (mut library, _) = EffectLibrary::load(assets.path()).unwrap();
    assert_eq!(news(&mut library), []);
    write("c.ron", "last");
    assert_eq!(news(&mut library), [Ok(1)]);
    write("a.ron", "first");
    assert_eq!(news(&mut library), [Ok(0)]);
    assert_eq!(library.names().collect::<Vec<_>>(), ["first", "b", "last"]);
    assert_eq!(news(&mut library), []);
}

#[test]
fn a_file_refused_at_the_start_is_taken_once_it_is_mended() {
    let (assets, write) = folder_of_b();
    write("a.ron", "\"");
    let (mut library, refused) = EffectLibrary::load(assets.path()).unwrap();
    assert_eq!((refused.len(), news(&mut library)), (1, vec![]), "told once");
    write("a.ron", "still \" bad");
    assert_eq!(news(&mut library), [Err(true)]);
    write("a.ron", "mended");
    assert_eq!(news(&mut library), [Ok(0)]);
    assert_eq!(library.names().collect::<Vec<_>>(), ["mended", "b"]);
}

#[test]
fn a_deleted_file_leaves_its_effect_and_a_deleted_bad_one_its_error() {
    let (assets, write) = folder_of_b();
    write("a.ron", "\"");
    let (mut library, _) = EffectLibrary::load(assets.path()).unwrap();
    std::fs::remove_dir_all(assets.path().join("effects")).unwrap();
    assert_eq!(news(&mut library), [], "a folder that is not there says nothing");
    std::fs::create_dir(assets.path().join("effects")).unwrap();
    assert_eq!(news(&mut library), [Err(false)]);
    assert_eq!(library.names().collect::<Vec<_>>(), ["b"]);
    assert!(matches!(library.reload_changed(0), Reload::Refused(EffectError::Unreadable { .. })));
    assert!(library.refusal(0).is_some());
}

#[test]
fn a_renamed_file_keeps_the_place_of_its_effect() {
    let (assets, _) = folder_of_b();
    let (mut library, _) = EffectLibrary::load(assets.path()).unwrap();
    let effects = assets.path().join("effects");
    std::fs::rename(effects.join("b.ron"), effects.join("z.ron")).unwrap();
    assert_eq!(news(&mut library), []);
    assert!(matches!(library.reload_changed(0), Reload::Loaded));
    assert_eq!((library.count(), library.refusal(0)), (1, None));
}

/// Emacs puts a link `.#b.ron` to nowhere beside a file that it has changed.
#[test]
fn files_with_a_dot_in_front_are_not_looked_at() {
    let (assets, write) = folder_of_b();
    write(".#b.ron", "\"");
    let (_, refused) = EffectLibrary::load(assets.path()).unwrap();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn a_folder_is_listed_again_only_after_its_time_changed() {
    let (assets, write) = folder_of_b();
    let (mut library, _) = EffectLibrary::load(assets.path()).unwrap();
    let folder = std::fs::File::open(assets.path().join("effects")).unwrap();
    let set_secs = |secs| {
        folder.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(secs)).unwrap();
    };
    set_secs(1000);
    assert_eq!(news(&mut library), []);
    write("c.ron", "c");
    set_secs(1000);
    assert_eq!(news(&mut library), [], "a stat call, no listing");
    set_secs(1001);
    assert_eq!(news(&mut library), [Ok(1)]);
}

#[test]
fn a_bad_file_does_not_hide_the_good_ones() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("effects")).unwrap();
    std::fs::write(folder.path().join("effects/a.ron"), "(").unwrap();
    std::fs::write(folder.path().join("effects/b.ron"), fountain_text()).unwrap();
    let (library, refused) = EffectLibrary::load(folder.path()).unwrap();
    assert_eq!((library.count(), refused.len()), (1, 1));
}

#[test]
fn warm_particles_stand_inside_the_walls_and_within_their_lifetime() {
    let (library, _) = EffectLibrary::load(&assets()).unwrap();
    for index in 0..library.count() {
        let effect = library.effect(index);
        let mut spawner = Spawner::new(effect, 7);
        for _ in 0..500 {
            let spawn = spawner.warm(effect);
            for axis in 0..2 {
                assert!(
                    spawn.position_m[axis].abs() <= effect.half_extents_m[axis],
                    "{}: {spawn:?}",
                    effect.name
                );
                assert!(spawn.velocity_m_per_sec[axis].is_finite());
            }
            assert!(spawn.age_secs <= spawn.lifetime_secs);
            assert!(usize::from(spawn.layer) < effect.layers.len());
        }
    }
}

#[test]
fn emission_keeps_its_rate_over_time() {
    let (library, _) = EffectLibrary::load(&assets()).unwrap();
    for index in 0..library.count() {
        let effect = library.effect(index);
        let mut spawner = Spawner::new(effect, 7);
        let mut count = 0;
        (0..600).for_each(|_| spawner.tick(effect, 1.0 / 60.0, 1000.0, 500, |_| count += 1));
        assert!(
            (9_000..=10_001).contains(&count),
            "{}: {count} in ten seconds at 1000 per second",
            effect.name
        );
    }
}

/// They held the program up for hours.
#[test]
fn lifetimes_of_an_instant_and_of_ages_hold_nothing_up() {
    for (secs, wanted_count) in [("1e-38", 10_000), ("1e-9", 10_000), ("1e9", 0), ("3e38", 0)] {
        let lifetime = format!("Secs((min: {secs}, max: {secs}))");
        let text = fountain_text().replacen("Secs((min: 2.6, max: 4.6))", &lifetime, 1);
        let effect = Effect::parse(&text, Path::new("fountain.ron")).unwrap();
        let mut spawner = Spawner::new(&effect, 1);
        assert!((0..1_000).all(|_| spawner.warm(&effect).position_m[0].is_finite()));
        let (per_sec, mut count) = (effect.emission_per_sec(1_000), 0);
        (0..10).for_each(|_| spawner.tick(&effect, 1.0 / 60.0, per_sec, 1_000, |_| count += 1));
        assert_eq!(count / effect.emitters.len(), wanted_count, "{secs} s");
    }
}

#[test]
fn the_same_seed_gives_the_same_particles_and_another_seed_others() {
    let (library, _) = EffectLibrary::load(&assets()).unwrap();
    let effect = library.effect(0);
    let run = |seed| {
        let mut spawner = Spawner::new(effect, seed);
        (0..100).map(|_| spawner.warm(effect)).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
