//! What an envelope and BaseSubscribe say, and where a message goes by them, as stored.

/// What the envelope of a message says. Names of files and cards are not in it: they can be personal.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Transport {
    /// Id that the sender gave the transport message.
    #[prost(string, tag = "1")]
    pub cop_msg_id: String,
    /// DXP id of the sender.
    #[prost(string, tag = "2")]
    pub sender_id: String,
    /// DXP ids of the receivers.
    #[prost(string, repeated, tag = "3")]
    pub receiver_ids: Vec<String>,
    /// When it was made, as written.
    #[prost(string, tag = "4")]
    pub creat_time: String,
    /// Type of the message, as written.
    #[prost(string, tag = "5")]
    pub msg_type: String,
    /// For DxpMsgSv: MsgId, and SubMsgId behind a dash if there is one.
    #[prost(string, tag = "6")]
    pub sv_msg_id: String,
    /// BaseTransfer dxpId of the message in it.
    #[prost(string, tag = "7")]
    pub dxp_id: String,
    /// Transport code of a faulty envelope; empty if there is no fault.
    #[prost(string, tag = "8")]
    pub fault_code: String,
}

/// What a BaseSubscribe receiver is to get. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Share {
    /// Data and receipts.
    All = 1,
    /// Data only.
    Data = 2,
    /// Receipts only.
    Receipts = 3,
}

impl Share {
    /// Reads BaseSubscribe status.
    #[must_use]
    pub fn of_status(status: &str) -> Option<Share> {
        match status {
            "ALL" => Some(Share::All),
            "DATA" => Some(Share::Data),
            "RET" => Some(Share::Receipts),
            _ => None,
        }
    }
}

/// One address that BaseSubscribe names.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Subscriber {
    /// DXP id.
    #[prost(string, tag = "1")]
    pub address: String,
    /// What it is to get.
    #[prost(enumeration = "Share", tag = "2")]
    pub share: i32,
}

/// Parties that a message names to be told of its documents, beside those whose documents they are.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Audience {
    /// Get the document. Numbers of parties.
    #[prost(uint32, repeated, tag = "1")]
    pub data: Vec<u32>,
    /// Get its receipts. Numbers of parties.
    #[prost(uint32, repeated, tag = "2")]
    pub receipts: Vec<u32>,
    /// DXP id that the sender's receipts go to, if its message came in an envelope.
    #[prost(string, tag = "3")]
    pub reply_to: String,
}

/// How a message was routed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Routing {
    /// What its envelope says; `None` if it came without.
    #[prost(message, optional, tag = "1")]
    pub transport: Option<Transport>,
    /// Addresses that could not be served, and other remarks.
    #[prost(message, repeated, tag = "2")]
    pub notes: Vec<RouteNote>,
    /// DXP id of the exchange.
    #[prost(string, tag = "3")]
    pub exchange_id: String,
}

/// A remark on the way of a message. It refuses nothing.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RouteNote {
    /// Transport code, for example `2001`.
    #[prost(string, tag = "1")]
    pub code: String,
    /// The address that it is about.
    #[prost(string, tag = "2")]
    pub address: String,
    /// Element that names the address: `ReceiverId` or `dxpAddress`.
    #[prost(string, tag = "3")]
    pub field: String,
}

impl RouteNote {
    /// In words, Chinese and English.
    #[must_use]
    pub fn text(&self) -> (String, String) {
        let RouteNote { code, address, field } = self;
        match code.as_str() {
            "2001" => (
                format!("接收方不存在：{field}[{address}]未备案，未送达"),
                format!("receiver unknown: no party has filed the {field} {address}; nothing was sent to it"),
            ),
            "2002" => (
                format!("实际接收方与报文中的接收方不一致：报文到达[{address}]，未在{field}中列出"),
                format!("address mismatch: the message arrived at {address}, which no {field} names"),
            ),
            _ => (format!("{field}[{address}]：{code}"), format!("{field} {address}: {code}")),
        }
    }
}
