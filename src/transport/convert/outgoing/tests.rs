use super::*;
use crate::domain::MessageType;

fn about(kind: EventKind, position: u64, ordinal: u32, status: i32) -> Event {
    Event {
        kind: kind as i32,
        document: Some(DocRef { position, ordinal }),
        status,
        message_type: 621,
        ..Event::default()
    }
}

#[test]
fn a_verdict_shows_where_its_document_stands_after_the_whole_entry() {
    let mut matched = about(EventKind::Matched, 7, 2, 120);
    matched.keys = Some(Keys { pre_no: "P1".to_owned(), ..Keys::default() });
    let outcome = Outcome {
        events: vec![
            about(EventKind::DocumentAccepted, 7, 2, 2),
            about(EventKind::DocumentRejected, 7, 1, -301),
            matched,
            about(EventKind::Matched, 3, 1, 120),
        ],
        ..Outcome::default()
    };
    let verdicts = verdicts(Position(7), &outcome);
    let seen: Vec<_> = verdicts.iter().map(|verdict| (verdict.ordinal, verdict.outcome, verdict.status)).collect();
    let (accepted, rejected) = (pb::Outcome::Accepted as i32, pb::Outcome::Rejected as i32);
    assert_eq!(seen, [(1, rejected, -301), (2, accepted, 120)]);
    assert_eq!(verdicts[1].keys.as_ref().map(|keys| keys.pre_no.as_str()), Some("P1"));
}

#[test]
fn each_decision_has_one_result_in_its_order() {
    let decided = |ordinal, effect: Effect, status| Event {
        decision_ordinal: ordinal,
        effect: effect as i32,
        ..about(EventKind::Decided, 1, 1, status)
    };
    let outcome = Outcome {
        events: vec![
            decided(2, Effect::Ignored, 800),
            decided(1, Effect::Applied, 500),
            decided(1, Effect::None, 0),
            about(EventKind::Matched, 1, 1, 120),
        ],
        ..Outcome::default()
    };
    let effects: Vec<_> = decision_results(&outcome).iter().map(|result| result.effect).collect();
    assert_eq!(effects, [pb::DecisionEffect::Applied as i32, pb::DecisionEffect::Ignored as i32]);
}

#[test]
fn a_refusal_of_the_state_names_its_field_too() {
    let at = |path: &str| rejections(&[Rejection { path: path.to_owned(), ..Rejection::default() }]).remove(0);
    let line = at(&MessageType::Ceb621.line_path(2, "[1]/totalPrice"));
    assert_eq!((line.field_zh.as_str(), line.field_en.is_empty()), ("总价", false), "{}", line.path);
    assert_eq!(at(&MessageType::Ceb621.head_path(1, "agentCode")).field_zh, "申报企业代码");
    assert_eq!(at("rows[0].key").field_zh, "");
}

#[test]
fn personal_values_that_were_not_filled_in_are_hidden() {
    let rejection = Rejection { personal_at: 9, ..Rejection::default() };
    assert_eq!(rejections(&[rejection])[0].found.as_deref(), Some(HIDDEN));
    assert_eq!(rejections(&[Rejection::default()])[0].found, None);
}

#[test]
fn times_before_1970_keep_their_order() {
    assert_eq!(time(Timestamp(-1)), prost_types::Timestamp { seconds: -1, nanos: 999_000_000 });
}

#[test]
fn the_contract_has_the_numbers_that_are_stored() {
    for number in 0..100 {
        assert_eq!(EventKind::try_from(number).is_ok(), number != 0 && pb::EventKind::try_from(number).is_ok());
        assert_eq!(crate::domain::Role::try_from(number).is_ok(), number != 0 && pb::Role::try_from(number).is_ok());
        assert_eq!(Effect::try_from(number).is_ok(), pb::DecisionEffect::try_from(number).is_ok());
    }
    for number in 0..1000 {
        assert_eq!(
            crate::domain::MessageType::try_from(number).is_ok(),
            pb::MessageType::try_from(number).is_ok(),
            "{number}"
        );
    }
}
