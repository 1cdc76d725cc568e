//! Calls of the gRPC contract written as JSON, through the door of a test node: the same services, filings and rights
//! as over a connection, without one.

use crate::harness::Ca;
use crate::node::TestNode;
use http_body_util::BodyExt;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, ReflectMessage, Value};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use single_window::config::Rate;
use single_window::domain::{Party, PartyId, SystemClock, Timestamp};
use single_window::transport::peer::Gate;
use single_window::transport::tls::{Files, Trust, fingerprint};
use single_window::transport::{Door, grpc};
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use tokio::sync::watch;
use tower::ServiceExt;

/// Messages of the contract.
static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(single_window::pb::DESCRIPTORS).expect("descriptors"));

/// Certificates that are good for any party that files them.
struct Pki {
    trust: Trust,
    clients: Vec<CertificateDer<'static>>,
    _files: tempfile::TempDir,
}

static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let ca = Ca::new("rule cases");
    let files = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, text).expect("it can be written");
        path
    };
    let server = ca.server();
    let trust = Trust::load(Files {
        certificate: write("server.pem", &server.pem),
        key: write("server.key", &server.key),
        client_ca: vec![write("ca.pem", &ca.pem)],
        crl: None,
    });
    let client = |serial| CertificateDer::from_pem_slice(ca.client(serial).pem.as_bytes()).expect("a certificate");
    Pki { trust: trust.expect("files that fit"), clients: (10..40).map(client).collect(), _files: files }
});

/// The door of a node.
pub(crate) struct Contract {
    router: axum::Router,
    codes: Vec<String>,
    _stop: watch::Sender<bool>,
}

impl Contract {
    /// Opens the door and files a certificate for each of these parties; the code of none is an empty one.
    pub(crate) async fn open(test: &TestNode, codes: &[&str]) -> Contract {
        for (code, certificate) in codes.iter().zip(&PKI.clients).filter(|(code, _)| !code.is_empty()) {
            let filed = test.caller(code).party;
            let party = Party { certificate_sha256: vec![fingerprint(certificate)], ..Party::clone(&filed) };
            test.node.intake.file_party(PartyId(0), party).await.expect("a certificate can be filed");
        }
        let plenty = NonZeroU32::new(1 << 20).expect("not 0");
        let rate = Rate { requests_per_second: plenty, kilobytes_per_second: plenty };
        let (stop, stopped) = watch::channel(false);
        let door = Door {
            intake: test.node.intake.clone(),
            reader: test.node.reader.clone(),
            feed: test.node.feed.clone(),
            gate: Gate::new(test.node.reader.clone(), PKI.trust.clone(), &rate, Arc::new(SystemClock)),
            stop: stopped,
            sandbox: false,
        };
        let (router, _health) = grpc::router(&door, false).expect("a router");
        Contract { router, codes: codes.iter().map(|code| (*code).to_owned()).collect(), _stop: stop }
    }

