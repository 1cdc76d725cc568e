//! Names and permanent numbers of the tables.

/// A table. Numbers are permanent: they name the tables on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Single values: applied position, counters, digests.
    Meta = 1,
    /// Submissions by party and guid: position and digest of the first one.
    Submission = 2,
    /// Business keys of documents: 8 bytes of number hash, 8 bytes of code hash, table-local suffix.
    Key = 3,
    /// Documents by position and ordinal: life cycle.
    Document = 4,
    /// Facts of one entry's documents by position, compressed.
    Facts = 5,
    /// Events of one entry by position, compressed.
    Events = 6,
    /// Match sets by order key.
    Match = 7,
    /// Parties, aliases and mandates.
    Party = 8,
    /// Subscriptions and cursors.
    Subscription = 9,
    /// Merkle nodes of entries and of events.
    Merkle = 10,
    /// Entries by submitting party and position.
    Sent = 11,
    /// Editions, tables, deadlines.
    Parameter = 12,
    /// Deadlines by time.
    Deadline = 13,
    /// Yearly totals of buyers.
    Quota = 14,
    /// Assessed taxes, tax bills and guarantees.
    Tax = 15,
    /// Applications, products, account books, warehouses, credit.
    Filing = 16,
    /// What documents did to one another: cancellations, returns, consolidations; the worklist.
    Life = 17,
    /// Draws, inspections, features of risk.
    Risk = 18,
    /// What agencies do together: decisions, agreements, requests, audits, consents.
    Agency = 19,
    /// Trace records and blocked lots.
    Trace = 20,
    /// Events of parcels.
    Parcel = 21,
    /// Foreign exchange and raw payment data.
    Forex = 22,
    /// Stock of warehouses.
    Stock = 23,
}

impl Table {
    /// Every table, by number.
    pub const ALL: [Table; 23] = [
        Table::Meta,
        Table::Submission,
        Table::Key,
        Table::Document,
        Table::Facts,
        Table::Events,
        Table::Match,
        Table::Party,
        Table::Subscription,
        Table::Merkle,
        Table::Sent,
        Table::Parameter,
        Table::Deadline,
        Table::Quota,
        Table::Tax,
        Table::Filing,
        Table::Life,
        Table::Risk,
        Table::Agency,
        Table::Trace,
        Table::Parcel,
        Table::Forex,
        Table::Stock,
    ];

    /// The permanent number.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Place in [`Table::ALL`].
    pub(super) fn index(self) -> usize {
        usize::from(self.number()) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_at_its_number() {
        for (index, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(table.index(), index, "{table:?}");
        }
    }
}
