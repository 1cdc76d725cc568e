//! Received messages put together again, exactly or with personal values masked.

use super::entry::{DecodeError, Personal, Skeleton};
use super::wrapping::Wrapping;
use crate::ledger::Stored;
use crate::proof::{DocumentProof, Hash, MessageTree, part_leaf, sha256};
use prost::Message as _;

/// A message put together again from skeleton and personal spans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// The text of the message in UTF-8: the received bytes themselves, unless they were in another encoding or in an
    /// envelope ([`Received::original`] has these).
    pub bytes: Vec<u8>,
    /// Begin and end of each document in them.
    documents: Vec<(usize, usize)>,
}

impl Received {
    /// The exact bytes that were received, envelope and encoding included; empty for entries that carry none.
    ///
    /// # Errors
    /// [`DecodeError`] if the sections do not fit each other.
    pub fn original(stored: &Stored) -> Result<Vec<u8>, DecodeError> {
        let received = Received::exact(stored)?;
        let (skeleton, personal) = sections(stored)?;
        let Some(wrapping) = skeleton.wrapping else { return Ok(received.bytes) };
        let kept = personal.documents.first().map_or(&[][..], |part| part.spans.as_slice());
        let text = std::str::from_utf8(&received.bytes).map_err(|_| misfit(stored, "the text is not UTF-8"))?;
        wrapping.wrap(kept, text).ok_or_else(|| misfit(stored, "the wrapping does not fit the text"))
    }

    /// The text of the message with every value as it was sent.
    ///
    /// # Errors
    /// [`DecodeError`] if the sections do not fit each other.
    pub fn exact(stored: &Stored) -> Result<Received, DecodeError> {
        rebuild(stored, None)
    }

    /// The same with `mask` in the place of every personal value.
    ///
    /// # Errors
    /// [`DecodeError`] if the sections do not fit each other.
    pub fn masked(stored: &Stored, mask: &str) -> Result<Received, DecodeError> {
        rebuild(stored, Some(mask))
    }

    /// The tree over the documents of a message, and the proof of one of them (ordinal from 1); `None` if there is no such
    /// document, or the message could not be taken apart.
    ///
    /// # Errors
    /// [`DecodeError`] if the sections do not fit each other.
    pub fn proof(stored: &Stored, ordinal: u32) -> Result<Option<(MessageTree, DocumentProof)>, DecodeError> {
        let shown = rebuild(stored, Some(""))?;
        let (_, personal) = sections(stored)?;
        let mut commitments = personal.documents.iter().map(|part| sha256(&[&part.salt, &part.spans]));
        let around = commitments.next().ok_or_else(|| misfit(stored, "no salts"))?;
        let commitments: Vec<Hash> = commitments.collect();
        if commitments.len() != shown.documents.len() {
            return Err(misfit(stored, "documents without salts"));
        }
        let text = |place: &(usize, usize)| shown.bytes.get(place.0..place.1).unwrap_or_default();
        let leaves = shown.documents.iter().zip(&commitments).map(|(place, personal)| part_leaf(text(place), personal));
        let mut envelope = Vec::new();
        let mut from = 0;
        for (begin, end) in &shown.documents {
            envelope.extend_from_slice(shown.bytes.get(from..*begin).unwrap_or_default());
            from = *end;
        }
        envelope.extend_from_slice(shown.bytes.get(from..).unwrap_or_default());
        let tree = MessageTree { envelope: part_leaf(&envelope, &around), documents: leaves.collect() };
        let index = usize::try_from(ordinal).ok().and_then(|ordinal| ordinal.checked_sub(1));
        let own = index.and_then(|index| shown.documents.get(index).zip(commitments.get(index)));
        let Some(((place, personal), path)) = own.zip(tree.path(ordinal)) else { return Ok(None) };
        let documents = u32::try_from(commitments.len()).map_err(|_| misfit(stored, "too many documents"))?;
        let (text, envelope) = (text(place).to_vec(), tree.envelope);
        Ok(Some((tree, DocumentProof { ordinal, documents, text, personal: *personal, envelope, path })))
    }

    /// The element of one document (ordinal from 1); `None` if there is no such document.
    #[must_use]
    pub fn document(&self, ordinal: u32) -> Option<&[u8]> {
        let (begin, end) = self.documents.get((ordinal as usize).checked_sub(1)?)?;
        self.bytes.get(*begin..*end)
    }
}

fn misfit(stored: &Stored, reason: &str) -> DecodeError {
    DecodeError { kind: stored.record.kind, version: stored.record.version, reason: reason.to_owned() }
}

fn sections(stored: &Stored) -> Result<(Skeleton, Personal), DecodeError> {
    let record = &stored.record;
    let skeleton = Skeleton::decode(record.skeleton.as_slice()).map_err(|e| misfit(stored, &e.to_string()))?;
    let personal = Personal::decode(record.personal.as_slice()).map_err(|e| misfit(stored, &e.to_string()))?;
    Ok((skeleton, personal))
}

fn rebuild(stored: &Stored, mask: Option<&str>) -> Result<Received, DecodeError> {
    let fail = |reason: &str| misfit(stored, reason);
    let (skeleton, personal) = sections(stored)?;
    let (cuts, odd) = skeleton.cuts.as_chunks::<2>();
    let (spans, odd_span) = skeleton.spans.as_chunks::<2>();
    if !odd.is_empty() || !odd_span.is_empty() {
        return Err(fail("odd number of cuts or spans"));
    }
    let cut_out: Vec<u8> = personal.documents.iter().flat_map(|document| document.spans.iter().copied()).collect();
    // The envelope stands first and is no part of the text.
    let kept = skeleton.wrapping.as_ref().map_or(0, Wrapping::kept_bytes);
    let mut spans_left = cut_out.get(kept..).ok_or_else(|| fail("the envelope is beyond the spans"))?;
    let mut body = skeleton.body.as_slice();
    let mut bytes = Vec::with_capacity(body.len() + cut_out.len());
    // Where received and shown offsets part: (received offset, shown offset) after each cut.
    let mut shifts = vec![(0_usize, 0_usize)];
    let mut received = 0_usize;
    for [kept, taken] in cuts {
        let (head, tail) = body.split_at_checked(*kept as usize).ok_or_else(|| fail("cut beyond the body"))?;
        let (span, left) = spans_left.split_at_checked(*taken as usize).ok_or_else(|| fail("cut beyond the spans"))?;
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(mask.map_or(span, str::as_bytes));
        received += head.len() + span.len();
        shifts.push((received, bytes.len()));
        body = tail;
        spans_left = left;
    }
    if !spans_left.is_empty() {
        return Err(fail("spans left over"));
    }
    bytes.extend_from_slice(body);
    let shown = |offset: usize| {
        let (from, to) = shifts
            .partition_point(|(from, _)| *from <= offset)
            .checked_sub(1)
            .and_then(|i| shifts.get(i))
            .copied()
            .unwrap_or_default();
        to + (offset - from)
    };
    let documents = spans.iter().map(|[begin, length]| {
        let begin = *begin as usize;
        (shown(begin), shown(begin.saturating_add(*length as usize)))
    });
    let documents = documents.collect();
    Ok(Received { bytes, documents })
}
