//! Compressed values of the state store.

use super::cells::StateError;
use super::store::Table;
use std::cell::RefCell;
use zstd::bulk::{Compressor, Decompressor};

/// Bytes that one packed value may unpack to: more than any entry's facts or events.
const UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;

thread_local! {
    static PACKER: RefCell<Option<Compressor<'static>>> = RefCell::new(Compressor::new(1).ok());
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = RefCell::new(Decompressor::new().ok());
}

/// Packs bytes: u32 little-endian of their length, then a zstd frame. Deterministic.
pub(super) fn pack(table: Table, bytes: &[u8]) -> Result<Vec<u8>, StateError> {
    let fail = |reason: String| StateError::Damaged { table, reason };
    let length = u32::try_from(bytes.len()).map_err(|e| fail(e.to_string()))?;
    let frame = PACKER.with_borrow_mut(|packer| match packer {
        Some(packer) => packer.compress(bytes).map_err(|e| fail(e.to_string())),
        None => Err(fail("no memory for a compressor".to_owned())),
    })?;
    let mut value = Vec::with_capacity(4 + frame.len());
    value.extend_from_slice(&length.to_le_bytes());
    value.extend_from_slice(&frame);
    Ok(value)
}

/// Unpacks [`pack`].
pub(super) fn unpack(table: Table, value: &[u8]) -> Result<Vec<u8>, StateError> {
    let fail = |reason: &str| StateError::Damaged { table, reason: reason.to_owned() };
    let (length, frame) = value.split_at_checked(4).ok_or_else(|| fail("too short"))?;
    let length = u32::from_le_bytes(length.try_into().map_err(|_| fail("too short"))?) as usize;
    if length > UNPACKED_BYTES_MAX {
        return Err(fail("too long"));
    }
    UNPACKER.with_borrow_mut(|unpacker| match unpacker {
        Some(unpacker) => unpacker.decompress(frame, length).map_err(|e| fail(&e.to_string())),
        None => Err(fail("no memory for a decompressor")),
    })
}
