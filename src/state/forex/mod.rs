//! Foreign exchange (Article 22): what payment institutions and banks report of a trade's money, checked against the
//! trade that it claims (R-FX-01 to R-FX-05).
//!
//! A trade is the order that both sides know: CEB311 for what is bought abroad, CEB303 for what is sold abroad. It backs
//! payments up to what was paid for it, less what was given back to the buyer and what was used already. A trade that
//! backs a payment is frozen: its order can neither change nor go away under the payment.
//!
//! Sources: 汇发〔2019〕13号, 汇发〔2015〕7号; domain.md §9 with its evidence marks.

mod apply;
mod figures;
mod read;
mod trade;

pub(super) use apply::apply;
pub(crate) use read::{Claim, ForexPage, TradeSum, messages_after, trade};

use crate::domain::DocRef;

/// Spaces of the table `Forex`. Permanent: the first byte of its keys. Further ones are in [`super::payment`] and
/// [`super::refund`].
const TRADE: u8 = 1;
/// Institution and its out_order_id: where the message stands.
const BY_ID: u8 = 2;
/// Messages taken, by position and ordinal.
const TAKEN: u8 = 3;
/// Institution and place of a message: no value.
const OF_INSTITUTION: u8 = 4;
/// Trade and place of a message: no value.
const OF_TRADE: u8 = 5;
/// Institution and position: its registrations in the forex directory.
const REGISTRATION: u8 = 6;

/// What a message reports. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum ForexKind {
    /// 购汇付汇: the buyer's money goes abroad.
    Purchase = 1,
    /// 收汇结汇: money from abroad goes to the seller.
    Settlement = 2,
    /// The buyer gets money back by the way it came; nothing crosses the border.
    BuyerRefund = 3,
    /// 退汇: an earlier payment across the border comes back by the same route.
    RemittanceRefund = 4,
}

/// One message: one underlying trade (还原). Personal values are keyed hashes. Amounts are canonical decimals.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ForexMessage {
    /// Number that the institution gives it; the same number is the same message.
    #[prost(string, tag = "1")]
    pub out_order_id: String,
    /// What it reports.
    #[prost(enumeration = "ForexKind", tag = "2")]
    pub kind: i32,
    /// Seller of the trade, by credit or customs code.
    #[prost(string, tag = "3")]
    pub merchant_code: String,
    /// The institution's number of the payment.
    #[prost(string, tag = "4")]
    pub transaction_id: String,
    /// Amount in CNY.
    #[prost(string, tag = "5")]
    pub cny_amount: String,
    /// Amount in the foreign currency.
    #[prost(string, tag = "6")]
    pub foreign_amount: String,
    /// Foreign currency, customs code.
    #[prost(string, tag = "7")]
    pub currency: String,
    /// CNY for one unit of it.
    #[prost(string, tag = "8")]
    pub rate: String,
    /// What was bought, at most 10.
    #[prost(message, repeated, tag = "9")]
    pub goods: Vec<ForexGoods>,
    /// Business name of the foreign payee or payer.
    #[prost(string, tag = "10")]
    pub counterparty_name: String,
    /// Country of its account, customs code.
    #[prost(string, tag = "11")]
    pub counterparty_country: String,
    /// Logistics enterprise of the parcel.
    #[prost(string, tag = "12")]
    pub logistics_code: String,
    /// Waybill of the parcel.
    #[prost(string, tag = "13")]
    pub logistics_no: String,
    /// True for the deposit of a presale: there is no parcel yet.
    #[prost(bool, tag = "14")]
    pub presale: bool,
    /// Balance-of-payments code.
    #[prost(string, tag = "15")]
    pub bop_code: String,
    /// The bank's reference.
    #[prost(string, tag = "16")]
    pub bank_ref: String,
    /// Order of the trade.
    #[prost(string, tag = "17")]
    pub order_no: String,
    /// Platform of the order.
    #[prost(string, tag = "18")]
    pub platform_code: String,
    /// Customs' number of the list; empty if there is none yet.
    #[prost(string, tag = "19")]
    pub invt_no: String,
    /// Day of the settlement, yyyyMMdd.
    #[prost(string, tag = "20")]
    pub settlement_day: String,
    /// For what comes back: the message whose money it is.
    #[prost(string, tag = "21")]
    pub original_out_order_id: String,
    /// The institution's own line in bulk that it is a part of.
    #[prost(string, tag = "22")]
    pub bulk_ref: String,
    /// True if the payer or payee at home is a natural person.
    #[prost(bool, tag = "23")]
    pub individual: bool,
    /// Hash of that person's or firm's name.
    #[prost(fixed64, tag = "24")]
    pub payer_name: u64,
    /// Keyed hash of its identity number.
    #[prost(bytes = "vec", tag = "25")]
    pub payer_id: Vec<u8>,
    /// Type of that number, as the institution codes it.
    #[prost(string, tag = "26")]
    pub payer_id_type: String,
    /// True if it is reported merged with other small sums, without its person.
    #[prost(bool, tag = "27")]
    pub merged: bool,
}

