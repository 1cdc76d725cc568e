//! The stateless checks of one message, and the record that is made of it.

use super::extract::{Extract, Slots};
use super::hash::PersonalHash;
use crate::domain::{
    Amount, Document, Fault, Field, Fields, Keys, Message, MessageType, Party, Rejection, Share, Subscriber, Timestamp,
    Transport, limits,
};
use crate::envelope::{self, Envelope};
use crate::proof::{Frontier, leaf_hash, sha256};
use crate::rules;
use crate::schema::{self, SchemaSet};
use crate::signature::{Certificates, Settings, State};
use crate::state::{
    Content, DecisionFacts, Decisions, Editions, Entry, Facts, Header, LineFacts, Personal, PersonalOfDocument,
    Skeleton, Submission, Wrapping,
};
use std::borrow::Cow;

/// appStatus of a document that is saved and not declared.
const APP_STATUS_DRAFT: u32 = 1;

/// A schema edition: its compiled sets, and what their elements mean to us.
pub struct Edition {
    /// Its name, for example `202205`.
    pub name: String,
    /// Never empty. A message belongs to the first set that declares its root element.
    parts: Vec<Part>,
    /// Schema of the envelopes.
    envelope: SchemaSet,
}

struct Part {
    set: SchemaSet,
    slots: Slots,
}

impl Edition {
    /// Edition 202205, which the program carries.
    ///
    /// # Panics
    /// Never in a released program: a test compiles its schemas.
    #[must_use]
    pub fn carried() -> Edition {
        Edition::new(schema::EDITION, vec![schema::carried().expect("a test compiles the schemas that are carried")])
    }

    /// The text of a message out of its envelope; `None` if it cannot be taken out.
    pub(super) fn unwrap(&self, received: &[u8]) -> Option<String> {
        self.open(received).ok().map(|unwrapped| unwrapped.text.into_owned())
    }

    /// Takes a message out of its envelope, if it is in one.
    ///
    /// # Errors
    /// [`envelope::Refused`].
    pub fn open<'a>(&self, received: &'a [u8]) -> Result<envelope::Unwrapped<'a>, Box<envelope::Refused>> {
        envelope::unwrap(received, &self.envelope)
    }

    /// What the envelope of a message says; `None` if it has none that can be opened.
    pub(super) fn transport(&self, received: &[u8]) -> Option<Transport> {
        let unwrapped = self.open(received).ok()?;
        let envelope = unwrapped.envelope?;
        let part = self.part_of(&unwrapped.text);
        let mut extract = Extract::new(&unwrapped.text, &part.slots);
        if !part.set.validate(&unwrapped.text, &mut extract).is_valid() {
            return Some(transport_of(*envelope));
        }
        let dxp_id = extract.message.transfer.text(Field::DxpId).to_owned();
        Some(Transport { dxp_id, ..transport_of(*envelope) })
    }

    /// All editions that the program carries.
    ///
    /// # Panics
    /// Never in a released program: a test compiles their schemas.
    #[must_use]
    pub fn all_carried() -> Vec<Edition> {
        let compiled = schema::EDITIONS.into_iter().filter_map(|name| Some((name, schema::carried_edition(name)?)));
        compiled
            .map(|(name, set)| Edition::new(name, vec![set.expect("a test compiles the schemas that are carried")]))
            .collect()
    }

    /// Prepares compiled schema sets.
    ///
    /// # Panics
    /// If there is no set.
    #[must_use]
    pub fn new(name: &str, sets: Vec<SchemaSet>) -> Edition {
        assert!(!sets.is_empty(), "an edition has at least one schema set");
        let mut parts: Vec<Part> = sets.into_iter().map(|set| Part { slots: Slots::of(&set), set }).collect();
        // What no set declares is judged by the first one: a set of messages, not of signatures or envelopes.
        parts.sort_by_key(|part| !part.set.roots().iter().any(|id| part.set.namespace(*id) == super::CEB_NAMESPACE));
        let declares = |part: &&Part| {
            ["DxpMsg", "DxpMsgSv"].iter().all(|name| part.set.root(envelope::DXP_NAMESPACE, name).is_some())
        };
        let own = parts.iter().find(declares).map(|part| part.set.clone());
        let envelope =
            own.unwrap_or_else(|| envelope::carried().expect("a test compiles the schemas of the envelopes"));
        Edition { name: name.to_owned(), parts, envelope }
    }

    /// The set that declares the root element of a text; the first one if none does.
    fn part_of(&self, text: &str) -> &Part {
        let [first, ..] = self.parts.as_slice() else { unreachable!("an edition has at least one schema set") };
        if self.parts.len() == 1 {
            return first;
        }
        let name = schema::root_name(text);
        let declares = |part: &&Part| part.set.roots().iter().any(|id| part.set.name(*id) == name);
        self.parts.iter().find(declares).unwrap_or(first)
    }

    /// Faults of a text, those against the rules only if it fits the schema: type, faults, how many there are.
    #[must_use]
    pub fn faults(&self, text: &str, with_rules: bool) -> (Option<(String, String)>, Vec<Fault>, usize) {
        let part = self.part_of(text);
        let mut extract = Extract::new(text, &part.slots);
        let report = part.set.validate(text, &mut extract);
        let (mut faults, mut total) = (report.faults, report.faults_total);
        let kind = report.root.as_ref().and_then(|(_, local)| MessageType::of_root(local));
        if total == 0 && with_rules {
            let found = rules::check(&extract.message, text, &|path| self.names_of(path));
            faults = found.into_iter().map(|finding| finding.fault).collect();
            total = faults.len();
        }
        faults.iter_mut().for_each(|fault| rules::advise(kind.unwrap_or(MessageType::Unknown), fault));
        (report.root, faults, total)
    }

    /// Chinese and English name of the element at a path of local names.
    fn names_of(&self, path: &str) -> (String, String) {
        let labels = self.parts.iter().find_map(|part| {
            let id = part.set.find(super::CEB_NAMESPACE, path)?;
            Some(part.set.labels(id))
        });
        labels.map(|(zh, en)| (zh.to_owned(), en.to_owned())).unwrap_or_default()
    }
}

