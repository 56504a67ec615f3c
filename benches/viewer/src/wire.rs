//! The protocol's numbers: version, items and their sizes, questions.
//!
//! Source: `TracyProtocol.hpp` and `TracyQueue.hpp` of the client, in the package
//! `tracy-client-sys` 0.30.1.

/// What a viewer says first.
pub(crate) const GREETING: &[u8; 8] = b"TracyPrf";
/// Of Tracy 0.14.
pub(crate) const PROTOCOL_VERSION: u32 = 82;
/// The answer of a program that takes the viewer.
pub(crate) const WELCOME: u8 = 1;
/// Bytes of the program's account of itself.
pub(crate) const WELCOME_BYTES: usize = 1_170;
/// In its byte of flags: nothing is recorded without a viewer, and 16 bytes more follow.
pub(crate) const ON_DEMAND_FLAG: u8 = 1;
/// Most bytes in a decompressed block.
pub(crate) const BLOCK_BYTES: usize = 256 << 10;
/// How far back a block may refer.
pub(crate) const WINDOW_BYTES: usize = 64 << 10;

/// Kinds of items that are read; the others are passed over.
pub(crate) mod item {
    pub(crate) const MESSAGE: u8 = 2;
    pub(crate) const MESSAGE_COLOR: u8 = 3;
    pub(crate) const ZONE_BEGIN_COPIED: u8 = 7;
    pub(crate) const ZONE_BEGIN: u8 = 19;
    pub(crate) const ZONE_BEGIN_32: u8 = 20;
    pub(crate) const ZONE_BEGIN_16: u8 = 21;
    pub(crate) const ZONE_END: u8 = 25;
    pub(crate) const ZONE_END_32: u8 = 26;
    pub(crate) const ZONE_END_16: u8 = 27;
    pub(crate) const MEM_ALLOC_NAMED: u8 = 36;
    pub(crate) const MEM_FREE_NAMED: u8 = 38;
    pub(crate) const MEM_DISCARD: u8 = 43;
    pub(crate) const PLOT_INT: u8 = 55;
    pub(crate) const PLOT_FLOAT: u8 = 56;
    pub(crate) const PLOT_DOUBLE: u8 = 57;
    pub(crate) const TERMINATE: u8 = 73;
    pub(crate) const THREAD_CONTEXT: u8 = 75;
    pub(crate) const FRAME_MARK: u8 = 83;
    pub(crate) const FRAME_START: u8 = 84;
    pub(crate) const FRAME_END: u8 = 85;
    pub(crate) const SOURCE_LOCATION: u8 = 87;
    pub(crate) const PLOT_CONFIG: u8 = 106;
    pub(crate) const STRING_16: u8 = 112;
    pub(crate) const STRING_8: u8 = 114;
    pub(crate) const SECOND_STRING_8: u8 = 115;
    pub(crate) const MEM_POOL: u8 = 116;
    pub(crate) const STRING_DATA: u8 = 119;
    pub(crate) const THREAD_NAME: u8 = 120;
    pub(crate) const PLOT_NAME: u8 = 121;
    pub(crate) const LOCATION_PAYLOAD: u8 = 122;
    pub(crate) const FRAME_NAME: u8 = 125;
    pub(crate) const FRAME_IMAGE: u8 = 126;
    pub(crate) const SYMBOL_CODE: u8 = 129;
    pub(crate) const SOURCE_CODE: u8 = 130;
}

/// Bytes after the first of each kind of item, ten kinds a line. Texts carry their length besides.
pub(crate) const ITEM_BYTES: [u8; 132] = [
    0, 0, 9, 12, 9, 12, 8, 8, 8, 0, //
    0, 0, 12, 8, 6, 12, 8, 6, 9, 16, //
    12, 10, 16, 12, 10, 8, 4, 2, 16, 16, //
    12, 16, 16, 16, 4, 26, 26, 20, 20, 26, //
    26, 20, 20, 20, 20, 23, 23, 15, 15, 15, //
    23, 23, 15, 15, 15, 24, 20, 24, 22, 15, //
    11, 1, 9, 9, 12, 0, 0, 0, 24, 12, //
    14, 12, 2, 0, 0, 4, 25, 17, 0, 16, //
    4, 3, 8, 16, 16, 16, 12, 31, 21, 12, //
    16, 16, 19, 16, 19, 27, 16, 12, 24, 16, //
    16, 16, 16, 16, 16, 16, 15, 17, 0, 4, //
    0, 16, 0, 0, 0, 0, 8, 8, 23, 8, //
    8, 8, 8, 8, 8, 8, 8, 8, 8, 8, //
    8, 8,
];

/// Who sends a message: the program, and not its client about itself.
pub(crate) const FROM_PROGRAM: u8 = 0;

/// Times are told as differences, in 2, 4 or 8 bytes; those in 4 begin after those in 2, and so on.
pub(crate) const OFFSET_32: i64 = 1 << 16;
pub(crate) const OFFSET_64: i64 = (1 << 16) + (1 << 32);

/// Something that the program is asked, each with one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    Text(u64),
    Thread(u64),
    Location(u64),
    Plot(u64),
    Frame(u64),
}

impl Question {
    /// As it is sent: kind, address, and four bytes for more.
    pub(crate) fn packet(self) -> [u8; 13] {
        let (kind, address) = match self {
            Self::Text(address) => (1, address),
            Self::Thread(address) => (2, address),
            Self::Location(address) => (3, address),
            Self::Plot(address) => (4, address),
            Self::Frame(address) => (5, address),
        };
        let mut packet = [0; 13];
        packet[0] = kind;
        packet[1..9].copy_from_slice(&address.to_le_bytes());
        packet
    }
}

/// Says that the viewer has all and goes.
pub(crate) const FAREWELL: [u8; 13] = [0; 13];

#[cfg(test)]
mod tests {
    use super::{ITEM_BYTES, item};

    #[test]
    fn sizes_are_those_of_the_items_that_are_read() {
        let size = |kind: u8| ITEM_BYTES[usize::from(kind)];
        assert_eq!(size(item::MESSAGE), 8 + 1);
        assert_eq!(size(item::ZONE_BEGIN), 8 + 8);
        assert_eq!(size(item::ZONE_BEGIN_16), 2 + 8);
        assert_eq!(size(item::MEM_ALLOC_NAMED), 8 + 4 + 8 + 6);
        assert_eq!(size(item::MEM_DISCARD), 8 + 4 + 8);
        assert_eq!(size(item::PLOT_DOUBLE), 8 + 8 + 8);
        assert_eq!(size(item::FRAME_MARK), 8 + 8);
        assert_eq!(size(item::SOURCE_LOCATION), 3 * 8 + 4 + 3);
        assert_eq!(size(item::PLOT_CONFIG), 8 + 3 + 4);
        assert_eq!(size(item::TERMINATE), 0);
    }
}
