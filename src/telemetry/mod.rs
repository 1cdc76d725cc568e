//! Logs and metrics. Names end in a unit or `_total`; labels come from closed enums and never name a
//! party, a document or a person.

use crate::domain::{Ending, EventKind, Outcome, Rejection};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::cell::Cell;
use std::sync::OnceLock;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogForm {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging to standard error, filtered by `SWX_LOG` (default `info`). Later calls do nothing.
pub fn start_log(form: LogForm) {
    let filter = EnvFilter::try_from_env("SWX_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match form {
        LogForm::Text => lines.with_ansi(false).try_init(),
        LogForm::Json => lines.json().try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "logging was started before");
    }
}

/// Seconds: from a tenth of a millisecond, the time of a cached sync, to ten seconds.
const SECONDS: [f64; 16] =
    [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts the metrics of this process once, and returns their renderer; `None` if the process records
/// its metrics elsewhere.
pub fn start_metrics() -> Option<PrometheusHandle> {
    RECORDER
        .get_or_init(|| {
            let builder = PrometheusBuilder::new().set_buckets(&SECONDS).ok()?;
            let handle = builder.install_recorder().ok()?;
            describe();
            Some(handle)
        })
        .clone()
}

static SANDBOX: OnceLock<Option<(&'static PrometheusRecorder, PrometheusHandle)>> = OnceLock::new();

thread_local! {
    static IN_SANDBOX: Cell<bool> = const { Cell::new(false) };
}

/// Starts the metrics of the sandbox once, apart from the others and labelled `exchange="sandbox"`, and returns their
/// renderer. Threads that work for the sandbox record there once they [`enter`](Realm::enter) it.
pub fn start_sandbox_metrics() -> Option<PrometheusHandle> {
    let started = SANDBOX.get_or_init(|| {
        let builder = PrometheusBuilder::new().add_global_label("exchange", "sandbox").set_buckets(&SECONDS).ok()?;
        // Kept for as long as the process: threads hold on to it.
        let recorder: &'static PrometheusRecorder = Box::leak(Box::new(builder.build_recorder()));
        metrics::with_local_recorder(recorder, describe);
        Some((recorder, recorder.handle()))
    });
    started.as_ref().map(|(_, handle)| handle.clone())
}

/// Which exchange of this process a thread works for. Taken on one thread, entered on another that it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Realm {
    /// The exchange.
    Exchange,
    /// Its sandbox.
    Sandbox,
}

impl Realm {
    /// Of this thread.
    #[must_use]
    pub fn here() -> Realm {
        if IN_SANDBOX.with(Cell::get) { Realm::Sandbox } else { Realm::Exchange }
    }

    /// Has this thread record its metrics there, until it ends.
    pub fn enter(self) {
        if self == Realm::here() || self == Realm::Exchange {
            return;
        }
        let Some(Some((recorder, _))) = SANDBOX.get() else { return };
        // Never dropped: dropping the guard would take the recorder away.
        std::mem::forget(metrics::set_default_local_recorder(*recorder));
        IN_SANDBOX.with(|here| here.set(true));
    }
}

const SUBMISSIONS: &str = "swx_submissions_total";
const DOCUMENTS: &str = "swx_documents_total";
const REJECTIONS: &str = "swx_rejections_total";
const SUBMIT_SECONDS: &str = "swx_submit_duration_seconds";
const APPENDS: &str = "swx_ledger_appends_total";
const SYNC_SECONDS: &str = "swx_ledger_sync_duration_seconds";
const CONNECTIONS: &str = "swx_connections_total";
const CONNECTIONS_OPEN: &str = "swx_open_connections_count";
const CONNECTIONS_REFUSED: &str = "swx_connections_refused_total";
const DENIED: &str = "swx_requests_denied_total";
const STREAMS: &str = "swx_streams_total";
const STREAMS_OPEN: &str = "swx_open_streams_count";
const DELIVERIES: &str = "swx_deliveries_total";
const FAILURES: &str = "swx_requests_failed_total";
const PERSONAL_READS: &str = "swx_personal_reads_total";

fn describe() {
    describe_counter!(SUBMISSIONS, "Submissions answered, by how their entry ended");
    describe_counter!(DOCUMENTS, "Documents with a verdict");
    describe_counter!(REJECTIONS, "Rejections by family of rules");
    describe_histogram!(SUBMIT_SECONDS, "From the whole message to its durable, applied answer");
    describe_counter!(PERSONAL_READS, "Documents read with their personal values");
    describe_counter!(APPENDS, "Entries appended to the ledger");
    describe_histogram!(SYNC_SECONDS, "One sync of the ledger's file");
    describe_counter!(CONNECTIONS, "Connections with a good certificate");
    describe_gauge!(CONNECTIONS_OPEN, "Connections open now");
    describe_counter!(CONNECTIONS_REFUSED, "Connections refused before the first request");
    describe_counter!(DENIED, "Requests refused for who the caller is");
    describe_counter!(STREAMS, "Long streams begun");
    describe_gauge!(STREAMS_OPEN, "Long streams open now");
    describe_counter!(DELIVERIES, "Events delivered to consumers");
    describe_counter!(FAILURES, "Requests answered with a failure, by its code");
}

/// Counts an answered submission with its documents and rejections.
pub fn submitted(outcome: &Outcome, replayed: bool, took: Duration) {
    let ending = match Ending::try_from(outcome.ending) {
        _ if replayed => "replayed",
        Ok(Ending::Applied) => "applied",
        Ok(Ending::Refused) => "refused",
        Ok(Ending::Replay) => "replayed",
        Ok(Ending::Conflict) => "conflict",
        Ok(Ending::Stale) | Err(_) => "stale",
    };
    counter!(SUBMISSIONS, "ending" => ending).increment(1);
    histogram!(SUBMIT_SECONDS).record(took.as_secs_f64());
    if replayed {
        return;
    }
    rejected(&outcome.rejections);
    let of_kind = |kind: EventKind| outcome.events.iter().filter(move |event| event.kind == kind as i32);
    for (kind, verdict) in [(EventKind::DocumentAccepted, "accepted"), (EventKind::DocumentRejected, "rejected")] {
        let count = u64::try_from(of_kind(kind).count()).unwrap_or(u64::MAX);
        if count > 0 {
            counter!(DOCUMENTS, "verdict" => verdict).increment(count);
        }
    }
    for event in of_kind(EventKind::DocumentRejected) {
        rejected(&event.rejections);
    }
}

fn rejected(rejections: &[Rejection]) {
    for rejection in rejections {
        counter!(REJECTIONS, "family" => family(&rejection.rule)).increment(1);
    }
}

/// Family of a rule, from a closed set.
fn family(rule: &str) -> &'static str {
    const FAMILIES: [(&str, &str); 9] = [
        ("XML-", "xml"),
        ("XSD-", "schema"),
        ("R-SCH-", "message"),
        ("R-ENT-", "party"),
        ("R-M3-", "match"),
        ("R-ST-", "state"),
        ("R-DUP-", "duplicate"),
        ("R-TAX-", "tax"),
        ("R-", "rule"),
    ];
    FAMILIES.iter().find(|(prefix, _)| rule.starts_with(prefix)).map_or("other", |(_, family)| family)
}