/// What the checks found.
pub(super) struct Checked<'a> {
    /// Decoded text of the message; borrowed if it is UTF-8 without an envelope.
    text: Cow<'a, str>,
    /// The message as its sender wrote it, out of its envelope.
    pub(super) payload: Cow<'a, [u8]>,
    /// Where its base64 text stands in the received bytes.
    data: Option<std::ops::Range<usize>>,
    /// What the envelope says.
    pub(super) transport: Option<Transport>,
    /// True if the faults are those of the envelope.
    by_envelope: bool,
    subscribers: Vec<Subscriber>,
    /// Bytes before the text that are not part of it: a byte order mark.
    skipped: usize,
    pub(super) kind: MessageType,
    pub(super) guid: String,
    /// Faults of the whole message: well-formedness, schema, envelope.
    pub(super) faults: Vec<Fault>,
    pub(super) omitted: u32,
    /// Faults of single documents by index.
    document_faults: Vec<(usize, Fault)>,
    documents: Vec<DocumentParts>,
    pub(super) cop_code: String,
    signature: State,
}

/// What is taken of one document while the text is at hand.
struct DocumentParts {
    span: std::ops::Range<usize>,
    /// Raw ranges of personal values, in order.
    personal: Vec<std::ops::Range<usize>>,
    facts: Facts,
    decision: Option<DecisionFacts>,
}

