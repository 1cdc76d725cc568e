//! Writes documents as CEB messages, with the `ceb:` prefix as the standard's samples have it.
//!
//! Everything goes straight into one string; the load generator runs beside the server and must not be what is measured.

use super::document::{Consignee, Kind, Line, List, Order, Payment, Set, Transfer, Waybill};
use super::{Party, Person};
use std::fmt::Write;

/// Writes `<ceb:name>value</ceb:name>`; an empty value writes nothing.
macro_rules! text {
    ($out:expr, $($name:literal $value:expr),* $(,)?) => {
        $(put($out, concat!("<ceb:", $name, ">"), &$value, concat!("</ceb:", $name, ">"));)*
    };
}
/// Writes an element with a decimal number: a count of units of 10^-digits.
macro_rules! decimal {
    ($out:expr, $($name:literal $value:expr, $digits:literal);* $(;)?) => {
        $($out.push_str(concat!("<ceb:", $name, ">"));
        put_decimal($out, $value, $digits);
        $out.push_str(concat!("</ceb:", $name, ">"));)*
    };
}

/// The documents of one kind of the sets as one message.
#[must_use]
pub fn message(kind: Kind, sets: &[Set], transfer: &Transfer) -> String {
    let mut out = String::with_capacity(2_048 + 4_096 * sets.len());
    write_message(&mut out, kind, sets, transfer);
    out
}

/// Appends the documents of one kind of the sets as one message. A message may hold 1 to 100 documents (R-SCH-01).
pub fn write_message(out: &mut String, kind: Kind, sets: &[Set], transfer: &Transfer) {
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ceb:");
    out.push_str(kind.message_name());
    out.push_str(" guid=\"");
    escape(out, &transfer.guid);
    out.push_str("\" version=\"1.0\" xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n");
    for set in sets {
        match kind {
            Kind::Order => order(out, &set.order),
            Kind::Payment => payment(out, &set.payment),
            Kind::Waybill => waybill(out, &set.waybill),
            Kind::List => list(out, &set.list),
        }
        out.push('\n');
    }
    out.push_str("<ceb:BaseTransfer>");
    text!(out, "copCode" transfer.sender.code, "copName" transfer.sender.name, "dxpMode" "DXP", "dxpId" transfer.sender.dxp_id);
    out.push_str("</ceb:BaseTransfer>\n");
    if kind == Kind::List {
        out.push_str(SIGNATURE);
    }
    out.push_str("</ceb:");
    out.push_str(kind.message_name());
    out.push_str(">\n");
}

/// The message without the made-up signature, ready to be signed.
#[must_use]
pub fn unsigned(message: &str) -> String {
    message.replacen(SIGNATURE, "", 1)
}

/// Has the structure of a signature and verifies for nobody: digest, value and certificate are words.
pub(super) const SIGNATURE: &str = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>\
<ds:SignatureMethod Algorithm=\"http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3\"/>\
<ds:Reference URI=\"\"><ds:Transforms>\
<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/></ds:Transforms>\
<ds:DigestMethod Algorithm=\"http://www.chinaport.gov.cn/2022/04/xmldsig#sm3\"/>\
<ds:DigestValue>MADEUPDIGESTMADEUPDIGESTMADEUPDIGESTMADEUP8=</ds:DigestValue></ds:Reference></ds:SignedInfo>\
<ds:SignatureValue>MADEUPSIGNATUREVERIFIESFORNOBODYMADEUPSIGNATUREVERIFIESFORNOBODYMADEUPSIGNATUREVERIFIE8=</ds:SignatureValue>\
<ds:KeyInfo><ds:KeyName>00000000000000FF</ds:KeyName><ds:X509Data><ds:X509Certificate>\
MADEUPCERTIFICATENOTBASEDONAKEY/MADEUPCERTIFICATENOTBASEDONAKEY/MADEUPCERTIFICATENOTBASEDONAKEY/\
MADEUPCERTIFICATENOTBASEDONAKEY/MADEUPCERTIFICATENOTBASEDONAKEY/MADEUPCERTIFICATENOTBASEDONAKEY/\
MADEUPCERTIFICATENOTBASEDONAKEY/MADEUPCERTIFICATENOTBASEDONAKEY/MADEUPCERTIFICATENOTBASEDONAKEY/\
</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>\n";

