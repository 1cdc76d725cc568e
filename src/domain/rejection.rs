//! Rejections and open matches as they are stored: no personal value in them.

use super::message::MessageType;

/// One reason why a message or a document is refused.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Rejection {
    /// Permanent id of the rule.
    #[prost(string, tag = "1")]
    pub rule: String,
    /// Official negative CEB code; 0 if there is none.
    #[prost(sint32, tag = "2")]
    pub official: i32,
    /// Line, from 1; 0 if not at one place.
    #[prost(uint32, tag = "3")]
    pub line: u32,
    /// Column in characters, from 1.
    #[prost(uint32, tag = "4")]
    pub column: u32,
    /// Path from the root.
    #[prost(string, tag = "5")]
    pub path: String,
    /// Chinese name of the field.
    #[prost(string, tag = "6")]
    pub field_zh: String,
    /// English name of the field.
    #[prost(string, tag = "7")]
    pub field_en: String,
    /// What is wrong, in Chinese.
    #[prost(string, tag = "8")]
    pub message_zh: String,
    /// What is wrong, in English.
    #[prost(string, tag = "9")]
    pub message_en: String,
    /// Value found; `None` if missing or personal.
    #[prost(string, optional, tag = "10")]
    pub found: Option<String>,
    /// What would be right.
    #[prost(string, tag = "11")]
    pub expected: String,
    /// For a personal value: where its raw bytes begin in the received text, plus 1; else 0. A rendering
    /// for the sender reads the value from there.
    #[prost(uint32, tag = "12")]
    pub personal_at: u32,
    /// Bytes of that personal value, at most a few hundred.
    #[prost(uint32, tag = "13")]
    pub personal_bytes: u32,
}

/// Where a document came in: its entry and its index there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct DocRef {
    /// Position of the entry.
    #[prost(uint64, tag = "1")]
    pub position: u64,
    /// Index in the message, from 1.
    #[prost(uint32, tag = "2")]
    pub ordinal: u32,
}

impl DocRef {
    /// Key bytes: position and ordinal, big-endian, so that order is by position.
    #[must_use]
    pub fn key(self) -> [u8; 12] {
        let mut key = [0; 12];
        key[..8].copy_from_slice(&self.position.to_be_bytes());
        key[8..].copy_from_slice(&self.ordinal.to_be_bytes());
        key
    }

    /// Reads [`DocRef::key`]; `None` if the bytes are no such key.
    #[must_use]
    pub fn of_key(key: &[u8]) -> Option<DocRef> {
        let (position, ordinal) = key.split_at_checked(8)?;
        Some(DocRef {
            position: u64::from_be_bytes(position.try_into().ok()?),
            ordinal: u32::from_be_bytes(ordinal.try_into().ok()?),
        })
    }

    /// The public id: `position-ordinal`.
    #[must_use]
    pub fn id(self) -> String {
        format!("{}-{}", self.position, self.ordinal)
    }

    /// Reads [`DocRef::id`].
    #[must_use]
    pub fn of_id(id: &str) -> Option<DocRef> {
        let (position, ordinal) = id.split_once('-')?;
        Some(DocRef { position: position.parse().ok()?, ordinal: ordinal.parse().ok()? })
    }
}

/// One thing that a list waits for.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Waiting {
    /// Rule of the three-document match.
    #[prost(string, tag = "1")]
    pub rule: String,
    /// Field that differs; empty if a document is missing.
    #[prost(string, tag = "2")]
    pub field: String,
    /// Left document.
    #[prost(enumeration = "MessageType", tag = "3")]
    pub left_type: i32,
    /// Its value, unless personal.
    #[prost(string, tag = "4")]
    pub left_value: String,
    /// Where the left document is, if it is there.
    #[prost(message, optional, tag = "5")]
    pub left: Option<DocRef>,
    /// Right document.
    #[prost(enumeration = "MessageType", tag = "6")]
    pub right_type: i32,
    /// Its value, unless personal.
    #[prost(string, tag = "7")]
    pub right_value: String,
    /// Where the right document is, if it is there.
    #[prost(message, optional, tag = "8")]
    pub right: Option<DocRef>,
    /// True if the values are personal: they are read from the documents for whoever may see them.
    #[prost(bool, tag = "9")]
    pub personal: bool,
    /// Key under which a missing document is expected.
    #[prost(string, tag = "10")]
    pub key: String,
    /// Line number of the documents that the values stand in, plus 1; 0 for the head.
    #[prost(uint32, tag = "11")]
    pub line: u32,
}

/// Numbers under which a document is known; those that it does not have are empty.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Keys {
    /// Document guid.
    #[prost(string, tag = "1")]
    pub guid: String,
    /// Platform code.
    #[prost(string, tag = "2")]
    pub ebp_code: String,
    /// Seller code.
    #[prost(string, tag = "3")]
    pub ebc_code: String,
    /// Order number.
    #[prost(string, tag = "4")]
    pub order_no: String,
    /// Payment institution code.
    #[prost(string, tag = "5")]
    pub pay_code: String,
    /// Payment transaction number.
    #[prost(string, tag = "6")]
    pub pay_transaction_id: String,
    /// Logistics enterprise code.
    #[prost(string, tag = "7")]
    pub logistics_code: String,
    /// Waybill number.
    #[prost(string, tag = "8")]
    pub logistics_no: String,
    /// Declarant code.
    #[prost(string, tag = "9")]
    pub agent_code: String,
    /// Declarant's own number.
    #[prost(string, tag = "10")]
    pub cop_no: String,
    /// Pre-entry number.
    #[prost(string, tag = "11")]
    pub pre_no: String,
    /// Customs list number.
    #[prost(string, tag = "12")]
    pub invt_no: String,
    /// Customs office.
    #[prost(string, tag = "13")]
    pub customs_code: String,
    /// Supervision mode.
    #[prost(string, tag = "14")]
    pub trade_mode: String,
}
