//! Entries: the typed content of ledger records. Tags and kind numbers are permanent.

use super::clearance::agency::{AgencyEntry, ConsentEntry};
use super::clearance::guarantee::GuaranteeEntry;
use super::clearance::inspection::InspectionEntry;
use super::facts::Facts;
use super::filing::FilingEntry;
use super::forex::ForexEntry;
use super::payment::PaymentEntry;
use super::refund::RefundEntry;
use super::wrapping::Wrapping;
use crate::domain::limits::DOCUMENTS_MAX;
use crate::domain::{
    CreditGrade, DocRef, Keys, Mandate, MessageType, ParcelSync, Party, Rejection, StockChange, Subscriber,
    TraceChange, Transport,
};
use crate::feed::Subscription;
use crate::ledger::Record;
use crate::tables::TableChange;
use prost::Message as _;

/// Version of the section encodings written today.
const RECORD_VERSION: u16 = 1;

/// The uncompressed section of a record; part of its Merkle leaf.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Header {
    /// Number of the party that sent it; 0 for the exchange itself.
    #[prost(uint32, tag = "1")]
    pub party: u32,
    /// Type of the message.
    #[prost(enumeration = "MessageType", tag = "2")]
    pub message_type: i32,
    /// Guid of the message; for one that cannot be read `sha256:` and its digest in hex.
    #[prost(string, tag = "3")]
    pub guid: String,
    /// SHA-256 of the payload as its sender wrote it: the message inside any envelope.
    #[prost(bytes = "vec", tag = "4")]
    pub payload_sha256: Vec<u8>,
    /// Merkle root over the documents of the message.
    #[prost(bytes = "vec", tag = "5")]
    pub documents_root: Vec<u8>,
    /// Editions that it was checked under.
    #[prost(message, optional, tag = "6")]
    pub editions: Option<Editions>,
    /// State of its signature, [`crate::signature::State`]: 1 nobody verified it (not asked for, or no certificate
    /// filed), 2 verified, 3 there is none and none was needed, 4 missing or bad: the message is refused.
    #[prost(uint32, tag = "7")]
    pub signature: u32,
    /// W3C traceparent of the call that brought it, if it had one.
    #[prost(string, tag = "8")]
    pub traceparent: String,
    /// SHA-256 of the exact received bytes, if they hold the payload in an envelope; else empty.
    #[prost(bytes = "vec", tag = "20")]
    pub received_sha256: Vec<u8>,
}

/// Editions of what judges a message.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Editions {
    /// Schema, for example `202205`.
    #[prost(string, tag = "1")]
    pub schema: String,
    /// Rule tables.
    #[prost(uint32, tag = "2")]
    pub rules: u32,
    /// Logic of `apply`.
    #[prost(uint32, tag = "3")]
    pub logic: u32,
}

impl Editions {
    /// Editions in force before the first change of edition.
    #[must_use]
    pub fn first() -> Editions {
        Editions { schema: "202205".to_owned(), rules: 1, logic: 1 }
    }

    /// Logic of this program: what a node puts in force when it starts. Older logic stays, for entries of before.
    ///
    /// 1: duplicates, match, life cycle. 2: the rules and effects of clearance as well (`state/clearance`).
    pub const LOGIC: u32 = 2;

    /// The same with the schema edition that a party's filing names, if it names one.
    #[must_use]
    pub fn of_party(&self, party: Option<&Party>) -> Editions {
        match party.map(|party| party.schema_edition.as_str()) {
            None | Some("") => self.clone(),
            Some(schema) => Editions { schema: schema.to_owned(), ..self.clone() },
        }
    }
}

/// A message with the result of its stateless checks.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Submission {
    /// Facts and rejections per document; empty if the whole message is refused.
    #[prost(message, repeated, tag = "1")]
    pub documents: Vec<Facts>,
    /// Why the whole message is refused.
    #[prost(message, repeated, tag = "2")]
    pub rejections: Vec<Rejection>,
    /// Rejections counted but not listed.
    #[prost(uint32, tag = "3")]
    pub rejections_omitted: u32,
    /// BaseTransfer copCode.
    #[prost(string, tag = "4")]
    pub cop_code: String,
    /// What its envelope says; `None` if it came without.
    #[prost(message, optional, tag = "20")]
    pub transport: Option<Transport>,
    /// Addresses that BaseSubscribe names.
    #[prost(message, repeated, tag = "21")]
    pub subscribers: Vec<Subscriber>,
}

/// Number of [`Content::Submission`].
const SUBMISSION: u16 = 1;
/// Bytes of the facts of a document, rather more than most have.
const FACTS_BYTES: usize = 512;

