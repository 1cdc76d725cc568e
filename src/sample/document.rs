//! The four documents of a sale, as far as the samples fill them. Empty text is left out of the XML.
//!
//! Money is in fen (1/100 CNY), weight in grams.

use super::{Goods, Mode, Party, Person};

/// A kind of document, and the message that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Order, CEB311.
    Order,
    /// Payment, CEB411.
    Payment,
    /// Waybill, CEB511.
    Waybill,
    /// Declaration list, CEB621.
    List,
}

impl Kind {
    /// All four, in the order in which they are usually sent.
    pub const ALL: [Kind; 4] = [Kind::Order, Kind::Payment, Kind::Waybill, Kind::List];

    /// The name of the root element.
    #[must_use]
    pub fn message_name(self) -> &'static str {
        match self {
            Kind::Order => "CEB311Message",
            Kind::Payment => "CEB411Message",
            Kind::Waybill => "CEB511Message",
            Kind::List => "CEB621Message",
        }
    }

    /// A short English name, as folders are called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Order => "order",
            Kind::Payment => "payment",
            Kind::Waybill => "waybill",
            Kind::List => "list",
        }
    }
}

/// Who sends a message, and the id of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Message id, an upper-case GUID.
    pub guid: String,
    /// The sender.
    pub sender: Party,
}

/// Who receives the parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consignee {
    /// Name.
    pub name: String,
    /// Telephone.
    pub telephone: String,
    /// Address.
    pub address: String,
    /// Six-digit division code.
    pub district: &'static str,
}

/// One line of an order and of its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Line number, from 1.
    pub number: u32,
    /// What was sold.
    pub goods: &'static Goods,
    /// How many.
    pub quantity: i64,
    /// Price of one.
    pub price_fen: i64,
    /// Price times quantity.
    pub total_fen: i64,
}

/// An order, sent by the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Document id.
    pub guid: String,
    /// When it was sent, `yyyyMMddHHmmss`.
    pub sent_at: String,
    /// Order number, unique in the platform.
    pub order_no: String,
    /// Platform.
    pub platform: Party,
    /// Seller.
    pub seller: Party,
    /// Sum of the line totals.
    pub goods_value_fen: i64,
    /// Freight.
    pub freight_fen: i64,
    /// Non-cash deduction.
    pub discount_fen: i64,
    /// Tax withheld.
    pub tax_fen: i64,
    /// Goods, freight and tax less the deduction.
    pub paid_fen: i64,
    /// Currency code.
    pub currency: &'static str,
    /// The buyer's account on the platform.
    pub buyer_account: String,
    /// Buyer.
    pub buyer: Person,
    /// Payment institution.
    pub payment: Party,
    /// Payment transaction.
    pub transaction_id: String,
    /// Recipient.
    pub consignee: Consignee,
    /// Lines.
    pub lines: Vec<Line>,
}

/// A payment, sent by the payment institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Document id.
    pub guid: String,
    /// When it was sent.
    pub sent_at: String,
    /// Payment institution.
    pub institution: Party,
    /// Transaction number, unique in the institution.
    pub transaction_id: String,
    /// Order number.
    pub order_no: String,
    /// Platform.
    pub platform: Party,
    /// Payer.
    pub payer: Person,
    /// Amount paid.
    pub paid_fen: i64,
    /// Currency code.
    pub currency: &'static str,
    /// When it was paid.
    pub paid_at: String,
}

/// A waybill, sent by the logistics enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waybill {
    /// Document id.
    pub guid: String,
    /// When it was sent.
    pub sent_at: String,
    /// Logistics enterprise.
    pub carrier: Party,
    /// Parcel number, unique in the carrier.
    pub waybill_no: String,
    /// Master bill of direct purchase, else empty.
    pub bill_no: String,
    /// Order number.
    pub order_no: String,
    /// Freight.
    pub freight_fen: i64,
    /// Insurance.
    pub insurance_fen: i64,
    /// Currency code.
    pub currency: &'static str,
    /// Gross weight.
    pub gross_grams: i64,
    /// What is in it.
    pub goods_info: String,
    /// Recipient.
    pub consignee: Consignee,
}

/// A declaration list, sent by the declarant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Document id.
    pub guid: String,
    /// When it was sent.
    pub sent_at: String,
    /// Order number.
    pub order_no: String,
    /// Platform.
    pub platform: Party,
    /// Seller.
    pub seller: Party,
    /// Parcel number.
    pub waybill_no: String,
    /// Logistics enterprise.
    pub carrier: Party,
    /// The declarant's own number, at most 20 characters.
    pub cop_no: String,
    /// Code of the guarantor of the tax.
    pub guarantor: String,
    /// Day of declaration, `yyyyMMdd`.
    pub declared_on: String,
    /// Customs office of declaration.
    pub customs_office: &'static str,
    /// Customs office of entry.
    pub port_office: &'static str,
    /// Buyer.
    pub buyer: Person,
    /// Address of delivery.
    pub address: String,
    /// Declarant.
    pub declarant: Party,
    /// Direct purchase or bonded.
    pub mode: Mode,
    /// Bonded warehouse operator, in bonded lists.
    pub warehouse: Option<Party>,
    /// Account book, in bonded lists, else empty.
    pub account_book: &'static str,
    /// Mode of transport.
    pub transport_mode: &'static str,
    /// Conveyance of direct purchase, else empty.
    pub conveyance: &'static str,
    /// Voyage of direct purchase, else empty.
    pub voyage: String,
    /// Master bill of direct purchase, else empty.
    pub bill_no: String,
    /// Country of departure.
    pub departure: &'static str,
    /// Freight.
    pub freight_fen: i64,
    /// Insurance.
    pub insurance_fen: i64,
    /// Currency code.
    pub currency: &'static str,
    /// Gross weight.
    pub gross_grams: i64,
    /// Net weight.
    pub net_grams: i64,
    /// Lines, those of the order.
    pub lines: Vec<Line>,
}

/// The documents of one sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its number in the seed.
    pub ordinal: u64,
    /// Order.
    pub order: Order,
    /// Payment.
    pub payment: Payment,
    /// Waybill.
    pub waybill: Waybill,
    /// Declaration list.
    pub list: List,
}
