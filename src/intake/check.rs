//! The stateless checks of one message, and the record that is made of it.

use super::extract::{Extract, Slots};
use super::facts::{decision, facts};
use super::hash::PersonalHash;
use crate::domain::{
    Document, Fault, Field, Fields, Message, MessageType, Party, Share, Subscriber, Timestamp, Transport,
};
use crate::envelope::{self, Envelope};
use crate::rules::{self, Figures};
use crate::schema::{self, SchemaSet};
use crate::signature::{Certificates, Settings, State};
use crate::state::{DecisionFacts, Facts};
use std::borrow::Cow;
use std::sync::LazyLock;

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

    /// Faults of a text, those against the rules only if it fits the schema: type, faults, how many there are. The rules
    /// read the tables that the program ships.
    #[must_use]
    pub fn faults(&self, text: &str, with_rules: bool) -> (Option<(String, String)>, Vec<Fault>, usize) {
        let part = self.part_of(text);
        let mut extract = Extract::new(text, &part.slots);
        let report = part.set.validate(text, &mut extract);
        let (mut faults, mut total) = (report.faults, report.faults_total);
        let kind = report.root.as_ref().and_then(|(_, local)| MessageType::of_root(local));
        if total == 0 && with_rules {
            let found = rules::check(&extract.message, text, Figures::shipped(), &|path| self.names_of(path));
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

/// Chinese and English name of the field at a path such as `/CEB621Message/Inventory[1]/InventoryHead/agentCode`, by the
/// edition that the program carries: for refusals of the state, which knows no schema. Empty if there is no such field.
#[must_use]
pub fn field_names(path: &str) -> (&'static str, &'static str) {
    static CARRIED: LazyLock<Option<SchemaSet>> = LazyLock::new(|| schema::carried_edition(schema::EDITION)?.ok());
    let Some(set) = CARRIED.as_ref().filter(|_| path.starts_with('/')) else { return ("", "") };
    set.find(super::CEB_NAMESPACE, &rules::names_only(path)).map_or(("", ""), |id| set.labels(id))
}

/// What the checks found.
pub(super) struct Checked<'a> {
    /// Decoded text of the message; borrowed if it is UTF-8 without an envelope.
    pub(super) text: Cow<'a, str>,
    /// The message as its sender wrote it, out of its envelope.
    pub(super) payload: Cow<'a, [u8]>,
    /// Where its base64 text stands in the received bytes.
    pub(super) data: Option<std::ops::Range<usize>>,
    /// What the envelope says.
    pub(super) transport: Option<Transport>,
    /// True if the faults are those of the envelope.
    pub(super) by_envelope: bool,
    pub(super) subscribers: Vec<Subscriber>,
    /// Bytes before the text that are not part of it: a byte order mark.
    pub(super) skipped: usize,
    pub(super) kind: MessageType,
    pub(super) guid: String,
    /// Faults of the whole message: well-formedness, schema, envelope.
    pub(super) faults: Vec<Fault>,
    pub(super) omitted: u32,
    /// Faults of single documents by index.
    pub(super) document_faults: Vec<(usize, Fault)>,
    pub(super) documents: Vec<DocumentParts>,
    pub(super) cop_code: String,
    pub(super) signature: State,
}

/// What is taken of one document while the text is at hand.
pub(super) struct DocumentParts {
    pub(super) span: std::ops::Range<usize>,
    /// Raw ranges of personal values, in order.
    pub(super) personal: Vec<std::ops::Range<usize>>,
    pub(super) facts: Facts,
    pub(super) decision: Option<DecisionFacts>,
}

/// Checks a message: envelope, encoding, well-formedness, schema, rules on the message alone if there are figures for
/// them.
pub(super) fn check<'a>(
    edition: &Edition,
    hash: &PersonalHash,
    bytes: &'a [u8],
    figures: Option<Figures<'_>>,
) -> Checked<'a> {
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
    if let Some(figures) = figures.filter(|_| faults.is_empty()) {
        for finding in rules::check(&message, &text, figures, &|path| edition.names_of(path)) {
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
