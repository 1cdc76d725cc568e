//! Events: what an entry changed, as stored and fed.

use super::message::MessageType;
use super::rejection::{DocRef, Keys, Rejection, Waiting};
use super::statistics::Posting;
use super::transport::{Audience, Routing};

/// Kind of an event. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum EventKind {
    /// A whole message was refused.
    MessageRejected = 1,
    /// A document was accepted.
    DocumentAccepted = 2,
    /// A document was refused.
    DocumentRejected = 3,
    /// A document was replaced by a newer one of its sender.
    DocumentReplaced = 4,
    /// A document was deleted by its sender.
    DocumentDeleted = 5,
    /// What a list waits for has changed.
    MatchWaiting = 6,
    /// A list and its three documents agree.
    Matched = 7,
    /// Customs decided.
    Decided = 8,
    /// A decision was kept but changed nothing.
    DecisionIgnored = 9,
    /// A list waited too long.
    MatchExpired = 10,
    /// A party was filed or changed.
    PartyFiled = 11,
    /// A mandate was filed or ended.
    MandateFiled = 12,
    /// A decision named no document that is known.
    DecisionUnknown = 13,
    /// Rows were added to a dated table.
    TablesChanged = 14,
    /// An application for a filing waits for review.
    FilingApplied = 15,
    /// An application was approved or refused, or a filing suspended or revoked.
    FilingDecided = 16,
    /// A product was filed or changed.
    ProductFiled = 17,
    /// An account book was filed or its balance changed otherwise than by lists.
    BookChanged = 18,
    /// A warehouse was filed.
    WarehouseFiled = 19,
    /// A list was cancelled by an accepted cancellation.
    Cancelled = 20,
    /// Goods of a list came back by an accepted return.
    Returned = 21,
    /// A list was drawn for inspection.
    Drawn = 22,
    /// An inspection has a result.
    Inspected = 23,
    /// A credit grade was filed.
    CreditChanged = 24,
    /// A tax bill was compared with the trial computation.
    TaxBilled = 25,
    /// Something of the worklist is overdue.
    Overdue = 26,
    /// A list was consolidated into a declaration.
    Consolidated = 27,
    /// A parcel of a list has arrived at its site.
    Arrived = 28,
    /// Goods of a list have left the country.
    Departed = 29,
    /// A parcel was signed for.
    SignedOff = 30,
    /// A trace record was filed.
    TraceFiled = 31,
    /// A lot was blocked or freed.
    LotBlocked = 32,
    /// A parcel moved.
    ParcelMoved = 33,
    /// A foreign-exchange message was taken or refused.
    ForexTaken = 34,
    /// Raw payment data was asked for.
    PaymentDataAsked = 35,
    /// Raw payment data was given.
    PaymentDataGiven = 36,
    /// An agency decided on a list beside customs.
    AgencyDecided = 37,
    /// An agency asked another for assistance.
    AssistanceAsked = 38,
    /// A request for assistance was answered.
    AssistanceAnswered = 39,
    /// A post-audit case was opened.
    AuditOpened = 40,
    /// A post-audit case was closed.
    AuditClosed = 41,
    /// A firm gave or withdrew its consent.
    ConsentChanged = 42,
    /// An identity was checked by a verifier.
    IdentityChecked = 43,
    /// Stock of a warehouse changed otherwise than by lists.
    StockChanged = 44,
    /// Agencies put an agreement on record.
    AgreementFiled = 45,
}

