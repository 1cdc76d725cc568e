//! From domain words to the contract.

use super::statistics::statistics;
use super::waiting::{HIDDEN, sides, texts};
use crate::domain::{
    DocRef, Effect, Ending, Event, EventKind, Fault, Keys, Named, Outcome, Party, Position, Rejection, RouteNote,
    Timestamp, Waiting, status,
};
use crate::feed::{Content, Cursor, Delivery, Feed, Item, Subscription};
use crate::intake::{Applied, Found, Happening, Validation};
use crate::pb::v1 as pb;
use crate::proof::Checkpoint;
use crate::receipt::receipt_id;
use bytes::Bytes;

/// A time.
#[must_use]
pub fn time(time: Timestamp) -> prost_types::Timestamp {
    let nanos = i32::try_from(time.0.rem_euclid(1000)).unwrap_or(0).saturating_mul(1_000_000);
    prost_types::Timestamp { seconds: time.0.div_euclid(1000), nanos }
}

/// Reasons of a refusal.
#[must_use]
pub fn rejections(rejections: &[Rejection]) -> Vec<pb::Rejection> {
    rejections
        .iter()
        .map(|rejection| pb::Rejection {
            rule: rejection.rule.clone(),
            official_code: rejection.official,
            line: rejection.line,
            column: rejection.column,
            path: rejection.path.clone(),
            field_zh: rejection.field_zh.clone(),
            field_en: rejection.field_en.clone(),
            message_zh: rejection.message_zh.clone(),
            message_en: rejection.message_en.clone(),
            found: match &rejection.found {
                None if rejection.personal_at > 0 => Some(HIDDEN.to_owned()),
                found => found.clone(),
            },
            expected: rejection.expected.clone(),
            field_path: String::new(),
        })
        .collect()
}

fn faults(faults: Vec<Fault>) -> Vec<pb::Rejection> {
    faults
        .into_iter()
        .map(|fault| pb::Rejection {
            rule: fault.rule.to_owned(),
            official_code: fault.official,
            line: fault.place.line,
            column: fault.place.column,
            path: fault.path,
            field_zh: fault.field_zh,
            field_en: fault.field_en,
            message_zh: fault.message_zh,
            message_en: fault.message_en,
            found: fault.found,
            expected: fault.expected,
            field_path: String::new(),
        })
        .collect()
}

pub(super) fn waiting(waiting: &[Waiting]) -> Vec<pb::Waiting> {
    waiting
        .iter()
        .map(|waiting| {
            let (message_zh, message_en) = texts(waiting);
            let (left_value, right_value) = if waiting.field.is_empty() { Default::default() } else { sides(waiting) };
            pb::Waiting {
                rule: waiting.rule.clone(),
                message_zh,
                message_en,
                field: waiting.field.clone(),
                left_type: waiting.left_type,
                left_value,
                right_type: waiting.right_type,
                right_value,
                key: waiting.key.clone(),
            }
        })
        .collect()
}

/// Numbers of a document.
#[must_use]
pub fn keys(keys: &Keys) -> pb::DocumentKeys {
    let keys = keys.clone();
    pb::DocumentKeys {
        guid: keys.guid,
        ebp_code: keys.ebp_code,
        ebc_code: keys.ebc_code,
        order_no: keys.order_no,
        pay_code: keys.pay_code,
        pay_transaction_id: keys.pay_transaction_id,
        logistics_code: keys.logistics_code,
        logistics_no: keys.logistics_no,
        agent_code: keys.agent_code,
        cop_no: keys.cop_no,
        pre_no: keys.pre_no,
        invt_no: keys.invt_no,
        customs_code: keys.customs_code,
        trade_mode: keys.trade_mode,
        operator_code: keys.operator_code,
        bill_no: keys.bill_no,
        sum_no: keys.sum_no,
        msg_seq_no: keys.msg_seq_no,
        rkd_no: keys.rkd_no,
        pay_no: keys.pay_no,
        status: keys.status,
        tax_no: keys.tax_no,
        decl_seq_no: keys.decl_seq_no,
        assure_code: keys.assure_code,
        decl_agent_code: keys.decl_agent_code,
        statistics_flag: keys.statistics_flag,
    }
}

