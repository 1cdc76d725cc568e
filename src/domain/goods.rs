//! Filings of goods: products, account books of bonded goods with their balances, warehouses.

use super::amount::Amount;
use super::rejection::Rejection;

/// What a filing does to what is there. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum FilingOp {
    /// A: adds.
    Add = 1,
    /// M: modifies.
    Modify = 2,
    /// D: deletes.
    Delete = 3,
}

/// A product as a firm files it. Source: domain.md §6.2 `[S:CESP]`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Product {
    /// Adds, modifies or deletes.
    #[prost(enumeration = "FilingOp", tag = "1")]
    pub op: i32,
    /// Code of the e-commerce firm; kept under its main code.
    #[prost(string, tag = "2")]
    pub owner_code: String,
    /// Code of the platform that sells it.
    #[prost(string, tag = "3")]
    pub ebp_code: String,
    /// Customs office, 4 digits.
    #[prost(string, tag = "4")]
    pub customs_code: String,
    /// Quarantine office; empty if quarantine is not asked.
    #[prost(string, tag = "5")]
    pub ciq_org: String,
    /// 1 zone-bonded, 2 warehouse-bonded, 3 direct purchase.
    #[prost(uint32, tag = "6")]
    pub business_type: u32,
    /// `I` import, `E` export.
    #[prost(string, tag = "7")]
    pub ie_flag: String,
    /// The firm's number of the product, at most 20 characters.
    #[prost(string, tag = "8")]
    pub ent_goods_no: String,
    /// Number at the electronic port.
    #[prost(string, tag = "9")]
    pub eport_goods_no: String,
    /// Number at quarantine.
    #[prost(string, tag = "10")]
    pub ciq_goods_no: String,
    /// Number at customs.
    #[prost(string, tag = "11")]
    pub cus_goods_no: String,
    /// Account book of bonded goods.
    #[prost(string, tag = "12")]
    pub ems_no: String,
    /// Item of that book.
    #[prost(string, tag = "13")]
    pub item_no: String,
    /// Name on the shelf.
    #[prost(string, tag = "14")]
    pub shelf_name: String,
    /// HS code of 10 digits.
    #[prost(string, tag = "15")]
    pub hs_code: String,
    /// GTIN.
    #[prost(string, tag = "16")]
    pub barcode: String,
    /// Name as it is declared.
    #[prost(string, tag = "17")]
    pub name: String,
    /// Style and specification.
    #[prost(string, tag = "18")]
    pub style: String,
    /// Brand.
    #[prost(string, tag = "19")]
    pub brand: String,
    /// Declared unit, a code.
    #[prost(string, tag = "20")]
    pub unit: String,
    /// First statutory unit, a code.
    #[prost(string, tag = "21")]
    pub unit1: String,
    /// Second statutory unit, a code; may be empty.
    #[prost(string, tag = "22")]
    pub unit2: String,
    /// Price net of tax, a decimal.
    #[prost(string, tag = "23")]
    pub price: String,
    /// Currency of the price, a code.
    #[prost(string, tag = "24")]
    pub currency: String,
    /// True for a gift.
    #[prost(bool, tag = "25")]
    pub is_gift: bool,
    /// Country of origin, a code.
    #[prost(string, tag = "26")]
    pub origin: String,
    /// Quality.
    #[prost(string, tag = "27")]
    pub quality: String,
    /// Manufacturer.
    #[prost(string, tag = "28")]
    pub manufacturer: String,
    /// Net weight in kilograms, a decimal.
    #[prost(string, tag = "29")]
    pub net_weight: String,
    /// Gross weight in kilograms, a decimal.
    #[prost(string, tag = "30")]
    pub gross_weight: String,
}

/// How a product stands with one authority. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum ProductStatus {
    /// It waits for the authority.
    Waiting = 1,
    /// On record.
    Passed = 2,
    /// Refused.
    Refused = 3,
    /// That authority is not asked.
    NotAsked = 4,
}

impl ProductStatus {
    /// What it is called, in Chinese and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            ProductStatus::Waiting => ("待审核", "waits for review"),
            ProductStatus::Passed => ("已备案", "on record"),
            ProductStatus::Refused => ("已退回", "refused"),
            ProductStatus::NotAsked => ("无需备案", "not asked"),
        }
    }
}

