//! What the stateless checks take from a document: all that `apply` ever knows of it.
//!
//! Personal values are here only as keyed hashes, computed before the append.

use crate::domain::{Amount, Field, Keys, MessageType, Rejection};

/// Facts of one document. Stored in the entry and, compressed, in the state.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Facts {
    /// Its numbers, as the sender wrote them.
    #[prost(message, required, tag = "1")]
    pub keys: Keys,
    /// 1 add, 2 change, 3 delete.
    #[prost(uint32, tag = "2")]
    pub app_type: u32,
    /// 1 draft, 2 declare.
    #[prost(uint32, tag = "3")]
    pub app_status: u32,
    /// appTime as the number yyyyMMddHHmmss.
    #[prost(uint64, tag = "4")]
    pub app_time: u64,
    /// Why the stateless checks refuse it; empty if they do not.
    #[prost(message, repeated, tag = "5")]
    pub rejections: Vec<Rejection>,
    /// Platform name.
    #[prost(string, tag = "6")]
    pub ebp_name: String,
    /// Seller name.
    #[prost(string, tag = "7")]
    pub ebc_name: String,
    /// Payment institution name.
    #[prost(string, tag = "8")]
    pub pay_name: String,
    /// Logistics enterprise name.
    #[prost(string, tag = "9")]
    pub logistics_name: String,
    /// Declarant name.
    #[prost(string, tag = "10")]
    pub agent_name: String,
    /// Order: price of the goods. Amounts are canonical decimal texts.
    #[prost(string, tag = "11")]
    pub goods_value: String,
    /// Order: freight.
    #[prost(string, tag = "12")]
    pub freight: String,
    /// Order: non-cash deduction.
    #[prost(string, tag = "13")]
    pub discount: String,
    /// Order: tax withheld.
    #[prost(string, tag = "14")]
    pub tax_total: String,
    /// Order: acturalPaid. Payment: amountPaid.
    #[prost(string, tag = "15")]
    pub paid: String,
    /// Order and list: buyer. Payment: payer. Hash of the name.
    #[prost(fixed64, tag = "16")]
    pub person_name: u64,
    /// The same person's identity number: 16 bytes of keyed hash.
    #[prost(bytes = "vec", tag = "17")]
    pub person_id: Vec<u8>,
    /// Order and waybill: hash of the recipient's name.
    #[prost(fixed64, tag = "18")]
    pub consignee: u64,
    /// Hash of the recipient's telephone.
    #[prost(fixed64, tag = "19")]
    pub consignee_telephone: u64,
    /// Hash of the recipient's address.
    #[prost(fixed64, tag = "20")]
    pub consignee_address: u64,
    /// Lines of an order or list.
    #[prost(message, repeated, tag = "21")]
    pub lines: Vec<LineFacts>,
    /// Numbers of waybills and lists that its lines name. Kept in the entry only: the state has a row for each.
    #[prost(string, repeated, tag = "22")]
    pub related: Vec<String>,
    /// Head fields that clearance looks at.
    #[prost(message, repeated, tag = "23")]
    pub values: Vec<FieldValue>,
    /// Order: keyed hash of the buyer's account at the platform; 0 if there is none.
    #[prost(fixed64, tag = "40")]
    pub buyer_account: u64,
}

/// The value of a field, by the permanent number of the field.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FieldValue {
    /// Place in [`CLEARED`], from 1.
    #[prost(uint32, tag = "1")]
    pub number: u32,
    /// The text; amounts and quantities are canonical decimals.
    #[prost(string, tag = "2")]
    pub text: String,
}

/// Fields of heads and lines that the rules of clearance look at beside keys and match. The places are permanent: new
/// fields go to the end. None of them is personal.
pub const CLEARED: &[Field] = &[
    Field::EmsNo,
    Field::Freight,
    Field::InsuredFee,
    Field::NetWeight,
    Field::GrossWeight,
    Field::Country,
    Field::Currency,
    Field::TrafMode,
    Field::TrafNo,
    Field::TrafName,
    Field::VoyageNo,
    Field::AreaCode,
    Field::LoctNo,
    Field::OrderType,
    Field::OwnerCode,
    Field::IacCode,
    Field::PortCode,
    Field::Pod,
    Field::FCurrency,
    Field::FFlag,
    Field::ICurrency,
    Field::IFlag,
    Field::IeFlag,
    Field::GoodsValue,
    Field::StartTime,
    Field::EndTime,
    Field::SummaryFlag,
    Field::ItemNameFlag,
    Field::MsgCount,
    Field::LeaveTime,
    Field::LogisticsTime,
    Field::EntryId,
    Field::DecState,
    Field::CustomsTax,
    Field::ValueAddedTax,
    Field::ConsumptionTax,
    Field::EntDutyNo,
    Field::PayTime,
    Field::Charge,
    Field::LicenseNo,
    // Of lines.
    Field::Gcode,
    Field::ItemRecordNo,
    Field::BarCode,
    Field::Qty1,
    Field::Unit1,
    Field::Qty2,
    Field::Unit2,
    Field::InvtNo,
    Field::LogisticsNo,
    Field::Gseqno,
    Field::TaxPrice,
    Field::TotalPackageNo,
    Field::ItemNo,
    Field::Gname,
];