fn order(out: &mut String, order: &Order) {
    out.push_str("<ceb:Order><ceb:OrderHead>");
    head(out, &order.guid, &order.sent_at);
    text!(out, "orderType" "I", "orderNo" order.order_no,
        "ebpCode" order.platform.code, "ebpName" order.platform.name,
        "ebcCode" order.seller.code, "ebcName" order.seller.name);
    decimal!(out, "goodsValue" order.goods_value_fen, 2; "freight" order.freight_fen, 2;
        "discount" order.discount_fen, 2; "taxTotal" order.tax_fen, 2; "acturalPaid" order.paid_fen, 2);
    text!(out, "currency" order.currency, "buyerRegNo" order.buyer_account, "buyerName" order.buyer.name,
        "buyerTelephone" order.buyer.telephone, "buyerIdType" "1", "buyerIdNumber" order.buyer.id_number,
        "payCode" order.payment.code, "payName" order.payment.name, "payTransactionId" order.transaction_id);
    let Consignee { name, telephone, address, district } = &order.consignee;
    text!(out, "consignee" name, "consigneeTelephone" telephone, "consigneeAddress" address,
        "consigneeDistrict" district);
    out.push_str("</ceb:OrderHead>");
    for line in &order.lines {
        out.push_str("<ceb:OrderList>");
        decimal!(out, "gnum" i64::from(line.number), 0);
        let goods = line.goods;
        text!(out, "itemNo" goods.item_no, "itemName" goods.name, "gmodel" goods.model, "barCode" goods.bar_code,
            "unit" goods.unit);
        decimal!(out, "qty" line.quantity, 0; "price" line.price_fen, 2; "totalPrice" line.total_fen, 2);
        text!(out, "currency" order.currency, "country" goods.origin);
        out.push_str("</ceb:OrderList>");
    }
    out.push_str("</ceb:Order>");
}

fn payment(out: &mut String, payment: &Payment) {
    out.push_str("<ceb:Payment><ceb:PaymentHead>");
    head(out, &payment.guid, &payment.sent_at);
    let Person { name, id_number, telephone } = &payment.payer;
    text!(out, "payCode" payment.institution.code, "payName" payment.institution.name,
        "payTransactionId" payment.transaction_id, "orderNo" payment.order_no,
        "ebpCode" payment.platform.code, "ebpName" payment.platform.name,
        "payerIdType" "1", "payerIdNumber" id_number, "payerName" name, "telephone" telephone);
    decimal!(out, "amountPaid" payment.paid_fen, 2);
    text!(out, "currency" payment.currency, "payTime" payment.paid_at);
    out.push_str("</ceb:PaymentHead></ceb:Payment>");
}

fn waybill(out: &mut String, waybill: &Waybill) {
    out.push_str("<ceb:Logistics><ceb:LogisticsHead>");
    head(out, &waybill.guid, &waybill.sent_at);
    text!(out, "logisticsCode" waybill.carrier.code, "logisticsName" waybill.carrier.name,
        "logisticsNo" waybill.waybill_no, "billNo" waybill.bill_no, "orderNo" waybill.order_no);
    decimal!(out, "freight" waybill.freight_fen, 2; "insuredFee" waybill.insurance_fen, 2);
    text!(out, "currency" waybill.currency);
    decimal!(out, "weight" waybill.gross_grams, 3; "packNo" 1, 0);
    let Consignee { name, telephone, address, .. } = &waybill.consignee;
    text!(out, "goodsInfo" waybill.goods_info, "consignee" name, "consigneeAddress" address,
        "consigneeTelephone" telephone);
    out.push_str("</ceb:LogisticsHead></ceb:Logistics>");
}

fn list(out: &mut String, list: &List) {
    out.push_str("<ceb:Inventory><ceb:InventoryHead>");
    head(out, &list.guid, &list.sent_at);
    text!(out, "orderNo" list.order_no,
        "ebpCode" list.platform.code, "ebpName" list.platform.name,
        "ebcCode" list.seller.code, "ebcName" list.seller.name, "logisticsNo" list.waybill_no,
        "logisticsCode" list.carrier.code, "logisticsName" list.carrier.name, "copNo" list.cop_no,
        "assureCode" list.guarantor, "emsNo" list.account_book, "ieFlag" "I", "declTime" list.declared_on,
        "customsCode" list.customs_office, "portCode" list.port_office, "ieDate" list.declared_on,
        "buyerIdType" "1", "buyerIdNumber" list.buyer.id_number, "buyerName" list.buyer.name,
        "buyerTelephone" list.buyer.telephone, "consigneeAddress" list.address,
        "agentCode" list.declarant.code, "agentName" list.declarant.name);
    if let Some(Party { code, name, .. }) = &list.warehouse {
        text!(out, "areaCode" code, "areaName" name);
    }
    text!(out, "tradeMode" list.mode.code(), "trafMode" list.transport_mode, "trafNo" list.conveyance,
        "voyageNo" list.voyage, "billNo" list.bill_no, "country" list.departure);
    decimal!(out, "freight" list.freight_fen, 2; "insuredFee" list.insurance_fen, 2);
    text!(out, "currency" list.currency, "wrapType" "2");
    decimal!(out, "packNo" 1, 0; "grossWeight" list.gross_grams, 3; "netWeight" list.net_grams, 3);
    out.push_str("</ceb:InventoryHead>");
    for line in &list.lines {
        list_line(out, list, line);
    }
    out.push_str("</ceb:Inventory>");
}

