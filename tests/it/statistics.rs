//! What statistics are told of lists: whoever adds up the postings has what the lists in force come to (R-STAT-02, 03, 08).

use crate::clearance_life::{EXPORT_LIST, after, golden, import_return, in_message, value, with};
use crate::clearance_replay::{act, apply, log};
use crate::node::{NOON, TestNode};
use proptest::prelude::*;
use prost::Message;
use single_window::domain::{Amount, DocRef, EventKind, Field, Measure, MessageType, Outcome, PostedLine, PostingKind};
use single_window::feed::{Content, Cursor, Filter, Item, Posted, StartAt, Subscription, View};
use single_window::intake::{Applied, SubscriptionChange};
use single_window::state::store::Table;
use single_window::state::{Content as EntryContent, Facts, LineFacts, MemoryCells};
use std::collections::BTreeMap;
use std::time::Duration;

/// By measure and commodity code: quantity, first statutory quantity, value.
type Sums = BTreeMap<(i32, String), [Amount; 3]>;

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap_or_default()
}

fn add(sums: &mut Sums, measure: i32, gcode: &str, figures: [Amount; 3], sign: i128) {
    let sum = sums.entry((measure, gcode.to_owned())).or_default();
    for (sum, figure) in sum.iter_mut().zip(figures) {
        *sum = sum.plus(Amount(figure.0 * sign));
    }
}

/// What is not nothing.
fn filled(sums: Sums) -> Sums {
    sums.into_iter().filter(|(_, figures)| *figures != [Amount::default(); 3]).collect()
}

impl TestNode {
    async fn subscribe_statistics(&self) {
        let statistics = self.caller("STATS00001");
        let filter = Some(Filter { message_types: vec![603, 621], ..Filter::default() });
        let subscription =
            Subscription { name: "facts".to_owned(), view: View::Statistics as i32, filter, ..Subscription::default() };
        let change = SubscriptionChange::Create(subscription, StartAt::Earliest);
        self.node.feed.change(&statistics, change).await.expect("it can be made");
    }

    /// All postings up to the last event of the entry at a position that a list has, with the time of their entry.
    async fn posted(&self, last: Cursor) -> Vec<Posted> {
        let statistics = self.caller("STATS00001");
        let back = SubscriptionChange::Seek("facts".to_owned(), StartAt::Earliest);
        self.node.feed.change(&statistics, back).await.expect("it can be moved");
        let mut consumer = self.node.feed.consume(&statistics, "facts").await.expect("it opens");
        let mut posted = Vec::new();
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), consumer.next()).await.expect("it comes in time");
            let Item::Delivery(delivery) = next.expect("it is open") else { continue };
            assert!(delivery.event.info.is_empty() && delivery.event.rejections.is_empty());
            let Content::Statistics(facts) = delivery.content else { panic!("facts: {:?}", delivery.event) };
            posted.extend(facts.postings);
            if delivery.cursor >= last {
                return posted;
            }
        }
    }
}

/// The last event of an entry that is about a list.
fn end(applied: &Applied) -> Cursor {
    let events = &applied.outcome.events;
    let last = events.iter().rposition(|event| matches!(event.message_type, 603 | 621)).expect("a list's event");
    Cursor { position: applied.position, ordinal: u32::try_from(last + 1).expect("few") }
}

fn sums(posted: &[Posted]) -> Sums {
    let mut sums = Sums::new();
    for (posted, figures) in posted.iter().flat_map(|posted| posted.figures.iter().map(move |line| (posted, line))) {
        let amounts = [&figures.qty, &figures.qty1, &figures.value].map(|text| amount(text));
        add(&mut sums, posted.measure, &figures.gcode, amounts, 1);
    }
    filled(sums)
}

/// The figures of the lines of a list.
fn of_list(xml: &str, measures: &[Measure]) -> Sums {
    let mut sums = Sums::new();
    for line in xml.split("<ceb:InventoryList>").skip(1) {
        let amounts = ["qty", "qty1", "totalPrice"].map(|name| amount(&value(line, name)));
        for measure in measures {
            add(&mut sums, *measure as i32, &value(line, "gcode"), amounts, 1);
        }
    }
    sums
}

fn kinds(posted: &[Posted]) -> Vec<(i32, i32)> {
    posted.iter().map(|posted| (posted.measure, posted.kind)).collect()
}