impl Submission {
    /// Decodes it into a list of documents that has room from the start: they are large, and moved whenever it grows.
    fn decode_with_room(bytes: bytes::Bytes) -> Result<Submission, prost::DecodeError> {
        let documents = Vec::with_capacity((bytes.len() / FACTS_BYTES + 1).min(DOCUMENTS_MAX));
        let mut submission = Submission { documents, ..Submission::default() };
        submission.merge(bytes)?;
        Ok(submission)
    }
}

/// One decision of customs.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DecisionFacts {
    /// Id that customs gave.
    #[prost(string, tag = "1")]
    pub guid: String,
    /// Type of the document decided on.
    #[prost(enumeration = "MessageType", tag = "2")]
    pub kind: i32,
    /// Numbers that find it.
    #[prost(message, required, tag = "3")]
    pub keys: Keys,
    /// CEB return status.
    #[prost(sint32, tag = "4")]
    pub status: i32,
    /// When customs decided, milliseconds since 1970; 0 means the time of the entry.
    #[prost(int64, tag = "5")]
    pub time_ms: i64,
    /// Text for the declarant.
    #[prost(string, tag = "6")]
    pub info: String,
}

/// Decisions that came together.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Decisions {
    /// In order.
    #[prost(message, repeated, tag = "1")]
    pub decisions: Vec<DecisionFacts>,
    /// Why an XML message with decisions is refused whole.
    #[prost(message, repeated, tag = "2")]
    pub rejections: Vec<Rejection>,
    /// Rejections counted but not listed.
    #[prost(uint32, tag = "3")]
    pub rejections_omitted: u32,
    /// What its envelope says; `None` if it came without.
    #[prost(message, optional, tag = "20")]
    pub transport: Option<Transport>,
}

/// A change to a subscription.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SubscriptionEntry {
    /// 1 create, 2 delete, 3 seek.
    #[prost(uint32, tag = "1")]
    pub change: u32,
    /// The subscription; for a deletion only its name.
    #[prost(message, required, tag = "2")]
    pub subscription: Subscription,
    /// True if it begins after the position of this entry.
    #[prost(bool, tag = "3")]
    pub latest: bool,
}

/// Cursors acknowledged since the last such entry: at most one per subscription.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CursorEntry {
    /// The cursors.
    #[prost(message, repeated, tag = "1")]
    pub cursors: Vec<AckedCursor>,
}

/// One acknowledged cursor.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AckedCursor {
    /// Number of the party.
    #[prost(uint32, tag = "1")]
    pub party: u32,
    /// Name of its subscription.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Last event that is done.
    #[prost(message, required, tag = "3")]
    pub event: DocRef,
    /// Position at which the subscription was made or moved when it was opened.
    #[prost(uint64, tag = "4")]
    pub moved_at: u64,
}

/// Fires deadlines.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Tick {
    /// Deadlines fired by it at most.
    #[prost(uint32, tag = "1")]
    pub limit: u32,
}

/// The message without its personal spans, and where they belong.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Skeleton {
    /// The entry's content, as bytes of its own message.
    #[prost(bytes = "vec", tag = "1")]
    pub content: Vec<u8>,
    /// Text of the message with the personal spans cut out.
    #[prost(bytes = "vec", tag = "2")]
    pub body: Vec<u8>,
    /// Cuts, in order: bytes of body since the last cut, then bytes that were cut, alternating.
    #[prost(uint32, repeated, tag = "3")]
    pub cuts: Vec<u32>,
    /// Spans of the documents in the text: begin, length, alternating.
    #[prost(uint32, repeated, tag = "4")]
    pub spans: Vec<u32>,
    /// How the text becomes the received bytes; `None` if it is these.
    #[prost(message, optional, tag = "20")]
    pub wrapping: Option<Wrapping>,
}

/// The personal spans of one document, with the salt of its commitment.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PersonalOfDocument {
    /// 16 random bytes: without them the commitment in the documents root says nothing.
    #[prost(bytes = "vec", tag = "1")]
    pub salt: Vec<u8>,
    /// The spans, one after the other.
    #[prost(bytes = "vec", tag = "2")]
    pub spans: Vec<u8>,
}

/// The personal section of a record.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Personal {
    /// Index 0 is what belongs to no document, the envelope first; then one per document.
    #[prost(message, repeated, tag = "1")]
    pub documents: Vec<PersonalOfDocument>,
}

