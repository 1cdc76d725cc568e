//! R-ID-05: a read of personal values leaves its line in the log: who, what and when, and never the values.

use crate::node::TestNode;
use single_window::domain::{Caller, DocRef};
use single_window::feed::{StartAt, Subscription, View};
use single_window::intake::SubscriptionChange;
use single_window::sample::Kind;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// What a subscriber wrote.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn json(&self) -> Vec<serde_json::Value> {
        let bytes = self.0.lock().expect("no writer panicked").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

/// A subscriber that writes as the program does with `--log json`.
fn subscriber(lines: &Lines) -> impl tracing::Subscriber + Send + Sync + use<> {
    let writer = lines.clone();
    let fmt = tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO);
    fmt.with_writer(move || writer.clone()).finish()
}

/// The log lines of some work.
fn lines_of(work: impl FnOnce()) -> Vec<serde_json::Value> {
    let lines = Lines::default();
    tracing::subscriber::with_default(subscriber(&lines), work);
    lines.json()
}

/// The lines of reading one document.
fn read(test: &TestNode, caller: &Caller, at: DocRef) -> Vec<serde_json::Value> {
    lines_of(|| {
        test.node.reader.document(caller, at).expect("readable");
    })
}

fn text<'a>(line: &'a serde_json::Value, path: &str) -> &'a str {
    line.pointer(path).and_then(|value| value.as_str()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_of_personal_values_leaves_its_line_and_a_masked_one_leaves_none() {
    let test = TestNode::start().await;
    let set = test.samples.set(1);
    let order = test.message(Kind::Order, std::slice::from_ref(&set), 1);
    let sender = test.sender(Kind::Order);
    let taken = test.node.intake.submit(&sender, order).await.expect("taken");
    let at = DocRef { position: taken.position.0, ordinal: 1 };

    for caller in [&sender, &test.caller("CUSTOMS001")] {
        let lines = read(&test, caller, at);
        let [line] = lines.as_slice() else { panic!("one line: {lines:#?}") };
        assert_eq!(text(line, "/fields/message"), "personal data read");
        assert_eq!(text(line, "/fields/party"), caller.party.code, "who");
        assert_eq!(text(line, "/fields/what"), at.id(), "what");
        assert!(text(line, "/timestamp").starts_with("20"), "when: {line}");
        assert_eq!(text(line, "/level"), "INFO", "logged by default");
        let line = line.to_string();
        for value in [&set.order.buyer.name, &set.order.buyer.id_number] {
            assert!(!line.contains(value.as_str()), "the line holds no value: {line}");
        }
    }
    // The seller has a part in it and sees it masked; the statistics agency sees nothing.
    let seller = test.caller(&test.samples.settings().parties.seller.code);
    for caller in [&seller, &test.caller("STATS00001")] {
        assert_eq!(read(&test, caller, at), Vec::<serde_json::Value>::new(), "{}", caller.party.code);
    }
}

/// The log lines of work that waits, on this thread.
async fn lines_while(work: impl Future<Output = ()>) -> Vec<serde_json::Value> {
    let lines = Lines::default();
    let guard = tracing::subscriber::set_default(subscriber(&lines));
    work.await;
    drop(guard);
    lines.json()
}

#[tokio::test]
async fn a_subscription_that_delivers_personal_values_leaves_a_line_when_it_is_read() {
    let test = TestNode::start().await;
    for (code, view, told) in [("CUSTOMS001", View::Full, 1), ("STATS00001", View::Statistics, 0)] {
        let caller = test.caller(code);
        let subscription = Subscription { name: "desk".to_owned(), view: view as i32, ..Subscription::default() };
        let create = SubscriptionChange::Create(subscription, StartAt::Earliest);
        test.node.feed.change(&caller, create).await.expect("it can be made");
        let lines = lines_while(async {
            test.node.feed.consume(&caller, "desk").await.expect("it opens");
        })
        .await;
        let lines: Vec<_> =
            lines.iter().filter(|line| text(line, "/fields/message") == "personal data subscribed").collect();
        assert_eq!(lines.len(), told, "{lines:#?}");
        for line in lines {
            assert_eq!((text(line, "/fields/party"), text(line, "/fields/what")), (code, "desk"));
        }
    }
}
