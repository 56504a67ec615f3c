//! Names made at run time, each once for the whole process: the client keeps their pointers.
#![forbid(unsafe_code)]

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Things that are made once for each name and kept for ever: as many as a game has arenas, phases
/// and systems of different names.
pub(super) struct Interned<T: 'static> {
    newest: Mutex<Link<T>>,
}

type Link<T> = Option<&'static Entry<T>>;

struct Entry<T: 'static> {
    name: Box<str>,
    thing: T,
    older: Link<T>,
}

impl<T: Sync> Interned<T> {
    pub(super) const fn new() -> Self {
        Self { newest: Mutex::new(None) }
    }

    /// The thing of this name, made by `make` if it is the first.
    ///
    /// Nothing is allocated while the list is locked: an allocator may itself use arenas.
    pub(super) fn get(&self, name: &str, make: impl FnOnce(&str) -> T) -> &'static T {
        if let Some(thing) = find(*self.lock(), name) {
            return thing;
        }
        let mut entry = Box::new(Entry { name: name.into(), thing: make(name), older: None });
        let mut newest = self.lock();
        if let Some(thing) = find(*newest, name) {
            drop(newest); // Before the entry is freed, for the same reason.
            return thing;
        }
        entry.older = *newest;
        let entry: &'static Entry<T> = Box::leak(entry);
        *newest = Some(entry);
        &entry.thing
    }

    fn lock(&self) -> MutexGuard<'_, Link<T>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<T>(newest: Link<T>, name: &str) -> Option<&'static T> {
    let entries = core::iter::successors(newest, |entry| entry.older);
    entries.into_iter().find(|entry| *entry.name == *name).map(|entry| &entry.thing)
}

#[cfg(feature = "ecs")]
pub(super) use system_name::short_name;

#[cfg(feature = "ecs")]
mod system_name {
    /// A system's path without modules, in its generic arguments too:
    /// `game::begin_frame<game::Audio>` is `begin_frame<Audio>`.
    pub(in super::super) fn short_name(path: &str) -> String {
        let is_of_word = |letter: char| letter.is_alphanumeric() || "_:{}".contains(letter);
        let pieces = path.split_inclusive(|letter| !is_of_word(letter));
        let short = |piece| {
            let (before, last) = str::rsplit_once(piece, "::").unwrap_or(("", piece));
            // A closure has no name: its function's goes before.
            let owner = before.rsplit("::").next().filter(|_| last.starts_with('{'));
            owner.map_or_else(|| last.to_owned(), |owner| format!("{owner}::{last}"))
        };
        pieces.map(short).collect()
    }

    #[cfg(test)]
    mod tests {
        use super::short_name;

        #[test]
        fn systems_are_named_by_the_last_part_of_their_path() {
            assert_eq!(short_name("game::physics::integrate_motion"), "integrate_motion");
            assert_eq!(short_name("begin_frame<game::Audio>"), "begin_frame<Audio>");
            assert_eq!(short_name("a::f<b::C<d::E>, (g::H, i::J)>"), "f<C<E>, (H, J)>");
            assert_eq!(short_name("game::main::{{closure}}"), "main::{{closure}}");
            assert_eq!(short_name("plain"), "plain");
            assert_eq!(short_name(""), "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_made_once_for_each_name() {
        static LENGTHS: Interned<usize> = Interned::new();
        let first = LENGTHS.get("physics", str::len);
        assert!(core::ptr::eq(first, LENGTHS.get("physics", |_| unreachable!())));
        assert_eq!(*LENGTHS.get("ui", str::len), 2);
    }
}