/// Counts entries that the ledger appended.
pub fn appended(entries: u64) {
    counter!(APPENDS).increment(entries);
}

/// Records how long one sync of the ledger took.
pub fn synced(took: Duration) {
    histogram!(SYNC_SECONDS).record(took.as_secs_f64());
}

/// Counts events delivered to a consumer.
pub fn delivered(events: u64) {
    counter!(DELIVERIES).increment(events);
}

/// Why a connection was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many are open.
    Crowded,
    /// The handshake failed: no certificate, or none that we trust.
    Handshake,
    /// The handshake took too long.
    Slow,
}

/// Counts a refused connection.
pub fn connection_refused(refusal: Refusal) {
    let reason = match refusal {
        Refusal::Crowded => "crowded",
        Refusal::Handshake => "handshake",
        Refusal::Slow => "slow",
    };
    counter!(CONNECTIONS_REFUSED, "reason" => reason).increment(1);
}

/// A connection, counted as open until dropped.
pub struct ConnectionOpen(());

impl ConnectionOpen {
    /// Counts it.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "making one has an effect")]
    pub fn new() -> ConnectionOpen {
        counter!(CONNECTIONS).increment(1);
        gauge!(CONNECTIONS_OPEN).increment(1);
        ConnectionOpen(())
    }
}