/// Checks a message: envelope, encoding, well-formedness, schema, rules on the message alone.
pub(super) fn check<'a>(edition: &Edition, hash: &PersonalHash, bytes: &'a [u8], with_rules: bool) -> Checked<'a> {
    let unwrapped = match envelope::unwrap(bytes, &edition.envelope) {
        Ok(unwrapped) => unwrapped,
        Err(refused) => return Checked::refused(bytes, *refused),
    };
    let (text, payload, data) = (unwrapped.text, unwrapped.payload, unwrapped.data);
    let skipped = if matches!(text, Cow::Borrowed(_)) { bytes.len() - text.len() } else { 0 };
    let part = edition.part_of(&text);
    let mut extract = Extract::new(&text, &part.slots);
    let report = part.set.validate(&text, &mut extract);
    let message = extract.message;
    let kind = match &report.root {
        Some((namespace, local)) if namespace == super::CEB_NAMESPACE => {
            MessageType::of_root(local).unwrap_or(MessageType::Unknown)
        }
        Some(_) | None => message.kind,
    };
    let mut faults = report.faults;
    let mut document_faults = Vec::new();
    if faults.is_empty() && kind == MessageType::Unknown {
        faults.push(unknown_message(&report.root));
    }
    if faults.is_empty() && with_rules {
        for finding in rules::check(&message, &text, &|path| edition.names_of(path)) {
            match finding.document {
                Some(index) => document_faults.push((index, finding.fault)),
                None => faults.push(finding.fault),
            }
        }
    }
    let found = faults.iter_mut().chain(document_faults.iter_mut().map(|(_, fault)| fault));
    found.for_each(|fault| rules::advise(kind, fault));
    let listed = u32::try_from(faults.len()).unwrap_or(u32::MAX);
    let omitted = u32::try_from(report.faults_total).unwrap_or(u32::MAX).saturating_sub(listed);
    let documents = if faults.is_empty() {
        message.documents.iter().map(|document| parts(&message, document, hash)).collect()
    } else {
        Vec::new()
    };
    // What is not well-formed was perhaps cut on its way: its guid must stay free for the whole message.
    let is_readable = !faults.iter().any(|fault| fault.rule.starts_with("XML-"));
    let guid = if is_readable { message.root.text(Field::Guid).to_owned() } else { String::new() };
    let cop_code = message.transfer.text(Field::CopCode).to_owned();
    let transport = unwrapped.envelope.map(|envelope| Transport {
        dxp_id: message.transfer.text(Field::DxpId).to_owned(),
        ..transport_of(*envelope)
    });
    let subscribers = if faults.is_empty() { subscribers_of(&message) } else { Vec::new() };
    drop(message);
    Checked {
        text,
        payload,
        data,
        transport,
        by_envelope: false,
        subscribers,
        skipped,
        kind,
        guid,
        faults,
        omitted,
        document_faults,
        documents,
        cop_code,
        signature: State::Unverified,
    }
}

/// What is stored of an envelope.
fn transport_of(envelope: Envelope) -> Transport {
    let head = envelope.trans_info;
    let sv = envelope.sv.unwrap_or_default();
    Transport {
        cop_msg_id: head.cop_msg_id,
        sender_id: head.sender_id,
        receiver_ids: head.receiver_ids,
        creat_time: head.creat_time,
        msg_type: head.msg_type,
        sv_msg_id: sv.sub_msg_id.map_or(sv.msg_id.clone(), |copy| format!("{}-{copy}", sv.msg_id)),
        ..Transport::default()
    }
}

fn subscribers_of(message: &Message<'_>) -> Vec<Subscriber> {
    let one = |fields: &Fields<'_>| Subscriber {
        address: fields.text(Field::DxpAddress).to_owned(),
        share: Share::of_status(fields.text(Field::Status)).unwrap_or(Share::Receipts) as i32,
    };
    message.subscribers.iter().map(one).collect()
}

/// Elements of an envelope whose values are never shown to others than their sender.
const PERSONAL_IN_ENVELOPE: [&str; 4] = ["Data", "FileName", "IcCard", "Key"];

/// A message that the schema knows and the exchange does not take.
fn unknown_message(root: &Option<(String, String)>) -> Fault {
    let name = root.as_ref().map_or("", |(_, local)| local.as_str());
    let known: Vec<&str> = MessageType::received().map(MessageType::root_name).collect();
    Fault {
        place: crate::domain::Place { line: 1, column: 1, offset: 0 },
        path: format!("/{name}"),
        field_zh: String::new(),
        field_en: String::new(),
        rule: "R-SCH-14",
        message_zh: format!("不接收报文类型 {name}"),
        message_en: format!("messages of type {name} are not taken here"),
        found: Some(name.to_owned()),
        expected: known.join(" | "),
        official: 0,
    }
}

