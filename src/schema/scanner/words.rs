//! Tests of eight bytes at a time.

pub(super) const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// Marks bytes of a word that equal a byte; marks above the lowest may be wrong.
#[inline]
pub(super) fn equal(word: u64, byte: u8) -> u64 {
    let other = word ^ (ONES * u64::from(byte));
    other.wrapping_sub(ONES) & !other & TOPS
}

/// Marks bytes of a word below 0x20; marks above the lowest may be wrong.
#[inline]
pub(super) fn control(word: u64) -> u64 {
    word.wrapping_sub(ONES * 0x20) & !word & TOPS
}

/// The index of the lowest byte that is not zero.
#[inline]
pub(super) fn low_byte(word: u64) -> usize {
    usize::try_from(word.trailing_zeros() / 8).unwrap_or(0)
}
