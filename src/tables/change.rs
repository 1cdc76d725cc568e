//! Rows of a table, and changes of it as the ledger has them.

/// A row: what holds for a key in a period.
///
/// No values at all mean that the row is withdrawn: in its period there is nothing for the key. Parameters cannot be
/// withdrawn, only changed.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Row {
    /// Key, see [`TableName::key_columns`](super::TableName::key_columns).
    #[prost(string, tag = "1")]
    pub key: String,
    /// Values, in the order of [`TableName::columns`](super::TableName::columns).
    #[prost(string, repeated, tag = "2")]
    pub values: Vec<String>,
    /// First moment of the period, milliseconds since 1970; 0 for since ever.
    #[prost(int64, tag = "3")]
    pub from_ms: i64,
    /// First moment after the period, milliseconds since 1970; 0 while it has no end.
    #[prost(int64, tag = "4")]
    pub to_ms: i64,
    /// Where the figures come from.
    #[prost(string, tag = "5")]
    pub source: String,
    /// Evidence: `S` sourced, `G` general knowledge that nobody confirmed, `D` proposed by this program.
    #[prost(string, tag = "6")]
    pub mark: String,
}

impl Row {
    /// The value of a column by its place; empty if there is none.
    #[must_use]
    pub fn value(&self, column: usize) -> &str {
        self.values.get(column).map_or("", String::as_str)
    }

    /// True if the row takes away what other rows say of its period.
    #[must_use]
    pub fn is_withdrawal(&self) -> bool {
        self.values.is_empty()
    }

    /// True if the period of the row covers the moment.
    #[must_use]
    pub fn covers(&self, at_ms: i64) -> bool {
        (self.from_ms == 0 || self.from_ms <= at_ms) && (self.to_ms == 0 || at_ms < self.to_ms)
    }
}

/// A change of a table, as it stands in the ledger. It only adds rows: of those of a key whose period covers a moment
/// the one filed last holds.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TableChange {
    /// Number of the table.
    #[prost(uint32, tag = "1")]
    pub table: u32,
    /// The rows, in filing order.
    #[prost(message, repeated, tag = "2")]
    pub rows: Vec<Row>,
    /// Why, in the words of who files it.
    #[prost(string, tag = "3")]
    pub note: String,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Index of the row in the change, from 0.
    pub row: usize,
    /// Line of the file, from 1; 0 if the row comes from no file.
    pub line: u64,
    /// Name of the column; `row` if it is the row as a whole.
    pub column: String,
    /// What stood there, shortened.
    pub found: String,
    /// What would be right.
    pub expected: String,
    /// What is wrong, in Chinese.
    pub message_zh: String,
    /// What is wrong, in English.
    pub message_en: String,
}
