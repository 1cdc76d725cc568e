//! Raw payment data: customs in another language against our platform, and platforms against our customs side.
#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use crate::harness::{Harness, http};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use single_window::domain::{Clock, SystemClock};
use single_window::payment_data::{
    Exchange, Goods, Head, Item, OPEN_FIELD, OpenRequest, Sealed, UPLOAD_FIELD, encode_form, open_json, sign,
    upload_json,
};
use single_window::pb::v1 as pb;
use single_window::pb::v1::admin_service_client::AdminServiceClient;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::filing_service_client::FilingServiceClient;
use single_window::pb::v1::payment_data_service_client::PaymentDataServiceClient;
use single_window::sample::{self, Generator, Kind, Set, Settings};
use single_window::signature::{Certificate, PrivateKey, ders_of};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// True, and said, where Python or OpenSSL may not be installed.
fn tools_are_missing() -> bool {
    let missing = std::env::var_os("SWX_NO_PYTHON").is_some();
    if missing {
        eprintln!("not run: SWX_NO_PYTHON is set");
    }
    missing
}

/// A key and its certificate by OpenSSL: `rsa` or `sm2`.
struct Signing {
    key: PathBuf,
    cert: PathBuf,
}

impl Signing {
    fn make(folder: &Path, kind: &str) -> Signing {
        let (key, cert) = (folder.join(format!("{kind}-key.pem")), folder.join(format!("{kind}.pem")));
        let options: &[&str] = match kind {
            "rsa" => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            _ => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-pkeyopt", "ec_param_enc:named_curve"],
        };
        openssl(&[&["genpkey", "-out", text(&key)], options].concat());
        let digest: &[&str] = if kind == "rsa" { &[] } else { &["-sm3"] };
        let request = ["req", "-x509", "-new", "-key", text(&key), "-days", "3650", "-subj", "/CN=made-up"];
        openssl(&[&request[..], &["-out", text(&cert)], digest].concat());
        Signing { key, cert }
    }

    fn key(&self) -> PrivateKey {
        PrivateKey::of_pem(&std::fs::read(&self.key).expect("made")).expect("a key")
    }

    fn certificate(&self) -> Certificate {
        Certificate::of_der(&self.der()).expect("a certificate")
    }

