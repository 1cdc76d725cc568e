//! HTTP/2 frames by hand (RFC 9113), with headers as literals of HPACK (RFC 7541).

use crate::harness::connect;
use rustls::ClientConfig;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Kinds of frames.
pub(crate) mod kind {
    pub(crate) const DATA: u8 = 0;
    pub(crate) const HEADERS: u8 = 1;
    pub(crate) const RST_STREAM: u8 = 3;
    pub(crate) const SETTINGS: u8 = 4;
    pub(crate) const GOAWAY: u8 = 7;
    pub(crate) const CONTINUATION: u8 = 9;
}

/// Bytes of a frame unless the other side allows more.
const FRAME_BYTES_MAX: usize = 16_384;

/// One frame that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// One frame to send.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("frames are small").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn text(out: &mut Vec<u8>, text: &str) {
    match u8::try_from(text.len()) {
        Ok(length) if length < 127 => out.push(length),
        // An integer with a prefix of seven bits.
        _ => {
            out.push(127);
            let mut rest = text.len() - 127;
            while rest >= 128 {
                out.push(u8::try_from(rest % 128).expect("below 128") | 128);
                rest /= 128;
            }
            out.push(u8::try_from(rest).expect("below 128"));
        }
    }
    out.extend(text.as_bytes());
}

/// The head of a gRPC request whose body is yet to come.
pub(crate) fn request(stream: u32, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x83, 0x87, 0x04];
    text(&mut block, path);
    block.push(0x01);
    text(&mut block, "localhost");
    for (name, value) in [("content-type", "application/grpc"), ("te", "trailers")].iter().chain(headers) {
        block.push(0);
        text(&mut block, name);
        text(&mut block, value);
    }
    let mut pieces = block.chunks(FRAME_BYTES_MAX).peekable();
    let mut out = Vec::new();
    let mut first = true;
    while let Some(piece) = pieces.next() {
        let ends = if pieces.peek().is_none() { 4 } else { 0 };
        out.extend(frame(if first { kind::HEADERS } else { kind::CONTINUATION }, ends, stream, piece));
        first = false;
    }
    out
}

/// Whether some bytes stand in others.
pub(crate) fn holds(bytes: &[u8], piece: &[u8]) -> bool {
    bytes.windows(piece.len()).any(|window| window == piece)
}

/// A connection whose client side is written by hand.
pub(crate) struct Raw(TlsStream<TcpStream>);

impl Raw {
    /// Connects, with settings of the client's choice.
    pub(crate) async fn open(address: SocketAddr, config: ClientConfig, settings: &[(u16, u32)]) -> Raw {
        let mut tls = connect(address, config).await.expect("a connection");
        let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        let payload: Vec<u8> =
            settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
        hello.extend(frame(kind::SETTINGS, 0, 0, &payload));
        tls.write_all(&hello).await.expect("sent");
        Raw(tls)
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await?;
        self.0.flush().await
    }

    /// The next frame; `None` at the end of the connection.
    async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, _flags, s1, s2, s3, s4] = head;
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).expect("24 bits")];
        self.0.read_exact(&mut payload).await.ok()?;
        Some(Frame { kind, stream: u32::from_be_bytes([s1, s2, s3, s4]), payload })
    }

    /// The first frame of a sort.
    pub(crate) async fn find(&mut self, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if wanted(&frame) {
                return Some(frame);
            }
        }
    }

    /// Every frame until the connection ends.
    pub(crate) async fn rest(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.next().await {
            frames.push(frame);
        }
        frames
    }
}
