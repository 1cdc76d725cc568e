//! The envelopes of the exchange platform (DXP): DxpMsg of terminal nodes, DxpMsgSv of transport nodes, and
//! DxpRep, the transport's answer. Pure.
//!
//! ```text
//! DxpMsgSv { SvNo, DxpMsg { TransInfo, Data = base64(CEB message), AddInfo } }
//! ```
//!
//! [`unwrap`] opens what a door received, once: an envelope within an envelope's data is refused.
//! [`dxp_msg`], [`dxp_msg_sv`] and [`dxp_rep`] write envelopes; the same values give the same bytes.
//!
//! Source: specification 202205, chapter on transport; facts and our readings are in `docs/envelopes.md`.

mod charset;
mod read;
mod write;

pub use read::{Form, Refused, Unwrapped, unwrap};
pub use write::{DxpRep, Response, dxp_msg, dxp_msg_sv, dxp_rep};

use crate::schema::{Error, SchemaSet};

/// Namespace of the envelopes.
pub const DXP_NAMESPACE: &str = "http://www.chinaport.gov.cn/dxp";

macro_rules! carried {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../schemas/dxp/", $name)))
    };
}

/// Schema files of the envelopes by name.
pub const FILES: &[(&str, &[u8])] = &[
    carried!("DxpMsg.xsd"),
    carried!("DxpMsgSv.xsd"),
    carried!("DxpRep.xsd"),
    carried!("dxp-types.xsd"),
    ("../202205/xmldsig-core.xsd", include_bytes!("../../schemas/202205/xmldsig-core.xsd")),
];

/// Compiles the schema of the envelopes that the program carries.
///
/// # Errors
/// Mistakes in the schemas; a test sees to it that there are none.
pub fn carried() -> Result<SchemaSet, Vec<Error>> {
    SchemaSet::compile(FILES, &["DxpMsg.xsd", "DxpMsgSv.xsd", "DxpRep.xsd"])
}

/// Head of a transport message: element TransInfo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransInfo {
    /// Id that the sender gave the transport message, 1 to 255 characters.
    pub cop_msg_id: String,
    /// DXP id of the sender, 1 to 16 characters.
    pub sender_id: String,
    /// DXP ids of the receivers, 1 to 5.
    pub receiver_ids: Vec<String>,
    /// When it was made, as `xs:dateTime`.
    pub creat_time: String,
    /// Type of the business message, for example `CEB621Message`.
    pub msg_type: String,
}

/// What may stand beside the data: element AddInfo. It can name a person, so it is kept with personal values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddInfo {
    /// Original file name.
    pub file_name: Option<String>,
    /// Number of the operator's card.
    pub ic_card: Option<String>,
    /// Business keys, name and value, at most 5.
    pub biz_keys: Vec<(String, String)>,
    /// Character set of the data, if AddInfo says that it is text.
    pub encode: Option<String>,
    /// Receiver's mapping id.
    pub rec_map_id: Option<String>,
}

/// Number and way of a transport message: element SvNo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SvNo {
    /// 8-digit node id, yyyymmddhh24miss, 10-digit sequence number.
    pub msg_id: String,
    /// Which copy it is, if it was split for several receivers.
    pub sub_msg_id: Option<String>,
    /// When it was sent, as `xs:dateTime`.
    pub send_time: String,
    /// Node that it goes to, 1 to 8 characters.
    pub end_node: String,
    /// Node that it comes from, 1 to 8 characters.
    pub sta_node: String,
}

/// Everything that an envelope says besides its data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Head.
    pub trans_info: TransInfo,
    /// Further information.
    pub add_info: AddInfo,
    /// Only DxpMsgSv has it.
    pub sv: Option<SvNo>,
}

/// Codes of the transport's answers. Source: specification 202205, table of the platform's errors.
pub mod code {
    /// All well. Ours: the table has errors only.
    pub const SUCCESS: &str = "0000";
    /// The message cannot be read.
    pub const FORMAT: &str = "0001";
    /// The message is against the schema.
    pub const SCHEMA: &str = "0002";
    /// Another fault of form.
    pub const OTHER_FORMAT: &str = "0999";
    /// Another matter of security.
    pub const OTHER_SECURITY: &str = "1999";
    /// No such receiver.
    pub const RECEIVER_UNKNOWN: &str = "2001";
    /// It arrived at a node that it is not addressed to.
    pub const ADDRESS_MISMATCH: &str = "2002";
}

/// The transport code for a fault of an envelope.
#[must_use]
pub fn code_of_rule(rule: &str) -> &'static str {
    if rule.starts_with("XML-") {
        code::FORMAT
    } else if rule.starts_with("XSD-") {
        code::SCHEMA
    } else {
        code::OTHER_FORMAT
    }
}

#[cfg(test)]
mod tests;
