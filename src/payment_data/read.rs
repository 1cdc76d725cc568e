//! Reads requests and uploads. Texts are kept as they stood, since they are what was signed.

use super::{Exchange, Fault, Goods, Head, Item, OpenRequest, Upload};
use crate::domain::limits::{PAYMENT_GOODS_MAX, PAYMENT_ORDERS_MAX};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

type Object<'t> = BTreeMap<String, &'t RawValue>;

fn not_json(field: &str) -> Fault {
    Fault::new("PAY-JSON", field, format!("{field}格式不正确"), "is no JSON of the form that is wanted")
}

fn object<'t>(field: &str, text: &'t str) -> Result<Object<'t>, Fault> {
    serde_json::from_str(text).map_err(|_| not_json(field))
}

fn array<'t>(field: &str, text: &'t str) -> Result<Vec<&'t RawValue>, Fault> {
    serde_json::from_str(text).map_err(|_| not_json(field))
}

/// A text or number as text; empty for what is missing, null, or neither.
fn text(object: &Object<'_>, name: &str) -> String {
    let raw = object.get(name).map_or("", |raw| raw.get());
    if raw.starts_with('"') {
        return serde_json::from_str(raw).unwrap_or_default();
    }
    let is_number = raw.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    if is_number { raw.to_owned() } else { String::new() }
}

/// JSON within: as it stands, or as a text that holds it.
fn inner(object: &Object<'_>, name: &str) -> String {
    let raw = object.get(name).map_or("", |raw| raw.get());
    if raw.starts_with('"') { serde_json::from_str(raw).unwrap_or_default() } else { raw.to_owned() }
}

/// Reads `openReq`.
///
/// # Errors
/// What is wrong with it.
pub fn open_request(json: &str) -> Result<OpenRequest, Vec<Fault>> {
    let object = object("openReq", json).map_err(|fault| vec![fault])?;
    let request = OpenRequest {
        order_no: text(&object, "orderNo"),
        session_id: text(&object, "sessionID"),
        service_time: text(&object, "serviceTime"),
    };
    let parts = [
        ("orderNo", &request.order_no, 60),
        ("sessionID", &request.session_id, 36),
        ("serviceTime", &request.service_time, 13),
    ];
    let faults: Vec<Fault> = parts
        .into_iter()
        .filter_map(|(name, value, chars_max)| super::check::length(name, value, chars_max, true))
        .collect();
    if faults.is_empty() { Ok(request) } else { Err(faults) }
}

/// Reads an upload. Values are judged by [`super::check`].
///
/// # Errors
/// What cannot be read.
pub fn upload(json: &str) -> Result<Upload, Fault> {
    let top = object("payExInfoStr", json)?;
    let (head_text, items_text) = (inner(&top, "payExchangeInfoHead"), inner(&top, "payExchangeInfoLists"));
    let head = if head_text.is_empty() { Head::default() } else { head(&head_text)? };
    let items = if items_text.is_empty() { Vec::new() } else { items(&items_text)? };
    Ok(Upload {
        exchange: Exchange {
            session_id: text(&top, "sessionID"),
            head,
            items,
            service_time: text(&top, "serviceTime"),
        },
        cert_no: text(&top, "certNo"),
        sign_value: text(&top, "signValue"),
        head_text,
        items_text,
    })
}

/// Reads a platform's file of payments: an array of objects with `payExchangeInfoHead` and `payExchangeInfoLists`.
///
/// # Errors
/// What cannot be read.
pub fn payments(json: &str) -> Result<Vec<Exchange>, Fault> {
    array("payments", json)?.into_iter().map(|one| upload(one.get()).map(|upload| upload.exchange)).collect()
}

fn head(json: &str) -> Result<Head, Fault> {
    let object = object("payExchangeInfoHead", json)?;
    let text = |name| text(&object, name);
    Ok(Head {
        guid: text("guid"),
        inital_request: text("initalRequest"),
        inital_response: text("initalResponse"),
        ebp_code: text("ebpCode"),
        pay_code: text("payCode"),
        pay_transaction_id: text("payTransactionId"),
        total_amount: text("totalAmount"),
        currency: text("currency"),
        ver_dept: text("verDept"),
        pay_type: text("payType"),
        trading_time: text("tradingTime"),
        note: text("note"),
    })
}

fn items(json: &str) -> Result<Vec<Item>, Fault> {
    let rows = array("payExchangeInfoLists", json)?;
    if rows.len() > PAYMENT_ORDERS_MAX {
        return Err(Fault::new("PAY-LENGTH", "payExchangeInfoLists", "订单过多", "has too many orders"));
    }
    rows.into_iter().map(|row| item(row.get())).collect()
}

fn item(json: &str) -> Result<Item, Fault> {
    let object = object("payExchangeInfoLists", json)?;
    let goods = inner(&object, "goodsInfo");
    let rows = if goods.is_empty() { Vec::new() } else { array("goodsInfo", &goods)? };
    if rows.len() > PAYMENT_GOODS_MAX {
        return Err(Fault::new("PAY-LENGTH", "goodsInfo", "商品过多", "has too many goods"));
    }
    let goods = rows.into_iter().map(|row| {
        let object = self::object("goodsInfo", row.get())?;
        Ok(Goods { gname: text(&object, "gname"), item_link: text(&object, "itemLink") })
    });
    Ok(Item {
        order_no: text(&object, "orderNo"),
        goods: goods.collect::<Result<_, Fault>>()?,
        recp_account: text(&object, "recpAccount"),
        recp_code: text(&object, "recpCode"),
        recp_name: text(&object, "recpName"),
    })
}
