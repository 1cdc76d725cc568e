//! Message types, their documents, and the CEB return codes.

use super::party::Role;

/// A CEB message type. The number is the one in the message's name and is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum MessageType {
    /// The root element could not be read or is not known.
    Unknown = 0,
    /// Import order.
    Ceb311 = 311,
    /// Receipt for import orders.
    Ceb312 = 312,
    /// Import payment.
    Ceb411 = 411,
    /// Receipt for import payments.
    Ceb412 = 412,
    /// Import waybill.
    Ceb511 = 511,
    /// Receipt for import waybills.
    Ceb512 = 512,
    /// Import declaration list.
    Ceb621 = 621,
    /// Receipt for import declaration lists.
    Ceb622 = 622,
    /// Format failure.
    Ceb900 = 900,
}

impl MessageType {
    /// Every type that may be sent to the exchange.
    pub const RECEIVED: [MessageType; 8] = [
        MessageType::Ceb311,
        MessageType::Ceb312,
        MessageType::Ceb411,
        MessageType::Ceb412,
        MessageType::Ceb511,
        MessageType::Ceb512,
        MessageType::Ceb621,
        MessageType::Ceb622,
    ];

    /// The type whose root element has this local name.
    #[must_use]
    pub fn of_root(local_name: &str) -> Option<MessageType> {
        MessageType::RECEIVED.into_iter().find(|kind| kind.root_name() == local_name)
    }

    /// The type of that number, [`MessageType::Unknown`] if there is none.
    #[must_use]
    pub fn of_number(number: i32) -> MessageType {
        MessageType::try_from(number).unwrap_or(MessageType::Unknown)
    }

    /// Local name of the root element, for example `CEB621Message`.
    #[must_use]
    pub fn root_name(self) -> &'static str {
        match self {
            MessageType::Unknown => "Unknown",
            MessageType::Ceb311 => "CEB311Message",
            MessageType::Ceb312 => "CEB312Message",
            MessageType::Ceb411 => "CEB411Message",
            MessageType::Ceb412 => "CEB412Message",
            MessageType::Ceb511 => "CEB511Message",
            MessageType::Ceb512 => "CEB512Message",
            MessageType::Ceb621 => "CEB621Message",
            MessageType::Ceb622 => "CEB622Message",
            MessageType::Ceb900 => "CEB900Message",
        }
    }

    /// Local name of one business document in it, for example `Inventory`.
    #[must_use]
    pub fn document_name(self) -> &'static str {
        match self {
            MessageType::Unknown => "",
            MessageType::Ceb311 => "Order",
            MessageType::Ceb312 => "OrderReturn",
            MessageType::Ceb411 => "Payment",
            MessageType::Ceb412 => "PaymentReturn",
            MessageType::Ceb511 => "Logistics",
            MessageType::Ceb512 => "LogisticsReturn",
            MessageType::Ceb621 => "Inventory",
            MessageType::Ceb622 => "InventoryReturn",
            MessageType::Ceb900 => "MessageReturn",
        }
    }

    /// Local name of one line of a document; empty if its documents have none.
    #[must_use]
    pub fn line_name(self) -> &'static str {
        match self {
            MessageType::Ceb311 => "OrderList",
            MessageType::Ceb621 => "InventoryList",
            MessageType::Unknown
            | MessageType::Ceb312
            | MessageType::Ceb411
            | MessageType::Ceb412
            | MessageType::Ceb511
            | MessageType::Ceb512
            | MessageType::Ceb622
            | MessageType::Ceb900 => "",
        }
    }

    /// What a document of it is called, in Chinese and English.
    #[must_use]
    pub fn document_title(self) -> (&'static str, &'static str) {
        match self {
            MessageType::Unknown => ("报文", "message"),
            MessageType::Ceb311 => ("订单", "order"),
            MessageType::Ceb312 => ("订单回执", "order receipt"),
            MessageType::Ceb411 => ("支付单", "payment"),
            MessageType::Ceb412 => ("支付单回执", "payment receipt"),
            MessageType::Ceb511 => ("运单", "waybill"),
            MessageType::Ceb512 => ("运单回执", "waybill receipt"),
            MessageType::Ceb621 => ("清单", "declaration list"),
            MessageType::Ceb622 => ("清单回执", "declaration list receipt"),
            MessageType::Ceb900 => ("格式错误回执", "format failure"),
        }
    }

    /// Roles that may send it.
    #[must_use]
    pub fn senders(self) -> &'static [Role] {
        match self {
            // R-ENT-03; entrusted express operators and agents send for others by mandate (domain.md §3).
            MessageType::Ceb311 => &[Role::Platform, Role::Seller, Role::Logistics, Role::Declarant],
            MessageType::Ceb411 => &[Role::Payment, Role::Logistics, Role::Declarant],
            MessageType::Ceb511 => &[Role::Logistics, Role::Declarant],
            MessageType::Ceb621 => &[Role::Declarant, Role::Seller],
            MessageType::Ceb312 | MessageType::Ceb412 | MessageType::Ceb512 | MessageType::Ceb622 => &[Role::Customs],
            MessageType::Unknown | MessageType::Ceb900 => &[],
        }
    }

    /// The receipt that answers it.
    #[must_use]
    pub fn receipt(self) -> MessageType {
        match self {
            MessageType::Ceb311 => MessageType::Ceb312,
            MessageType::Ceb411 => MessageType::Ceb412,
            MessageType::Ceb511 => MessageType::Ceb512,
            MessageType::Ceb621 => MessageType::Ceb622,
            MessageType::Unknown
            | MessageType::Ceb312
            | MessageType::Ceb412
            | MessageType::Ceb512
            | MessageType::Ceb622
            | MessageType::Ceb900 => MessageType::Ceb900,
        }
    }

    /// For a receipt: the type of document that it speaks of.
    #[must_use]
    pub fn answered(self) -> Option<MessageType> {
        match self {
            MessageType::Ceb312 => Some(MessageType::Ceb311),
            MessageType::Ceb412 => Some(MessageType::Ceb411),
            MessageType::Ceb512 => Some(MessageType::Ceb511),
            MessageType::Ceb622 => Some(MessageType::Ceb621),
            MessageType::Unknown
            | MessageType::Ceb311
            | MessageType::Ceb411
            | MessageType::Ceb511
            | MessageType::Ceb621
            | MessageType::Ceb900 => None,
        }
    }
}