/// What a check without recording found.
#[must_use]
pub fn validation(validation: Validation) -> pb::ValidateResponse {
    pb::ValidateResponse {
        valid: validation.faults.is_empty(),
        message_type: validation.kind as i32,
        edition: validation.edition,
        faults: faults(validation.faults),
        faults_omitted: validation.faults_omitted,
    }
}

/// The receipt of a submission: the same bytes for the same entry, whenever it is asked for.
#[must_use]
pub fn receipt(feed: &Feed, applied: &Applied) -> pb::Receipt {
    let (position, outcome) = (applied.position, applied.outcome.as_ref());
    let ending = Ending::try_from(outcome.ending).unwrap_or(Ending::Stale);
    let taken = match ending {
        Ending::Applied => pb::Outcome::Accepted,
        Ending::Refused | Ending::Conflict | Ending::Replay | Ending::Stale => pb::Outcome::Rejected,
    };
    pb::Receipt {
        receipt_id: receipt_id(position),
        position: feed.token(position),
        time: Some(time(Timestamp(outcome.time_ms))),
        message_type: outcome.message_type,
        message_guid: outcome.message_guid.clone(),
        outcome: taken as i32,
        rejections: rejections(&outcome.rejections),
        rejections_omitted: outcome.rejections_omitted,
        documents: verdicts(position, outcome),
        payload_sha256: Bytes::copy_from_slice(&outcome.payload_sha256),
        receipt_xml: applied.receipt_xml.clone(),
        signature: signature_state(outcome.signature),
        dxp_rep: applied.dxp_rep.clone(),
        receipt_dxp: applied.receipt_dxp.clone(),
        notes: outcome.routing.iter().flat_map(|routing| &routing.notes).map(route_note).collect(),
        conflicts_with: if ending == Ending::Conflict { receipt_id(Position(outcome.first)) } else { String::new() },
    }
}

fn route_note(note: &RouteNote) -> pb::RouteNote {
    let (message_zh, message_en) = note.text();
    let RouteNote { code, address, field } = note.clone();
    pb::RouteNote { code, address, field, message_zh, message_en }
}

/// One verdict per document of this entry: its acceptance or refusal, and what later events of the same
/// entry say of it. Events of other entries' documents are not this sender's answer.
fn verdicts(position: Position, outcome: &Outcome) -> Vec<pb::DocumentVerdict> {
    let mut verdicts: Vec<pb::DocumentVerdict> = Vec::new();
    for event in &outcome.events {
        let Some(document) = event.document.filter(|document| document.position == position.0) else { continue };
        let known = verdicts.iter_mut().find(|verdict| verdict.ordinal == document.ordinal);
        let outcome = match EventKind::try_from(event.kind) {
            Ok(EventKind::DocumentAccepted) => pb::Outcome::Accepted,
            Ok(EventKind::DocumentRejected) => pb::Outcome::Rejected,
            _ => {
                if let Some(known) = known {
                    known.status = event.status;
                    known.waiting = waiting(&event.waiting);
                    if let Some(numbers) = &event.keys {
                        known.keys = Some(keys(numbers));
                    }
                }
                continue;
            }
        };
        let verdict = pb::DocumentVerdict {
            ordinal: document.ordinal,
            outcome: outcome as i32,
            status: event.status,
            keys: event.keys.as_ref().map(keys),
            rejections: rejections(&event.rejections),
            waiting: waiting(&event.waiting),
        };
        match known {
            Some(known) => *known = verdict,
            None => verdicts.push(verdict),
        }
    }
    verdicts.sort_by_key(|verdict| verdict.ordinal);
    verdicts
}

