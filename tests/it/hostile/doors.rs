//! Hostile bytes at the doors: what unpacks to too much, what nests too deep, and HTTP/2 frames that no client sends.
//!
//! The real program takes the bombs, so that its memory is its own; the rest goes to an exchange in this process.

mod frames;

use crate::harness::{Harness, Pair, channel, client, http};
use bytes::Bytes;
use frames::{Frame, Raw, kind};
use http_body_util::{BodyExt, Full};
use single_window::cli::process::ServerProcess;
use single_window::domain::limits;
use single_window::pb::v1 as pb;
use single_window::pb::v1::declaration_service_client::DeclarationServiceClient;
use single_window::pb::v1::ledger_service_client::LedgerServiceClient;
use single_window::pki::DevPki;
use std::io::Write;
use std::path::Path;
use tokio::time::{Duration, timeout};
use tonic::Status;
use tonic::transport::Channel;
use tower::{Service, ServiceExt};

/// Bytes that a bomb unpacks to.
const BOMB_BYTES: usize = 1024 * 1024 * 1024;
/// Bombs at once.
const BOMBS: usize = 16;
/// Memory of the whole server, a debug build included: far below one bomb, let alone all of them.
const SERVER_BYTES_MAX: u64 = 600 * 1024 * 1024;
/// Time for what takes a moment: only to notice a hang.
const PATIENCE: Duration = Duration::from_secs(60);

fn zeros(mut out: impl Write) {
    let block = vec![0; 1024 * 1024];
    for _ in 0..BOMB_BYTES / block.len() {
        out.write_all(&block).expect("memory takes all");
    }
}

fn gzip_bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    zeros(&mut encoder);
    encoder.finish().expect("memory takes all")
}

fn zstd_bomb() -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).expect("an encoder");
    zeros(&mut encoder);
    encoder.finish().expect("memory takes all")
}

/// The gRPC channel of a demo party of a child process.
async fn channel_to(server: &ServerProcess, party: &str) -> Channel {
    let pki = DevPki::create_or_load(&server.pki()).expect("the certificates of --dev");
    let read = |path: &Path| std::fs::read_to_string(path).expect("a file");
    let (pem, key) = pki.client(party);
    let pair = Pair { pem: read(&pem), key: read(&key), serial: Vec::new() };
    let address = server.address().strip_prefix("https://").expect("https").parse().expect("an address");
    channel(address, client(&read(&pki.ca()), Some(&pair), "h2")).await.expect("a connection")
}

/// Sends bytes as one packed gRPC message; what the server answers.
async fn send_packed(mut channel: Channel, method: &str, encoding: &str, packed: &[u8]) -> Status {
    let mut body = vec![1];
    body.extend(u32::try_from(packed.len()).expect("bombs are small").to_be_bytes());
    body.extend(packed);
    send(&mut channel, method, &[("grpc-encoding", encoding)], body).await
}

