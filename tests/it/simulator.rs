//! A made-up customs before a whole exchange: everything ends as planned, whatever is lost, repeated or out of order.

use crate::harness::Harness;
use single_window::cli::client::Connect;
use single_window::cli::process::ServerProcess;
use single_window::domain::{Effect, MessageType, Timestamp};
use single_window::pb::v1 as pb;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::sample::{Generator, Run, Settings};
use single_window::simulator::{Act, Occasion, Plan, Scenario, ScenarioFile, plan};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const IMPORT: [MessageType; 4] = [MessageType::Ceb311, MessageType::Ceb411, MessageType::Ceb511, MessageType::Ceb621];
const EXPORT: [MessageType; 3] = [MessageType::Ceb303, MessageType::Ceb505, MessageType::Ceb603];

fn party(code: &str) -> &'static str {
    match code {
        "91410100MA95WPTA0C" => "platform",
        "91410100MA95WEBC08" => "seller",
        "91410100MA95WPAY06" => "payment",
        "410116W001" => "logistics",
        "410116W003" => "site",
        _ => "declarant",
    }
}

/// Sends the messages of these types over the sales, a document of each type for each of them.
async fn send(exchange: &Harness, samples: &Generator, kinds: &[MessageType], sales: u64) {
    let run = Run::new(samples, 0..sales, 10);
    for kind in kinds {
        let mut service = DeclarationServiceClient::new(exchange.channel(party(&samples.sender(*kind).code)).await);
        for number in 1..=run.messages() {
            let mut xml = String::new();
            run.write(&mut xml, *kind, number);
            let answer = service.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("an answer").into_inner();
            let receipt = answer.receipt.expect("a receipt");
            for verdict in &receipt.documents {
                assert_eq!(verdict.outcome, pb::Outcome::Accepted as i32, "{kind:?} {verdict:?}");
            }
            assert!(!receipt.documents.is_empty(), "{kind:?} {receipt:?}");
        }
    }
}

/// Runs `swx customs-sim` to its end.
async fn simulate(exchange: &Harness, flags: &[&str]) -> (Output, Vec<serde_json::Value>) {
    let output = Command::new(env!("CARGO_BIN_EXE_swx"))
        .args(["customs-sim", "--json", "--dev-party", "customs", "--data"])
        .arg(exchange.folder.path())
        .args(["--server", &format!("https://{}", exchange.address)])
        .args(flags)
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(120), output).await;
    let output = output.expect("it ends in time").expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    (output, lines)
}

fn summary(lines: &[serde_json::Value]) -> &serde_json::Value {
    &lines.last().expect("a summary")["summary"]
}

/// The documents of a type that its sender sees, newest first.
async fn documents(exchange: &Harness, sender: &str, kind: i32) -> Vec<pb::Document> {
    let mut service = DeclarationServiceClient::new(exchange.channel(sender).await);
    let request = pb::ListDocumentsRequest { page_size: 1000, message_types: vec![kind], ..Default::default() };
    service.list_documents(request).await.expect("an answer").into_inner().documents
}

/// What customs has decided on a document, in order: only what took effect.
async fn decided(service: &mut DeclarationServiceClient<tonic::transport::Channel>, number: &str) -> Vec<i32> {
    let request = pb::TraceRequest { key: number.to_owned(), ..Default::default() };
    let trace = service.trace(request).await.expect("an answer").into_inner();
    let decided = trace.events.iter().filter(|event| event.kind == pb::EventKind::Decided as i32);
    decided.filter(|event| matches!(event.message_type, 621 | 603)).map(|event| event.status).collect()
}

fn scenario(name: &str, change: impl Fn(&mut ScenarioFile)) -> Scenario {
    let mut file = ScenarioFile::parse(Scenario::carried(name).expect("carried")).expect("TOML that fits");
    change(&mut file);
    file.check().expect("a good scenario")
}

/// The plan for a document: chance follows from what its sender wrote.
fn planned(document: &pb::Document, scenario: &Scenario) -> Plan {
    let keys = document.keys.clone().expect("numbers");
    let occasion = Occasion {
        kind: document.message_type,
        status: 120,
        keys: single_window::transport::convert::keys_in(keys).expect("good numbers"),
        time_ms: Timestamp(0).0,
        xml: String::from_utf8_lossy(&document.xml).into_owned(),
        ..Occasion::default()
    };
    plan(&occasion, scenario)
}

