//! Pictures of the window.

use crate::whole_file::{WriteError, write_whole};
use image::codecs::png::PngEncoder;
use image::{ColorType, ImageEncoder};
use std::path::Path;

/// Writes an RGBA picture whose first row is the lowest one, as graphics cards give it, whole or not at all. Alpha is
/// written as opaque: what additive light leaves there means nothing.
///
/// # Errors
/// [`WriteError`] if the pixels do not fit the size or the file cannot be written.
pub fn write_png(
    path: &Path,
    width_px: u16,
    height_px: u16,
    rgba_bottom_up: &[u8],
) -> Result<(), WriteError> {
    let row_bytes = usize::from(width_px) * 4;
    let mut pixels = Vec::with_capacity(rgba_bottom_up.len());
    for row in rgba_bottom_up.chunks_exact(row_bytes.max(1)).rev() {
        pixels
            .extend(row.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX]));
    }
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(&pixels, width_px.into(), height_px.into(), ColorType::Rgba8)
        .map_err(|error| WriteError {
            path: path.to_owned(),
            source: std::io::Error::other(error),
        })?;
    write_whole(path, &png)
}

#[cfg(test)]
mod tests {
    use super::write_png;

    #[test]
    fn rows_are_turned_and_alpha_is_opaque() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.png");
        write_png(&path, 1, 2, &[1, 2, 3, 0, 4, 5, 6, 0]).unwrap();
        let picture = image::open(&path).unwrap().into_rgba8();
        assert_eq!(picture.into_raw(), [4, 5, 6, 255, 1, 2, 3, 255]);
    }
}