    fn der(&self) -> Vec<u8> {
        ders_of(&std::fs::read(&self.cert).expect("made")).expect("PEM").remove(0)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn openssl(arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).output().expect("openssl is installed");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A program that is asked line by line and ended with the test.
struct Peer {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Peer {
    fn start(command: &mut Command) -> Peer {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        Peer { child, lines }
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }

    fn ask(&mut self, line: &str) -> serde_json::Value {
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{line}").expect("written");
        stdin.flush().expect("written");
        let answer = self.read();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            self.child.wait().expect("it ends");
        }
    }
}

/// The raw data of the payment of a sample.
fn exchange(set: &Set, session: &str) -> Exchange {
    let parties = Settings::default().parties;
    let (whole, cents) = (set.order.paid_fen / 100, set.order.paid_fen % 100);
    let amount = format!("{whole}.{cents:02}");
    Exchange {
        session_id: session.to_owned(),
        head: Head {
            guid: "9D55BA71-55DE-41F4-8B50-C36C83B3B419".to_owned(),
            inital_request: "https://pay.example/pay?buyer=测试甲&id=\"1\"".to_owned(),
            inital_response: "{\"ok\":true}".to_owned(),
            ebp_code: parties.platform.code.to_string(),
            pay_code: parties.payment.code.to_string(),
            pay_transaction_id: set.payment.transaction_id.clone(),
            total_amount: amount.trim_end_matches('0').trim_end_matches('.').to_owned(),
            currency: "142".to_owned(),
            ver_dept: "2".to_owned(),
            pay_type: "1".to_owned(),
            trading_time: "20260501120000".to_owned(),
            note: String::new(),
        },
        items: vec![Item {
            order_no: set.order.order_no.clone(),
            goods: vec![Goods { gname: "奶粉 1".to_owned(), item_link: "https://shop.example/1".to_owned() }],
            recp_account: "6200000000000000".to_owned(),
            recp_code: parties.seller.code.to_string(),
            recp_name: parties.seller.name.to_string(),
        }],
        service_time: SystemClock.now().0.to_string(),
    }
}

fn sealed(exchange: &Exchange, signing: &Signing) -> Sealed {
    sign(exchange, &signing.key(), &signing.certificate(), None).expect("signed")
}

#[test]
fn customs_in_python_opens_an_order_at_our_platform_and_verifies_the_upload_with_openssl() {
    if tools_are_missing() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let set = Generator::new(7, Settings::default()).set(1);
    let payment = upload_json(&exchange(&set, ""), &Sealed { cert_no: String::new(), sign_value: String::new() });
    let data = folder.path().join("payments.json");
    std::fs::write(&data, format!("[{payment}]")).expect("written");
    for kind in ["rsa", "sm2"] {
        let signing = Signing::make(folder.path(), kind);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/customs_peer.py");
        let mut customs = Peer::start(Command::new("python3").arg(script).arg(&signing.cert));
        let to = customs.read();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_swx"));
        serve.args(["payment-data", "serve", "--listen", "127.0.0.1:0", "--to", &to, "--payments", text(&data)]);
        serve.args(["--sign-key", text(&signing.key), "--sign-cert", text(&signing.cert)]);
        let mut platform = Peer::start(&mut serve);
        let address = platform.read();
        let unknown = customs.ask(&format!("{address} NOBODYS s-0"));
        assert_eq!(unknown["reply"]["code"], "20000", "R-PAY-01: {unknown}");
        let given = customs.ask(&format!("{address} {} s-1", set.order.order_no));
        assert_eq!(given["reply"]["code"], "10000", "{given}");
        assert_eq!(given["verified"], true, "{kind}: {given}");
        assert_eq!(given["session"], "s-1");
        assert_eq!(given["order"], set.order.order_no.as_str());
        assert_eq!(given["path"], "/ceb2grab/grab/realTimeDataUpload");
        assert_eq!(given["certNo"], signing.certificate().serial.as_str());
    }
}

/// An exchange with an order and its payment, whose platform filed a certificate for signatures.
struct World {
    exchange: Harness,
    set: Set,
    signing: Signing,
    platform_code: String,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start(kind: &str) -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let exchange = Harness::start().await;
        let signing = Signing::make(folder.path(), kind);
        let samples = Generator::new(7, Settings::default());
        let set = samples.set(1);
        let mut operator = FilingServiceClient::new(exchange.channel("operator").await);
        let platform_code = samples.settings().parties.platform.code.to_string();
        let request = pb::GetPartyRequest { code: platform_code.clone() };
        let mut party = operator.get_party(request).await.expect("filed").into_inner().party.expect("filed");
        party.signing_certificates = vec![signing.der().into()];
        operator.file_party(pb::FilePartyRequest { party: Some(party) }).await.expect("filed again");
        for (sender, kind) in [("platform", Kind::Order), ("payment", Kind::Payment)] {
            let xml = sample::message(kind, std::slice::from_ref(&set), &samples.transfer(kind, 1));
            let mut client = DeclarationServiceClient::new(exchange.channel(sender).await);
            client.submit(pb::SubmitRequest { xml: xml.into() }).await.expect("taken");
        }
        World { exchange, set, signing, platform_code, _folder: folder }
    }

    async fn post(&self, party: &str, path: &str, body: &str) -> serde_json::Value {
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}",
            body.len()
        );
        let answer = http(self.exchange.address, self.exchange.client(party, "http/1.1"), &head, body.as_bytes()).await;
        let answer = answer.expect("an answer");
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    async fn open(&self, session: &str, order_no: &str) -> serde_json::Value {
        let wanted = OpenRequest {
            order_no: order_no.to_owned(),
            session_id: session.to_owned(),
            service_time: "1777608000000".to_owned(),
        };
        let body = format!("{OPEN_FIELD}={}", encode_form(&open_json(&wanted)));
        self.post("customs", &format!("/v1/payment-data/{}/platDataOpen", self.platform_code), &body).await
    }

    async fn upload(&self, json: &str) -> serde_json::Value {
        let body = format!("{UPLOAD_FIELD}={}", encode_form(json));
        self.post("platform", "/ceb2grab/grab/realTimeDataUpload", &body).await
    }

    async fn give(&self, exchange: &Exchange) -> serde_json::Value {
        self.upload(&upload_json(exchange, &sealed(exchange, &self.signing))).await
    }

