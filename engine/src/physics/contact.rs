//! What a search for pairs of circles finds.

use crate::SliceHandle;

/// Two circles that overlap, as places in the order of the grid; each pair stands once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Contact {
    /// The body that found the other. Contacts are sorted by it, but for those of giants.
    pub a: u32,
    /// The body that was found.
    pub b: u32,
}

/// The contacts that were found in one strip of the grid. Each pair stands in one list.
#[derive(Clone, Copy, Debug)]
pub struct StripContacts {
    /// Both bodies are in the strip.
    pub inner: SliceHandle<Contact>,
    /// `b` is in the strip above.
    pub upward: SliceHandle<Contact>,
    /// `a` is a giant, `b` a body of usual size in the strip.
    pub giant: SliceHandle<Contact>,
}

/// What [`find_contacts`](super::find_contacts) found.
#[derive(Clone, Copy, Debug)]
pub struct FoundContacts {
    /// For each strip, its contacts.
    pub strips: SliceHandle<StripContacts>,
    /// Pairs.
    pub count: u64,
    /// Contacts found for which the arena had no room.
    pub refused_count: u64,
    /// Pairs left out because too many bodies lie in one place, or in places that a folded world lays on
    /// each other: not tested, or found beyond [`MAX_FOUND`](super::MAX_FOUND).
    pub untested_count: u64,
}