fn taking_effect(plan: &Plan) -> Vec<i32> {
    let applied = plan.steps.iter().filter(|step| step.expected == Effect::Applied);
    let status = |act: &Act| match act {
        Act::Decide(decision) => Some(decision.status),
        Act::TaxBill(_) | Act::TaxStatus(_) | Act::Consolidate(_) => None,
    };
    applied.filter_map(|step| status(&step.act)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_lists_end_as_planned_whatever_is_lost_repeated_or_out_of_order() {
    const SALES: u64 = 40;
    let exchange = Harness::start().await;
    let samples = Generator::new(31, Settings::default());
    send(&exchange, &samples, &IMPORT, SALES).await;
    send(&exchange, &samples, &EXPORT, SALES).await;
    let (count, lose) = ((2 * SALES).to_string(), "20%");
    let flags = ["--scenario", "trouble", "--lose", lose, "--reorder", "300", "--speed", "100000"];
    let flags = [&flags[..], &["--from", "earliest", "--count", &count]].concat();
    let (output, lines) = simulate(&exchange, &flags).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));

    let scenario = scenario("trouble", |file| {
        (file.faults.lose, file.faults.reorder, file.speed) = (Some(200), Some(300), Some(100_000));
    });
    let mut service = DeclarationServiceClient::new(exchange.channel("declarant").await);
    let mut ends: BTreeMap<i32, u64> = BTreeMap::new();
    for kind in [621, 603] {
        let lists = documents(&exchange, "declarant", kind).await;
        assert_eq!(lists.len() as u64, SALES);
        for list in lists {
            let plan = planned(&list, &scenario);
            let pre_no = list.keys.clone().expect("numbers").pre_no;
            assert_eq!(list.status, plan.intended, "{pre_no} {plan:?}");
            // What was sent twice, late or in the wrong order has changed nothing twice.
            assert_eq!(decided(&mut service, &pre_no).await, taking_effect(&plan), "{pre_no}");
            *ends.entry(list.status).or_default() += 1;
        }
    }
    assert!(ends.len() > 2, "some are closed, some rejected or shipped back: {ends:?}");
    let summary = summary(&lines);
    for fault in ["lost", "recovered", "repeated", "repeated_late", "out_of_order"] {
        assert!(summary["faults"][fault].as_u64().is_some_and(|count| count > 0), "{fault} in {summary}");
    }
    assert_eq!((summary["documents"].as_u64(), summary["unexpected"].as_u64()), (Some(2 * SALES), Some(0)));
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipt_messages_rehearse_the_same_as_typed_decisions() {
    const SALES: u64 = 10;
    let exchange = Harness::start().await;
    let samples = Generator::new(32, Settings::default());
    send(&exchange, &samples, &IMPORT, SALES).await;
    let flags = ["--scenario", "strict", "--repeat", "500", "--speed", "100000", "--from", "earliest", "--count", "10"];
    let (output, lines) = simulate(&exchange, &[&flags[..], &["--as-xml"]].concat()).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let scenario = scenario("strict", |file| (file.faults.repeat, file.speed) = (Some(500), Some(100_000)));
    let mut service = DeclarationServiceClient::new(exchange.channel("declarant").await);
    for list in documents(&exchange, "declarant", 621).await {
        let name = Some(pb::get_document_request::Name::DocumentId(list.document_id.clone()));
        let request = pb::GetDocumentRequest { name, ..Default::default() };
        // A rule of this scenario looks at the goods.
        let whole = service.get_document(request).await.expect("found").into_inner().document.expect("a document");
        let plan = planned(&whole, &scenario);
        let pre_no = list.keys.clone().expect("numbers").pre_no;
        assert_eq!((list.status, plan.intended), (plan.end, plan.end), "{pre_no}");
        assert_eq!(decided(&mut service, &pre_no).await, taking_effect(&plan), "{pre_no}");
    }
    assert!(summary(&lines)["faults"]["repeated"].as_u64().is_some_and(|count| count > 0));
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_run_goes_on_where_the_last_one_ended() {
    const SALES: u64 = 20;
    let exchange = Harness::start().await;
    let samples = Generator::new(33, Settings::default());
    send(&exchange, &samples, &IMPORT, SALES).await;
    let flags = |more: &[&'static str]| [&["--scenario", "calm", "--from", "earliest"][..], more].concat();
    // The first hours bring nothing: all is planned, nothing is sent, nothing acknowledged.
    let (output, lines) = simulate(&exchange, &flags(&["--delay", "3h", "--for", "300ms"])).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(summary(&lines)["decisions"].as_u64(), Some(0));
    let fast = ["--delay", "0", "--speed", "100000"];
    let (_, lines) = simulate(&exchange, &flags(&[&fast[..], &["--count", "5"]].concat())).await;
    let first = summary(&lines)["documents"].as_u64().expect("a number");
    let (output, lines) = simulate(&exchange, &flags(&[&fast[..], &["--for", "1h", "--count", "15"]].concat())).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((first, summary(&lines)["documents"].as_u64()), (5, Some(15)));
    let lists = documents(&exchange, "declarant", 621).await;
    assert!(lists.iter().all(|list| list.status > 120 || list.status == 100), "every list was decided on");
    let mut service = DeclarationServiceClient::new(exchange.channel("declarant").await);
    for list in lists {
        let mut once = decided(&mut service, &list.keys.expect("numbers").pre_no).await;
        let steps = once.len();
        once.dedup();
        assert_eq!(once.len(), steps, "nothing was decided twice");
    }
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declared_about_lists_is_answered_and_customs_sends_its_notices() {
    use MessageType::*;
    const SALES: u64 = 10;
    let exchange = Harness::start().await;
    let samples = Generator::new(34, Settings::default());
    send(&exchange, &samples, &IMPORT, SALES).await;
    send(&exchange, &samples, &EXPORT, SALES).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scenario.toml");
    let text =
        "[delay]\nfixed = \"0\"\n[rates]\nclose = 0\n[tax_bills]\nenabled = true\nafter = \"0\"\npaid_after = \"0\"";
    std::fs::write(&file, text).expect("written");
    let path = file.to_string_lossy().into_owned();
    let flags = ["--scenario", &path, "--from", "earliest", "--count"];
    let (output, lines) = simulate(&exchange, &[&flags[..], &["20"]].concat()).await;
    assert_eq!(output.status.code(), Some(0), "{lines:#?}");
    assert_eq!(summary(&lines)["notices"].as_u64(), Some(2 * SALES), "a bill and its payment for each import list");

    // The numbers that customs gave lead the next documents to their lists.
    let numbers = async |kind: i32| -> Vec<String> {
        let mut lists = documents(&exchange, "declarant", kind).await;
        lists.sort_by_key(|list| list.keys.clone().expect("numbers").cop_no);
        lists.into_iter().map(|list| list.keys.expect("numbers").invt_no).collect()
    };
    let with = |numbers: Vec<String>| Generator::new(34, Settings { list_numbers: numbers, ..Settings::default() });
    send(&exchange, &with(numbers(621).await), &[Ceb623, Ceb625, Ceb513], SALES).await;
    let about_export = [Ceb605, Ceb213, Ceb215, Ceb507, Ceb509, Ceb607];
    send(&exchange, &with(numbers(603).await), &about_export, SALES).await;
    // Ten of each that speaks of one list, one of each that speaks of many.
    let count = (6 * SALES + 3).to_string();
    let (output, lines) = simulate(&exchange, &[&flags[..], &[&count]].concat()).await;
    assert_eq!(output.status.code(), Some(0), "{lines:#?}");
    assert_eq!(summary(&lines)["there_before"].as_u64(), Some(0), "nothing had to be sent twice");
    let ends = [
        (Ceb623, "declarant", 399),
        (Ceb625, "declarant", 399),
        (Ceb513, "logistics", 120),
        (Ceb605, "declarant", 399),
        (Ceb213, "declarant", 800),
        (Ceb215, "site", 399),
        (Ceb507, "site", 399),
        (Ceb509, "logistics", 399),
        (Ceb607, "declarant", 399),
    ];
    for (kind, sender, status) in ends {
        let found = documents(&exchange, sender, kind as i32).await;
        assert!(!found.is_empty() && found.iter().all(|document| document.status == status), "{kind:?} {found:#?}");
    }
    // A consolidation is of lists that are closed.
    let consolidated = Generator::new(35, Settings::default());
    send(&exchange, &consolidated, &EXPORT, SALES).await;
    std::fs::write(&file, "[delay]\nfixed = \"0\"").expect("written");
    let (output, lines) = simulate(&exchange, &[&flags[..], &["10"]].concat()).await;
    assert_eq!(output.status.code(), Some(0), "{lines:#?}");
    let mut closed = documents(&exchange, "declarant", Ceb603 as i32).await;
    closed.retain(|list| list.status == 899);
    closed.sort_by_key(|list| list.keys.clone().expect("numbers").cop_no);
    let numbers: Vec<String> = closed.into_iter().map(|list| list.keys.expect("numbers").invt_no).collect();
    let settings = Settings { list_numbers: numbers, ..Settings::default() };
    send(&exchange, &Generator::new(35, settings), &[Ceb701], SALES).await;
    let (output, lines) = simulate(&exchange, &[&flags[..], &["1"]].concat()).await;
    assert_eq!(output.status.code(), Some(0), "{lines:#?}");
    assert_eq!(documents(&exchange, "declarant", Ceb701 as i32).await[0].status, 399);
    assert_eq!(summary(&lines)["notices"].as_u64(), Some(1), "the result of the consolidation");
    let results = documents(&exchange, "customs", 792).await;
    let sum_no = documents(&exchange, "declarant", 701).await[0].keys.clone().expect("numbers").sum_no;
    assert_eq!(results[0].keys.clone().expect("numbers").sum_no, sum_no);
    let paid = documents(&exchange, "customs", 818).await;
    assert_eq!(paid.len() as u64, SALES);
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_end_is_lost_stays_where_it_is_until_it_is_asked_for() {
    let exchange = Harness::start().await;
    let samples = Generator::new(35, Settings::default());
    send(&exchange, &samples, &IMPORT, 1).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lost.toml");
    let rule = "[[rule]]\nmessage_type = 621\nsteps = [{ status = 399, after = \"0\" },\n\
                { status = 800, after = \"0\", fault = \"lose\" }]";
    std::fs::write(&file, rule).expect("written");
    let path = file.to_string_lossy().into_owned();
    let flags = ["--scenario", &path, "--from", "earliest", "--count", "1"];
    let status = async || documents(&exchange, "declarant", 621).await[0].status;
    let (output, lines) = simulate(&exchange, &flags).await;
    assert_eq!((output.status.code(), status().await), (Some(0), 399), "{lines:#?}");
    let asked = ["--name", "asked", "--recover", "1ms"];
    let (output, lines) = simulate(&exchange, &[&flags[..], &asked].concat()).await;
    assert_eq!((output.status.code(), status().await), (Some(0), 800), "{lines:#?}");
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_customs_and_a_bad_scenario_cannot_run() {
    let exchange = Harness::start().await;
    let (output, _) = simulate(&exchange, &["--reject", "700", "--inspect", "700"]).await;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), text.contains("1400 of a thousand")), (Some(2), true), "{text}");
    let output = Command::new(env!("CARGO_BIN_EXE_swx"))
        .args(["customs-sim", "--dev-party", "seller", "--data"])
        .arg(exchange.folder.path())
        .args(["--server", &format!("https://{}", exchange.address)])
        .output()
        .await
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), text.contains("permission denied")), (Some(2), true), "{text}");
    exchange.stop().await;
}

