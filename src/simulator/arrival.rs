//! Which events make customs decide on a document, and which make it forget one.

use super::Scenario;
use crate::domain::{EventKind, Keys, MessageType, Part, SPECS, status};

/// A document that customs is to decide on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Occasion {
    /// Id of the event, the same in every delivery.
    pub id: String,
    /// Id of the document.
    pub document_id: String,
    /// Its type.
    pub kind: i32,
    /// CEB returnStatus that it has.
    pub status: i32,
    /// Its numbers.
    pub keys: Keys,
    /// Time of the event, milliseconds since 1970.
    pub time_ms: i64,
    /// The document's element as its sender wrote it; empty if it is not to be had.
    pub xml: String,
}

impl Occasion {
    /// Its type.
    #[must_use]
    pub fn message_type(&self) -> MessageType {
        MessageType::of_number(self.kind)
    }
}

/// What an event is to customs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// A document to decide on.
    Occasion(Box<Occasion>),
    /// The document of that id was replaced or deleted by its sender: nothing more is decided on it.
    Withdrawn(String),
    /// Nothing to do.
    Nothing,
}

impl Arrival {
    /// What an event of a kind is, with the document as it stands after it.
    #[must_use]
    pub fn of_event(event_kind: i32, occasion: Occasion, scenario: &Scenario) -> Arrival {
        let kind = occasion.message_type();
        let is_due = match EventKind::try_from(event_kind) {
            Ok(EventKind::DocumentReplaced | EventKind::DocumentDeleted) => {
                return Arrival::Withdrawn(occasion.document_id);
            }
            Ok(EventKind::Matched) => occasion.status == status::STORED,
            Ok(EventKind::DocumentAccepted) if is_matched_first(kind) => false,
            Ok(EventKind::DocumentAccepted) => {
                let waits = occasion.status == status::DECLARING;
                waits || (occasion.status == status::STORED && is_answered(kind, scenario))
            }
            Ok(_) | Err(_) => false,
        };
        if is_due { Arrival::Occasion(Box::new(occasion)) } else { Arrival::Nothing }
    }
}

/// Kinds of events that a subscription for customs needs.
#[must_use]
pub fn wanted_events() -> Vec<i32> {
    [EventKind::DocumentAccepted, EventKind::DocumentReplaced, EventKind::DocumentDeleted, EventKind::Matched]
        .map(|kind| kind as i32)
        .to_vec()
}

/// Types of documents that customs answers under a scenario: what is declared to it, and evidence that a rule names.
#[must_use]
pub fn wanted_types(scenario: &Scenario) -> Vec<i32> {
    let declared = |kind: MessageType| kind.spec().is_some_and(|spec| !spec.pre_no.is_empty());
    let declarations = SPECS.iter().filter(|spec| matches!(spec.part, Part::Declaration(_))).map(|spec| spec.kind);
    declarations.filter(|kind| declared(*kind) || is_answered(*kind, scenario)).map(|kind| kind as i32).collect()
}

/// Lists are decided on when their documents agree with them.
fn is_matched_first(kind: MessageType) -> bool {
    matches!(kind, MessageType::Ceb621 | MessageType::Ceb603)
}

/// Of what the exchange stores at once, customs answers the status of waybills, and what a rule names.
fn is_answered(kind: MessageType, scenario: &Scenario) -> bool {
    kind == MessageType::Ceb513 || scenario.rules.iter().any(|rule| rule.message_type == Some(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Rule;

    fn arrival(event: EventKind, kind: MessageType, status: i32) -> Arrival {
        let occasion = Occasion { kind: kind as i32, status, document_id: "7-1".to_owned(), ..Occasion::default() };
        Arrival::of_event(event as i32, occasion, &Scenario::default())
    }

    #[test]
    fn lists_are_decided_on_when_they_match_and_the_rest_when_it_comes() {
        let is_due = |event, kind, status| matches!(arrival(event, kind, status), Arrival::Occasion(_));
        assert!(is_due(EventKind::Matched, MessageType::Ceb621, 120));
        assert!(!is_due(EventKind::DocumentAccepted, MessageType::Ceb621, 2));
        assert!(is_due(EventKind::DocumentAccepted, MessageType::Ceb623, 2));
        assert!(!is_due(EventKind::DocumentAccepted, MessageType::Ceb623, 1), "customs never saw a draft");
        assert!(is_due(EventKind::DocumentAccepted, MessageType::Ceb513, 120));
        assert!(!is_due(EventKind::DocumentAccepted, MessageType::Ceb311, 120), "the exchange answers orders itself");
        assert!(!is_due(EventKind::Decided, MessageType::Ceb621, 800));
        let gone = arrival(EventKind::DocumentReplaced, MessageType::Ceb621, 9002);
        assert_eq!(gone, Arrival::Withdrawn("7-1".to_owned()));
    }

    #[test]
    fn a_rule_can_name_evidence() {
        let mut scenario = Scenario::default();
        assert!(!wanted_types(&scenario).contains(&311) && wanted_types(&scenario).contains(&621));
        scenario.rules.push(Rule { message_type: Some(MessageType::Ceb311), ..Rule::default() });
        assert!(wanted_types(&scenario).contains(&311));
    }
}