impl EventKind {
    /// What it is called, in Chinese and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            EventKind::MessageRejected => ("报文被拒", "message refused"),
            EventKind::DocumentAccepted => ("已接收", "accepted"),
            EventKind::DocumentRejected => ("被拒", "refused"),
            EventKind::DocumentReplaced => ("被替换", "replaced"),
            EventKind::DocumentDeleted => ("已删除", "deleted"),
            EventKind::MatchWaiting => ("待对碰", "waits"),
            EventKind::Matched => ("三单一致", "matched"),
            EventKind::Decided => ("海关回执", "decided"),
            EventKind::DecisionIgnored => ("回执未生效", "decision ignored"),
            EventKind::MatchExpired => ("对碰超时", "waited too long"),
            EventKind::PartyFiled => ("企业备案", "party filed"),
            EventKind::MandateFiled => ("委托备案", "mandate filed"),
            EventKind::DecisionUnknown => ("未知单证回执", "decision on nothing known"),
            EventKind::TablesChanged => ("参数表已更新", "table changed"),
            EventKind::FilingApplied => ("备案申请待审核", "application waits for review"),
            EventKind::FilingDecided => ("备案已审核", "filing decided"),
            EventKind::ProductFiled => ("商品已备案", "product filed"),
            EventKind::BookChanged => ("账册已变更", "account book changed"),
            EventKind::WarehouseFiled => ("仓库已备案", "warehouse filed"),
            EventKind::Cancelled => ("清单已撤销", "list cancelled"),
            EventKind::Returned => ("清单商品已退货", "goods of the list returned"),
            EventKind::Drawn => ("已布控查验", "drawn for inspection"),
            EventKind::Inspected => ("查验结果已记录", "inspection result recorded"),
            EventKind::CreditChanged => ("信用等级已变更", "credit grade changed"),
            EventKind::TaxBilled => ("税单已与试算核对", "tax bill compared with the trial computation"),
            EventKind::Overdue => ("事项已逾期", "overdue"),
            EventKind::Consolidated => ("清单已汇总申报", "list consolidated into a declaration"),
            EventKind::Arrived => ("包裹已运抵", "parcel arrived at its site"),
            EventKind::Departed => ("货物已离境", "goods left the country"),
            EventKind::SignedOff => ("包裹已签收", "parcel signed for"),
            EventKind::TraceFiled => ("追溯信息已备案", "trace record filed"),
            EventKind::LotBlocked => ("批次管控已变更", "lot blocked or freed"),
            EventKind::ParcelMoved => ("包裹状态更新", "parcel moved"),
            EventKind::ForexTaken => ("结售汇信息已处理", "foreign-exchange message handled"),
            EventKind::PaymentDataAsked => ("已调取支付原始数据", "raw payment data asked for"),
            EventKind::PaymentDataGiven => ("支付原始数据已上传", "raw payment data given"),
            EventKind::AgencyDecided => ("监管部门已决定", "agency decided"),
            EventKind::AssistanceAsked => ("执法互助请求", "request for assistance"),
            EventKind::AssistanceAnswered => ("执法互助请求已答复", "request for assistance answered"),
            EventKind::AuditOpened => ("稽核案件已立案", "post-audit case opened"),
            EventKind::AuditClosed => ("稽核案件已结案", "post-audit case closed"),
            EventKind::ConsentChanged => ("企业授权已变更", "consent changed"),
            EventKind::IdentityChecked => ("身份核验已完成", "identity checked"),
            EventKind::StockChanged => ("仓库库存已变更", "stock of a warehouse changed"),
            EventKind::AgreementFiled => ("监管互认协议已备案", "agreement on record"),
        }
    }
}

/// A named value of an event: what a rule computed, in the clear and never personal.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Named {
    /// Name in lower camel case, for example `taxTotal`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Value as text.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// One thing that an entry changed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Event {
    /// What happened.
    #[prost(enumeration = "EventKind", tag = "1")]
    pub kind: i32,
    /// Document that it happened to; `None` for a whole message or a filing.
    #[prost(message, optional, tag = "2")]
    pub document: Option<DocRef>,
    /// Type of that document.
    #[prost(enumeration = "MessageType", tag = "3")]
    pub message_type: i32,
    /// CEB return status after it; negative for a refusal.
    #[prost(sint32, tag = "4")]
    pub status: i32,
    /// Numbers of the document.
    #[prost(message, optional, tag = "5")]
    pub keys: Option<Keys>,
    /// Why it was refused, or why a decision changed nothing.
    #[prost(message, repeated, tag = "6")]
    pub rejections: Vec<Rejection>,
    /// What a list waits for after it.
    #[prost(message, repeated, tag = "7")]
    pub waiting: Vec<Waiting>,
    /// Time that customs gave, milliseconds since 1970; 0 if none.
    #[prost(int64, tag = "8")]
    pub decision_ms: i64,
    /// Customs' text.
    #[prost(string, tag = "9")]
    pub info: String,
    /// Parties whose document it is: sender first, then those named in it. Numbers of parties.
    #[prost(uint32, repeated, tag = "10")]
    pub owners: Vec<u32>,
    /// The other document: the new one of a replacement.
    #[prost(message, optional, tag = "11")]
    pub other: Option<DocRef>,
    /// Party filed, for filings: its code.
    #[prost(string, tag = "12")]
    pub code: String,
    /// What a decision did.
    #[prost(enumeration = "Effect", tag = "13")]
    pub effect: i32,
    /// Index of the decision in its entry, from 1; 0 for other events.
    #[prost(uint32, tag = "14")]
    pub decision_ordinal: u32,
    /// Parties that the message of the document named to be told of it.
    #[prost(message, optional, tag = "20")]
    pub audience: Option<Audience>,
    /// What was computed or recorded with it.
    #[prost(message, repeated, tag = "21")]
    pub values: Vec<Named>,
    /// What statistics count or take back with it.
    #[prost(message, repeated, tag = "22")]
    pub postings: Vec<Posting>,
}

