//! Writes requests, uploads and answers, in the order of fields that the announcements give.

use super::{Exchange, Head, Item, OpenRequest, Sealed};

/// A JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// `payExchangeInfoHead`. Fields that may be missing are left out if empty; `totalAmount` is a number.
#[must_use]
pub fn head_json(head: &Head) -> String {
    let mut fields = vec![
        ("guid", quoted(&head.guid)),
        ("initalRequest", quoted(&head.inital_request)),
        ("initalResponse", quoted(&head.inital_response)),
        ("ebpCode", quoted(&head.ebp_code)),
        ("payCode", quoted(&head.pay_code)),
        ("payTransactionId", quoted(&head.pay_transaction_id)),
        ("totalAmount", canonical(&head.total_amount)),
        ("currency", quoted(&head.currency)),
        ("verDept", quoted(&head.ver_dept)),
    ];
    if !head.pay_type.is_empty() {
        fields.push(("payType", quoted(&head.pay_type)));
    }
    fields.push(("tradingTime", quoted(&head.trading_time)));
    if !head.note.is_empty() {
        fields.push(("note", quoted(&head.note)));
    }
    object(&fields)
}

/// R-PAY-02: an amount without trailing zeros; what is none stays a text, for the receiver to refuse.
fn canonical(amount: &str) -> String {
    crate::domain::Amount::parse(amount).map_or_else(|| quoted(amount), |amount| amount.to_string())
}

/// `payExchangeInfoLists`.
#[must_use]
pub fn items_json(items: &[Item]) -> String {
    let rows: Vec<String> = items
        .iter()
        .map(|item| {
            let goods = item
                .goods
                .iter()
                .map(|goods| object(&[("gname", quoted(&goods.gname)), ("itemLink", quoted(&goods.item_link))]));
            object(&[
                ("orderNo", quoted(&item.order_no)),
                ("goodsInfo", format!("[{}]", goods.collect::<Vec<_>>().join(","))),
                ("recpAccount", quoted(&item.recp_account)),
                ("recpCode", quoted(&item.recp_code)),
                ("recpName", quoted(&item.recp_name)),
            ])
        })
        .collect();
    format!("[{}]", rows.join(","))
}

/// The text that is signed: names and values in quotes, joined by `||`; the inner JSON stands there as it is.
#[must_use]
pub fn text_to_sign(session_id: &str, head: &str, items: &str, service_time: &str) -> String {
    let pairs = [
        ("sessionID", session_id),
        ("payExchangeInfoHead", head),
        ("payExchangeInfoLists", items),
        ("serviceTime", service_time),
    ];
    pairs.map(|(name, value)| format!("\"{name}\":\"{value}\"")).join("||")
}

/// The body of an upload: what `payExInfoStr` holds.
#[must_use]
pub fn upload_json(exchange: &Exchange, sealed: &Sealed) -> String {
    object(&[
        ("sessionID", quoted(&exchange.session_id)),
        ("payExchangeInfoHead", head_json(&exchange.head)),
        ("payExchangeInfoLists", items_json(&exchange.items)),
        ("serviceTime", quoted(&exchange.service_time)),
        ("certNo", quoted(&sealed.cert_no)),
        ("signValue", quoted(&sealed.sign_value)),
    ])
}

/// What customs asks with: what `openReq` holds.
#[must_use]
pub fn open_json(request: &OpenRequest) -> String {
    object(&[
        ("orderNo", quoted(&request.order_no)),
        ("sessionID", quoted(&request.session_id)),
        ("serviceTime", quoted(&request.service_time)),
    ])
}

/// An answer to either.
#[must_use]
pub fn reply_json(code: &str, message: &str, service_time_ms: i64) -> String {
    object(&[("code", quoted(code)), ("message", quoted(message)), ("serviceTime", service_time_ms.to_string())])
}