    /// Calls a method, such as `GoodsService/FileBook`, as a party.
    ///
    /// # Errors
    /// Status and text of the call, if it is not 0: nothing was recorded.
    pub(crate) async fn call(
        &self,
        code: &str,
        method: &str,
        request: &serde_json::Value,
    ) -> Result<DynamicMessage, (String, String)> {
        let (service, name) = method.split_once('/').unwrap_or_else(|| panic!("{method} is no Service/Method"));
        let service = POOL.get_service_by_name(&format!("singlewindow.v1.{service}")).expect("a service");
        let called = service.methods().find(|one| one.name() == name).unwrap_or_else(|| panic!("no {method}"));
        let payload = prost::Message::encode_to_vec(&message(&called.input(), request));
        let length = u32::try_from(payload.len()).expect("a small request");
        let at = self.codes.iter().position(|one| one == code).unwrap_or_else(|| panic!("{code} has no certificate"));
        let chain = PKI.clients.get(at..=at);
        let identity = PKI.trust.identify(chain).expect("a certificate");
        let request = http::Request::post(format!("/{}/{name}", service.full_name()))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .extension(Arc::new(identity))
            .body(axum::body::Body::from([&[0][..], &length.to_be_bytes(), &payload].concat()))
            .expect("a request");
        let (head, body) = self.router.clone().oneshot(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a whole answer");
        let trailers = body.trailers().cloned().unwrap_or(head.headers);
        let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        if text("grpc-status") != "0" {
            return Err((text("grpc-status"), text("grpc-message")));
        }
        let bytes = body.to_bytes();
        // A streamed method answers with one message for the one that it was sent.
        let answer = bytes.get(5..).unwrap_or_default();
        Ok(DynamicMessage::decode(called.output(), answer).expect("an answer of its type"))
    }
}

/// A message from JSON with the names of the contract. Times are written as customs writes them, `yyyyMMddHHmmss`.
fn message(kind: &MessageDescriptor, json: &serde_json::Value) -> DynamicMessage {
    let mut message = DynamicMessage::new(kind.clone());
    if kind.full_name() == "google.protobuf.Timestamp" {
        let time = Timestamp::parse_ceb(json.as_str().expect("a time")).expect("a time of customs");
        message.set_field_by_name("seconds", Value::I64(time.0 / 1000));
        return message;
    }
    for (name, json) in json.as_object().unwrap_or_else(|| panic!("{}: {json} is no object", kind.name())) {
        let field = kind.get_field_by_name(name).unwrap_or_else(|| panic!("{} has no {name}", kind.name()));
        let value = match json.as_array() {
            Some(all) => Value::List(all.iter().map(|one| value(&field.kind(), one)).collect()),
            None => value(&field.kind(), json),
        };
        message.set_field(&field, value);
    }
    message
}

fn value(kind: &Kind, json: &serde_json::Value) -> Value {
    let read = || json.as_i64().or_else(|| json.as_str()?.parse().ok());
    let whole = || read().unwrap_or_else(|| panic!("{json} is no number"));
    let text = || json.as_str().unwrap_or_else(|| panic!("{json} is no text"));
    match kind {
        Kind::Message(kind) => Value::Message(message(kind, json)),
        Kind::Enum(kind) => {
            let known = kind.get_value_by_name(text()).unwrap_or_else(|| panic!("{} has no {json}", kind.name()));
            Value::EnumNumber(known.number())
        }
        Kind::Bool => Value::Bool(json.as_bool().expect("true or false")),
        Kind::String => Value::String(text().to_owned()),
        Kind::Bytes => Value::Bytes(text().to_owned().into()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(u32::try_from(whole()).expect("a small number")),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(u64::try_from(whole()).expect("no negative number")),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(whole()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(i32::try_from(whole()).expect("a small number")),
        Kind::Double | Kind::Float => panic!("the contract has no floats"),
    }
}

/// Every message in an answer with the path that leads to it, `reports.life.`; the answer itself first.
pub(crate) fn messages(of: &DynamicMessage, path: &str) -> Vec<(String, DynamicMessage)> {
    let mut found = vec![(path.to_owned(), of.clone())];
    for (field, value) in of.fields() {
        let inner = value.as_list().unwrap_or(std::slice::from_ref(value));
        let path = format!("{path}{}.", field.name());
        found.extend(inner.iter().filter_map(Value::as_message).flat_map(|inner| messages(inner, &path)));
    }
    found
}

/// The plain fields of a message, as text: texts, numbers, flags, names of enums.
pub(crate) fn plain(of: &DynamicMessage) -> Vec<(String, String)> {
    let text = |kind: &Kind, value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::I32(number) => Some(number.to_string()),
        Value::I64(number) => Some(number.to_string()),
        Value::U32(number) => Some(number.to_string()),
        Value::U64(number) => Some(number.to_string()),
        Value::EnumNumber(number) => {
            kind.as_enum().and_then(|kind| kind.get_value(*number)).map(|value| value.name().to_owned())
        }
        Value::Bytes(_) | Value::F32(_) | Value::F64(_) | Value::Message(_) | Value::List(_) | Value::Map(_) => None,
    };
    let mut found = Vec::new();
    for field in of.descriptor().fields() {
        let value = of.get_field(&field);
        let all = value.as_list().unwrap_or(std::slice::from_ref(value.as_ref()));
        found.extend(all.iter().filter_map(|one| Some((field.name().to_owned(), text(&field.kind(), one)?))));
    }
    found
}