impl Event {
    /// Adds a named value; an empty one is left out.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Event {
        self.note(name, value);
        self
    }

    /// Adds a named value; an empty one is left out.
    pub fn note(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.values.push(Named { name: name.to_owned(), value });
        }
    }
}

/// What a decision did. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Effect {
    /// Not a decision.
    None = 0,
    /// The status changed.
    Applied = 1,
    /// The same decision was there before.
    Repeated = 2,
    /// Kept, without effect.
    Ignored = 3,
    /// No such document.
    UnknownDocument = 4,
    /// Another office's document.
    ForeignOffice = 5,
    /// The message itself is refused.
    Rejected = 6,
}

/// How an entry ended. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Ending {
    /// Applied; for a submission: the message was taken.
    Applied = 1,
    /// The whole message is refused.
    Refused = 2,
    /// The same submission was applied before; nothing changed.
    Replay = 3,
    /// The guid was used before for other bytes; refused.
    Conflict = 4,
    /// Checked under editions that are not in force; nothing is bound.
    Stale = 5,
}

/// All that applying one entry yielded: the source of receipts and of the feed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Outcome {
    /// How it ended.
    #[prost(enumeration = "Ending", tag = "1")]
    pub ending: i32,
    /// Time of the entry, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub time_ms: i64,
    /// Number of the party that sent it; 0 for the exchange itself.
    #[prost(uint32, tag = "3")]
    pub party: u32,
    /// Kind of the entry.
    #[prost(uint32, tag = "4")]
    pub entry_kind: u32,
    /// Type of the message.
    #[prost(enumeration = "MessageType", tag = "5")]
    pub message_type: i32,
    /// Guid of the message.
    #[prost(string, tag = "6")]
    pub message_guid: String,
    /// SHA-256 of the payload: the message inside any envelope.
    #[prost(bytes = "vec", tag = "7")]
    pub payload_sha256: Vec<u8>,
    /// Why the whole message is refused.
    #[prost(message, repeated, tag = "8")]
    pub rejections: Vec<Rejection>,
    /// Rejections counted but not listed.
    #[prost(uint32, tag = "9")]
    pub rejections_omitted: u32,
    /// For a replay or a conflict: position of the first submission.
    #[prost(uint64, tag = "10")]
    pub first: u64,
    /// Events, in order.
    #[prost(message, repeated, tag = "11")]
    pub events: Vec<Event>,
    /// Edition of the schema that the message was checked against.
    #[prost(string, tag = "12")]
    pub schema_edition: String,
    /// Result of a filing, seek or subscription: an empty text if done, else why not.
    #[prost(string, tag = "13")]
    pub note: String,
    /// State of the message's signature, as in the header of its entry; 0 from before it was kept here, which
    /// means 1.
    #[prost(uint32, tag = "14")]
    pub signature: u32,
    /// How the message was routed; `None` if it has no envelope and names no address that is not known.
    #[prost(message, optional, tag = "20")]
    pub routing: Option<Routing>,
}