/// A product as the state keeps it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FiledProduct {
    /// The product.
    #[prost(message, required, tag = "1")]
    pub product: Product,
    /// How it stands with customs.
    #[prost(enumeration = "ProductStatus", tag = "2")]
    pub customs: i32,
    /// How it stands with quarantine.
    #[prost(enumeration = "ProductStatus", tag = "3")]
    pub quarantine: i32,
    /// Why it was not put on record by itself: doubts for whoever reviews it. Nothing here refuses it.
    #[prost(message, repeated, tag = "4")]
    pub reasons: Vec<Rejection>,
    /// When it was filed last, milliseconds since 1970.
    #[prost(int64, tag = "5")]
    pub filed_ms: i64,
    /// When it was decided last, milliseconds since 1970; 0 if it was not.
    #[prost(int64, tag = "6")]
    pub decided_ms: i64,
    /// Why it was decided so.
    #[prost(string, tag = "7")]
    pub reason: String,
    /// Number of the party that filed it.
    #[prost(uint32, tag = "8")]
    pub by: u32,
}

impl FiledProduct {
    /// True if customs or quarantine has yet to decide on it.
    #[must_use]
    pub fn waits(&self) -> bool {
        [self.customs, self.quarantine].contains(&(ProductStatus::Waiting as i32))
    }

    /// True if lists may name it: every authority that is asked has put it on record.
    #[must_use]
    pub fn is_on_record(&self) -> bool {
        self.customs == ProductStatus::Passed as i32
            && (self.quarantine == ProductStatus::Passed as i32 || self.quarantine == ProductStatus::NotAsked as i32)
    }
}

/// Products that are filed together.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ProductBatch {
    /// In order.
    #[prost(message, repeated, tag = "1")]
    pub products: Vec<Product>,
}

/// What customs or quarantine says of a product.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ProductDecision {
    /// Code of the firm.
    #[prost(string, tag = "1")]
    pub owner_code: String,
    /// Its number of the product.
    #[prost(string, tag = "2")]
    pub ent_goods_no: String,
    /// True for quarantine, false for customs.
    #[prost(bool, tag = "3")]
    pub by_quarantine: bool,
    /// [`ProductStatus::Passed`] or [`ProductStatus::Refused`].
    #[prost(enumeration = "ProductStatus", tag = "4")]
    pub status: i32,
    /// Why.
    #[prost(string, tag = "5")]
    pub reason: String,
}

/// One item of an account book: what lists that name it must agree with.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BookItem {
    /// Number of the item; lists give it as itemRecordNo.
    #[prost(string, tag = "1")]
    pub item_no: String,
    /// HS code of 10 digits.
    #[prost(string, tag = "2")]
    pub hs_code: String,
    /// Name as it is declared.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Unit of the balance, a code.
    #[prost(string, tag = "4")]
    pub unit: String,
    /// First statutory unit, a code.
    #[prost(string, tag = "5")]
    pub unit1: String,
    /// Second statutory unit, a code; may be empty.
    #[prost(string, tag = "6")]
    pub unit2: String,
    /// Country of origin, a code.
    #[prost(string, tag = "7")]
    pub origin: String,
    /// GTIN; may be empty.
    #[prost(string, tag = "8")]
    pub barcode: String,
    /// True to take the item out of the book.
    #[prost(bool, tag = "9")]
    pub is_deleted: bool,
}

/// An account book of bonded goods (账册).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Book {
    /// Number of the book (emsNo).
    #[prost(string, tag = "1")]
    pub ems_no: String,
    /// Code of the firm whose book it is.
    #[prost(string, tag = "2")]
    pub owner_code: String,
    /// Customs office, 4 digits.
    #[prost(string, tag = "3")]
    pub customs_code: String,
    /// Code of the warehouse; may be empty.
    #[prost(string, tag = "4")]
    pub warehouse_code: String,
    /// Items to add, or to change if they are there.
    #[prost(message, repeated, tag = "5")]
    pub items: Vec<BookItem>,
    /// Valid until (exclusive), milliseconds since 1970; 0 means without end.
    #[prost(int64, tag = "6")]
    pub to_ms: i64,
    /// When it was filed last, milliseconds since 1970; set when it is applied.
    #[prost(int64, tag = "7")]
    pub filed_ms: i64,
}