impl<'a> Checked<'a> {
    fn refused(bytes: &'a [u8], refused: envelope::Refused) -> Checked<'a> {
        let code = refused.faults.first().filter(|_| refused.by_envelope);
        let fault_code = code.map(|fault| envelope::code_of_rule(fault.rule).to_owned()).unwrap_or_default();
        Checked {
            text: Cow::Owned(refused.text),
            payload: Cow::Borrowed(bytes),
            data: None,
            transport: refused.envelope.map(|envelope| Transport { fault_code, ..transport_of(*envelope) }),
            by_envelope: refused.by_envelope,
            subscribers: Vec::new(),
            skipped: 0,
            kind: MessageType::Unknown,
            guid: String::new(),
            faults: refused.faults,
            omitted: refused.omitted,
            document_faults: Vec::new(),
            documents: Vec::new(),
            cop_code: String::new(),
            signature: State::Unverified,
        }
    }

    /// Verifies the signature of a message that nothing else is wrong with; a bad one refuses it whole.
    pub(super) fn judge_signature(&mut self, settings: &Settings, filed: &Certificates, at: Timestamp) {
        if !self.faults.is_empty() {
            return;
        }
        let is_declared = self.documents.iter().any(|document| document.facts.app_status != APP_STATUS_DRAFT);
        match settings.judge(&self.text, self.kind, is_declared, filed, at) {
            Ok(state) => self.signature = state,
            Err(failure) => {
                self.signature = State::Failed;
                self.faults.push(failure.fault(&self.text, self.kind.root_name(), self.kind));
                self.documents.clear();
                self.document_faults.clear();
            }
        }
    }

    /// All faults, those of documents too, in order of place.
    pub(super) fn into_faults(self) -> (MessageType, Vec<Fault>, u32) {
        let mut faults = self.faults;
        faults.extend(self.document_faults.into_iter().map(|(_, fault)| fault));
        faults.sort_by_key(|fault| fault.place.offset);
        (self.kind, faults, self.omitted)
    }

    /// The entry and its record parts for a submission or for decisions of customs.
    pub(super) fn into_record(
        self,
        bytes: &[u8],
        party: u32,
        digest: [u8; 32],
        editions: Editions,
    ) -> crate::ledger::Record {
        let rejections: Vec<Rejection> = self.faults.iter().map(|fault| self.rejection(fault)).collect();
        let refused = !rejections.is_empty();
        let (skeleton, personal, root) = if refused { self.unsplit(bytes) } else { self.split(bytes) };
        let guid = if self.guid.is_empty() { format!("sha256:{}", hex(&digest)) } else { self.guid.clone() };
        let in_envelope = self.transport.is_some() && self.payload.as_ref() != bytes;
        let received_sha256 = if in_envelope { sha256(&[bytes]).to_vec() } else { Vec::new() };
        let header = Header {
            party,
            message_type: self.kind as i32,
            guid,
            payload_sha256: digest.to_vec(),
            documents_root: root.to_vec(),
            editions: Some(editions),
            signature: self.signature as u32,
            traceparent: String::new(),
            received_sha256,
        };
        let mut documents: Vec<Facts> = Vec::with_capacity(self.documents.len());
        let mut decisions = Vec::new();
        let document_rejections: Vec<(usize, Rejection)> =
            self.document_faults.iter().map(|(index, fault)| (*index, self.rejection(fault))).collect();
        for (index, parts) in self.documents.into_iter().enumerate() {
            let mut facts = parts.facts;
            let own = document_rejections.iter().filter(|(other, _)| *other == index);
            facts.rejections = own.map(|(_, rejection)| rejection.clone()).collect();
            decisions.extend(parts.decision);
            documents.push(facts);
        }
        let content = if self.kind.answered().is_some() {
            let rejections =
                rejections.into_iter().chain(document_rejections.into_iter().map(|(_, rejection)| rejection)).collect();
            Content::Decisions(Decisions {
                decisions,
                rejections,
                rejections_omitted: self.omitted,
                transport: self.transport,
            })
        } else {
            Content::Submission(Submission {
                documents,
                rejections,
                rejections_omitted: self.omitted,
                cop_code: self.cop_code,
                transport: self.transport,
                subscribers: self.subscribers,
            })
        };
        Entry { header, content }.record_with(skeleton, &personal)
    }

    /// A fault as it is stored: a personal value becomes a pointer into the received bytes.
    fn rejection(&self, fault: &Fault) -> Rejection {
        let name = fault.path.rsplit('/').next().unwrap_or_default();
        let name = name.split('[').next().unwrap_or_default();
        let personal = Field::of_name(name).is_some_and(Field::is_personal)
            || (self.by_envelope && PERSONAL_IN_ENVELOPE.contains(&name));
        let (found, at, length) = match &fault.found {
            // A fault in text that could not be placed under a known field may show anything.
            Some(_) if personal || fault.rule.starts_with("XML-") => {
                let length = u32::try_from(fault.found.as_deref().map_or(0, str::len)).unwrap_or(u32::MAX);
                let shift = u32::try_from(self.skipped).unwrap_or_default();
                let at = fault.place.offset.saturating_add(shift).saturating_add(1);
                (None, at, length.min(limits::PERSONAL_VALUE_BYTES_MAX))
            }
            found => (found.clone(), 0, 0),
        };
        // A text about a personal value may quote it.
        let (message_zh, message_en) = match &fault.found {
            Some(value) if at != 0 && !value.is_empty() => {
                (fault.message_zh.replace(value.as_str(), "***"), fault.message_en.replace(value.as_str(), "***"))
            }
            _ => (fault.message_zh.clone(), fault.message_en.clone()),
        };
        Rejection {
            rule: fault.rule.to_owned(),
            official: fault.official,
            line: fault.place.line,
            column: fault.place.column,
            path: fault.path.clone(),
            field_zh: fault.field_zh.clone(),
            field_en: fault.field_en.clone(),
            message_zh,
            message_en,
            found,
            expected: fault.expected.clone(),
            personal_at: at,
            personal_bytes: length,
        }
    }

    /// How the text becomes the received bytes, and what is kept for it; `None` if they are the same, or if there is
    /// no text, or too much of both.
    fn wrapping(&self, bytes: &[u8]) -> Option<(Wrapping, Vec<u8>)> {
        let described = Wrapping::describe(bytes, self.data.clone(), &self.payload, &self.text);
        described
            .filter(|(_, kept)| !self.text.is_empty() && kept.len() + self.text.len() <= limits::TEXT_AND_BYTES_MAX)
    }

    /// All of a refused message as one personal span: its text where there is one, else the received bytes.
    fn unsplit(&self, bytes: &[u8]) -> (Skeleton, Personal, [u8; 32]) {
        match &self.text {
            Cow::Owned(text) if !text.is_empty() => match self.wrapping(bytes) {
                Some((wrapping, kept)) => whole_personal(text.as_bytes(), Some(wrapping), kept),
                None => whole_personal(bytes, None, Vec::new()),
            },
            Cow::Owned(_) | Cow::Borrowed(_) => whole_personal(bytes, None, Vec::new()),
        }
    }

    /// Splits the text into skeleton and personal spans; and the root over the documents.
    fn split(&self, received: &[u8]) -> (Skeleton, Personal, [u8; 32]) {
        // Places count in the text: only a message that is its own text is cut as it came.
        let (bytes, wrapping, kept) = match &self.text {
            Cow::Borrowed(_) => (received, None, Vec::new()),
            Cow::Owned(text) => match self.wrapping(received) {
                Some((wrapping, kept)) => (text.as_bytes(), Some(wrapping), kept),
                None => return self.unsplit(received),
            },
        };
        let salts = salts(self.documents.len() + 1);
        let mut skeleton = Skeleton { body: Vec::with_capacity(bytes.len()), wrapping, ..Skeleton::default() };
        let mut personal = Personal { documents: Vec::with_capacity(salts.len()) };
        let mut salts = salts.into_iter();
        let mut next = || PersonalOfDocument { salt: salts.next().unwrap_or_default().to_vec(), spans: Vec::new() };
        personal.documents.push(PersonalOfDocument { spans: kept, ..next() });
        let mut root = Frontier::default();
        let (mut from, mut envelope) = (0, Vec::new());
        for document in &self.documents {
            let (begin, end) = (document.span.start + self.skipped, document.span.end + self.skipped);
            envelope.extend_from_slice(bytes.get(from..begin).unwrap_or_default());
            cut(&mut skeleton, bytes, from..begin, 0);
            let first = skeleton.body.len();
            let mut own = next();
            let mut at = begin;
            for range in document.personal.iter().filter(|range| !range.is_empty()) {
                let span = range.start + self.skipped..range.end + self.skipped;
                cut(&mut skeleton, bytes, at..span.start, span.len());
                at = span.end;
                own.spans.extend_from_slice(bytes.get(span).unwrap_or_default());
            }
            cut(&mut skeleton, bytes, at..end, 0);
            let kept = skeleton.body.get(first..).unwrap_or_default();
            root.push(leaf_hash(&[kept, &sha256(&[&own.salt, &own.spans])]));
            skeleton.spans.extend([offset32(begin), offset32(end - begin)]);
            personal.documents.push(own);
            from = end;
        }
        let tail = bytes.get(from..).unwrap_or_default();
        envelope.extend_from_slice(tail);
        skeleton.body.extend_from_slice(tail);
        let first = personal.documents.first().cloned().unwrap_or_default();
        let mut all = Frontier::default();
        all.push(leaf_hash(&[&envelope, &sha256(&[&first.salt, &first.spans])]));
        all.push(root.root());
        (skeleton, personal, all.root())
    }
}

/// Keeps a range of the received bytes in the skeleton and says how many bytes were cut out after it.
fn cut(skeleton: &mut Skeleton, bytes: &[u8], kept: std::ops::Range<usize>, taken: usize) {
    let kept = bytes.get(kept).unwrap_or_default();
    if kept.is_empty() && taken == 0 {
        return;
    }
    skeleton.body.extend_from_slice(kept);
    skeleton.cuts.extend([offset32(kept.len()), offset32(taken)]);
}

/// All bytes as one personal span that belongs to no document: for messages that could not be taken apart. What is
/// kept of their wrapping stands before it.
fn whole_personal(bytes: &[u8], wrapping: Option<Wrapping>, kept: Vec<u8>) -> (Skeleton, Personal, [u8; 32]) {
    let salt = salts(1).into_iter().next().unwrap_or_default().to_vec();
    let spans = [kept.as_slice(), bytes].concat();
    let root = leaf_hash(&[&sha256(&[&salt, &spans])]);
    let personal = Personal { documents: vec![PersonalOfDocument { salt, spans }] };
    let skeleton = Skeleton { cuts: vec![0, offset32(bytes.len())], wrapping, ..Skeleton::default() };
    (skeleton, personal, root)
}

fn offset32(offset: usize) -> u32 {
    u32::try_from(offset).expect("a message is far below 4 GiB")
}

fn salts(count: usize) -> Vec<[u8; 16]> {
    let mut bytes = vec![0; count * 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes.as_chunks::<16>().0.to_vec()
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all text");
        text
    })
}

