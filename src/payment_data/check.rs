//! What an upload must hold: fields and lengths of announcement 165, and R-PAY-02, R-PAY-03.

use super::{Fault, Upload};
use crate::domain::limits::FAULTS_MAX;
use crate::domain::{Amount, Timestamp};

/// A text that is missing or too long.
pub(super) fn length(field: &str, value: &str, chars_max: usize, needed: bool) -> Option<Fault> {
    if value.is_empty() {
        return needed
            .then(|| Fault::new("PAY-MISSING", field, format!("{field}不为空"), format!("{field} is missing")));
    }
    let chars = value.chars().count();
    (chars > chars_max).then(|| {
        let (zh, en) = (format!("{field}长度不能超过{chars_max}"), format!("is longer than {chars_max} characters"));
        Fault::new("PAY-LENGTH", field, zh, en).values(&chars.to_string(), &format!("<= {chars_max}"))
    })
}

/// All faults of an upload but its signature, in the order of its fields.
#[must_use]
pub fn check(upload: &Upload) -> Vec<Fault> {
    let (exchange, head) = (&upload.exchange, &upload.exchange.head);
    let mut faults: Vec<Fault> = Vec::new();
    let texts: [(&str, &str, usize, bool); 14] = [
        ("sessionID", &exchange.session_id, 36, true),
        ("guid", &head.guid, 36, true),
        ("initalRequest", &head.inital_request, 8000, true),
        ("initalResponse", &head.inital_response, 8000, true),
        ("ebpCode", &head.ebp_code, 18, true),
        ("payCode", &head.pay_code, 18, true),
        ("payTransactionId", &head.pay_transaction_id, 60, true),
        ("totalAmount", &head.total_amount, 20, true),
        ("currency", &head.currency, 4, true),
        ("verDept", &head.ver_dept, 1, true),
        ("payType", &head.pay_type, 1, false),
        ("tradingTime", &head.trading_time, 14, true),
        ("note", &head.note, 1000, false),
        ("serviceTime", &exchange.service_time, 13, true),
    ];
    faults.extend(texts.into_iter().filter_map(|(field, value, max, needed)| length(field, value, max, needed)));
    faults.extend(values(upload));
    if exchange.items.is_empty() {
        faults.extend(length("payExchangeInfoLists", "", 1, true));
    }
    for item in &exchange.items {
        let texts: [(&str, &str, usize); 4] = [
            ("orderNo", &item.order_no, 60),
            ("recpAccount", &item.recp_account, 60),
            ("recpCode", &item.recp_code, 18),
            ("recpName", &item.recp_name, 100),
        ];
        faults.extend(texts.into_iter().filter_map(|(field, value, max)| length(field, value, max, true)));
        if item.goods.is_empty() {
            faults.extend(length("goodsInfo", "", 1, true));
        }
        for goods in &item.goods {
            faults.extend(length("gname", &goods.gname, 250, true));
            faults.extend(length("itemLink", &goods.item_link, 3000, true));
        }
    }
    faults.extend(length("certNo", &upload.cert_no, 64, true));
    faults.extend(length("signValue", &upload.sign_value, 1024, true));
    faults.truncate(FAULTS_MAX);
    faults
}

/// Values that are there and wrong.
fn values(upload: &Upload) -> Vec<Fault> {
    let head = &upload.exchange.head;
    let mut faults = Vec::new();
    let mut one_of = |field: &str, value: &str, good: &[&str]| {
        if !value.is_empty() && !good.contains(&value) {
            let fault = Fault::new("PAY-VALUE", field, format!("{field}取值不正确"), "is none of the values there are");
            faults.push(fault.values(value, &good.join(" | ")));
        }
    };
    one_of("currency", &head.currency, &["142"]);
    one_of("verDept", &head.ver_dept, &["1", "2", "3"]);
    one_of("payType", &head.pay_type, &["1", "2", "3", "4"]);
    if !head.trading_time.is_empty() && Timestamp::parse_ceb(&head.trading_time).is_none() {
        let fault = Fault::new("PAY-VALUE", "tradingTime", "tradingTime格式不正确", "is no time yyyyMMddHHmmss");
        faults.push(fault.values(&head.trading_time, "yyyyMMddHHmmss"));
    }
    if !head.total_amount.is_empty() {
        faults.extend(total_amount(&head.total_amount));
    }
    let number = &head.pay_transaction_id;
    if !number.is_empty() && upload.exchange.items.iter().any(|item| item.order_no == *number) {
        let zh = "payTransactionId应为清算机构的交易流水号，不是订单号";
        let fault = Fault::new("R-PAY-03", "payTransactionId", zh, "is the order's number, not the clearing house's");
        faults.push(fault.values(number, ""));
    }
    faults
}

/// R-PAY-02: N19,5 above 0 without trailing zeros, since customs signs over the number and not over its text.
fn total_amount(text: &str) -> Option<Fault> {
    let Some(amount) = Amount::parse(text).filter(|amount| amount.0 > 0) else {
        let fault = Fault::new("PAY-VALUE", "totalAmount", "totalAmount不是正数", "is no amount above 0");
        return Some(fault.values(text, "N19,5"));
    };
    let canonical = amount.to_string();
    (canonical != text).then(|| {
        let zh = "totalAmount小数点后不应有多余的0";
        Fault::new("R-PAY-02", "totalAmount", zh, "has zeros that say nothing").values(text, &canonical)
    })
}