macro_rules! contents {
    ($($(#[$about:meta])+ $name:ident($kind:ty) = $number:literal,)+) => {
        /// The typed content of a record.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Content {
            $($(#[$about])+ $name($kind),)+
        }

        impl Content {
            /// Permanent number of the kind of record.
            #[must_use]
            pub fn kind(&self) -> u16 {
                match self { $(Content::$name(_) => $number,)+ }
            }

            pub(crate) fn encode(&self) -> Vec<u8> {
                match self { $(Content::$name(content) => content.encode_to_vec(),)+ }
            }

            /// Reads the content of a record of that kind; `None` if the kind is not known.
            fn decode(kind: u16, bytes: bytes::Bytes) -> Option<Result<Content, prost::DecodeError>> {
                Some(match kind {
                    $($number => <$kind>::decode(bytes).map(Content::$name),)+
                    _ => return None,
                })
            }
        }
    };
}

// The numbers are permanent.
contents! {
    /// A message of a party.
    Submission(Submission) = 1,
    /// Decisions of customs.
    Decisions(Decisions) = 2,
    /// A party is filed or its filing replaced.
    Party(Party) = 3,
    /// A mandate is filed.
    Mandate(Mandate) = 4,
    /// A subscription changes.
    Subscription(SubscriptionEntry) = 5,
    /// Cursors move.
    Cursors(CursorEntry) = 6,
    /// Time passes.
    Tick(Tick) = 7,
    /// Editions change from here on.
    Editions(Editions) = 8,
    /// Rows are added to a dated table.
    Tables(TableChange) = 9,
    /// Filings of firms, goods and identities.
    Filing(FilingEntry) = 10,
    /// A credit grade is filed.
    Credit(CreditGrade) = 11,
    /// Something about inspections: draws, results.
    Inspection(InspectionEntry) = 12,
    /// Something between agencies: decisions, agreements, assistance, audits.
    Agency(AgencyEntry) = 13,
    /// A firm's consent that a bank reads its figures.
    Consent(ConsentEntry) = 19,
    /// Trace records and blocks on lots.
    Trace(TraceChange) = 14,
    /// Events of parcels.
    Parcels(ParcelSync) = 15,
    /// Stock of warehouses.
    Stock(StockChange) = 16,
    /// Foreign exchange is reported, or an institution registered.
    Forex(ForexEntry) = 17,
    /// Raw payment data is asked for or given.
    PaymentData(PaymentEntry) = 18,
    /// What refunds of tax rest on is filed.
    Refund(RefundEntry) = 20,
    /// A guarantee for tax is filed.
    Guarantee(GuaranteeEntry) = 21,
}

/// One entry, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who and what.
    pub header: Header,
    /// The content.
    pub content: Content,
}

/// A record that this program cannot read: written by a newer one, or damaged.
#[derive(Debug, Clone, thiserror::Error)]
#[error("record of kind {kind}, version {version} cannot be read: {reason}")]
pub struct DecodeError {
    /// Kind of the record.
    pub kind: u16,
    /// Version of the record.
    pub version: u16,
    /// What does not fit.
    pub reason: String,
}

impl Entry {
    /// A record with this entry and no received bytes.
    #[must_use]
    pub fn record(&self) -> Record {
        self.record_with(Skeleton::default(), &Personal::default())
    }

    /// A record with this entry and the received bytes split into skeleton and personal spans.
    #[must_use]
    pub fn record_with(&self, mut skeleton: Skeleton, personal: &Personal) -> Record {
        skeleton.content = self.content.encode();
        Record {
            kind: self.content.kind(),
            version: RECORD_VERSION,
            header: self.header.encode_to_vec(),
            skeleton: skeleton.encode_to_vec(),
            personal: personal.encode_to_vec(),
        }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`DecodeError`] if it is of an unknown kind or version or does not decode.
    pub fn of_record(record: &Record) -> Result<Entry, DecodeError> {
        let fail = |reason: String| DecodeError { kind: record.kind, version: record.version, reason };
        if record.version != RECORD_VERSION {
            return Err(fail("unknown version".to_owned()));
        }
        let header = Header::decode(record.header.as_slice()).map_err(|e| fail(e.to_string()))?;
        let skeleton = SkeletonContent::decode(record.skeleton.as_slice()).map_err(|e| fail(e.to_string()))?;
        let content = match record.kind {
            SUBMISSION => Some(Submission::decode_with_room(skeleton.content).map(Content::Submission)),
            kind => Content::decode(kind, skeleton.content),
        };
        let content = content.ok_or_else(|| fail("unknown kind".to_owned()))?.map_err(|e| fail(e.to_string()))?;
        Ok(Entry { header, content })
    }
}

/// [`Skeleton`] read for its content only: the body is skipped, not copied.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct SkeletonContent {
    #[prost(bytes = "bytes", tag = "1")]
    content: bytes::Bytes,
}
