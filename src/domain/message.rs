//! Message types, and the CEB return codes.

use super::party::Role;
use super::standard::{Flow, Part, SPECS, Spec};

/// A CEB message type. The number is the one in the message's name and is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum MessageType {
    /// The root element could not be read or is not known.
    Unknown = 0,
    /// Export return request.
    Ceb213 = 213,
    /// Export return request receipt.
    Ceb214 = 214,
    /// Export return tally list.
    Ceb215 = 215,
    /// Export return tally list receipt.
    Ceb216 = 216,
    /// Export order.
    Ceb303 = 303,
    /// Export order receipt.
    Ceb304 = 304,
    /// Order.
    Ceb311 = 311,
    /// Order receipt.
    Ceb312 = 312,
    /// Receipt of money.
    Ceb403 = 403,
    /// Receipt of money receipt.
    Ceb404 = 404,
    /// Payment.
    Ceb411 = 411,
    /// Payment receipt.
    Ceb412 = 412,
    /// Export waybill.
    Ceb505 = 505,
    /// Export waybill receipt.
    Ceb506 = 506,
    /// Arrival list.
    Ceb507 = 507,
    /// Arrival list receipt.
    Ceb508 = 508,
    /// Departure list.
    Ceb509 = 509,
    /// Departure list receipt.
    Ceb510 = 510,
    /// Waybill.
    Ceb511 = 511,
    /// Waybill receipt.
    Ceb512 = 512,
    /// Waybill status.
    Ceb513 = 513,
    /// Waybill status receipt.
    Ceb514 = 514,
    /// Export declaration list.
    Ceb603 = 603,
    /// Export declaration list receipt.
    Ceb604 = 604,
    /// Export list cancellation.
    Ceb605 = 605,
    /// Export list cancellation receipt.
    Ceb606 = 606,
    /// Link of lists to a master waybill.
    Ceb607 = 607,
    /// Link of lists to a master waybill receipt.
    Ceb608 = 608,
    /// Declaration list.
    Ceb621 = 621,
    /// Declaration list receipt.
    Ceb622 = 622,
    /// List cancellation.
    Ceb623 = 623,
    /// List cancellation receipt.
    Ceb624 = 624,
    /// List return.
    Ceb625 = 625,
    /// List return receipt.
    Ceb626 = 626,
    /// Consolidation request.
    Ceb701 = 701,
    /// Consolidation request receipt.
    Ceb702 = 702,
    /// Warehouse-in list.
    Ceb711 = 711,
    /// Warehouse-in list receipt.
    Ceb712 = 712,
    /// Consolidation result.
    Ceb792 = 792,
    /// Tax bill.
    Ceb816 = 816,
    /// Tax bill status.
    Ceb818 = 818,
    /// Format failure.
    Ceb900 = 900,
}

impl MessageType {
    /// Every type that may be sent to the exchange, by number.
    pub fn received() -> impl Iterator<Item = MessageType> {
        SPECS.iter().filter(|spec| spec.part != Part::Failure).map(|spec| spec.kind)
    }

    /// The type whose root element has this local name; `None` also for what only the exchange sends.
    #[must_use]
    pub fn of_root(local_name: &str) -> Option<MessageType> {
        let digits = local_name.strip_prefix("CEB")?.strip_suffix("Message")?;
        let kind = MessageType::of_number(digits.parse().ok().filter(|_| digits.len() == 3)?);
        kind.spec().filter(|spec| spec.part != Part::Failure).map(|spec| spec.kind)
    }

    /// The type of that number, [`MessageType::Unknown`] if there is none.
    #[must_use]
    pub fn of_number(number: i32) -> MessageType {
        MessageType::try_from(number).unwrap_or(MessageType::Unknown)
    }

    /// All that is fixed about it; `None` for [`MessageType::Unknown`].
    #[must_use]
    pub fn spec(self) -> Option<&'static Spec> {
        Spec::of(self)
    }

    /// Local name of the root element, for example `CEB621Message`.
    #[must_use]
    pub fn root_name(self) -> &'static str {
        self.spec().map_or("Unknown", |spec| spec.root)
    }

    /// Local name of one business document in it, for example `Inventory`.
    #[must_use]
    pub fn document_name(self) -> &'static str {
        self.spec().map_or("", |spec| spec.document)
    }

    /// Local name of one line of a document; empty if its documents have none.
    #[must_use]
    pub fn line_name(self) -> &'static str {
        self.spec().map_or("", |spec| spec.line)
    }

    /// Path of one document (ordinal from 1), for example `/CEB621Message/Inventory[1]`. As in every path, what the
    /// schema lets stand only once has no number.
    #[must_use]
    pub fn document_path(self, ordinal: usize) -> String {
        let (root, document) = (self.root_name(), self.document_name());
        if matches!(self, MessageType::Ceb711 | MessageType::Ceb900) {
            format!("/{root}/{document}")
        } else {
            format!("/{root}/{document}[{ordinal}]")
        }
    }

    /// Path of a head field of one document (ordinal from 1), for example
    /// `/CEB621Message/Inventory[1]/InventoryHead/orderNo`.
    #[must_use]
    pub fn head_path(self, ordinal: usize, field: &str) -> String {
        let document = self.document_path(ordinal);
        match self.spec().map_or("", |spec| spec.head) {
            "" => format!("{document}/{field}"),
            head => format!("{document}/{head}/{field}"),
        }
    }

    /// Path of a field of a line of one document (ordinal from 1); `rest` is the line's index and the field, for example
    /// `[2]/gcode`.
    #[must_use]
    pub fn line_path(self, ordinal: usize, rest: &str) -> String {
        format!("/{}/{}[{ordinal}]/{}{rest}", self.root_name(), self.document_name(), self.line_name())
    }

    /// What a document of it is called, in Chinese and English.
    #[must_use]
    pub fn document_title(self) -> (&'static str, &'static str) {
        self.spec().map_or(("报文", "message"), |spec| spec.title)
    }

    /// True for the messages of export.
    #[must_use]
    pub fn is_export(self) -> bool {
        self.spec().is_some_and(|spec| spec.flow == Flow::Export)
    }

    /// True if the lines of its documents name waybills or lists of many trades: such a document belongs to none.
    #[must_use]
    pub fn names_others(self) -> bool {
        use MessageType::{Ceb507, Ceb509, Ceb607, Ceb701, Ceb711, Ceb792};
        matches!(self, Ceb507 | Ceb509 | Ceb607 | Ceb701 | Ceb711 | Ceb792)
    }

    /// Roles that may send it.
    #[must_use]
    pub fn senders(self) -> &'static [Role] {
        self.spec().map_or(&[], |spec| spec.senders)
    }

    /// The receipt that answers it; CEB900 for what has none of its own.
    #[must_use]
    pub fn receipt(self) -> MessageType {
        match self.spec().map(|spec| spec.part) {
            Some(Part::Declaration(receipt)) => receipt,
            Some(Part::Receipt(_) | Part::Notice | Part::Failure) | None => MessageType::Ceb900,
        }
    }

    /// For a receipt: the type of document that it speaks of.
    #[must_use]
    pub fn answered(self) -> Option<MessageType> {
        match self.spec().map(|spec| spec.part) {
            Some(Part::Receipt(answered)) => Some(answered),
            Some(Part::Declaration(_) | Part::Notice | Part::Failure) | None => None,
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