/// Goods of a payment.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ForexGoods {
    /// Name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Category.
    #[prost(string, tag = "2")]
    pub category: String,
    /// Price of one.
    #[prost(string, tag = "3")]
    pub unit_price: String,
    /// How many.
    #[prost(string, tag = "4")]
    pub quantity: String,
}

/// The institution's own line in bulk: the sum of the messages that name it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BulkLine {
    /// Its number.
    #[prost(string, tag = "1")]
    pub bulk_ref: String,
    /// Currency, customs code.
    #[prost(string, tag = "2")]
    pub currency: String,
    /// Sum in that currency.
    #[prost(string, tag = "3")]
    pub foreign_amount: String,
    /// Sum in CNY.
    #[prost(string, tag = "4")]
    pub cny_amount: String,
}

/// A registration in the forex directory.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Registration {
    /// Code of the institution.
    #[prost(string, tag = "1")]
    pub institution_code: String,
    /// From when, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub from_ms: i64,
    /// Until when (exclusive); 0 means without end.
    #[prost(int64, tag = "3")]
    pub to_ms: i64,
    /// Its own limit of a single payment, USD; empty for the one of the table.
    #[prost(string, tag = "4")]
    pub single_limit_usd: String,
    /// Number in the directory.
    #[prost(string, tag = "5")]
    pub directory_no: String,
}

/// One request about foreign exchange: messages, or a registration.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ForexEntry {
    /// Messages, in order.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<ForexMessage>,
    /// Sums in bulk that they belong to.
    #[prost(message, repeated, tag = "2")]
    pub bulks: Vec<BulkLine>,
    /// A registration.
    #[prost(message, optional, tag = "3")]
    pub registration: Option<Registration>,
}

/// A message that was taken, with what became of it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct TakenRow {
    #[prost(message, required, tag = "1")]
    pub message: ForexMessage,
    /// Party that reported it.
    #[prost(uint32, tag = "2")]
    pub institution: u32,
    /// Key of its trade.
    #[prost(bytes = "vec", tag = "3")]
    pub trade: Vec<u8>,
    /// What it took of the trade, in the trade's currency.
    #[prost(string, tag = "4")]
    pub used: String,
    /// What of that was set free again.
    #[prost(string, tag = "5")]
    pub freed: String,
    /// Foreign amount that came back.
    #[prost(string, tag = "6")]
    pub returned: String,
    /// Its equivalent in USD.
    #[prost(string, tag = "7")]
    pub usd: String,
    /// When it was taken, milliseconds since 1970.
    #[prost(int64, tag = "8")]
    pub time_ms: i64,
}

/// A trade and what was taken of it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct TradeRow {
    /// The order.
    #[prost(message, optional, tag = "1")]
    pub order: Option<DocRef>,
    /// Used by payments across the border, in the trade's currency.
    #[prost(string, tag = "2")]
    pub used: String,
    /// Given back to the buyer.
    #[prost(string, tag = "3")]
    pub refunded: String,
}

/// Key of where an institution's message stands.
fn id_key(institution: u32, out_order_id: &str) -> Vec<u8> {
    let mut key = vec![BY_ID];
    key.extend_from_slice(&institution.to_be_bytes());
    key.extend_from_slice(crate::proof::sha256(&[out_order_id.as_bytes()]).get(..16).unwrap_or_default());
    key
}

fn key(space: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[space], parts.concat().as_slice()].concat()
}