/// What became of each decision of an entry, in order.
#[must_use]
pub fn decision_results(outcome: &Outcome) -> Vec<pb::DecisionResult> {
    let mut events: Vec<&Event> = outcome.events.iter().filter(|event| event.decision_ordinal > 0).collect();
    events.sort_by_key(|event| event.decision_ordinal);
    // A decision can have further events, for example on a document that it frees: the first is its own.
    events.dedup_by_key(|event| event.decision_ordinal);
    events
        .into_iter()
        .map(|event| {
            let effect = match Effect::try_from(event.effect) {
                Ok(Effect::Applied) => pb::DecisionEffect::Applied,
                Ok(Effect::Repeated) => pb::DecisionEffect::Repeated,
                Ok(Effect::Ignored) => pb::DecisionEffect::Ignored,
                Ok(Effect::UnknownDocument) => pb::DecisionEffect::UnknownDocument,
                Ok(Effect::ForeignOffice) => pb::DecisionEffect::ForeignOffice,
                Ok(Effect::Rejected) => pb::DecisionEffect::Rejected,
                Ok(Effect::None) | Err(_) => pb::DecisionEffect::Unspecified,
            };
            let why = event.rejections.first();
            pb::DecisionResult {
                effect: effect as i32,
                status: event.status,
                keys: event.keys.as_ref().map(keys),
                message_zh: why.map(|why| why.message_zh.clone()).unwrap_or_default(),
                message_en: why.map(|why| why.message_en.clone()).unwrap_or_default(),
            }
        })
        .collect()
}

/// A document as looked up.
#[must_use]
pub fn document(found: Found) -> pb::Document {
    let (status_zh, status_en) = status::name(found.event.status);
    pb::Document {
        document_id: found.id.id(),
        message_type: found.event.message_type,
        keys: found.event.keys.as_ref().map(keys),
        status: found.event.status,
        status_zh: status_zh.to_owned(),
        status_en: status_en.to_owned(),
        time: Some(time(found.time)),
        waiting: waiting(&found.event.waiting),
        xml: found.xml,
        replaced_by: found.replaced_by.map(DocRef::id).unwrap_or_default(),
        frozen: found.frozen,
        receipt_id: receipt_id(Position(found.id.position)),
    }
}

/// One line of a timeline.
#[must_use]
pub fn happening(happening: Happening) -> pb::TraceEvent {
    let event = happening.event;
    pb::TraceEvent {
        time: Some(time(happening.time)),
        document_id: event.document.map(DocRef::id).unwrap_or_default(),
        kind: event.kind,
        message_type: event.message_type,
        status: event.status,
        text_zh: happening.text_zh,
        text_en: happening.text_en,
        party: happening.party,
        receipt_id: receipt_id(happening.position),
        rejections: rejections(&event.rejections),
        waiting: waiting(&event.waiting),
    }
}

/// An event.
#[must_use]
pub fn event(
    feed: &Feed,
    position: Position,
    at: Timestamp,
    party: String,
    signature: u32,
    event: &Event,
) -> pb::Event {
    pb::Event {
        kind: event.kind,
        document_id: event.document.map(DocRef::id).unwrap_or_default(),
        message_type: event.message_type,
        status: event.status,
        keys: event.keys.as_ref().map(keys),
        time: Some(time(at)),
        decision_time: (event.decision_ms != 0).then(|| time(Timestamp(event.decision_ms))),
        info: event.info.clone(),
        rejections: rejections(&event.rejections),
        waiting: waiting(&event.waiting),
        position: feed.token(position),
        receipt_id: receipt_id(position),
        signature: signature_state(signature),
        party,
        values: event.values.iter().map(named_value).collect(),
        code: event.code.clone(),
    }
}

/// What became of a typed request.
#[must_use]
pub fn recorded(feed: &Feed, applied: &Applied) -> pb::Recorded {
    pb::Recorded {
        receipt_id: receipt_id(applied.position),
        position: feed.token(applied.position),
        replayed: applied.replayed,
        rejections: rejections(&applied.outcome.rejections),
        values: applied.outcome.events.iter().flat_map(|event| &event.values).map(named_value).collect(),
    }
}

/// A named value.
#[must_use]
pub fn named_value(named: &Named) -> pb::NamedValue {
    pb::NamedValue { name: named.name.clone(), value: named.value.clone() }
}