    async fn sessions(&self, party: &str) -> Vec<pb::PaymentDataSession> {
        let mut client = PaymentDataServiceClient::new(self.exchange.channel(party).await);
        let request = pb::ListPaymentDataRequest {
            order_no: self.set.order.order_no.clone(),
            platform_code: self.platform_code.clone(),
        };
        client.list_payment_data(request).await.expect("an answer").into_inner().sessions
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_platform_uploads_is_verified_compared_and_kept_sealed() {
    if tools_are_missing() {
        return;
    }
    for kind in ["rsa", "sm2"] {
        let world = World::start(kind).await;
        let order = world.set.order.order_no.clone();
        let unknown = world.open("s-0", "NOBODYS").await;
        assert_eq!((&unknown["code"], &unknown["message"]), (&"20000".into(), &"orderNo : 该平台没有此订单".into()));
        assert_eq!(world.open("s-1", &order).await["code"], "10000");
        let data = exchange(&world.set, "s-1");
        let answer = world.give(&data).await;
        assert_eq!(answer["code"], "10000", "{kind}: {answer}");
        assert!(answer["serviceTime"].is_i64());
        let sessions = world.sessions("customs").await;
        let [session] = sessions.as_slice() else { panic!("one session, not {sessions:?}") };
        assert_eq!(session.differences, [], "order and payment agree");
        assert_eq!(session.algorithm, if kind == "rsa" { "rsa-sha256" } else { "sm2-sm3" });
        assert!(session.given.is_some() && !session.late);
        assert!(!format!("{sessions:?}").contains("测试甲"), "raw texts are sealed");
        assert_eq!(world.sessions("platform").await, sessions);
        let mut customs = PaymentDataServiceClient::new(world.exchange.channel("customs").await);
        let request = pb::GetPaymentDataRequest { session_id: "s-1".to_owned() };
        let body = customs.get_payment_data(request.clone()).await.expect("an answer").into_inner().body;
        assert_eq!(body, upload_json(&data, &sealed_again(&body)), "the upload comes back as it was received");
        let mut platform = PaymentDataServiceClient::new(world.exchange.channel("platform").await);
        let denied = platform.get_payment_data(request).await.expect_err("only customs reads raw data");
        assert_eq!(denied.code(), tonic::Code::PermissionDenied);
        world.exchange.stop().await;
    }
}

/// The signature that an upload carries: SM2 makes another one each time.
fn sealed_again(body: &[u8]) -> Sealed {
    let json: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    let text = |name: &str| json[name].as_str().expect("a text").to_owned();
    Sealed { cert_no: text("certNo"), sign_value: text("signValue") }
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_refused_with_the_exact_codes_and_differences_are_noted() {
    if tools_are_missing() {
        return;
    }
    let world = World::start("rsa").await;
    let order = world.set.order.order_no.clone();
    world.open("s-1", &order).await;
    let good = exchange(&world.set, "s-1");

    let none = Sealed { cert_no: String::new(), sign_value: String::new() };
    let answer = world.upload(&upload_json(&good, &none)).await;
    let text = "certNo : certNo不为空; signValue : signValue不为空";
    assert_eq!((&answer["code"], &answer["message"]), (&"20000".into(), &text.into()));

    let wrong = Sealed { sign_value: STANDARD.encode([1; 256]), ..sealed(&good, &world.signing) };
    let answer = world.upload(&upload_json(&good, &wrong)).await;
    assert_eq!(answer["message"], "signValue : 验签失败");
    let foreign = Sealed { cert_no: "01".to_owned(), ..sealed(&good, &world.signing) };
    let answer = world.upload(&upload_json(&good, &foreign)).await;
    assert_eq!(answer["message"], "certNo : 该证书未备案");

    let mut zeros = good.clone();
    zeros.head.total_amount = "300".to_owned();
    let zeros = upload_json(&zeros, &sealed(&zeros, &world.signing)).replace(":300,", ":300.00,");
    let answer = world.upload(&zeros).await;
    assert!(
        answer["message"].as_str().is_some_and(|text| text.contains("totalAmount小数点后不应有多余的0")),
        "{answer}"
    );

    let mut own_number = good.clone();
    own_number.head.pay_transaction_id.clone_from(&order);
    let answer = world.give(&own_number).await;
    assert!(answer["message"].as_str().is_some_and(|text| text.starts_with("payTransactionId : ")), "{answer}");
    assert_eq!(world.upload("no JSON").await["code"], "20000");
    assert!(world.sessions("customs").await[0].given.is_none(), "what is refused counts for nothing");

    // R-PAY-04: the latest session of the order counts.
    assert_eq!(world.open("s-2", &order).await["code"], "10000");
    let answer = world.give(&good).await;
    assert_eq!(answer["message"], "sessionID : sessionID已失效，以最新的为准");
    let mut other = exchange(&world.set, "s-2");
    other.head.total_amount = "1".to_owned();
    other.head.pay_transaction_id = "T-OTHER".to_owned();
    assert_eq!(world.give(&other).await["code"], "10000", "differences are noted, not refused");
    let sessions = world.sessions("customs").await;
    let rules: Vec<&str> = sessions[1].differences.iter().map(|one| one.rule.as_str()).collect();
    assert_eq!(rules, ["R-PAY-03", "R-PAY-02"], "{:?}", sessions[1]);
    let unknown = world.give(&exchange(&world.set, "s-9")).await;
    assert_eq!(unknown["message"], "sessionID : sessionID不存在");
    world.exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_in_python_uploads_to_our_customs_side_with_signatures_of_openssl() {
    if tools_are_missing() {
        return;
    }
    for kind in ["rsa", "sm2"] {
        let world = World::start(kind).await;
        world.open("s-1", &world.set.order.order_no.clone()).await;
        let none = Sealed { cert_no: String::new(), sign_value: String::new() };
        let payment = upload_json(&exchange(&world.set, "s-1"), &none);
        let dev = world.exchange.folder.path().join("dev");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/platform_peer.py");
        let port = world.exchange.address.port();
        let mut python = Command::new("python3");
        python.arg(script).arg(format!("https://localhost:{port}/ceb2grab/grab/realTimeDataUpload"));
        python.args([dev.join("ca.pem"), dev.join("platform.pem"), dev.join("platform-key.pem")]);
        python.args([&world.signing.key, &world.signing.cert]);
        let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 is installed");
        child.stdin.take().expect("piped").write_all(payment.as_bytes()).expect("written");
        let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("joined");
        let answer: serde_json::Value = serde_json::from_slice(&output.expect("it ends").stdout).expect("JSON");
        assert_eq!(answer["code"], "10000", "{kind}: {answer}");
        let sessions = world.sessions("customs").await;
        assert_eq!(sessions[0].differences, [], "{kind}");
        assert_eq!(sessions[0].algorithm, if kind == "rsa" { "rsa-sha256" } else { "sm2-sm3" });
        world.exchange.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_pay_05_what_comes_after_its_deadline_is_taken_and_marked_late() {
    if tools_are_missing() {
        return;
    }
    let world = World::start("rsa").await;
    let row = pb::TableRow {
        key: "raw_payment_deadline_hours".to_owned(),
        values: vec!["0".to_owned()],
        effective_from: Some(prost_types::Timestamp { seconds: 0, nanos: 0 }),
        source: "test".to_owned(),
        mark: "D".to_owned(),
        ..Default::default()
    };
    let request = pb::ChangeTableRequest { table: "parameters".to_owned(), rows: vec![row], ..Default::default() };
    let mut operator = AdminServiceClient::new(world.exchange.channel("operator").await);
    let changed = operator.change_table(request).await.expect("an answer").into_inner();
    assert_eq!(changed.recorded.expect("recorded").rejections, []);
    world.open("s-1", &world.set.order.order_no.clone()).await;
    assert_eq!(world.give(&exchange(&world.set, "s-1")).await["code"], "10000");
    let sessions = world.sessions("customs").await;
    assert!(sessions[0].late, "{sessions:?}");
    let rules: Vec<&str> = sessions[0].differences.iter().map(|one| one.rule.as_str()).collect();
    assert_eq!(rules, ["R-PAY-05"]);
    world.exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customs_asks_by_command_and_the_platform_answers_by_command() {
    if tools_are_missing() {
        return;
    }
    let world = World::start("sm2").await;
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("payments.json");
    let none = Sealed { cert_no: String::new(), sign_value: String::new() };
    std::fs::write(&data, format!("[{}]", upload_json(&exchange(&world.set, ""), &none))).expect("written");
    let server = format!("https://localhost:{}", world.exchange.address.port());
    let order = world.set.order.order_no.clone();
    let run = |arguments: Vec<String>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swx"));
        command.arg("payment-data").args(arguments);
        command.args(["--server", &server, "--data", text(world.exchange.folder.path())]);
        command.output().expect("the program runs")
    };
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let code = &world.platform_code;
    let asked =
        run(words(&format!("ask --order-no {order} --platform {code} --session s-7 --dev-party customs --json")));
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let refused = run(words(&format!("ask --order-no NOBODYS --platform {code} --dev-party customs")));
    assert_eq!(refused.status.code(), Some(1), "R-PAY-01");
    let dev = world.exchange.folder.path().join("dev");
    let mut upload = Command::new(env!("CARGO_BIN_EXE_swx"));
    upload.args(["payment-data", "upload", "--order-no", &order, "--session", "s-7", "--server", &server]);
    upload.args(["--payments", text(&data), "--sign-key", text(&world.signing.key)]);
    upload.args(["--sign-cert", text(&world.signing.cert), "--ca", text(&dev.join("ca.pem"))]);
    upload.args(["--cert", text(&dev.join("platform.pem")), "--key", text(&dev.join("platform-key.pem"))]);
    let uploaded = upload.output().expect("the program runs");
    let answer = String::from_utf8_lossy(&uploaded.stdout).into_owned();
    assert!(uploaded.status.success() && answer.contains("\"10000\""), "{answer}{uploaded:?}");
    let listed = run(words(&format!("list --order-no {order} --platform {code} --dev-party customs --json")));
    let line: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!((&line["session_id"], &line["given"], &line["late"]), (&"s-7".into(), &true.into(), &false.into()));
    let shown = run(words("show s-7 --dev-party customs"));
    assert!(String::from_utf8_lossy(&shown.stdout).contains("\"sessionID\":\"s-7\""));
    world.exchange.stop().await;
}
