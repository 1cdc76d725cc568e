//! What statistics count and take back: the postings of declaration lists.

/// What is measured; figures of two measures are never mixed (R-STAT-02). Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Measure {
    /// Lists that are declared and in force: not draft, rejected, shipped back, cancelled, replaced or expired.
    Declared = 1,
    /// Trade as customs counts it: imports from their release on, exports from their closing on (R-STAT-03).
    Traded = 2,
}

/// What a posting does to the sums. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum PostingKind {
    /// Figures come in.
    Counted = 1,
    /// What is left of the list goes out: it is in force no more (R-STAT-08).
    Withdrawn = 2,
    /// What came back goes out (R-STAT-08).
    Returned = 3,
}

impl PostingKind {
    /// The sign of its figures.
    #[must_use]
    pub fn sign(self) -> i128 {
        match self {
            PostingKind::Counted => 1,
            PostingKind::Withdrawn | PostingKind::Returned => -1,
        }
    }
}

/// Figures of one line in a posting, without sign. Quantities and values are canonical decimals.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PostedLine {
    /// Line of the list.
    #[prost(uint32, tag = "1")]
    pub gnum: u32,
    /// Quantity in the declared unit.
    #[prost(string, tag = "2")]
    pub qty: String,
    /// Quantity in the first statutory unit (R-STAT-05).
    #[prost(string, tag = "3")]
    pub qty1: String,
    /// Quantity in the second statutory unit; empty if the line has none.
    #[prost(string, tag = "4")]
    pub qty2: String,
    /// Line total in the currency of the line.
    #[prost(string, tag = "5")]
    pub value: String,
}

/// What statistics count or take back with an event of a list. Whoever adds up all postings of a measure, with their
/// signs, has what the lists in force come to.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Posting {
    /// Measure.
    #[prost(enumeration = "Measure", tag = "1")]
    pub measure: i32,
    /// Counted, withdrawn or returned.
    #[prost(enumeration = "PostingKind", tag = "2")]
    pub kind: i32,
    /// Time that decides the period (R-STAT-03, R-STAT-08), milliseconds since 1970; 0 for the time of the entry.
    #[prost(int64, tag = "3")]
    pub at_ms: i64,
    /// Its lines; none stands for all lines of the list, as they were declared.
    #[prost(message, repeated, tag = "4")]
    pub lines: Vec<PostedLine>,
}
