//! Raw payment data on demand: what customs asks a platform for (`platDataOpen`), and what the platform uploads, signed
//! (`realTimeDataUpload`).
//!
//! Pure: texts in, texts and faults out. The doors and the client are in [`crate::transport`] and [`crate::cli`]; what is
//! recorded is in [`crate::state`].
//!
//! Sources: announcements 165 and 179 of 2018 of the General Administration of Customs; domain.md §5 with its evidence
//! marks (the place of `serviceTime` in the text to sign is general knowledge).

mod check;
mod form;
mod read;
mod seal;
mod write;

pub use check::check;
pub use form::{decode as decode_form, encode as encode_form, field as form_field};
pub use read::{open_request, payments, upload};
pub use seal::{Sealed, sign, verify};
pub use write::{head_json, items_json, open_json, reply_json, text_to_sign, upload_json};

/// Code of an answer: taken.
pub const CODE_TAKEN: &str = "10000";
/// Code of an answer: refused.
pub const CODE_REFUSED: &str = "20000";
/// Form field of `platDataOpen`.
pub const OPEN_FIELD: &str = "openReq";
/// Form field of `realTimeDataUpload`.
pub const UPLOAD_FIELD: &str = "payExInfoStr";

/// What customs asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenRequest {
    /// Order whose payment is asked for, at most 60 characters.
    pub order_no: String,
    /// Id of the request, at most 36 characters.
    pub session_id: String,
    /// Customs' time, milliseconds since 1970, as text.
    pub service_time: String,
}

/// The raw data of one payment: `payExchangeInfoHead`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// System's own id, at most 36 characters.
    pub guid: String,
    /// `initalRequest` (sic): the request to the payment institution, raw, at most 8000 characters.
    pub inital_request: String,
    /// `initalResponse`: its answer, raw, at most 8000 characters.
    pub inital_response: String,
    /// Platform, at most 18 characters.
    pub ebp_code: String,
    /// Payment institution, at most 18 characters.
    pub pay_code: String,
    /// The clearing house's number of the payment, at most 60 characters.
    pub pay_transaction_id: String,
    /// What was paid: N19,5, without trailing zeros.
    pub total_amount: String,
    /// 142.
    pub currency: String,
    /// 1 UnionPay, 2 NetsUnion, 3 other.
    pub ver_dept: String,
    /// 1 app, 2 PC, 3 scan, 4 other; may be missing.
    pub pay_type: String,
    /// yyyyMMddHHmmss in UTC+8.
    pub trading_time: String,
    /// A note, at most 1000 characters; may be missing.
    pub note: String,
}

/// One order that was paid: an element of `payExchangeInfoLists`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Order number, at most 60 characters.
    pub order_no: String,
    /// What was bought.
    pub goods: Vec<Goods>,
    /// Account of the recipient, at most 60 characters.
    pub recp_account: String,
    /// Code of the recipient, at most 18 characters.
    pub recp_code: String,
    /// Name of the recipient, at most 100 characters.
    pub recp_name: String,
}

/// Goods of an order.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Goods {
    /// Name, at most 250 characters.
    pub gname: String,
    /// Address where they are sold, at most 3000 characters.
    pub item_link: String,
}

/// Everything that is signed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Exchange {
    /// Id of the request that is answered.
    pub session_id: String,
    /// The payment.
    pub head: Head,
    /// Its orders.
    pub items: Vec<Item>,
    /// The platform's time, milliseconds since 1970, as text.
    pub service_time: String,
}

/// An upload as it was read.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Upload {
    /// What it says.
    pub exchange: Exchange,
    /// `payExchangeInfoHead` as it stood in the upload: the text that was signed.
    pub head_text: String,
    /// `payExchangeInfoLists` likewise.
    pub items_text: String,
    /// Serial number of the certificate.
    pub cert_no: String,
    /// The signature value in base64.
    pub sign_value: String,
}

macro_rules! debug_without_content {
    ($($kind:ident),*) => {$(
        impl std::fmt::Debug for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($kind), "(***)"))
            }
        }
    )*};
}

// They hold raw texts of payments.
debug_without_content!(Head, Item, Goods, Exchange, Upload);

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Rule that it breaks.
    pub rule: &'static str,
    /// Field by its official name, for example `payExchangeInfoHead.totalAmount`.
    pub field: String,
    /// What is wrong, in Chinese.
    pub message_zh: String,
    /// What is wrong, in English.
    pub message_en: String,
    /// What stood there; empty if it is missing or may be personal.
    pub found: Box<str>,
    /// What would be right.
    pub expected: Box<str>,
}

impl Fault {
    /// A fault of a field.
    #[must_use]
    pub fn new(rule: &'static str, field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Fault {
        Fault {
            rule,
            field: field.into(),
            message_zh: zh.into(),
            message_en: en.into(),
            found: Box::default(),
            expected: Box::default(),
        }
    }

    /// With both values.
    #[must_use]
    pub fn values(mut self, found: &str, expected: &str) -> Fault {
        self.found = found.chars().take(crate::domain::limits::FOUND_CHARS_MAX).collect::<String>().into();
        self.expected = expected.into();
        self
    }
}

/// The text of an answer of code 20000: `field : text`, joined as customs joins them.
#[must_use]
pub fn refusal_text<'a>(faults: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let parts: Vec<String> = faults.into_iter().map(|(field, text)| format!("{field} : {text}")).collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests;