fn list_line(out: &mut String, list: &List, line: &Line) {
    let goods = line.goods;
    out.push_str("<ceb:InventoryList>");
    decimal!(out, "gnum" i64::from(line.number), 0);
    if list.warehouse.is_some() {
        text!(out, "itemRecordNo" goods.record_no);
    }
    text!(out, "itemNo" goods.item_no, "itemName" goods.name, "gcode" goods.commodity, "gname" goods.name,
        "gmodel" goods.model, "barCode" goods.bar_code, "country" goods.origin, "tradeCountry" goods.origin,
        "currency" list.currency);
    decimal!(out, "qty" line.quantity, 0);
    text!(out, "unit" goods.unit);
    out.push_str("<ceb:qty1>");
    statutory_quantity(out, line, goods.unit1);
    out.push_str("</ceb:qty1>");
    text!(out, "unit1" goods.unit1);
    if let Some(unit2) = goods.unit2 {
        out.push_str("<ceb:qty2>");
        statutory_quantity(out, line, unit2);
        out.push_str("</ceb:qty2>");
        text!(out, "unit2" unit2);
    }
    decimal!(out, "price" line.price_fen, 2; "totalPrice" line.total_fen, 2);
    out.push_str("</ceb:InventoryList>");
}

/// Kilograms where the statutory unit is `035`, else pieces.
fn statutory_quantity(out: &mut String, line: &Line, unit: &str) {
    if unit == "035" {
        put_decimal(out, line.goods.net_grams * line.quantity, 3);
    } else {
        put_decimal(out, line.quantity, 0);
    }
}

fn head(out: &mut String, guid: &str, sent_at: &str) {
    text!(out, "guid" guid, "appType" "1", "appTime" sent_at, "appStatus" "2");
}

pub(super) fn put(out: &mut String, open: &str, value: &str, close: &str) {
    if !value.is_empty() {
        out.push_str(open);
        escape(out, value);
        out.push_str(close);
    }
}

/// Appends text with the three characters escaped that may not stand in content, and the quotes.
pub(super) fn escape(out: &mut String, text: &str) {
    if !text.bytes().any(|b| matches!(b, b'<' | b'>' | b'&' | b'"' | b'\'')) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            _ => out.push(c),
        }
    }
}

/// Appends `count` units of 10^-`digits`, with all its digits; 0 digits write a whole number.
pub(super) fn put_decimal(out: &mut String, count: i64, digits: usize) {
    let written = match digits {
        2 => write!(out, "{}.{:02}", count / 100, count % 100),
        3 => write!(out, "{}.{:03}", count / 1_000, count % 1_000),
        _ => write!(out, "{count}"),
    };
    written.expect("a string takes all text");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Generator, Mode, Settings};

    #[test]
    fn a_list_has_about_the_size_of_real_ones() {
        for mode in [Mode::Direct, Mode::Bonded] {
            let generator = Generator::new(1, Settings { mode, ..Settings::default() });
            let sets: Vec<Set> = generator.clone().take(100).collect();
            let xml = message(Kind::List, &sets, &generator.transfer(Kind::List, 0));
            let bytes = xml.len() / 100;
            assert!((3_000..3_700).contains(&bytes), "{mode:?}: {bytes} bytes a list");
        }
    }

    #[test]
    fn messages_are_well_formed_and_hold_every_document() {
        let generator = Generator::new(1, Settings::default());
        let sets: Vec<Set> = generator.clone().take(5).collect();
        for (kind, element) in Kind::ALL.into_iter().zip(["Order", "Payment", "Logistics", "Inventory"]) {
            let xml = message(kind, &sets, &generator.transfer(kind, 0));
            let mut reader = quick_xml::Reader::from_str(&xml);
            let mut documents = 0;
            loop {
                let event = reader.read_event().unwrap();
                if let quick_xml::events::Event::Start(tag) = &event {
                    documents += usize::from(tag.name().as_ref() == format!("ceb:{element}"));
                }
                if matches!(event, quick_xml::events::Event::Eof) {
                    break;
                }
            }
            assert_eq!(documents, 5, "{kind:?}");
            assert_eq!(xml.contains("<ds:Signature"), kind == Kind::List);
        }
    }

    #[test]
    fn special_characters_are_escaped() {
        let mut out = String::new();
        put(&mut out, "<a>", "甲<&>\"'乙", "</a>");
        put(&mut out, "<b>", "", "</b>");
        assert_eq!(out, "<a>甲&lt;&amp;&gt;&quot;&apos;乙</a>");
    }

    #[test]
    fn decimals_keep_their_zeros() {
        let mut out = String::new();
        for (count, digits) in [(31_821, 2), (5, 2), (1_050, 3), (7, 0)] {
            put_decimal(&mut out, count, digits);
            out.push(' ');
        }
        assert_eq!(out, "318.21 0.05 1.050 7 ");
    }
}
