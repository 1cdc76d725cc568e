//! Entries of agencies working together, and of consents. Tags are permanent.

/// One recorded request of an agency.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AgencyEntry {
    /// What is recorded.
    #[prost(oneof = "AgencyChange", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    pub change: Option<AgencyChange>,
}

/// What a request of an agency records.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum AgencyChange {
    /// An agency decides on a list.
    #[prost(message, tag = "1")]
    Decision(AgencyDecision),
    /// An agreement is put on record, or ended.
    #[prost(message, tag = "2")]
    Agreement(Agreement),
    /// An agency recognises the inspection result of another.
    #[prost(message, tag = "3")]
    Recognition(Recognition),
    /// A request for assistance.
    #[prost(message, tag = "4")]
    Ask(AssistanceAsk),
    /// Its answer.
    #[prost(message, tag = "5")]
    Answer(AssistanceAnswer),
    /// A post-audit case is opened.
    #[prost(message, tag = "6")]
    OpenAudit(AuditOpen),
    /// A finding is added to a case.
    #[prost(message, tag = "7")]
    Finding(AuditFinding),
    /// A case is closed.
    #[prost(message, tag = "8")]
    CloseAudit(AuditClose),
}

/// The decision of an agency on a list, beside customs'.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AgencyDecision {
    /// preNo, invtNo or document id of the list.
    #[prost(string, tag = "1")]
    pub list: String,
    /// 800 release, 500 inspection, 700 return, 100 refuse.
    #[prost(int32, tag = "2")]
    pub status: i32,
    /// Text for the declarant.
    #[prost(string, tag = "3")]
    pub info: String,
    /// When, milliseconds since 1970; 0 means the time of the entry.
    #[prost(int64, tag = "4")]
    pub time_ms: i64,
}

/// What an agreement is about. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum AgreementKind {
    /// Not said.
    Unspecified = 0,
    /// Goods need the release of `who` beside customs'.
    JointRelease = 1,
    /// `who` recognises the inspection results of `whose`.
    Recognition = 2,
}

/// An agreement on record. One under the same id replaces it from then on.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Agreement {
    /// Id of its parties' own making.
    #[prost(string, tag = "1")]
    pub id: String,
    /// What it is about.
    #[prost(enumeration = "AgreementKind", tag = "2")]
    pub kind: i32,
    /// Code of the agency whose release is needed, or that recognises.
    #[prost(string, tag = "3")]
    pub who: String,
    /// Code of the party whose results are recognised.
    #[prost(string, tag = "4")]
    pub whose: String,
    /// Beginnings of commodity codes; empty for all goods.
    #[prost(string, repeated, tag = "5")]
    pub hs_prefixes: Vec<String>,
    /// Customs offices; empty for all.
    #[prost(string, repeated, tag = "6")]
    pub offices: Vec<String>,
    /// Supervision modes; empty for all.
    #[prost(string, repeated, tag = "7")]
    pub trade_modes: Vec<String>,
    /// From when, milliseconds since 1970.
    #[prost(int64, tag = "8")]
    pub from_ms: i64,
    /// Until when (exclusive); 0 means without end.
    #[prost(int64, tag = "9")]
    pub to_ms: i64,
    /// Where it is written.
    #[prost(string, tag = "10")]
    pub source: String,
    /// Party that filed it; set when it is applied.
    #[prost(uint32, tag = "11")]
    pub by: u32,
}

/// An agency recognises a result.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Recognition {
    /// preNo, invtNo or document id of the list.
    #[prost(string, tag = "1")]
    pub list: String,
    /// Number of the result, from 1, as its inspection lists them.
    #[prost(uint32, tag = "2")]
    pub result: u32,
    /// Id of the agreement.
    #[prost(string, tag = "3")]
    pub agreement: String,
}

/// A request for assistance: visible to the two agencies alone.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AssistanceAsk {
    /// Code of the agency asked.
    #[prost(string, tag = "1")]
    pub to: String,
    /// Subject.
    #[prost(string, tag = "2")]
    pub subject: String,
    /// What is asked.
    #[prost(string, tag = "3")]
    pub text: String,
    /// Numbers of documents that it is about.
    #[prost(string, repeated, tag = "4")]
    pub numbers: Vec<String>,
    /// Until when an answer is wanted, milliseconds since 1970; 0 if not said.
    #[prost(int64, tag = "5")]
    pub due_ms: i64,
}

/// The answer to a request for assistance.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AssistanceAnswer {
    /// Number of the request.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// True if assistance is given, false if it is declined.
    #[prost(bool, tag = "2")]
    pub granted: bool,
    /// The answer.
    #[prost(string, tag = "3")]
    pub text: String,
}

/// Opens a post-audit case of a firm.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AuditOpen {
    /// Code of the firm.
    #[prost(string, tag = "1")]
    pub firm: String,
    /// Why, for the record.
    #[prost(string, tag = "2")]
    pub reason: String,
    /// Lists declared from then on are looked at, milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub from_ms: i64,
    /// Until then (exclusive); 0 means the time of the entry.
    #[prost(int64, tag = "4")]
    pub to_ms: i64,
}

/// A finding of a case.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AuditFinding {
    /// Number of the case.
    #[prost(uint64, tag = "1")]
    pub case: u64,
    /// Coded finding, for example `PRICE` or `NONE`.
    #[prost(string, tag = "2")]
    pub code: String,
    /// In words.
    #[prost(string, tag = "3")]
    pub text: String,
    /// Number of a list that it is about; empty for the firm as a whole.
    #[prost(string, tag = "4")]
    pub list: String,
    /// Party that added it; set when it is applied.
    #[prost(uint32, tag = "5")]
    pub by: u32,
    /// When; set when it is applied.
    #[prost(int64, tag = "6")]
    pub time_ms: i64,
}

/// Closes a case.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AuditClose {
    /// Number of the case.
    #[prost(uint64, tag = "1")]
    pub case: u64,
    /// Conclusion in words.
    #[prost(string, tag = "2")]
    pub conclusion: String,
    /// Credit grade that is recommended, by the number of the table of grades; empty for none. The grade itself is filed
    /// as every grade is.
    #[prost(string, tag = "3")]
    pub grade: String,
}

/// What trade figures a consent is for, as bits.
pub mod scope {
    /// Counts and totals of lists by month and direction.
    pub const TRADE: u32 = 1;
    /// Share of what came back.
    pub const RETURNS: u32 = 2;
    /// Tax.
    pub const TAX: u32 = 4;
    /// All of them.
    pub const ALL: u32 = TRADE | RETURNS | TAX;
}

/// A firm lets a bank read its verified trade figures, or no longer.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ConsentEntry {
    /// Code of the bank.
    #[prost(string, tag = "1")]
    pub bank: String,
    /// Bits of [`scope`].
    #[prost(uint32, tag = "2")]
    pub scope: u32,
    /// From when, milliseconds since 1970; 0 means the time of the entry.
    #[prost(int64, tag = "3")]
    pub from_ms: i64,
    /// Until when (exclusive); 0 means without end.
    #[prost(int64, tag = "4")]
    pub to_ms: i64,
    /// True if it is withdrawn from the time of the entry on.
    #[prost(bool, tag = "5")]
    pub withdrawn: bool,
    /// First month of the figures, for example 202601; 0 for all there are.
    #[prost(uint32, tag = "6")]
    pub first_month: u32,
}
