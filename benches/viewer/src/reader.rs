//! Numbers out of bytes, little end first.

use crate::error::ViewerError;

/// Bytes that are read from the front.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], ViewerError> {
        let (head, rest) = self.0.split_at_checked(count).ok_or_else(|| ViewerError::Garbled {
            what: format!("an item of {count} bytes in a block with {} left", self.0.len()),
        })?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ViewerError> {
        let bytes = self.bytes(N)?;
        Ok(bytes.try_into().expect("as many bytes as asked for"))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ViewerError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, ViewerError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ViewerError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u48(&mut self) -> Result<u64, ViewerError> {
        let (low, high) = (self.u32()?, self.u16()?);
        Ok(u64::from(low) | u64::from(high) << 32)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, ViewerError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, ViewerError> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub(crate) fn f32(&mut self) -> Result<f32, ViewerError> {
        Ok(f32::from_le_bytes(self.array()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, ViewerError> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    pub(crate) fn text(&mut self, bytes: usize) -> Result<String, ViewerError> {
        Ok(String::from_utf8_lossy(self.bytes(bytes)?).into_owned())
    }
}
