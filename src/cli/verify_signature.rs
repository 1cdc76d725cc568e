//! `swx verify-signature`: verifies the signature of a message, and explains it.
//!
//! Exit codes: 0 verified; 1 not; 2 the work could not be done.

use crate::domain::{Clock, SystemClock, Timestamp, limits};
use crate::schema::{Namespaces, Places, reader};
use crate::signature::{self, Certificates, Explanation, Policy};
use anyhow::{Context, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `swx verify-signature`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Certificates that may have signed, PEM or DER; without any, the one in the message is used and not trusted
    #[arg(long, value_name = "FILE")]
    pub cert: Vec<PathBuf>,
    /// Print canonical bytes, digests and certificate, and say what the sender seems to have done wrong
    #[arg(long)]
    pub explain: bool,
    /// Time at which the certificate has to be valid, yyyyMMddHHmmss in China [default: the message's first appTime, or now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub at: Option<Timestamp>,
    /// Refuse SHA-1, as an exchange does after its `rsa_sha1_until`
    #[arg(long)]
    pub no_sha1: bool,
    /// Bits that an RSA key needs
    #[arg(long, default_value_t = 1024, value_name = "BITS")]
    pub rsa_bits_min: usize,
    /// Message; `-` is the standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_ceb(text).ok_or_else(|| "not a time of the form yyyyMMddHHmmss".to_owned())
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let bytes = read_message(&args.file)?;
    let text = decoded(&args.file, &bytes)?;
    let mut ders = Vec::new();
    for path in &args.cert {
        ders.extend(certificates_of(path)?);
    }
    let trusted = !args.cert.is_empty();
    if !trusted {
        ders.extend(sent_certificate(&text));
    }
    let certificates = match Certificates::of_ders(&ders) {
        Ok(certificates) => certificates,
        // What the message brings may be anything; what was named has to be good.
        Err(_) if !trusted => Certificates::default(),
        Err((index, error)) => return Err(anyhow!("certificate {}: {error}", index + 1)),
    };
    let at = args.at.or_else(|| app_time(&text)).unwrap_or_else(|| SystemClock.now());
    let sha1_until = args.no_sha1.then_some(Timestamp(i64::MIN));
    let policy = Policy { sha1_until, rsa_bits_min: args.rsa_bits_min };
    let explanation = signature::explain(&bytes, &text, &certificates, &policy, at).map_err(|failure| {
        let place = Places::new(&text).at(failure.at);
        anyhow!("{}:{}:{}: {}", args.file.display(), place.line, place.column, failure.en)
    })?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    write(args, &text, &explanation, &certificates, at, trusted, &mut out)?;
    out.flush()?;
    Ok(if explanation.result.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn write(
    args: &Args,
    text: &str,
    explanation: &Explanation,
    certificates: &Certificates,
    at: Timestamp,
    trusted: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let file = args.file.display();
    if args.explain {
        section(out, "规范化报文（去掉签名） · canonical message without its signature", &explanation.document)?;
        section(out, "规范化 SignedInfo · canonical SignedInfo", &explanation.signed_info)?;
        if let Some((algorithm, digest)) = explanation.algorithms {
            writeln!(out, "签名算法 · algorithm: {} ({})", algorithm.name(), algorithm.uri())?;
            writeln!(out, "摘要算法 · digest: {} ({})", digest.name(), digest.uri())?;
        }
        writeln!(out, "摘要（计算） · digest computed: {}", STANDARD.encode(&explanation.digest_computed))?;
        writeln!(out, "摘要（报文） · digest sent:     {}", STANDARD.encode(&explanation.digest_sent))?;
        writeln!(out, "签名值 · signature value: {} bytes", explanation.value_sent.len())?;
        writeln!(out, "KeyName: {}", printable(explanation.key_name.as_deref().unwrap_or("-")))?;
        if let Some(sent) = &explanation.certificate_sent {
            certificate(out, "报文所带证书 · certificate in the message", sent)?;
        }
        if trusted {
            for filed in certificates.iter() {
                certificate(out, "给定证书 · certificate given", filed)?;
            }
        }
        writeln!(out, "有效性检查时间 · validity checked at: {at}")?;
        for cause in &explanation.causes {
            writeln!(out, "- [{}] {}\n  {}", cause.id, printable(&cause.zh), printable(&cause.en))?;
        }
        writeln!(out)?;
    }
    match &explanation.result {
        Ok(verified) => {
            let (serial, algorithm) = (&verified.serial, verified.algorithm.name());
            writeln!(out, "{file}: verified · 验签通过 ({algorithm}, {}, {serial})", verified.digest.name())?;
            if !trusted {
                writeln!(
                    out,
                    "  by the certificate in the message, which nobody vouches for: give --cert · 使用报文自带证书，不代表身份可信"
                )?;
            }
        }
        Err(failure) => {
            let place = Places::new(text).at(failure.at);
            writeln!(out, "{file}:{}:{}: not verified · 验签失败 {}", place.line, place.column, failure.reason.rule())?;
            writeln!(out, "  {}\n  {}", printable(&failure.zh), printable(&failure.en))?;
            if let Some(found) = &failure.found {
                writeln!(out, "  found · 实际: {}", printable(found))?;
            }
            if !failure.expected.is_empty() {
                writeln!(out, "  expected · 应为: {}", printable(&failure.expected))?;
            }
        }
    }
    Ok(())
}

fn section(out: &mut dyn Write, title: &str, bytes: &[u8]) -> io::Result<()> {
    writeln!(out, "== {title}: {} bytes", bytes.len())?;
    out.write_all(bytes)?;
    writeln!(out, "\n==")
}

fn certificate(out: &mut dyn Write, title: &str, certificate: &signature::Certificate) -> io::Result<()> {
    writeln!(out, "{title}: {}", printable(&certificate.subject))?;
    writeln!(
        out,
        "  serial {}, {}, {} .. {}",
        certificate.serial,
        certificate.key_name(),
        certificate.from,
        certificate.until
    )?;
    writeln!(out, "  sha256 {}", certificate.sha256)
}

/// Keeps control characters of a message away from the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// Reads a message, one byte more than the limit at most: decoding then refuses it.
pub(super) fn read_message(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(limits::MESSAGE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let read = if path == Path::new("-") {
        io::stdin().lock().take(bound).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(bound).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}

pub(super) fn decoded<'b>(path: &Path, bytes: &'b [u8]) -> anyhow::Result<Cow<'b, str>> {
    crate::schema::decode(bytes).map_err(|fault| anyhow!("{}: {}", path.display(), fault.message_en))
}

/// The certificates of a PEM file, or the one of a DER file.
pub(super) fn certificates_of(path: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    signature::ders_of(&bytes).with_context(|| format!("{} holds no certificate", path.display()))
}

/// Text of the first element of that name, anywhere in the message.
fn first_text(text: &str, name: &str) -> Option<String> {
    let known = Namespaces::default();
    let mut reader = reader::Reader::new(text, &known);
    let mut value: Option<String> = None;
    while let Ok(Some(event)) = reader.step() {
        match event {
            reader::Event::Start { local, .. } if local == name && value.is_none() => value = Some(String::new()),
            reader::Event::Text(text) | reader::Event::CData(text) => {
                if let Some(value) = &mut value {
                    value.push_str(text);
                }
            }
            reader::Event::End { .. } if value.is_some() => return value,
            reader::Event::Start { .. }
            | reader::Event::End { .. }
            | reader::Event::Char(_)
            | reader::Event::Comment(_)
            | reader::Event::Instruction { .. } => {}
        }
    }
    None
}

fn sent_certificate(text: &str) -> Option<Vec<u8>> {
    let mut value = first_text(text, "X509Certificate")?;
    value.retain(|c| !c.is_ascii_whitespace());
    STANDARD.decode(value).ok()
}

fn app_time(text: &str) -> Option<Timestamp> {
    Timestamp::parse_ceb(first_text(text, "appTime")?.trim())
}
