//! Positions in the ledger.

use std::fmt;

/// The place of an entry in the ledger. Positions increase and may skip; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// Before every entry: reading after it starts at the first one.
    pub const ZERO: Position = Position(0);

    /// The lowest position an entry that follows this one can have.
    #[must_use]
    pub fn next(self) -> Position {
        Position(self.0.saturating_add(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
