//! A proof as it stands in a file, and what it proves.

use crate::cli::inspect::unhex;
use crate::cli::json::hex;
use crate::domain::Event;
use crate::pb::v1;
use crate::proof::{
    Checkpoint, DocumentProof, Hash, PATH_HASHES_MAX, entry_leaf, event_leaf, open_note, sha256, verify_inclusion,
};
use crate::state::Header;
use anyhow::{Context, bail};
use prost::Message as _;
use serde::{Deserialize, Serialize};

/// Bytes of one line of proofs: header, path and note in hex are small, a document is as large as a message at most.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A proof as it stands in a file; bytes are hex.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Line {
    pub(super) receipt_id: String,
    pub(super) entry_position: u64,
    pub(super) time_ms: i64,
    pub(super) header: String,
    pub(super) leaf_sha256: String,
    pub(super) leaf_index: u64,
    pub(super) entries: u64,
    pub(super) path: Vec<String>,
    pub(super) signed_note: String,
    pub(super) public_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) document: Option<Document>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Happened>,
}

/// The proof of an event as it stands in a file; bytes are hex.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Happened {
    ordinal: u32,
    event: String,
    leaf_index: u64,
    events: u64,
    path: Vec<String>,
}

impl Happened {
    pub(super) fn of(proof: &v1::EventProof) -> Happened {
        Happened {
            ordinal: proof.ordinal,
            event: hex(&proof.event),
            leaf_index: proof.leaf_index,
            events: proof.events,
            path: proof.path.iter().map(|hash| hex(hash)).collect(),
        }
    }

    /// The event, if it is one of an entry in the tree that a checkpoint signs.
    fn check(&self, position: u64, checkpoint: &Checkpoint) -> Option<Event> {
        if self.path.len() > PATH_HASHES_MAX || self.events != checkpoint.events {
            return None;
        }
        let (event, path) =
            (unhex(&self.event).ok()?, self.path.iter().map(|text| hash(text)).collect::<Option<Vec<_>>>()?);
        let leaf = event_leaf(position, &event);
        let holds = verify_inclusion(&leaf, self.leaf_index, self.events, &path, &checkpoint.events_root);
        holds.then(|| Event::decode(event.as_slice()).ok()).flatten()
    }
}

/// The proof of one document as it stands in a file; bytes but the text are hex.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) ordinal: u32,
    pub(super) documents: u32,
    pub(super) text: String,
    pub(super) personal_sha256: String,
    pub(super) envelope_leaf_sha256: String,
    pub(super) path: Vec<String>,
}

impl Document {
    pub(super) fn of(proof: &v1::DocumentProof) -> anyhow::Result<Document> {
        Ok(Document {
            ordinal: proof.ordinal,
            documents: proof.documents,
            text: std::str::from_utf8(&proof.text).context("the document is not UTF-8")?.to_owned(),
            personal_sha256: hex(&proof.personal_sha256),
            envelope_leaf_sha256: hex(&proof.envelope_leaf_sha256),
            path: proof.path.iter().map(|hash| hex(hash)).collect(),
        })
    }

    fn proof(&self) -> Option<DocumentProof> {
        if self.path.len() > PATH_HASHES_MAX {
            return None;
        }
        Some(DocumentProof {
            ordinal: self.ordinal,
            documents: self.documents,
            text: self.text.clone().into_bytes(),
            personal: hash(&self.personal_sha256)?,
            envelope: hash(&self.envelope_leaf_sha256)?,
            path: self.path.iter().map(|text| hash(text)).collect::<Option<_>>()?,
        })
    }
}

impl Line {
    /// A proof of the wire with the checkpoint that it leads to.
    pub(in crate::cli) fn of(proof: &v1::InclusionProof, signed_note: &str, public_key: &[u8]) -> Line {
        Line {
            receipt_id: proof.receipt_id.clone(),
            entry_position: proof.entry_position,
            time_ms: proof.time_ms,
            header: hex(&proof.header),
            leaf_sha256: hex(&proof.leaf_sha256),
            leaf_index: proof.leaf_index,
            entries: proof.entries,
            path: proof.path.iter().map(|hash| hex(hash)).collect(),
            signed_note: signed_note.to_owned(),
            public_key: hex(public_key),
            document: None,
            events: Vec::new(),
        }
    }

    /// As one line of JSON.
    pub(in crate::cli) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}

/// What a proof proves.
#[derive(Debug)]
pub(super) struct Proved {
    pub(super) header: Header,
    pub(super) checkpoint: Checkpoint,
    /// What became of the entry, as far as the proof shows it.
    pub(super) events: Vec<Event>,
}

/// Why nothing is proved, in Chinese and English.
pub(super) type Refusal = (&'static str, &'static str);