/// A quantity of an item.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ItemQuantity {
    /// Number of the item.
    #[prost(string, tag = "1")]
    pub item_no: String,
    /// Quantity in the item's unit, a decimal.
    #[prost(string, tag = "2")]
    pub qty: String,
}

/// Goods that came into a book by a 核注清单, or a correction of it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Inbound {
    /// Number of the book.
    #[prost(string, tag = "1")]
    pub ems_no: String,
    /// Number of the 核注清单; taken once for a book.
    #[prost(string, tag = "2")]
    pub document_no: String,
    /// What came; a correction may take away, down to what lists have reserved or used.
    #[prost(message, repeated, tag = "3")]
    pub lines: Vec<ItemQuantity>,
    /// Why, for a correction.
    #[prost(string, tag = "4")]
    pub reason: String,
}

/// An item with its balance, as the state keeps it. Quantities are canonical decimals, empty for none.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BookRow {
    /// The item.
    #[prost(message, required, tag = "1")]
    pub item: BookItem,
    /// All that came in.
    #[prost(string, tag = "2")]
    pub inbound: String,
    /// Held for lists that are accepted and not yet released.
    #[prost(string, tag = "3")]
    pub reserved: String,
    /// Gone out with lists that are released.
    #[prost(string, tag = "4")]
    pub used: String,
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap_or_default()
}

impl BookRow {
    /// What lists may still take: inbound less reserved less used. Never negative.
    #[must_use]
    pub fn balance(&self) -> Amount {
        amount(&self.inbound).minus(amount(&self.reserved)).minus(amount(&self.used))
    }

    /// Adds to a figure.
    pub(crate) fn add(figure: &mut String, qty: Amount) {
        *figure = amount(figure).plus(qty).to_string();
    }
}

/// What a list has taken of a book.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Taken {
    /// The book.
    #[prost(string, tag = "1")]
    pub ems_no: String,
    /// Items and quantities, each item once.
    #[prost(message, repeated, tag = "2")]
    pub lines: Vec<ItemQuantity>,
    /// True once the list is released: used, not only reserved.
    #[prost(bool, tag = "3")]
    pub is_used: bool,
}

/// A warehouse. Source: domain.md §9 (R-WH); the filing of overseas warehouses for 9810 was abolished from 2024-12-15
/// (R-EXP-03), their records are still kept.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Warehouse {
    /// Its code.
    #[prost(string, tag = "1")]
    pub code: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// True for a warehouse abroad, false for a bonded one.
    #[prost(bool, tag = "3")]
    pub is_overseas: bool,
    /// Code of the firm that runs it.
    #[prost(string, tag = "4")]
    pub operator_code: String,
    /// Code of the area (区域代码) in which it lies; for one abroad may be empty.
    #[prost(string, tag = "5")]
    pub area_code: String,
    /// Customs office, 4 digits; empty abroad.
    #[prost(string, tag = "6")]
    pub customs_code: String,
    /// Country, a code of customs; empty means China.
    #[prost(string, tag = "7")]
    pub country: String,
    /// Where it is.
    #[prost(string, tag = "8")]
    pub address: String,
    /// From when, milliseconds since 1970; 0 means now.
    #[prost(int64, tag = "9")]
    pub from_ms: i64,
    /// Until when (exclusive), milliseconds since 1970; 0 means without end.
    #[prost(int64, tag = "10")]
    pub to_ms: i64,
    /// When it was filed last, milliseconds since 1970; set when it is applied.
    #[prost(int64, tag = "11")]
    pub filed_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balance_is_what_came_less_what_lists_hold() {
        let mut row = BookRow { inbound: "10.5".to_owned(), ..BookRow::default() };
        BookRow::add(&mut row.reserved, amount("3"));
        BookRow::add(&mut row.used, amount("0.25"));
        assert_eq!(row.balance().to_string(), "7.25");
    }
}
