//! The record that is made of a checked message: its entry, and the received bytes split into skeleton and personal
//! spans.

use super::check::{Checked, hex};
use crate::domain::{Fault, Field, Rejection, limits};
use crate::proof::{Frontier, leaf_hash, sha256};
use crate::state::{
    Content, Decisions, Editions, Entry, Facts, Header, Personal, PersonalOfDocument, Skeleton, Submission, Wrapping,
};
use std::borrow::Cow;

/// Elements of an envelope whose values are never shown to others than their sender.
const PERSONAL_IN_ENVELOPE: [&str; 4] = ["Data", "FileName", "IcCard", "Key"];

impl Checked<'_> {
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
pub(super) fn whole_personal(
    bytes: &[u8],
    wrapping: Option<Wrapping>,
    kept: Vec<u8>,
) -> (Skeleton, Personal, [u8; 32]) {
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
