//! Cursors: places between events, opaque to everybody else.

use super::Error;
use crate::domain::Position;
use std::fmt::Write as _;

/// Which ledger a cursor is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedgerId {
    /// 16 random bytes made with the ledger.
    pub id: [u8; 16],
    /// Raised when the ledger is put back to an earlier state, so that old cursors are known as such.
    pub epoch: u64,
}

/// Version of the text form.
const VERSION: u8 = 1;
/// Shard of the ledger: there for ledgers that have more than one.
const SHARD: u16 = 0;
/// Bytes of the text form before hex: version, 8 of the ledger's id, epoch, shard, position, ordinal.
const BYTES: usize = 1 + 8 + 8 + 2 + 8 + 4;

/// A place between events: after the event `ordinal` of the entry at `position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cursor {
    /// Position of the entry.
    pub position: Position,
    /// Index of the event in its entry, from 1; `u32::MAX` after the last one.
    pub ordinal: u32,
}

impl Cursor {
    /// After all events of an entry.
    #[must_use]
    pub fn after(position: Position) -> Cursor {
        Cursor { position, ordinal: u32::MAX }
    }

    /// Opaque text: hex of version, ledger, epoch, shard, position and ordinal.
    #[must_use]
    pub fn encode(self, ledger: &LedgerId) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(&ledger.id[..8]);
        bytes.extend_from_slice(&ledger.epoch.to_be_bytes());
        bytes.extend_from_slice(&SHARD.to_be_bytes());
        bytes.extend_from_slice(&self.position.0.to_be_bytes());
        bytes.extend_from_slice(&self.ordinal.to_be_bytes());
        bytes.iter().fold(String::with_capacity(2 * BYTES), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes all text");
            text
        })
    }

    /// Reads [`Cursor::encode`].
    ///
    /// # Errors
    /// [`Error::BadCursor`] if it is no cursor of that ledger.
    pub fn decode(text: &str, ledger: &LedgerId) -> Result<Cursor, Error> {
        let (pairs, odd) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != BYTES || !odd.is_empty() {
            return Err(Error::BadCursor);
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
        let bytes = bytes.ok_or(Error::BadCursor)?;
        // Version, ledger, epoch and shard are written in one way only.
        let own = Cursor::default().encode(ledger);
        let (same, rest) = bytes.split_at_checked(BYTES - 12).ok_or(Error::BadCursor)?;
        if !own.starts_with(text.get(..2 * same.len()).unwrap_or("-")) {
            return Err(Error::BadCursor);
        }
        let (position, ordinal) = rest.split_at_checked(8).ok_or(Error::BadCursor)?;
        Ok(Cursor {
            position: Position(u64::from_be_bytes(position.try_into().map_err(|_| Error::BadCursor)?)),
            ordinal: u32::from_be_bytes(ordinal.try_into().map_err(|_| Error::BadCursor)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_back_is_identity(position: u64, ordinal: u32, id: [u8; 16], epoch: u64) {
            let ledger = LedgerId { id, epoch };
            let cursor = Cursor { position: Position(position), ordinal };
            prop_assert_eq!(Cursor::decode(&cursor.encode(&ledger), &ledger).ok(), Some(cursor));
        }

        #[test]
        fn any_text_never_panics(text in ".*") {
            prop_assert!(Cursor::decode(&text, &LedgerId::default()).is_err());
        }
    }

    #[test]
    fn cursors_of_another_ledger_are_refused() {
        let cursor = Cursor::after(Position(7)).encode(&LedgerId { id: [1; 16], epoch: 1 });
        for other in [LedgerId { id: [2; 16], epoch: 1 }, LedgerId { id: [1; 16], epoch: 2 }] {
            assert!(matches!(Cursor::decode(&cursor, &other), Err(Error::BadCursor)));
        }
    }
}