async fn send(channel: &mut Channel, method: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Status {
    let mut request = http::Request::post(format!("http://localhost/singlewindow.v1.DeclarationService/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = tonic::body::Body::new(Full::new(Bytes::from(body)));
    let request = request.body(body).expect("a request");
    let response = channel.ready().await.expect("a channel").call(request).await.expect("an answer");
    if let Some(status) = Status::from_header_map(response.headers()) {
        return status;
    }
    let collected = response.into_body().collect().await.expect("a body");
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let status = Status::from_header_map(&trailers).expect("a status");
    // A stream tells of a message that it cannot take in its answers.
    assert!(status.code() != tonic::Code::Ok || !collected.to_bytes().is_empty(), "{status:?}");
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn what_unpacks_to_too_much_is_not_unpacked() {
    let data = tempfile::tempdir().expect("a folder");
    let program = env!("CARGO_BIN_EXE_swx").as_ref();
    let server = ServerProcess::start(program, data.path(), "127.0.0.1:0").await.expect("a started server");
    let channel = channel_to(&server, "platform").await;
    for (encoding, bomb) in [("gzip", gzip_bomb()), ("zstd", zstd_bomb())] {
        assert!(bomb.len() < BOMB_BYTES / 500, "{encoding}: {} bytes", bomb.len());
        let mut sent = tokio::task::JoinSet::new();
        for n in 0..BOMBS {
            let (channel, bomb) = (channel.clone(), bomb.clone());
            let method = ["Submit", "Validate"][n % 2];
            sent.spawn(async move { send_packed(channel, method, encoding, &bomb).await });
        }
        while let Some(status) = timeout(PATIENCE, sent.join_next()).await.expect("an answer in time") {
            let status = status.expect("no panic");
            let code = status.code();
            assert!(matches!(code, tonic::Code::OutOfRange | tonic::Code::ResourceExhausted), "{encoding}: {status:?}");
        }
        let peak = server.usage().expect("/proc").rss_peak_bytes;
        assert!(peak < SERVER_BYTES_MAX, "{encoding}: {peak} bytes");
    }
    // What does not unpack at all is refused as well, and the server goes on.
    for encoding in ["gzip", "zstd"] {
        let status = send_packed(channel.clone(), "Submit", encoding, b"not packed").await;
        assert_ne!(status.code(), tonic::Code::Ok, "{encoding}");
    }
    let status = send_packed(channel.clone(), "Submit", "br", b"x").await;
    assert_eq!(status.code(), tonic::Code::Unimplemented, "{status:?}");
    let mut declaration = DeclarationServiceClient::new(channel);
    declaration.list_documents(pb::ListDocumentsRequest::default()).await.expect("the server goes on");
    server.kill().await.expect("it ran");
}

#[tokio::test]
async fn packed_bodies_are_not_taken_over_http() {
    let exchange = Harness::start().await;
    let bomb = gzip_bomb();
    for encoding in ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "GZIP"] {
        let head =
            format!("POST /v1/messages HTTP/1.1\r\ncontent-encoding: {encoding}\r\ncontent-length: {}", bomb.len());
        let client = exchange.client("seller", "http/1.1");
        let answer = http(exchange.address, client, &head, &bomb).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("Content-Encoding"), "{encoding}: {answer}");
    }
    exchange.stop().await;
}

#[tokio::test]
async fn protobuf_that_nests_too_deep_or_lies_is_refused() {
    let exchange = Harness::start().await;
    let mut channel = exchange.channel("seller").await;
    let message = |bytes: Vec<u8>| {
        let length = u32::try_from(bytes.len()).expect("small").to_be_bytes();
        [vec![0], length.to_vec(), bytes].concat()
    };
    for (name, bytes) in [
        ("groups that nobody knows", [0x5B].repeat(1_000_000)),
        ("groups that end", [[0x5B].repeat(100_000), [0x5C].repeat(100_000)].concat()),
        ("a length beyond the end", vec![0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
        ("a number without end", [0xFF].repeat(1000)),
        ("field number 0", vec![0x02, 0x00]),
        ("an unknown wire type", vec![0x0F, 0x00]),
    ] {
        let status = send(&mut channel, "Submit", &[], message(bytes)).await;
        assert_ne!(status.code(), tonic::Code::Ok, "{name}");
    }
    // A frame that promises more than a request may have is refused by its promise.
    let status = send(&mut channel, "Submit", &[], vec![0, 0xFF, 0xFF, 0xFF, 0xFF, 1]).await;
    assert!(matches!(status.code(), tonic::Code::OutOfRange | tonic::Code::ResourceExhausted), "{status:?}");
    serves(&exchange).await;
    exchange.stop().await;
}

/// Others are served.
async fn serves(exchange: &Harness) {
    let mut other = LedgerServiceClient::new(exchange.channel("customs").await);
    let answer = timeout(PATIENCE, other.get_checkpoint(pb::GetCheckpointRequest::default())).await;
    answer.expect("an answer in time").expect("an answer");
}

/// The path of a method that waits for its message.
const SUBMIT: &str = "/singlewindow.v1.DeclarationService/Submit";

#[tokio::test]
async fn streams_that_are_reset_at_once_end_the_connection() {
    let exchange = Harness::start().await;
    let mut raw = Raw::open(exchange.address, exchange.client("seller", "h2"), &[]).await;
    let mut stream = 1;
    // Many times the limit; the connection ends long before.
    let ended = timeout(PATIENCE, async {
        for _ in 0..1000 {
            let mut batch = Vec::new();
            for _ in 0..4 * limits::HTTP2_PENDING_RESETS_MAX {
                batch.extend(frames::request(stream, SUBMIT, &[]));
                batch.extend(frames::frame(kind::RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
                stream += 2;
            }
            if raw.write(&batch).await.is_err() {
                return raw.rest().await;
            }
        }
        raw.rest().await
    });
    let frames = ended.await.expect("the connection ends");
    assert!(frames.is_empty() || frames.iter().any(|frame| frame.kind == kind::GOAWAY), "{frames:?}");
    serves(&exchange).await;
    exchange.stop().await;
}

#[tokio::test]
async fn streams_beyond_the_limit_are_refused() {
    let exchange = Harness::start().await;
    let mut raw = Raw::open(exchange.address, exchange.client("seller", "h2"), &[]).await;
    let mut batch = Vec::new();
    for n in 0..limits::HTTP2_STREAMS_MAX + 50 {
        batch.extend(frames::request(1 + 2 * n, SUBMIT, &[]));
    }
    raw.write(&batch).await.expect("sent");
    let refused = |frame: &Frame| {
        frame.kind == kind::GOAWAY || (frame.kind == kind::RST_STREAM && frame.payload == 7_u32.to_be_bytes())
    };
    let found = timeout(PATIENCE, raw.find(refused)).await.expect("an answer in time").expect("a refusal");
    assert!(found.kind == kind::GOAWAY || found.stream > 2 * limits::HTTP2_STREAMS_MAX - 2, "{found:?}");
    serves(&exchange).await;
    drop(raw);
    exchange.stop().await;
}

#[tokio::test]
async fn headers_beyond_the_limit_are_refused() {
    let exchange = Harness::start().await;
    let long = "x".repeat(1000);
    let many: Vec<(String, &str)> = (0..40).map(|n| (format!("x-{n}"), long.as_str())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let mut raw = Raw::open(exchange.address, exchange.client("seller", "h2"), &[]).await;
    raw.write(&frames::request(1, SUBMIT, &many)).await.expect("sent");
    let answered = |frame: &Frame| matches!(frame.kind, kind::HEADERS | kind::RST_STREAM | kind::GOAWAY);
    let found = timeout(PATIENCE, raw.find(answered)).await.expect("an answer in time").expect("an answer");
    if found.kind == kind::HEADERS {
        // 431 is not in the static table of HPACK, so its digits stand there.
        assert!(frames::holds(&found.payload, b"431") || found.payload.len() < 20, "{found:?}");
    }
    serves(&exchange).await;
    exchange.stop().await;
}

#[tokio::test]
async fn headers_that_go_on_for_ever_end_the_connection() {
    let exchange = Harness::start().await;
    let mut raw = Raw::open(exchange.address, exchange.client("seller", "h2"), &[]).await;
    // Without its END_HEADERS flag the block goes on in CONTINUATION frames: empty ones, then full ones.
    for piece in [0, 16_000] {
        let mut first = frames::request(1, SUBMIT, &[]);
        first[4] = 0;
        let more = frames::frame(kind::CONTINUATION, 0, 1, &vec![0; piece]);
        let ended = timeout(PATIENCE, async {
            raw.write(&first).await.ok()?;
            for _ in 0..10_000 {
                raw.write(&more).await.ok()?;
            }
            Some(())
        });
        assert_eq!(ended.await.expect("the connection ends"), None, "160 MB of headers were taken");
        raw = Raw::open(exchange.address, exchange.client("seller", "h2"), &[]).await;
    }
    serves(&exchange).await;
    exchange.stop().await;
}

#[tokio::test]
async fn a_reader_that_takes_nothing_holds_up_nobody() {
    let exchange = Harness::start().await;
    // SETTINGS_INITIAL_WINDOW_SIZE 0: no answer may be sent.
    let mut raw = Raw::open(exchange.address, exchange.client("seller", "h2"), &[(4, 0)]).await;
    let mut batch = Vec::new();
    for n in 0..limits::HTTP2_STREAMS_MAX {
        let stream = 1 + 2 * n;
        batch.extend(frames::request(stream, "/singlewindow.v1.LedgerService/GetCheckpoint", &[]));
        batch.extend(frames::frame(kind::DATA, 1, stream, &[0; 5]));
    }
    raw.write(&batch).await.expect("sent");
    serves(&exchange).await;
    drop(raw);
    exchange.stop().await;
}
