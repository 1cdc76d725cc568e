//! Tax refund and exemption of exports (Article 21), and firms that export for others (外综服, Article 23).
//!
//! R-TAXREF-01: the normal refund of a general taxpayer. R-TAXREF-02: exemption without purchase invoice (无票免税) in pilot
//! zones, for goods whose export date, name, unit, quantity, price and amount are registered. R-TAXREF-03: income tax by
//! a deemed rate on the same conditions. R-REF-04: lists of type A carry no refund; a firm that exports for others keeps
//! its contract and the split per client.
//!
//! Sources: 财税〔2018〕103号, 总局公告2019年第36号; domain.md §9 with its evidence marks.

mod apply;
mod eligible;
mod index;
mod read;

pub(super) use apply::apply;
pub(crate) use eligible::{Eligibility, Scheme, deemed, eligibility};
pub(super) use index::list_moved;
pub(crate) use read::{ClientShare, MonthPage, clients, may_read, month, sums};

use crate::domain::DocRef;
use crate::proof::sha256;

/// Spaces of the table `Forex`. Permanent.
const STANDING: u8 = 24;
const EVIDENCE: u8 = 25;
const CONTRACT: u8 = 26;
/// Month, seller and list: no value.
const OF_MONTH: u8 = 27;
/// Month and seller: its sums.
const SUM: u8 = 28;
/// Firm, month and list: no value.
const OF_FIRM: u8 = 29;
/// A released list.
const LIST: u8 = 30;

/// What the tax authority has on file of a seller.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Standing {
    /// Code of the seller.
    #[prost(string, tag = "1")]
    pub seller_code: String,
    /// General taxpayer (一般纳税人).
    #[prost(bool, tag = "2")]
    pub general_taxpayer: bool,
    /// Filed for refunds of exports.
    #[prost(bool, tag = "3")]
    pub refund_filed: bool,
    /// Registered in a comprehensive pilot zone.
    #[prost(bool, tag = "4")]
    pub zone_registered: bool,
    /// From when, milliseconds since 1970.
    #[prost(int64, tag = "5")]
    pub from_ms: i64,
    /// Until when (exclusive); 0 means without end.
    #[prost(int64, tag = "6")]
    pub to_ms: i64,
}

/// What a seller has for the refund of a list.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Evidence {
    /// Customs' number of the list.
    #[prost(string, tag = "1")]
    pub invt_no: String,
    /// Number of the VAT special invoice of the purchase.
    #[prost(string, tag = "2")]
    pub invoice_no: String,
    /// Its amount without VAT, CNY.
    #[prost(string, tag = "3")]
    pub invoice_amount: String,
    /// Rate of the refund, as part of one.
    #[prost(string, tag = "4")]
    pub refund_rate: String,
    /// Day on which the money came, yyyyMMdd.
    #[prost(string, tag = "5")]
    pub received_day: String,
}

/// A contract of a firm that exports for a client.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ServiceContract {
    /// Code of the firm: the declarant of the lists.
    #[prost(string, tag = "1")]
    pub firm_code: String,
    /// Code of the client: the owner of the goods.
    #[prost(string, tag = "2")]
    pub client_code: String,
    /// Number of the contract.
    #[prost(string, tag = "3")]
    pub contract_no: String,
    /// From when, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub from_ms: i64,
    /// Until when (exclusive); 0 means without end.
    #[prost(int64, tag = "5")]
    pub to_ms: i64,
    /// The client's share of refunds, as part of one.
    #[prost(string, tag = "6")]
    pub client_share: String,
}

/// One request about refunds.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RefundEntry {
    /// The standing of a seller.
    #[prost(message, optional, tag = "1")]
    pub standing: Option<Standing>,
    /// Evidence for a list.
    #[prost(message, optional, tag = "2")]
    pub evidence: Option<Evidence>,
    /// A contract.
    #[prost(message, optional, tag = "3")]
    pub contract: Option<ServiceContract>,
}

/// A released export list, as the month's data has it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct ListRow {
    /// Main code of the seller.
    #[prost(string, tag = "1")]
    pub seller_code: String,
    /// Year and month of the release, for example 202605.
    #[prost(uint32, tag = "2")]
    pub month: u32,
    /// When it was released, milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub released_ms: i64,
    /// When it was closed; 0 if it is not.
    #[prost(int64, tag = "4")]
    pub closed_ms: i64,
    /// Its value in CNY by the rate of that day; empty without a rate.
    #[prost(string, tag = "5")]
    pub cny: String,
    /// Firm that exports for the client: its party number; 0 if there is none.
    #[prost(uint32, tag = "6")]
    pub firm: u32,
    /// Main code of the client.
    #[prost(string, tag = "7")]
    pub client_code: String,
    /// Number of the contract; empty if none was on record.
    #[prost(string, tag = "8")]
    pub contract_no: String,
    /// The client's share of refunds.
    #[prost(string, tag = "9")]
    pub client_share: String,
}

/// Sums of a seller's month.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct SumRow {
    #[prost(string, tag = "1")]
    pub seller_code: String,
    #[prost(uint64, tag = "2")]
    pub lists: u64,
    /// Value of those with a rate, CNY.
    #[prost(string, tag = "3")]
    pub cny: String,
    /// Lists without a rate.
    #[prost(uint64, tag = "4")]
    pub without_rate: u64,
}

fn key(space: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[space], parts.concat().as_slice()].concat()
}

/// A code of a fixed length in keys.
fn hashed(code: &str) -> [u8; 8] {
    sha256(&[code.as_bytes()]).first_chunk::<8>().copied().unwrap_or_default()
}

fn list_key(at: DocRef) -> Vec<u8> {
    key(LIST, &[&at.key()])
}

fn evidence_key(at: DocRef) -> Vec<u8> {
    key(EVIDENCE, &[&at.key()])
}