impl Drop for ConnectionOpen {
    fn drop(&mut self) {
        gauge!(CONNECTIONS_OPEN).decrement(1);
    }
}

/// Kind of a long stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamKind {
    /// Submissions.
    Submit,
    /// Customs' decisions.
    Decide,
    /// Deliveries.
    Consume,
}

/// A long stream, counted as open until dropped.
pub struct StreamOpen(&'static str);

impl StreamOpen {
    /// Counts it.
    #[must_use]
    pub fn new(kind: StreamKind) -> StreamOpen {
        let name = match kind {
            StreamKind::Submit => "submit",
            StreamKind::Decide => "decide",
            StreamKind::Consume => "consume",
        };
        counter!(STREAMS, "kind" => name).increment(1);
        gauge!(STREAMS_OPEN, "kind" => name).increment(1);
        StreamOpen(name)
    }
}

impl Drop for StreamOpen {
    fn drop(&mut self) {
        gauge!(STREAMS_OPEN, "kind" => self.0).decrement(1);
    }
}

/// Counts a request refused for who the caller is.
pub fn denied(unknown: bool) {
    counter!(DENIED, "reason" => if unknown { "certificate" } else { "role" }).increment(1);
}

/// Leaves a line of a read of personal values, and counts it (R-ID-05): who, what, and by the line's time when; never the
/// values.
pub fn personal_read(party: &str, what: &str) {
    tracing::info!(party, what, "personal data read");
    counter!(PERSONAL_READS).increment(1);
}

/// Leaves a line when a party begins to read a subscription that delivers personal values: each delivery is counted, and
/// has no line of its own.
pub fn personal_subscribed(party: &str, subscription: &str, after: u64) {
    tracing::info!(party, what = subscription, after, "personal data subscribed");
}

/// Counts a document that a subscription delivered with its personal values (R-ID-05).
pub fn personal_delivered() {
    counter!(PERSONAL_READS).increment(1);
}

/// Counts a failed request by its code, a member of `google.rpc.Code`.
pub fn failed(code: &'static str) {
    counter!(FAILURES, "code" => code).increment(1);
}

#[cfg(test)]
mod tests {
    use super::{Realm, appended, family, start_sandbox_metrics};

    #[test]
    fn threads_of_the_sandbox_record_apart_with_a_label() {
        let handle = start_sandbox_metrics().expect("a renderer");
        let enter = || {
            Realm::Sandbox.enter();
            let inherited = Realm::here();
            std::thread::spawn(move || {
                inherited.enter();
                appended(41);
                Realm::here()
            })
            .join()
        };
        let inner = std::thread::spawn(enter).join().expect("it ends").expect("it ends");
        assert_eq!((inner, Realm::here()), (Realm::Sandbox, Realm::Exchange));
        appended(1000);
        let text = handle.render();
        let line = text.lines().find(|line| line.starts_with("swx_ledger_appends_total")).expect("a counter");
        assert!(line.contains("exchange=\"sandbox\"") && line.ends_with(" 41"), "{line}");
    }

    #[test]
    fn every_rule_has_a_family_from_a_closed_set() {
        assert_eq!(family("XSD-LENGTH"), "schema");
        assert_eq!(family("R-M3-04"), "match");
        assert_eq!(family("R-2104"), "rule");
        assert_eq!(family("something else"), "other");
    }
}
