//! What a subscription is, and which events pass its filter.

use super::Cursor;
use crate::domain::{Event, EventKind, Position, Timestamp};

/// How much of each event is shown. Numbers are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum View {
    /// Everything.
    Full = 1,
    /// Facts without personal fields.
    Statistics = 2,
    /// Receipts for the party's own documents.
    Own = 3,
}

/// What must hold for an event to be delivered; empty parts are not looked at.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Filter {
    /// Types of documents.
    #[prost(int32, repeated, tag = "1")]
    pub message_types: Vec<i32>,
    /// Customs offices.
    #[prost(string, repeated, tag = "2")]
    pub customs_codes: Vec<String>,
    /// Supervision modes.
    #[prost(string, repeated, tag = "3")]
    pub trade_modes: Vec<String>,
    /// Statuses.
    #[prost(sint32, repeated, tag = "4")]
    pub statuses: Vec<i32>,
    /// Only the party's own documents.
    #[prost(bool, tag = "5")]
    pub own_documents: bool,
    /// Kinds of events.
    #[prost(int32, repeated, tag = "6")]
    pub event_kinds: Vec<i32>,
}

/// A subscription as stored.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Subscription {
    /// Name, unique for the party.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What to deliver.
    #[prost(message, optional, tag = "2")]
    pub filter: Option<Filter>,
    /// How much to show.
    #[prost(enumeration = "View", tag = "3")]
    pub view: i32,
    /// When it was made, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub created_ms: i64,
    /// Deliveries begin after this position …
    #[prost(uint64, tag = "5")]
    pub after_position: u64,
    /// … and this event of it.
    #[prost(uint32, tag = "6")]
    pub after_ordinal: u32,
    /// True if the cursor is an acknowledged delivery (and so the predecessor of the next one).
    #[prost(bool, tag = "7")]
    pub acked: bool,
    /// Position of the entry that made or moved it last: acknowledgements of before count no more.
    #[prost(uint64, tag = "8")]
    pub moved_at: u64,
}

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// Before the first event.
    Earliest,
    /// After the last event there is when the entry is applied.
    Latest,
    /// After this cursor.
    After(Cursor),
    /// At the first entry at or after this time.
    Time(Timestamp),
}

impl Subscription {
    /// Where its next delivery begins.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { position: Position(self.after_position), ordinal: self.after_ordinal }
    }

    /// True if a party with that number gets the event. Customs gets full records of its own offices only.
    #[must_use]
    pub fn takes(&self, event: &Event, party: u32, offices: &[String]) -> bool {
        // Filings are nobody's documents; they are read through the filing service.
        if event.kind == EventKind::PartyFiled as i32 || event.kind == EventKind::MandateFiled as i32 {
            return false;
        }
        let own = event.owners.contains(&party);
        let keys = event.keys.clone().unwrap_or_default();
        let allowed = match View::try_from(self.view) {
            Ok(View::Full) => {
                event.document.is_some() && (keys.customs_code.is_empty() || offices.contains(&keys.customs_code))
            }
            Ok(View::Statistics) => event.document.is_some(),
            Ok(View::Own) | Err(_) => own || gets_receipt(event, party) || gets_document(event, party),
        };
        let filter = self.filter.clone().unwrap_or_default();
        let one_of = |wanted: &[i32], value: i32| wanted.is_empty() || wanted.contains(&value);
        let named = |wanted: &[String], value: &String| wanted.is_empty() || wanted.contains(value);
        allowed
            && (own || !filter.own_documents)
            && one_of(&filter.message_types, event.message_type)
            && one_of(&filter.statuses, event.status)
            && one_of(&filter.event_kinds, event.kind)
            && named(&filter.customs_codes, &keys.customs_code)
            && named(&filter.trade_modes, &keys.trade_mode)
    }
}

/// True if the event's document is for that party because its message names the party for data: when it comes into
/// force and when it is replaced or deleted. Its sender has it already.
#[must_use]
pub(super) fn gets_document(event: &Event, party: u32) -> bool {
    let tells_data = matches!(
        EventKind::try_from(event.kind),
        Ok(EventKind::DocumentAccepted | EventKind::DocumentReplaced | EventKind::DocumentDeleted)
    );
    let is_sender = event.owners.first() == Some(&party);
    tells_data && !is_sender && event.audience.as_ref().is_some_and(|audience| audience.data.contains(&party))
}

/// True if the event's receipt is for that party because its message names the party for receipts.
#[must_use]
pub(super) fn gets_receipt(event: &Event, party: u32) -> bool {
    event.audience.as_ref().is_some_and(|audience| audience.receipts.contains(&party))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DocRef, Keys};

    fn event(office: &str, owners: &[u32]) -> Event {
        Event {
            kind: EventKind::Matched as i32,
            document: Some(DocRef { position: 1, ordinal: 1 }),
            message_type: 621,
            status: 120,
            keys: Some(Keys { customs_code: office.to_owned(), trade_mode: "9610".to_owned(), ..Keys::default() }),
            owners: owners.to_vec(),
            ..Event::default()
        }
    }

    fn subscription(view: View, filter: Filter) -> Subscription {
        Subscription { view: view as i32, filter: Some(filter), ..Subscription::default() }
    }

    #[test]
    fn the_inbox_holds_only_ones_own_documents() {
        let inbox = subscription(View::Own, Filter::default());
        assert!(inbox.takes(&event("4604", &[7, 9]), 9, &[]));
        assert!(!inbox.takes(&event("4604", &[7]), 9, &[]));
    }

    #[test]
    fn customs_sees_only_its_own_offices() {
        let full = subscription(View::Full, Filter::default());
        assert!(full.takes(&event("4604", &[7]), 1, &["4604".to_owned()]));
        assert!(!full.takes(&event("4612", &[7]), 1, &["4604".to_owned()]));
        assert!(full.takes(&event("", &[7]), 1, &["4604".to_owned()]), "orders have no office");
    }

    #[test]
    fn every_part_of_a_filter_must_hold() {
        let offices = ["4604".to_owned()];
        let with = |change: fn(&mut Filter)| {
            let mut filter = Filter::default();
            change(&mut filter);
            subscription(View::Full, filter).takes(&event("4604", &[7]), 1, &offices)
        };
        assert!(with(|filter| filter.message_types = vec![311, 621]));
        assert!(!with(|filter| filter.message_types = vec![311]));
        assert!(!with(|filter| filter.statuses = vec![800]));
        assert!(!with(|filter| filter.trade_modes = vec!["1210".to_owned()]));
        assert!(!with(|filter| filter.own_documents = true));
        assert!(!with(|filter| filter.event_kinds = vec![8]));
    }
}