const DECLARED: i32 = Measure::Declared as i32;
const TRADED: i32 = Measure::Traded as i32;
const COUNTED: i32 = PostingKind::Counted as i32;
const WITHDRAWN: i32 = PostingKind::Withdrawn as i32;
const RETURNED: i32 = PostingKind::Returned as i32;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_counted_once_when_accepted_and_once_when_released_and_goes_out_as_it_comes_back() {
    let test = TestNode::start_clearance().await;
    test.subscribe_statistics().await;
    let list = golden(MessageType::Ceb621);
    let cop_no = test.imported(&[500], NOON).await;
    // The same bytes again are no second list.
    test.hand_in(MessageType::Ceb621, &list).await;
    let released = test.decision(MessageType::Ceb621, ("copNo", &cop_no), 800, after(1)).await;
    let again = test.decision(MessageType::Ceb621, ("copNo", &cop_no), 800, after(1)).await;
    let posted = test.posted(end(&again)).await;
    assert_eq!(kinds(&posted), [(DECLARED, COUNTED), (TRADED, COUNTED)]);
    assert_eq!(posted[1].at, after(1), "the period is that of the release (R-STAT-03)");
    assert_eq!(sums(&posted), of_list(&list, &[Measure::Declared, Measure::Traded]));
    assert!(released.position < again.position);

    let xml = import_return();
    test.take(MessageType::Ceb625, &xml).await;
    let returned = test.decision(MessageType::Ceb625, ("copNo", "C625000001"), 399, after(20)).await;
    let posted = test.posted(end(&returned)).await;
    assert_eq!(kinds(&posted)[2..], [(DECLARED, RETURNED), (TRADED, RETURNED)]);
    assert_eq!(posted[3].at, after(20), "closed months stay as they are (R-STAT-08)");
    let back = &posted[3].figures[0];
    let line = &xml[xml.find("<ceb:InvtRefundList>").expect("lines")..];
    assert_eq!(back.qty, format!("-{}", amount(&value(line, "qty"))));
    let mut left = of_list(&list, &[Measure::Declared, Measure::Traded]);
    for measure in [DECLARED, TRADED] {
        let figures = [&back.qty, &back.qty1, &back.value].map(|text| amount(text));
        add(&mut left, measure, &back.gcode, figures, 1);
    }
    assert_eq!(sums(&posted), filled(left));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_list_counts_with_its_new_figures_and_a_cancelled_one_not_at_all() {
    let test = TestNode::start_clearance().await;
    test.subscribe_statistics().await;
    let list = golden(MessageType::Ceb621);
    // A draft is not declared.
    test.take(MessageType::Ceb621, &with(&list, "appStatus", "1")).await;
    let first = test.take(MessageType::Ceb621, &in_message(&list, 2)).await;
    assert_eq!(sums(&test.posted(end(&first)).await), of_list(&list, &[Measure::Declared]));
    let changed = with(&with(&in_message(&list, 3), "appType", "2"), "qty1", "7.5");
    let second = test.take(MessageType::Ceb621, &changed).await;
    let posted = test.posted(end(&second)).await;
    assert_eq!(kinds(&posted), [(DECLARED, COUNTED), (DECLARED, WITHDRAWN), (DECLARED, COUNTED)]);
    assert_eq!(sums(&posted), of_list(&changed, &[Measure::Declared]));

    for kind in [MessageType::Ceb311, MessageType::Ceb411, MessageType::Ceb511] {
        test.take(kind, &golden(kind)).await;
    }
    test.decided(MessageType::Ceb621, ("copNo", &value(&list, "copNo")), 800, after(1)).await;
    test.take(MessageType::Ceb623, &golden(MessageType::Ceb623)).await;
    let cancelled = test.decision(MessageType::Ceb623, ("copNo", "C623000001"), 399, after(2)).await;
    let posted = test.posted(end(&cancelled)).await;
    assert_eq!(kinds(&posted)[3..], [(TRADED, COUNTED), (DECLARED, WITHDRAWN), (TRADED, WITHDRAWN)]);
    assert_eq!(posted[5].at, after(2));
    assert!(sums(&posted).is_empty(), "{posted:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rejected_deleted_and_expired_lists_count_for_nothing() {
    let test = TestNode::start_clearance().await;
    test.subscribe_statistics().await;
    let list = golden(MessageType::Ceb621);
    let refused = test.hand_in(MessageType::Ceb621, &with(&list, "tradeMode", "0110")).await;
    assert_eq!(refused.outcome.events[0].kind, EventKind::DocumentRejected as i32, "{refused:#?}");
    assert!(test.posted(end(&refused)).await.is_empty(), "what is refused was never counted");
    test.take(MessageType::Ceb621, &in_message(&list, 2)).await;
    let deleted = test.take(MessageType::Ceb621, &with(&in_message(&list, 3), "appType", "3")).await;
    assert!(sums(&test.posted(end(&deleted)).await).is_empty());
    test.take(MessageType::Ceb621, &in_message(&list, 4)).await;
    test.clock.set(after(4));
    let expired = test.node.intake.tick().await.expect("it ticks").expect("the list is due");
    assert!(sums(&test.posted(end(&expired)).await).is_empty(), "it waited too long");

    let test = TestNode::start_clearance().await;
    test.subscribe_statistics().await;
    let cop_no = test.imported(&[500], NOON).await;
    let rejected = test.decision(MessageType::Ceb621, ("copNo", &cop_no), 100, after(1)).await;
    let posted = test.posted(end(&rejected)).await;
    assert_eq!(kinds(&posted), [(DECLARED, COUNTED), (DECLARED, WITHDRAWN)]);
    assert_eq!(posted[1].at, after(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_trade_from_their_closing_on_less_what_came_back_before() {
    let test = TestNode::start_clearance().await;
    test.subscribe_statistics().await;
    test.exported(&[800], NOON).await;
    let list = golden(MessageType::Ceb603);
    let line = &list[list.find("<ceb:InventoryList>").expect("lines")..];
    let back = with(&with(&golden(MessageType::Ceb213), "invtNo", EXPORT_LIST), "gcode", &value(line, "gcode"));
    test.take(MessageType::Ceb213, &in_message(&back, 3)).await;
    test.decided(MessageType::Ceb213, ("coElNo", &value(&back, "coElNo")), 800, after(1)).await;
    let closed = test.decision(MessageType::Ceb603, ("copNo", "C603000001"), 899, after(2)).await;
    let posted = test.posted(end(&closed)).await;
    let sums = sums(&posted);
    let of = |measure: i32| sums.iter().filter(|((of, _), _)| *of == measure).map(|(_, sum)| *sum).collect::<Vec<_>>();
    assert_eq!(kinds(&posted)[..2], [(DECLARED, COUNTED), (DECLARED, RETURNED)]);
    assert_eq!(of(DECLARED), of(TRADED), "both measures hold what is left: {posted:#?}");
    assert!(sums != of_list(&list, &[Measure::Declared, Measure::Traded]));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_an_older_logic_took_are_not_taken_back() {
    let test = TestNode::start().await;
    test.subscribe_statistics().await;
    let list = golden(MessageType::Ceb621);
    let taken = test.take(MessageType::Ceb621, &list).await;
    assert!(test.posted(end(&taken)).await.is_empty(), "logic 1 knows no statistics");
    test.node.intake.bring_up_to_date(None).await.expect("logic 2 can be put in force");
    let deleted = test.take(MessageType::Ceb621, &with(&in_message(&list, 2), "appType", "3")).await;
    assert!(test.posted(end(&deleted)).await.is_empty(), "it was never counted");
    let again = test.take(MessageType::Ceb621, &in_message(&list, 3)).await;
    assert_eq!(sums(&test.posted(end(&again)).await), of_list(&list, &[Measure::Declared]));
}

/// Rows of the state, as it keeps them.
#[derive(Clone, PartialEq, prost::Message)]
struct DocumentRow {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(sint32, tag = "2")]
    status: i32,
}
#[derive(Clone, PartialEq, prost::Message)]
struct LifeRow {
    #[prost(int64, tag = "1")]
    released_ms: i64,
    #[prost(int64, tag = "2")]
    closed_ms: i64,
}
#[derive(Clone, PartialEq, prost::Message)]
struct ReturnLine {
    #[prost(uint32, tag = "1")]
    gnum: u32,
    #[prost(string, tag = "3")]
    qty: String,
}
#[derive(Clone, PartialEq, prost::Message)]
struct ReturnRow {
    #[prost(message, repeated, tag = "1")]
    lines: Vec<ReturnLine>,
    #[prost(bool, tag = "2")]
    accepted: bool,
}

fn gcode(line: &LineFacts) -> String {
    line.value(Field::Gcode).to_owned()
}

fn figures(line: &LineFacts) -> [Amount; 3] {
    [amount(&line.qty), amount(line.value(Field::Qty1)), amount(&line.total)]
}

/// What the lists in force come to, from the rows of the state: declared ones, and those released or closed.
fn of_state(cells: &MemoryCells, lists: &BTreeMap<DocRef, Facts>) -> Sums {
    let row = |table: Table, key: &[u8]| cells.0.get(&(table, key.to_vec())).map(Vec::as_slice);
    let mut sums = Sums::new();
    for (at, facts) in lists {
        let state = row(Table::Document, &at.key()).map(|row| DocumentRow::decode(row).expect("a row"));
        let Some(state) = state.filter(|state| state.status > 1 && ![100, 700, 9001, 9002].contains(&state.status))
        else {
            continue;
        };
        let life = row(Table::Life, &[&[4][..], &at.key()].concat()).unwrap_or_default();
        let life = LifeRow::decode(life).expect("a row");
        let since = if state.kind == 621 { life.released_ms } else { life.closed_ms };
        let prefix = [&[5][..], &at.key()].concat();
        let rows = cells.0.iter().filter(|((table, key), _)| *table == Table::Life && key.starts_with(&prefix));
        let rows = rows.map(|(_, row)| ReturnRow::decode(row.as_slice()).expect("a row"));
        let back: Vec<ReturnLine> = rows.filter(|row| row.accepted).flat_map(|row| row.lines).collect();
        for line in &facts.lines {
            let came = back.iter().filter(|back| back.gnum == line.gnum);
            let came = came.fold(Amount::default(), |sum, line| sum.plus(amount(&line.qty)));
            let all = amount(&line.qty);
            let left = figures(line).map(|figure| figure.minus(Amount(figure.0 * came.0 / all.0)));
            add(&mut sums, DECLARED, &gcode(line), left, 1);
            if since > 0 {
                add(&mut sums, TRADED, &gcode(line), left, 1);
            }
        }
    }
    filled(sums)
}

/// What a consumer adds up who has only the events and the lists as they were declared.
fn of_events(outcomes: &[Outcome], lists: &BTreeMap<DocRef, Facts>) -> Sums {
    let mut sums = Sums::new();
    for event in outcomes.iter().flat_map(|outcome| &outcome.events) {
        for posting in &event.postings {
            let list = &lists[&event.document.expect("a list")];
            let sign = PostingKind::try_from(posting.kind).expect("a kind").sign();
            let part = |line: &PostedLine| [amount(&line.qty), amount(&line.qty1), amount(&line.value)];
            for line in &list.lines {
                let figures = match posting.lines.iter().find(|posted| posted.gnum == line.gnum) {
                    Some(posted) => part(posted),
                    None if posting.lines.is_empty() => figures(line),
                    None => continue,
                };
                add(&mut sums, posting.measure, &gcode(line), figures, sign);
            }
        }
    }
    filled(sums)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_postings_of_any_history_come_to_the_lists_in_force(acts in prop::collection::vec(act(), 1..70)) {
        let log = log(&acts);
        let mut lists = BTreeMap::new();
        for (index, (_, entry)) in log.iter().enumerate() {
            if let EntryContent::Submission(submission) = &entry.content
                && matches!(entry.header.message_type, 603 | 621)
            {
                let at = DocRef { position: index as u64 * 3 + 1, ordinal: 1 };
                lists.insert(at, submission.documents[0].clone());
            }
        }
        let mut cells = MemoryCells::default();
        let outcomes = apply(&mut cells, &log, 0, |_, _, _| {});
        let sums = of_events(&outcomes, &lists);
        prop_assert_eq!(&sums, &of_state(&cells, &lists));
        let refused = outcomes.iter().flat_map(|outcome| &outcome.events);
        let silent = [EventKind::DocumentRejected, EventKind::DecisionIgnored, EventKind::DecisionUnknown];
        let refused = refused.filter(|event| silent.iter().any(|kind| event.kind == *kind as i32));
        prop_assert!(refused.into_iter().all(|event| event.postings.is_empty()));
        let again = apply(&mut MemoryCells::default(), &log, 0, |_, _, _| {});
        prop_assert_eq!(of_events(&again, &lists), sums);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_node_delivers_the_same_postings() {
    let test = TestNode::start_clearance().await;
    test.subscribe_statistics().await;
    let cop_no = test.imported(&[500, 800], NOON).await;
    test.take(MessageType::Ceb623, &golden(MessageType::Ceb623)).await;
    let cancelled = test.decision(MessageType::Ceb623, ("copNo", "C623000001"), 399, after(2)).await;
    let posted = test.posted(end(&cancelled)).await;
    assert!(!posted.is_empty() && !cop_no.is_empty());
    let node = TestNode::over(test.ledger.clone(), std::sync::Arc::clone(&test.clock));
    let again = TestNode { node, ..test };
    assert_eq!(again.posted(end(&cancelled)).await, posted);
}