fn parts(message: &Message<'_>, document: &Document<'_>, hash: &PersonalHash) -> DocumentParts {
    let fields = document.head.0.iter().chain(document.lines.iter().flat_map(|line| line.0.iter()));
    let personal = fields.filter(|(field, _)| field.is_personal()).map(|(_, value)| value.raw.clone()).collect();
    DocumentParts {
        span: document.span.clone(),
        personal,
        facts: facts(message.kind, document, hash),
        decision: message.kind.answered().map(|kind| decision(kind, &document.head)),
    }
}

fn facts(kind: MessageType, document: &Document<'_>, hash: &PersonalHash) -> Facts {
    let head = &document.head;
    let text = |field| head.text(field).to_owned();
    let number = |field| head.text(field).parse().unwrap_or_default();
    // Only what a list is matched by; a list's own freight is not the order's.
    let order = kind == MessageType::Ceb311;
    let amount = |field, wanted: bool| if wanted { canonical(head.text(field)) } else { String::new() };
    let payment = kind == MessageType::Ceb411;
    let (name, id) =
        if payment { (Field::PayerName, Field::PayerIdNumber) } else { (Field::BuyerName, Field::BuyerIdNumber) };
    Facts {
        keys: Keys::of(head),
        app_type: number(Field::AppType),
        app_status: number(Field::AppStatus),
        app_time: head.text(Field::AppTime).parse().unwrap_or_default(),
        rejections: Vec::new(),
        ebp_name: text(Field::EbpName),
        ebc_name: text(Field::EbcName),
        pay_name: text(Field::PayName),
        logistics_name: text(Field::LogisticsName),
        agent_name: text(Field::AgentName),
        goods_value: amount(Field::GoodsValue, order),
        freight: amount(Field::Freight, order),
        discount: amount(Field::Discount, order),
        tax_total: amount(Field::TaxTotal, order),
        paid: if payment { amount(Field::AmountPaid, true) } else { amount(Field::ActuralPaid, order) },
        person_name: hash.short(head.text(name)),
        person_id: hash.long(head.text(id)),
        consignee: hash.short(head.text(Field::Consignee)),
        consignee_telephone: hash.short(head.text(Field::ConsigneeTelephone)),
        consignee_address: hash.short(head.text(Field::ConsigneeAddress)),
        lines: document.lines.iter().map(line_facts).collect(),
    }
}

