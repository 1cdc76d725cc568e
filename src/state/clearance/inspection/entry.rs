//! Entries of inspection: commitments and secrets, draws, officers, results, differences of stock. Tags are permanent.

use crate::domain::DocRef;

/// One recorded request about inspection.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct InspectionEntry {
    /// What is recorded.
    #[prost(oneof = "InspectionChange", tags = "1, 2, 3, 4, 5, 6")]
    pub change: Option<InspectionChange>,
}

/// What a request about inspection records.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum InspectionChange {
    /// The secret of a period is committed to.
    #[prost(message, tag = "1")]
    Commit(SeedCommit),
    /// The secret of a period that has ended is revealed.
    #[prost(message, tag = "2")]
    Reveal(SeedReveal),
    /// Draws that somebody who knows the secret has made.
    #[prost(message, tag = "3")]
    Draws(Draws),
    /// The officers of an office from whom one is drawn.
    #[prost(message, tag = "4")]
    Officers(Officers),
    /// The result of an inspection.
    #[prost(message, tag = "5")]
    Result(InspectionResult),
    /// A bonded account book and the warehouse's own system do not agree.
    #[prost(message, tag = "6")]
    Stock(StockDifference),
}

/// Commits to the secret of a period before it begins.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SeedCommit {
    /// Name of the period, for example `2026-05`.
    #[prost(string, tag = "1")]
    pub period: String,
    /// Customs office whose lists are drawn with it; empty for every office that has none of its own.
    #[prost(string, tag = "2")]
    pub office: String,
    /// Begin, milliseconds since 1970; 0 means the time of the entry.
    #[prost(int64, tag = "3")]
    pub from_ms: i64,
    /// End (exclusive), milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub to_ms: i64,
    /// SHA-256 of the 32 bytes of the secret.
    #[prost(bytes = "vec", tag = "5")]
    pub commitment: Vec<u8>,
    /// True if the exchange keeps the secret and draws by itself; false if customs does both.
    #[prost(bool, tag = "6")]
    pub kept_here: bool,
}

/// Reveals a secret after its period.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SeedReveal {
    /// Name of the period.
    #[prost(string, tag = "1")]
    pub period: String,
    /// The 32 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub secret: Vec<u8>,
}

/// Draws of one period.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Draws {
    /// Name of the period.
    #[prost(string, tag = "1")]
    pub period: String,
    /// Draws over lists.
    #[prost(message, repeated, tag = "2")]
    pub lists: Vec<ListDraw>,
    /// Draws over firms, for post-audit: all firms at once.
    #[prost(message, repeated, tag = "3")]
    pub firms: Vec<FirmDraw>,
}

/// One draw over a list.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct ListDraw {
    /// The list.
    #[prost(message, required, tag = "1")]
    pub at: DocRef,
    /// First 8 bytes, big-endian, of HMAC-SHA256(secret, subject).
    #[prost(fixed64, tag = "2")]
    pub value: u64,
    /// The same over subject and `|officer`: which officer inspects.
    #[prost(fixed64, tag = "3")]
    pub officer_value: u64,
}

/// One draw over a firm.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FirmDraw {
    /// Main code of the firm.
    #[prost(string, tag = "1")]
    pub code: String,
    /// First 8 bytes, big-endian, of HMAC-SHA256(secret, `firm|` and code).
    #[prost(fixed64, tag = "2")]
    pub value: u64,
}

/// The officers of an office.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Officers {
    /// Customs office.
    #[prost(string, tag = "1")]
    pub office: String,
    /// Service numbers, in a fixed order; never names.
    #[prost(string, repeated, tag = "2")]
    pub codes: Vec<String>,
}

/// The result of one inspection.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct InspectionResult {
    /// preNo, invtNo or document id of the list.
    #[prost(string, tag = "1")]
    pub list: String,
    /// Result: 800 release, 700 return, 100 reject, 501, 502, 503, 599 detain.
    #[prost(int32, tag = "2")]
    pub status: i32,
    /// Service number of the officer.
    #[prost(string, tag = "3")]
    pub inspector: String,
    /// When it was done, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub time_ms: i64,
    /// Coded finding, for example `CONFORMING` or `QUANTITY`.
    #[prost(string, tag = "5")]
    pub finding: String,
    /// The finding in words.
    #[prost(string, tag = "6")]
    pub text: String,
    /// Where the evidence is, for example the number of a record.
    #[prost(string, tag = "7")]
    pub evidence: String,
    /// Codes of agencies that it is offered to for recognition.
    #[prost(string, repeated, tag = "8")]
    pub offered_to: Vec<String>,
    /// Party that recorded it; set when it is applied.
    #[prost(uint32, tag = "9")]
    pub by: u32,
    /// Position of its entry; set when it is applied.
    #[prost(uint64, tag = "10")]
    pub position: u64,
    /// Position of customs' decision that followed; 0 if none did.
    #[prost(uint64, tag = "11")]
    pub decision: u64,
    /// Status of that decision.
    #[prost(sint32, tag = "12")]
    pub decided: i32,
}

/// What an account book and the warehouse's own system say of one book.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StockDifference {
    /// Number of the bonded account book.
    #[prost(string, tag = "1")]
    pub ems_no: String,
    /// Quantity by the book, a canonical decimal.
    #[prost(string, tag = "2")]
    pub book: String,
    /// Quantity by the warehouse's own system.
    #[prost(string, tag = "3")]
    pub warehouse: String,
    /// When both were counted, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub time_ms: i64,
    /// Party that reported it; set when it is applied.
    #[prost(uint32, tag = "5")]
    pub by: u32,
}