/// A `swx` command against a server whose demo parties are in that folder; its standard output.
async fn swx(server: &str, data: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swx"));
    command.args(arguments).env("SWX_SERVER", server).env("SWX_DATA", data);
    let output = command.output().await.expect("it runs");
    assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_is_killed_meanwhile_loses_and_repeats_nothing_of_it() {
    let program = Path::new(env!("CARGO_BIN_EXE_swx"));
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let samples = folder.path().join("samples").to_string_lossy().into_owned();
    let first = ServerProcess::start(program, &data, "127.0.0.1:0").await.expect("it starts");
    let server = first.address().to_owned();
    swx(&server, &data, &["gen", "--lists", "40", "--seed", "36", "--out", &samples]).await;
    for (kind, party) in
        [("order", "platform"), ("payment", "payment"), ("waybill", "logistics"), ("list", "declarant")]
    {
        swx(&server, &data, &["submit", &format!("{samples}/{kind}"), "--dev-party", party]).await;
    }
    let mut customs = Command::new(program)
        .args(["customs-sim", "--scenario", "calm", "--delay", "20ms..12s", "--count", "40", "--from", "earliest"])
        .args(["--speed", "20", "--json", "--dev-party", "customs"])
        .env("SWX_SERVER", &server)
        .env("SWX_DATA", &data)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(customs.stdout.take().expect("a pipe")).lines();
    let mut decided: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut server_now = Some(first);
    let (mut seen, mut summary) = (0, serde_json::Value::Null);
    let read = async {
        while let Some(line) = lines.next_line().await.expect("readable") {
            let line: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
            if let Some(found) = line.get("summary") {
                summary = found.clone();
                continue;
            }
            seen += 1;
            if line["effect"] == "applied" && line.get("status").is_some() {
                let pre_no = line["keys"]["pre_no"].as_str().expect("a number").to_owned();
                decided.entry(pre_no).or_default().push(line["status"].as_i64().expect("a status"));
            }
            if seen == 30 {
                let running = server_now.take().expect("it runs");
                running.kill().await.expect("it can be killed");
                let port = server.trim_start_matches("https://");
                server_now = Some(ServerProcess::start(program, &data, port).await.expect("it starts again"));
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(180), read).await.expect("it ends in time");
    assert!(customs.wait().await.expect("it ends").success(), "{summary}");
    assert_eq!((summary["documents"].as_u64(), summary["unexpected"].as_u64()), (Some(40), Some(0)), "{summary}");
    for statuses in decided.values_mut() {
        let steps = statuses.len();
        statuses.dedup();
        assert_eq!(statuses.len(), steps, "nothing took effect twice");
    }
    let client = Connect::dev(&server, &data.join("dev"), "declarant").connect().await.expect("a connection");
    let request = pb::ListDocumentsRequest { page_size: 1000, message_types: vec![621], ..Default::default() };
    let lists = client.declarations().list_documents(request).await.expect("an answer").into_inner().documents;
    assert_eq!(lists.len(), 40);
    assert!(lists.iter().all(|list| matches!(list.status, 100 | 700 | 899)), "every list has come to its end");
}