/// CEB return status: what customs or the exchange says of a document. An open set: unknown positive
/// codes are stored and shown. Source: specification 202205; see `docs/` for the table.
pub mod status {
    /// Saved as draft.
    pub const DRAFT: i32 = 1;
    /// Declared; a list with it waits for its three documents.
    pub const DECLARING: i32 = 2;
    /// Rejected by customs.
    pub const REJECTED: i32 = 100;
    /// Stored: logic check passed.
    pub const STORED: i32 = 120;
    /// Manual review.
    pub const REVIEW: i32 = 300;
    /// Adjudicated.
    pub const ADJUDICATED: i32 = 399;
    /// Accepted, waiting for arrival (field code).
    pub const WAIT_ARRIVAL: i32 = 400;
    /// Inspection.
    pub const INSPECTION: i32 = 500;
    /// Suspended.
    pub const SUSPENDED: i32 = 600;
    /// Shipped back.
    pub const SHIPPED_BACK: i32 = 700;
    /// Released.
    pub const RELEASED: i32 = 800;
    /// Closed.
    pub const CLOSED: i32 = 899;
    /// Deleted by its sender, or cancelled. Ours, never in CEB XML.
    pub const CANCELLED: i32 = 9001;
    /// Replaced by a newer document of its sender. Ours, never in CEB XML.
    pub const REPLACED: i32 = 9002;

    /// Name of a status in Chinese and English.
    #[must_use]
    pub fn name(code: i32) -> (&'static str, &'static str) {
        match code {
            1 => ("电子口岸已暂存", "saved"),
            2 => ("电子口岸申报中", "declaring"),
            3 => ("发送海关成功", "sent to customs"),
            4 => ("发送海关失败", "sending to customs failed"),
            100 => ("海关退单", "rejected by customs"),
            120 => ("海关入库", "stored"),
            300 => ("人工审核", "manual review"),
            399 => ("海关审结", "adjudicated"),
            400 => ("待运抵", "waiting for arrival"),
            500 => ("查验", "inspection"),
            501 => ("扣留移送通关", "detained, handed to clearance"),
            502 => ("扣留移送缉私", "detained, handed to anti-smuggling"),
            503 => ("扣留移送法规", "detained, handed to legal"),
            505 => ("移交", "handed over"),
            599 => ("其他扣留", "detained, other"),
            600 => ("挂起", "suspended"),
            700 => ("退运", "shipped back"),
            800 => ("放行", "released"),
            899 => ("结关", "closed"),
            9001 => ("已撤销", "cancelled"),
            9002 => ("已被替换", "replaced"),
            code if code < 0 => ("处理失败", "processing error"),
            _ => ("未知状态", "unknown status"),
        }
    }
}