/// The stable id of the event at a cursor.
#[must_use]
pub fn delivery_id(feed: &Feed, cursor: Cursor) -> String {
    feed.encode(cursor)
}

/// What a consumer gets.
#[must_use]
pub fn delivery(feed: &Feed, item: Item) -> pb::ConsumeResponse {
    use pb::consume_response::Response;
    let response = match item {
        Item::Delivery(delivery) => Response::Delivery(one_delivery(feed, *delivery)),
        Item::Heartbeat { closed, last, time: at } => Response::Heartbeat(pb::Heartbeat {
            closed_cursor: feed.encode(closed),
            last_delivery_id: last.map(|last| delivery_id(feed, last)).unwrap_or_default(),
            time: Some(time(at)),
        }),
    };
    pb::ConsumeResponse { response: Some(response) }
}

fn one_delivery(feed: &Feed, delivery: Delivery) -> pb::Delivery {
    use pb::delivery::Content as Out;
    let content = match delivery.content {
        Content::None => None,
        Content::Document(xml) => Some(Out::Document(pb::DocumentContent { xml })),
        Content::Statistics(facts) => Some(Out::Statistics(statistics(&facts))),
        Content::Receipt(xml) => Some(Out::Receipt(pb::ReceiptContent { xml })),
    };
    let position = delivery.cursor.position;
    pb::Delivery {
        delivery_id: delivery_id(feed, delivery.cursor),
        predecessor_id: delivery.predecessor.map(|cursor| delivery_id(feed, cursor)).unwrap_or_default(),
        cursor: feed.encode(delivery.cursor),
        event: Some(event(feed, position, delivery.time, delivery.party, delivery.signature, &delivery.event)),
        content,
        receipt_dxp: delivery.receipt_dxp,
    }
}

/// A subscription.
#[must_use]
pub fn subscription(feed: &Feed, subscription: Subscription) -> pb::Subscription {
    let cursor = Cursor { position: Position(subscription.after_position), ordinal: subscription.after_ordinal };
    let filter = subscription.filter.unwrap_or_default();
    pb::Subscription {
        name: subscription.name,
        filter: Some(pb::Filter {
            message_types: filter.message_types,
            customs_codes: filter.customs_codes,
            trade_modes: filter.trade_modes,
            statuses: filter.statuses,
            own_documents: filter.own_documents,
            event_kinds: filter.event_kinds,
        }),
        view: subscription.view,
        create_time: Some(time(Timestamp(subscription.created_ms))),
        acked_cursor: if subscription.acked { feed.encode(cursor) } else { String::new() },
    }
}

/// A party's filing.
#[must_use]
pub fn party_out(party: &Party) -> pb::Party {
    let party = party.clone();
    pb::Party {
        code: party.code,
        name: party.name,
        roles: party.roles,
        aliases: party.aliases,
        dxp_ids: party.dxp_ids,
        certificate_sha256: party.certificate_sha256,
        customs_codes: party.customs_codes,
        active: party.active,
        schema_edition: party.schema_edition.clone(),
        signing_certificates: party.signing_certificates.into_iter().map(Into::into).collect(),
    }
}

/// State of a signature; outcomes from before it was kept have none.
fn signature_state(number: u32) -> i32 {
    let number = i32::try_from(number).unwrap_or_default();
    match pb::SignatureState::try_from(number) {
        Ok(pb::SignatureState::Unspecified) | Err(_) => pb::SignatureState::Unverified as i32,
        Ok(state) => state as i32,
    }
}

/// A checkpoint.
#[must_use]
pub fn checkpoint(feed: &Feed, checkpoint: Checkpoint) -> pb::GetCheckpointResponse {
    pb::GetCheckpointResponse {
        signed_note: checkpoint.signed_note,
        origin: checkpoint.origin,
        entries: checkpoint.entries,
        entries_root: Bytes::copy_from_slice(&checkpoint.entries_root),
        events: checkpoint.events,
        events_root: Bytes::copy_from_slice(&checkpoint.events_root),
        position: feed.token(Position(checkpoint.position)),
        public_key: checkpoint.public_key.into(),
    }
}

#[cfg(test)]
mod tests;