fn line_facts(line: &Fields<'_>) -> LineFacts {
    LineFacts {
        gnum: line.text(Field::Gnum).parse().unwrap_or_default(),
        name: line.text(Field::ItemName).to_owned(),
        qty: canonical(line.text(Field::Qty)),
        price: canonical(line.text(Field::Price)),
        country: line.text(Field::Country).to_owned(),
        unit: line.text(Field::Unit).to_owned(),
        total: canonical(line.text(Field::TotalPrice)),
    }
}

fn canonical(text: &str) -> String {
    Amount::parse(text).map_or_else(|| text.to_owned(), |amount| amount.to_string())
}

fn decision(kind: MessageType, head: &Fields<'_>) -> DecisionFacts {
    DecisionFacts {
        guid: head.text(Field::Guid).to_owned(),
        kind: kind as i32,
        keys: Keys::of(head),
        status: head.text(Field::ReturnStatus).trim().parse().unwrap_or_default(),
        time_ms: Timestamp::parse_ceb(head.text(Field::ReturnTime)).unwrap_or_default().0,
        info: head.text(Field::ReturnInfo).chars().take(limits::DECISION_INFO_CHARS_MAX).collect(),
    }
}

/// A party may send a message type only by role.
pub(super) fn roles_of(kind: MessageType) -> String {
    kind.senders().iter().map(|role| format!("{role:?}").to_lowercase()).collect::<Vec<_>>().join(", ")
}

/// What is wrong with a filing; empty if nothing is.
pub(super) fn check_party(party: &Party) -> Option<(&'static str, String)> {
    let is_code = |code: &str| (1..=18).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_code(&party.code) {
        return Some(("party.code", "1 to 18 letters and digits".to_owned()));
    }
    if let Some(alias) = party.aliases.iter().find(|alias| !is_code(alias)) {
        return Some(("party.aliases", format!("{alias:?} is not 1 to 18 letters and digits")));
    }
    if party.name.is_empty() || party.name.chars().count() > 100 {
        return Some(("party.name", "1 to 100 characters".to_owned()));
    }
    if party.roles.is_empty() || party.roles.iter().any(|role| crate::domain::Role::try_from(*role).is_err()) {
        return Some(("party.roles", "one or more of the known roles".to_owned()));
    }
    let is_hash = |hash: &str| hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if let Some(hash) = party.certificate_sha256.iter().find(|hash| !is_hash(hash)) {
        return Some(("party.certificate_sha256", format!("{hash:?} is not 64 lower-case hex digits")));
    }
    if let Err((index, error)) = Certificates::of_ders(&party.signing_certificates) {
        return Some(("party.signing_certificates", format!("number {}: {error}", index + 1)));
    }
    None
}