/// Follows a proof from the entry to the signature. The text of an error says which step does not hold.
pub(super) fn check(line: &Line, key: Option<&[u8]>, message: Option<&[u8]>) -> Result<Proved, Refusal> {
    let malformed = ("证明文件格式不正确", "the proof is not well formed");
    if line.path.len() > PATH_HASHES_MAX {
        return Err(malformed);
    }
    let path: Option<Vec<Hash>> = line.path.iter().map(|text| hash(text)).collect();
    let (path, header) = path.zip(unhex(&line.header).ok()).ok_or(malformed)?;
    let own_key = unhex(&line.public_key).map_err(|_| malformed)?;
    let checkpoint = open_note(&line.signed_note, key.unwrap_or(&own_key))
        .map_err(|_| ("检查点签名不符", "the key did not sign the checkpoint"))?;
    let leaf = entry_leaf(line.entry_position, line.time_ms, &header);
    if checkpoint.entries != line.entries
        || !verify_inclusion(&leaf, line.leaf_index, line.entries, &path, &checkpoint.entries_root)
    {
        return Err(("路径不能通向检查点的根", "the path does not lead to the root of the checkpoint"));
    }
    let named = crate::receipt::position_of(&line.receipt_id).map(|position| position.0);
    if named != Some(line.entry_position) {
        return Err(("回执号与记录不符", "the number of the receipt is not that of the entry"));
    }
    let header = Header::decode(header.as_slice()).map_err(|_| malformed)?;
    if let Some(message) = message {
        let digest = sha256(&[message]);
        let is_own = |sha256: &Vec<u8>| sha256.as_slice() == digest.as_slice();
        if !is_own(&header.payload_sha256) && !is_own(&header.received_sha256) {
            return Err(("报文与记录的摘要不符", "the message is not the one that was recorded"));
        }
    }
    if let Some(document) = &line.document {
        let root = document.proof().ok_or(malformed)?.root();
        if root.is_none_or(|root| root.as_slice() != header.documents_root.as_slice()) {
            return Err(("单证不在该报文中", "the document is not in the message"));
        }
    }
    let events: Option<Vec<Event>> =
        line.events.iter().map(|event| event.check(line.entry_position, &checkpoint)).collect();
    let events = events.ok_or(("事件不在账本中", "an event is not in the ledger"))?;
    Ok(Proved { header, checkpoint, events })
}

pub(super) fn hash(text: &str) -> Option<Hash> {
    unhex(text).ok()?.try_into().ok()
}

pub(super) fn parse(text: &str) -> anyhow::Result<Line> {
    if text.len() > LINE_BYTES_MAX {
        bail!("the line is too long for a proof · 行过长");
    }
    serde_json::from_str(text).context("this is no proof · 不是证明")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::Signer;
    use crate::proof::{Frontier, MessageTree, part_leaf};

    const MESSAGE: &[u8] = b"<ceb:CEB621Message/>";

    /// The proof of the first of two entries.
    fn line() -> Line {
        let (personal, envelope) = ([3; 32], [4; 32]);
        let documents = vec![part_leaf(b"<Order/>", &personal), [5; 32]];
        let tree = MessageTree { envelope, documents };
        let header = Header {
            payload_sha256: sha256(&[MESSAGE]).to_vec(),
            guid: "G1".to_owned(),
            documents_root: tree.root().to_vec(),
            ..Header::default()
        };
        let document = Document {
            ordinal: 1,
            documents: 2,
            text: "<Order/>".to_owned(),
            personal_sha256: hex(&personal),
            envelope_leaf_sha256: hex(&envelope),
            path: vec![hex(&[5; 32])],
        };
        let header = header.encode_to_vec();
        let (first, second) = (entry_leaf(5, 1_000, &header), entry_leaf(6, 1_001, b""));
        let mut tree = Frontier::default();
        tree.push(first);
        tree.push(second);
        let event = Event { status: 120, ..Event::default() }.encode_to_vec();
        let mut events = Frontier::default();
        events.push(event_leaf(4, b""));
        events.push(event_leaf(5, &event));
        let happened =
            Happened { ordinal: 1, event: hex(&event), leaf_index: 1, events: 2, path: vec![hex(&event_leaf(4, b""))] };
        let checkpoint = Checkpoint {
            entries: 2,
            entries_root: tree.root(),
            events: 2,
            events_root: events.root(),
            position: 6,
            ..Checkpoint::default()
        };
        let signed = Signer::new("swx/test".to_owned(), &[7; 32]).sign(checkpoint);
        Line {
            receipt_id: "SWX0000000000000005".to_owned(),
            entry_position: 5,
            time_ms: 1_000,
            header: hex(&header),
            leaf_sha256: hex(&first),
            leaf_index: 0,
            entries: 2,
            path: vec![hex(&second)],
            signed_note: signed.signed_note,
            public_key: hex(&signed.public_key),
            document: Some(document),
            events: vec![happened],
        }
    }

    #[test]
    fn a_proof_holds_with_its_key_and_its_message() {
        let line = parse(&line().json().expect("JSON")).expect("a proof");
        let key = unhex(&line.public_key).expect("hex");
        let proved = check(&line, Some(&key), Some(MESSAGE)).expect("proved");
        assert_eq!((proved.header.guid.as_str(), proved.checkpoint.entries), ("G1", 2));
        assert_eq!(proved.events.first().map(|event| event.status), Some(120));
    }

    #[test]
    fn nothing_else_holds() {
        let good = line();
        assert!(check(&good, Some(&[1; 32]), None).is_err(), "another key");
        assert!(check(&good, None, Some(b"another message")).is_err());
        let changed: [fn(&mut Line); 12] = [
            |line| {
                line.events.first_mut().expect("one").event =
                    hex(&Event { status: 100, ..Event::default() }.encode_to_vec())
            },
            |line| line.events.first_mut().expect("one").leaf_index = 0,
            |line| line.events.first_mut().expect("one").events = 3,
            |line| line.document.as_mut().expect("one").text.push(' '),
            |line| line.document.as_mut().expect("one").ordinal = 2,
            |line| line.time_ms += 1,
            |line| line.entry_position += 1,
            |line| line.receipt_id = "SWX0000000000000006".to_owned(),
            |line| line.entries = 3,
            |line| line.header = hex(b"other"),
            |line| line.path = vec![String::new()],
            |line| line.signed_note = line.signed_note.replace("position 6", "position 7"),
        ];
        for (number, change) in changed.into_iter().enumerate() {
            let mut line = good.clone();
            change(&mut line);
            assert!(check(&line, None, None).is_err(), "change {number}");
        }
        for text in ["", "{}", "[]", "nothing", &"x".repeat(LINE_BYTES_MAX + 1)] {
            assert!(parse(text).is_err());
        }
    }
}
