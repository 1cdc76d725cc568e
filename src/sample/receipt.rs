//! What comes back: receipts and decisions of customs (CEB312, 412, 512, 622), with a default namespace as in real ones.

use super::xml::{escape, put};
use super::{List, Order, Payment, Waybill};
use crate::domain::Timestamp;

/// The result that a receipt tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Id of the receipt entry, an upper-case GUID.
    pub guid: String,
    /// Result code: 2, 120, 800, … or an error below 0.
    pub status: i32,
    /// When.
    pub at: Timestamp,
    /// Text, 1 to 1000 characters, as `[Code:2600;Desc:放行]`.
    pub info: String,
}

/// A receipt for a declaration list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListReceipt<'a> {
    /// The list.
    pub list: &'a List,
    /// Pre-entry number of the e-port, 18 characters.
    pub pre_no: String,
    /// List number of customs, 18 characters, once there is one.
    pub list_no: Option<String>,
    /// Result.
    pub outcome: Outcome,
}

/// A pre-entry number: `B`, the day as `yyyyMMdd`, nine digits.
#[must_use]
pub fn pre_no(day: &str, serial: u64) -> String {
    format!("B{day}{:09}", serial % 1_000_000_000)
}

/// An import list number: customs office, year, `I`, nine digits.
#[must_use]
pub fn list_no(customs_office: &str, year: &str, serial: u64) -> String {
    format!("{customs_office}{year}I{:09}", serial % 1_000_000_000)
}

/// Receipts for orders as one CEB312 message.
#[must_use]
pub fn write_receipt_312(message_guid: &str, receipts: &[(&Order, Outcome)]) -> String {
    message("CEB312Message", "OrderReturn", message_guid, receipts, |out, (order, outcome)| {
        put(out, "<guid>", &outcome.guid, "</guid>");
        put(out, "<ebpCode>", &order.platform.code, "</ebpCode>");
        put(out, "<ebcCode>", &order.seller.code, "</ebcCode>");
        put(out, "<orderNo>", &order.order_no, "</orderNo>");
        put_outcome(out, outcome);
    })
}

/// Receipts for payments as one CEB412 message.
#[must_use]
pub fn write_receipt_412(message_guid: &str, receipts: &[(&Payment, Outcome)]) -> String {
    message("CEB412Message", "PaymentReturn", message_guid, receipts, |out, (payment, outcome)| {
        put(out, "<guid>", &outcome.guid, "</guid>");
        put(out, "<payCode>", &payment.institution.code, "</payCode>");
        put(out, "<payTransactionId>", &payment.transaction_id, "</payTransactionId>");
        put_outcome(out, outcome);
    })
}

/// Receipts for waybills as one CEB512 message.
#[must_use]
pub fn write_receipt_512(message_guid: &str, receipts: &[(&Waybill, Outcome)]) -> String {
    message("CEB512Message", "LogisticsReturn", message_guid, receipts, |out, (waybill, outcome)| {
        put(out, "<guid>", &outcome.guid, "</guid>");
        put(out, "<logisticsCode>", &waybill.carrier.code, "</logisticsCode>");
        put(out, "<logisticsNo>", &waybill.waybill_no, "</logisticsNo>");
        put_outcome(out, outcome);
    })
}

/// Receipts for, or customs' decisions on, declaration lists as one CEB622 message.
#[must_use]
pub fn write_receipt_622(message_guid: &str, receipts: &[ListReceipt<'_>]) -> String {
    message("CEB622Message", "InventoryReturn", message_guid, receipts, |out, receipt| {
        let list = receipt.list;
        put(out, "<guid>", &receipt.outcome.guid, "</guid>");
        put(out, "<customsCode>", list.customs_office, "</customsCode>");
        put(out, "<ebpCode>", &list.platform.code, "</ebpCode>");
        put(out, "<ebcCode>", &list.seller.code, "</ebcCode>");
        put(out, "<agentCode>", &list.declarant.code, "</agentCode>");
        put(out, "<copNo>", &list.cop_no, "</copNo>");
        put(out, "<preNo>", &receipt.pre_no, "</preNo>");
        put(out, "<invtNo>", receipt.list_no.as_deref().unwrap_or_default(), "</invtNo>");
        put_outcome(out, &receipt.outcome);
    })
}

fn message<T>(root: &str, element: &str, guid: &str, entries: &[T], write: impl Fn(&mut String, &T)) -> String {
    let mut out = String::with_capacity(256 + 640 * entries.len());
    for piece in ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<", root, " guid=\""] {
        out.push_str(piece);
    }
    escape(&mut out, guid);
    out.push_str("\" version=\"1.0\" xmlns=\"http://www.chinaport.gov.cn/ceb\">\n");
    for entry in entries {
        for piece in ["<", element, ">"] {
            out.push_str(piece);
        }
        write(&mut out, entry);
        for piece in ["</", element, ">\n"] {
            out.push_str(piece);
        }
    }
    for piece in ["</", root, ">\n"] {
        out.push_str(piece);
    }
    out
}

fn put_outcome(out: &mut String, outcome: &Outcome) {
    put(out, "<returnStatus>", &outcome.status.to_string(), "</returnStatus>");
    put(out, "<returnTime>", &outcome.at.ceb17(), "</returnTime>");
    put(out, "<returnInfo>", &outcome.info, "</returnInfo>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Generator, Settings};

    #[test]
    fn a_release_names_the_list_by_all_its_numbers() {
        let generator = Generator::new(1, Settings::default());
        let set = generator.set(0);
        let outcome = Outcome {
            guid: generator.receipt_guid(0),
            status: 800,
            at: Timestamp::parse_ceb("20260601101112345").unwrap(),
            info: "[Code:2600;Desc:放行]".to_owned(),
        };
        let receipt = ListReceipt {
            list: &set.list,
            pre_no: pre_no("20260601", 1),
            list_no: Some(list_no("4612", "2026", 1)),
            outcome,
        };
        let xml = write_receipt_622(&generator.receipt_guid(1), &[receipt]);
        for part in [
            "<preNo>B20260601000000001</preNo>",
            "<invtNo>46122026I000000001</invtNo>",
            "<returnStatus>800</returnStatus><returnTime>20260601101112345</returnTime>",
            "<returnInfo>[Code:2600;Desc:放行]</returnInfo></InventoryReturn>",
        ] {
            assert!(xml.contains(part), "{part} in {xml}");
        }
    }
}
