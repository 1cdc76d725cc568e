//! Proofs to the contract.

use crate::domain::Position;
use crate::intake::{EventInclusion, Inclusion};
use crate::pb::v1 as pb;
use crate::proof::{Checkpoint, DocumentProof, Hash, entry_leaf};
use crate::receipt::receipt_id;
use bytes::Bytes;

/// That an entry is in a tree.
pub(in crate::transport) fn inclusion(proof: &Inclusion) -> pb::InclusionProof {
    pb::InclusionProof {
        receipt_id: receipt_id(Position(proof.position)),
        entry_position: proof.position,
        time_ms: proof.time_ms,
        header: proof.header.clone().into(),
        leaf_sha256: entry_leaf(proof.position, proof.time_ms, &proof.header).to_vec().into(),
        leaf_index: proof.index,
        entries: proof.entries,
        path: path(&proof.path),
    }
}

/// That a document is in a message.
pub(in crate::transport) fn document_proof(proof: DocumentProof) -> pb::DocumentProof {
    pb::DocumentProof {
        ordinal: proof.ordinal,
        documents: proof.documents,
        text: proof.text.into(),
        personal_sha256: proof.personal.to_vec().into(),
        envelope_leaf_sha256: proof.envelope.to_vec().into(),
        path: path(&proof.path),
    }
}

/// That an event is in a tree.
pub(in crate::transport) fn event_proof(proof: EventInclusion) -> pb::EventProof {
    pb::EventProof {
        ordinal: proof.ordinal,
        event: proof.event.into(),
        leaf_index: proof.index,
        events: proof.events,
        path: path(&proof.path),
    }
}

/// The hashes of a proof.
pub(in crate::transport) fn path(path: &[Hash]) -> Vec<Bytes> {
    path.iter().map(|hash| Bytes::copy_from_slice(hash)).collect()
}

/// Note and key of a checkpoint; empty for none.
pub(in crate::transport) fn note_and_key(checkpoint: Option<Checkpoint>) -> (String, Bytes) {
    checkpoint.map(|checkpoint| (checkpoint.signed_note, checkpoint.public_key.into())).unwrap_or_default()
}
