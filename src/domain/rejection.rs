//! Rejections and open matches as they are stored: no personal value in them.

use super::document::Fields;
use super::field::Field;
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
    /// Operator of the supervised site.
    #[prost(string, tag = "15")]
    pub operator_code: String,
    /// Master bill.
    #[prost(string, tag = "16")]
    pub bill_no: String,
    /// Consolidation application number.
    #[prost(string, tag = "17")]
    pub sum_no: String,
    /// Sequence of the message, if a document is split over several.
    #[prost(string, tag = "18")]
    pub msg_seq_no: String,
    /// Warehouse-in number.
    #[prost(string, tag = "19")]
    pub rkd_no: String,
    /// Transaction number of a receipt of money.
    #[prost(string, tag = "20")]
    pub pay_no: String,
    /// Status that the document itself reports: of a waybill, of a tax bill.
    #[prost(string, tag = "21")]
    pub status: String,
    /// Number of a tax bill.
    #[prost(string, tag = "22")]
    pub tax_no: String,
    /// Consolidation number, one per customs declaration.
    #[prost(string, tag = "23")]
    pub decl_seq_no: String,
    /// Guarantor of the tax.
    #[prost(string, tag = "24")]
    pub assure_code: String,
    /// Customs broker of a consolidation.
    #[prost(string, tag = "25")]
    pub decl_agent_code: String,
    /// Export list: `A` simplified, `B` consolidated declaration.
    #[prost(string, tag = "26")]
    pub statistics_flag: String,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "most fields are no keys")]
impl Keys {
    /// The numbers and codes among the head fields of a document.
    #[must_use]
    pub fn of(head: &Fields<'_>) -> Keys {
        let mut keys = Keys::default();
        for (field, value) in &head.0 {
            if let Some(slot) = keys.slot(*field).filter(|slot| slot.is_empty()) {
                // 1 and 01 are the same part of a split document.
                let number = *field == Field::MsgSeqNo;
                slot.push_str(if number { value.text.trim_start_matches(['+', '0']) } else { &value.text });
            }
        }
        keys
    }

    /// The value of a field; empty if it is none of the keys.
    #[must_use]
    pub fn get(&self, field: Field) -> &str {
        match field {
            Field::Guid => &self.guid,
            Field::EbpCode => &self.ebp_code,
            Field::EbcCode => &self.ebc_code,
            Field::OrderNo => &self.order_no,
            Field::PayCode => &self.pay_code,
            Field::PayTransactionId => &self.pay_transaction_id,
            Field::LogisticsCode => &self.logistics_code,
            Field::LogisticsNo => &self.logistics_no,
            Field::AgentCode => &self.agent_code,
            Field::CopNo | Field::CoElNo => &self.cop_no,
            Field::PreNo => &self.pre_no,
            Field::InvtNo => &self.invt_no,
            Field::CustomsCode => &self.customs_code,
            Field::TradeMode => &self.trade_mode,
            Field::OperatorCode => &self.operator_code,
            Field::BillNo => &self.bill_no,
            Field::SumNo => &self.sum_no,
            Field::MsgSeqNo => &self.msg_seq_no,
            Field::RkdNo => &self.rkd_no,
            Field::PayNo => &self.pay_no,
            Field::Status | Field::LogisticsStatus => &self.status,
            Field::TaxNo => &self.tax_no,
            Field::DeclSeqNo => &self.decl_seq_no,
            Field::AssureCode => &self.assure_code,
            Field::DeclAgentCode => &self.decl_agent_code,
            Field::StatisticsFlag => &self.statistics_flag,
            _ => "",
        }
    }

    /// Puts a value in the place of a field; nothing happens if it is none of the keys.
    pub fn set(&mut self, field: Field, value: &str) {
        if let Some(slot) = self.slot(field) {
            value.clone_into(slot);
        }
    }

    fn slot(&mut self, field: Field) -> Option<&mut String> {
        Some(match field {
            Field::Guid => &mut self.guid,
            Field::EbpCode => &mut self.ebp_code,
            Field::EbcCode => &mut self.ebc_code,
            Field::OrderNo => &mut self.order_no,
            Field::PayCode => &mut self.pay_code,
            Field::PayTransactionId => &mut self.pay_transaction_id,
            Field::LogisticsCode => &mut self.logistics_code,
            Field::LogisticsNo => &mut self.logistics_no,
            Field::AgentCode => &mut self.agent_code,
            Field::CopNo | Field::CoElNo => &mut self.cop_no,
            Field::PreNo => &mut self.pre_no,
            Field::InvtNo => &mut self.invt_no,
            Field::CustomsCode => &mut self.customs_code,
            Field::TradeMode => &mut self.trade_mode,
            Field::OperatorCode => &mut self.operator_code,
            Field::BillNo => &mut self.bill_no,
            Field::SumNo => &mut self.sum_no,
            Field::MsgSeqNo => &mut self.msg_seq_no,
            Field::RkdNo => &mut self.rkd_no,
            Field::PayNo => &mut self.pay_no,
            Field::Status | Field::LogisticsStatus => &mut self.status,
            Field::TaxNo => &mut self.tax_no,
            Field::DeclSeqNo => &mut self.decl_seq_no,
            Field::AssureCode => &mut self.assure_code,
            Field::DeclAgentCode => &mut self.decl_agent_code,
            Field::StatisticsFlag => &mut self.statistics_flag,
            _ => return None,
        })
    }
}