/// The permanent number of every field, by its place among all fields; 0 for a field that clearance does not look at.
#[expect(clippy::indexing_slicing, reason = "a place out of bounds does not compile")]
const NUMBERS: [u32; Field::ALL.len()] = {
    let mut numbers = [0; Field::ALL.len()];
    let (mut place, mut number) = (0, 1);
    while place < CLEARED.len() {
        numbers[CLEARED[place] as usize] = number;
        (place, number) = (place + 1, number + 1);
    }
    numbers
};

fn number_of(field: Field) -> Option<u32> {
    NUMBERS.get(field as usize).copied().filter(|number| *number != 0)
}

/// The text of a field among values; empty if it is not there.
fn text_of(values: &[FieldValue], field: Field) -> &str {
    let Some(number) = number_of(field) else { return "" };
    values.iter().find(|value| value.number == number).map_or("", |value| value.text.as_str())
}

impl FieldValue {
    /// The value of a field; `None` for a field that clearance does not look at.
    #[must_use]
    pub fn of(field: Field, text: String) -> Option<FieldValue> {
        Some(FieldValue { number: number_of(field)?, text })
    }
}

/// Facts of one line that an order and its list must agree on (R-M3-12).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct LineFacts {
    /// Line number.
    #[prost(uint32, tag = "1")]
    pub gnum: u32,
    /// Seller's goods name (itemName); empty if not given.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Quantity.
    #[prost(string, tag = "3")]
    pub qty: String,
    /// Unit price.
    #[prost(string, tag = "4")]
    pub price: String,
    /// Country of origin.
    #[prost(string, tag = "5")]
    pub country: String,
    /// Declared unit.
    #[prost(string, tag = "6")]
    pub unit: String,
    /// Line total.
    #[prost(string, tag = "7")]
    pub total: String,
    /// Fields of the line that clearance looks at.
    #[prost(message, repeated, tag = "8")]
    pub values: Vec<FieldValue>,
}

impl LineFacts {
    /// A field that clearance looks at; empty if it was not given or is not kept for that type.
    #[must_use]
    pub fn value(&self, field: Field) -> &str {
        text_of(&self.values, field)
    }

    /// The same as an amount or quantity; 0 if there is none.
    #[must_use]
    pub fn amount(&self, field: Field) -> Amount {
        Amount::parse(self.value(field)).unwrap_or_default()
    }
}

impl Facts {
    /// A head field that clearance looks at; empty if it was not given or is not kept for that type.
    #[must_use]
    pub fn value(&self, field: Field) -> &str {
        text_of(&self.values, field)
    }

    /// The same as an amount or quantity; 0 if there is none.
    #[must_use]
    pub fn amount(&self, field: Field) -> Amount {
        Amount::parse(self.value(field)).unwrap_or_default()
    }

    /// The codes of those who answer for a document of that type, and the fields they stand in: any one
    /// of them will do to send it.
    #[must_use]
    pub fn responsible(&self, kind: MessageType) -> Vec<(&'static str, &str)> {
        let fields = kind.spec().map_or(&[][..], |spec| spec.responsible);
        fields.iter().map(|field| (field.name(), self.keys.get(*field))).collect()
    }
}

/// The facts of one entry's documents, as kept in the state.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FactsOfEntry {
    /// In the message's order.
    #[prost(message, repeated, tag = "1")]
    pub documents: Vec<Facts>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_personal_is_kept_in_the_clear_and_no_field_stands_twice() {
        for (place, field) in CLEARED.iter().enumerate() {
            assert!(!field.is_personal(), "{}", field.name());
            assert_eq!(CLEARED.iter().position(|other| other == field), Some(place), "{}", field.name());
        }
    }

    #[test]
    fn a_field_is_found_under_its_permanent_number() {
        let values =
            [Field::EmsNo, Field::Freight].into_iter().filter_map(|field| FieldValue::of(field, "7".to_owned()));
        let facts = Facts { values: values.collect(), ..Facts::default() };
        assert_eq!((facts.value(Field::EmsNo), facts.value(Field::Gcode)), ("7", ""));
        assert_eq!(facts.values[0].number, 1);
        assert_eq!(FieldValue::of(Field::BuyerName, String::new()), None);
    }
}
