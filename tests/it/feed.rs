//! Subscriptions: order, predecessors, acknowledgements, resuming, seeking, views, slow consumers.

use crate::node::{NOON, TestNode};
use single_window::domain::{Caller, Position, Timestamp};
use single_window::feed::{Consumer, Content, Cursor, Delivery, Error, Filter, Item, StartAt, Subscription, View};
use single_window::intake::SubscriptionChange;
use single_window::sample::{Kind, Set};
use std::time::Duration;

async fn subscribe(test: &TestNode, caller: &Caller, name: &str, view: View, filter: Filter, start: StartAt) {
    let subscription =
        Subscription { name: name.to_owned(), view: view as i32, filter: Some(filter), ..Subscription::default() };
    test.node.feed.change(caller, SubscriptionChange::Create(subscription, start)).await.expect("it can be made");
}

/// The next deliveries, as many as are asked for.
async fn take(consumer: &mut Consumer, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(20), consumer.next()).await.expect("it comes in time");
        match next.expect("the subscription is open") {
            Item::Delivery(delivery) => taken.push(*delivery),
            Item::Heartbeat { .. } => {}
        }
    }
    taken
}

/// Sends whole sets and returns the position of the last message.
async fn send_sets(test: &TestNode, from: u64, count: u64) -> Position {
    let sets: Vec<Set> = (from..from + count).map(|number| test.samples.set(number)).collect();
    let mut last = Position::ZERO;
    for kind in Kind::ALL {
        let message = test.message(kind, &sets, from);
        last = test.node.intake.submit(&test.sender(kind), message).await.expect("it is taken").position;
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_chained_in_order_and_resume_after_the_last_acknowledged() {
    let test = TestNode::start().await;
    let customs = test.caller("CUSTOMS001");
    subscribe(&test, &customs, "desk", View::Full, Filter::default(), StartAt::Earliest).await;
    send_sets(&test, 1, 5).await;
    let mut consumer = test.node.feed.consume(&customs, "desk").await.expect("it opens");
    // 5 orders, 5 payments, 5 waybills, and 5 lists that are accepted and matched.
    let all = take(&mut consumer, 25).await;
    assert!(all.windows(2).all(|pair| pair[1].predecessor == Some(pair[0].cursor) && pair[1].cursor > pair[0].cursor));
    assert_eq!(all[0].predecessor, None);
    consumer.ack(all[9].cursor).expect("it was delivered");
    assert!(matches!(consumer.ack(Cursor::after(Position(999))), Err(Error::NotDelivered)));

    let mut second = test.node.feed.consume(&customs, "desk").await.expect("it opens again");
    assert!(matches!(consumer.next().await, Err(Error::Superseded)), "there is one consumer at a time");
    let rest = take(&mut second, 15).await;
    assert_eq!(rest[0].predecessor, Some(all[9].cursor));
    let ids = |deliveries: &[Delivery]| deliveries.iter().map(|delivery| delivery.cursor).collect::<Vec<_>>();
    assert_eq!(ids(&rest), ids(&all[10..]), "the same events have the same ids");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_can_be_moved_to_the_start_the_end_a_position_and_a_time() {
    let test = TestNode::start().await;
    let customs = test.caller("CUSTOMS001");
    subscribe(&test, &customs, "desk", View::Full, Filter::default(), StartAt::Latest).await;
    let middle = send_sets(&test, 1, 1).await;
    test.clock.set(Timestamp(NOON.0 + 60_000));
    send_sets(&test, 2, 1).await;
    let seek = async |to: StartAt| {
        test.node
            .feed
            .change(&customs, SubscriptionChange::Seek("desk".to_owned(), to))
            .await
            .expect("it can be moved");
        test.node.feed.consume(&customs, "desk").await.expect("it opens")
    };
    assert_eq!(take(&mut seek(StartAt::Earliest).await, 10).await.len(), 10);
    let after = take(&mut seek(StartAt::After(Cursor::after(middle))).await, 1).await;
    let timed = take(&mut seek(StartAt::Time(Timestamp(NOON.0 + 60_000))).await, 1).await;
    assert_eq!(after[0].cursor, timed[0].cursor);
    assert!(after[0].cursor.position > middle);
    let mut latest = seek(StartAt::Latest).await;
    send_sets(&test, 3, 1).await;
    let newest = take(&mut latest, 1).await;
    assert_eq!(newest[0].event.keys.clone().expect("numbers").order_no, test.samples.set(3).order.order_no);
    let unknown = SubscriptionChange::Seek("nothing".to_owned(), StartAt::Latest);
    assert!(test.node.feed.change(&customs, unknown).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_view_shows_its_own_and_nothing_more() {
    let test = TestNode::start().await;
    let (customs, statistics) = (test.caller("CUSTOMS001"), test.caller("STATS00001"));
    let declarant = test.sender(Kind::List);
    subscribe(&test, &customs, "desk", View::Full, Filter::default(), StartAt::Earliest).await;
    let lists = Filter { message_types: vec![621], statuses: vec![120], ..Filter::default() };
    subscribe(&test, &statistics, "facts", View::Statistics, lists, StartAt::Earliest).await;
    subscribe(&test, &declarant, "inbox", View::Own, Filter::default(), StartAt::Earliest).await;
    let full = Subscription { name: "x".to_owned(), view: View::Full as i32, ..Subscription::default() };
    let denied = test.node.feed.change(&declarant, SubscriptionChange::Create(full, StartAt::Latest)).await;
    assert!(denied.is_err(), "a declarant may not see everything");
    send_sets(&test, 1, 1).await;
    let set = test.samples.set(1);

    let desk = take(&mut test.node.feed.consume(&customs, "desk").await.expect("open"), 5).await;
    let Content::Document(order) = &desk[0].content else { panic!("customs gets the document") };
    assert!(String::from_utf8_lossy(order).contains(&set.order.buyer.id_number));

    let facts = take(&mut test.node.feed.consume(&statistics, "facts").await.expect("open"), 1).await;
    let Content::Statistics(list) = &facts[0].content else { panic!("statistics gets facts") };
    assert_eq!(list.lines.len(), set.list.lines.len());
    let shown = format!("{:?}", facts[0]);
    for personal in [&set.list.buyer.name, &set.list.buyer.id_number, &set.list.buyer.telephone] {
        assert!(!shown.contains(personal.as_str()), "statistics shows {personal}");
    }

    let inbox = take(&mut test.node.feed.consume(&declarant, "inbox").await.expect("open"), 2).await;
    let set_of_schemas = single_window::schema::carried().expect("the schemas compile");
    for delivery in &inbox {
        assert_eq!(delivery.event.message_type, 621, "nobody else's documents");
        let Content::Receipt(xml) = &delivery.content else { panic!("an inbox holds receipts") };
        let text = String::from_utf8(xml.to_vec()).expect("UTF-8");
        assert!(text.contains("<CEB622Message "));
        assert!(set_of_schemas.validate(&text, &mut single_window::schema::NoSink).is_valid(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_stands_still_slows_nobody_and_loses_nothing() {
    let test = TestNode::start().await;
    let customs = test.caller("CUSTOMS001");
    for name in ["slow", "quick"] {
        subscribe(&test, &customs, name, View::Full, Filter::default(), StartAt::Earliest).await;
    }
    let mut slow = test.node.feed.consume(&customs, "slow").await.expect("open");
    let mut quick = test.node.feed.consume(&customs, "quick").await.expect("open");
    send_sets(&test, 1, 1).await;
    take(&mut slow, 1).await;
    // Far more events than are kept in memory for live consumers.
    let rounds = 60;
    for round in 0..rounds {
        send_sets(&test, 100 + round * 100, 100).await;
    }
    let expected = usize::try_from(5 + rounds * 500).expect("small");
    let seen = take(&mut quick, expected).await;
    assert_eq!(seen.len(), expected);
    let rest = take(&mut slow, expected - 1).await;
    let cursors = |deliveries: &[Delivery]| deliveries.iter().map(|delivery| delivery.cursor).collect::<Vec<_>>();
    assert_eq!(cursors(&rest), cursors(&seen[1..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_records_the_last_acknowledgement_and_ends() {
    let test = TestNode::start().await;
    let customs = test.caller("CUSTOMS001");
    subscribe(&test, &customs, "desk", View::Full, Filter::default(), StartAt::Earliest).await;
    send_sets(&test, 1, 1).await;
    let mut consumer = test.node.feed.consume(&customs, "desk").await.expect("it opens");
    let last = take(&mut consumer, 5).await.pop().expect("five were taken").cursor;
    consumer.ack(last).expect("it was delivered");
    drop(consumer);
    tokio::time::timeout(Duration::from_secs(20), test.node.stop()).await.expect("a stop ends");
    let again = TestNode::over(test.ledger.clone(), test.clock.clone());
    let held = again.reader.subscription(&customs, "desk").expect("readable").expect("it is there");
    assert_eq!(held.cursor(), last);
    again.stop().await;
}
