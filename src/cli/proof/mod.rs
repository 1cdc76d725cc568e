//! `swx proof`: gets proofs that entries are in the ledger, and verifies them offline.

mod file;

pub(super) use file::Line;

use super::client::{Connect, explain};
use super::json::hex;
use super::paint::{Paint, safe};
use crate::domain::{MessageType, Timestamp};
use crate::pb::v1;
use crate::proof::{Hash, NOTE_BYTES_MAX, PATH_HASHES_MAX, open_note, verify_consistency};
use crate::receipt::event_text;
use anyhow::{Context, anyhow, bail};
use file::{Document, Happened, Proved, Refusal, check, hash, parse};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Proofs that entries are in the ledger · 账本证明
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Get the proof of a receipt's entry, with the signed checkpoint that it leads to · 获取证明
    Get(Get),
    /// Verify proofs offline: of `get`, or proofs.jsonl of the file of an audit case · 离线验证
    Verify(Verify),
    /// Get the newest signed checkpoint · 获取检查点
    Checkpoint(Newest),
    /// Prove that the ledger still begins with what a kept checkpoint signed · 验证账本延续
    Extend(Extend),
}

#[derive(Debug, clap::Args)]
struct Get {
    /// Number of the receipt, SWX and 16 digits
    receipt_id: String,
    /// One document of the message too, by its place from 1: shown without its personal values, the others hidden
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    document: u32,
    /// What became of the entry too: accepted, refused, matched, decided …
    #[arg(long)]
    events: bool,
    /// Write here and not to the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// Files with one proof a line
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The message that was sent: the proof must be of its very bytes; with one proof only
    #[arg(long, value_name = "XML")]
    message: Option<PathBuf>,
    /// Public key of the exchange's checkpoints, 64 hex digits; not given: the one in the file, which proves less
    #[arg(long, value_name = "HEX")]
    public_key: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Newest {
    /// Write the signed note here and not to the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, clap::Args)]
struct Extend {
    /// The kept checkpoint: a signed note
    note: PathBuf,
    /// Public key of the exchange's checkpoints, 64 hex digits; not given: the one that the server names
    #[arg(long, value_name = "HEX")]
    public_key: Option<String>,
    /// Write the newest signed note here
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    connect: Connect,
}

/// Bytes of one file of proofs.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Bytes of a message that is compared.
const MESSAGE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Runs the command. `verify` and `extend` exit with 1 if something is not proved.
///
/// # Errors
/// If the server cannot be reached or refuses the call, or a file cannot be read or written.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Get(get) => run_get(get).await,
        Command::Verify(verify) => run_verify(&verify),
        Command::Checkpoint(newest) => run_checkpoint(newest).await,
        Command::Extend(extend) => run_extend(extend).await,
    }
}

fn key_of(text: Option<&String>) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(text) = text else { return Ok(None) };
    let key = hash(text).context("--public-key has 64 hex digits · 公钥为64位十六进制数字")?;
    Ok(Some(key.to_vec()))
}

fn write(out: Option<&Path>, text: &str) -> anyhow::Result<()> {
    match out {
        Some(path) => std::fs::write(path, text).with_context(|| format!("cannot write {} · 无法写入", path.display())),
        None => Ok(Paint::plain().line(text.trim_end_matches('\n'))?),
    }
}

async fn run_get(get: Get) -> anyhow::Result<ExitCode> {
    let client = get.connect.connect().await?;
    let (receipt_id, document, events) = (get.receipt_id, get.document, get.events);
    let request = v1::GetInclusionProofRequest { receipt_id, document, events, ..Default::default() };
    let answer = client.ledger().get_inclusion_proof(request).await.map_err(|status| anyhow!(explain(&status)))?;
    let answer = answer.into_inner();
    let proof = answer.proof.context("the server answered without a proof")?;
    let mut line = Line::of(&proof, &answer.signed_note, &answer.public_key);
    line.events = answer.events.iter().map(Happened::of).collect();
    line.document = answer.document.as_ref().map(Document::of).transpose()?;
    // What the server says is not taken on trust.
    check(&line, None, None).map_err(|(zh, en)| anyhow!("the server's proof does not hold: {en} · {zh}"))?;
    write(get.out.as_deref(), &format!("{}\n", line.json()?))?;
    Ok(ExitCode::SUCCESS)
}

async fn run_checkpoint(newest: Newest) -> anyhow::Result<ExitCode> {
    let client = newest.connect.connect().await?;
    let request = v1::GetCheckpointRequest::default();
    let answer = client.ledger().get_checkpoint(request).await.map_err(|status| anyhow!(explain(&status)))?;
    let answer = answer.into_inner();
    write(newest.out.as_deref(), &answer.signed_note)?;
    Paint::plain().line(format!("public key · 公钥 {}", hex(&answer.public_key)))?;
    Ok(ExitCode::SUCCESS)
}

fn read_note(path: &Path) -> anyhow::Result<String> {
    let problem = || format!("cannot read {} · 无法读取", path.display());
    if std::fs::metadata(path).with_context(problem)?.len() > u64::try_from(NOTE_BYTES_MAX)? {
        bail!("{} is no signed checkpoint · 不是检查点", path.display());
    }
    std::fs::read_to_string(path).with_context(problem)
}

async fn run_extend(extend: Extend) -> anyhow::Result<ExitCode> {
    let note = read_note(&extend.note)?;
    let given = key_of(extend.public_key.as_ref())?;
    let client = extend.connect.connect().await?;
    let told = |status: tonic::Status| anyhow!(explain(&status));
    let key = match given {
        Some(key) => key,
        None => {
            let newest = client.ledger().get_checkpoint(v1::GetCheckpointRequest::default()).await.map_err(told)?;
            newest.into_inner().public_key.to_vec()
        }
    };
    let paint = Paint::stdout();
    let refuse = |zh: &str, en: &str| -> anyhow::Result<ExitCode> {
        paint.line(format!("{} {zh} · {en}", paint.red("✗")))?;
        Ok(ExitCode::from(1))
    };
    let Ok(old) = open_note(&note, &key) else {
        return refuse("所存检查点的签名不符", "the key did not sign the kept checkpoint");
    };
    let request = v1::GetConsistencyProofRequest { first_entries: old.entries, second_entries: 0 };
    let answer = client.ledger().get_consistency_proof(request).await.map_err(told)?.into_inner();
    let Ok(new) = open_note(&answer.signed_note, &key) else {
        return refuse("最新检查点的签名不符", "the key did not sign the newest checkpoint");
    };
    let path: Option<Vec<Hash>> = answer.path.iter().map(|hash| hash.as_ref().try_into().ok()).collect();
    let goes_on = path.is_some_and(|path| {
        path.len() <= PATH_HASHES_MAX
            && verify_consistency(old.entries, new.entries, &old.entries_root, &new.entries_root, &path)
    });
    if old.origin != new.origin || !goes_on {
        return refuse("账本不是所存检查点的延续", "the ledger does not go on from the kept checkpoint");
    }
    if let Some(out) = &extend.out {
        write(Some(out), &answer.signed_note)?;
    }
    paint.line(format!(
        "{} {} → {} 条记录，账本延续无改动 · entries, the ledger goes on unchanged",
        paint.green("✓"),
        old.entries,
        new.entries
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn run_verify(verify: &Verify) -> anyhow::Result<ExitCode> {
    let key = key_of(verify.public_key.as_ref())?;
    let message = verify.message.as_ref().map(|path| read_message(path)).transpose()?;
    let paint = if verify.json { Paint::plain() } else { Paint::stdout() };
    let (mut proved, mut failed) = (0_u64, 0_u64);
    for path in &verify.files {
        let problem = || format!("cannot read {} · 无法读取", path.display());
        if std::fs::metadata(path).with_context(problem)?.len() > FILE_BYTES_MAX {
            bail!("{} is too large · 文件过大", path.display());
        }
        let file = std::io::BufReader::new(std::fs::File::open(path).with_context(problem)?);
        for (index, text) in std::io::BufRead::lines(file).enumerate() {
            let text = text.with_context(problem)?;
            if text.trim().is_empty() {
                continue;
            }
            if message.is_some() && proved + failed > 0 {
                bail!("--message goes with one proof · --message 只能用于一份证明");
            }
            let line = parse(&text).with_context(|| format!("{} line {}", path.display(), index + 1))?;
            let checked = check(&line, key.as_deref(), message.as_deref());
            *(if checked.is_ok() { &mut proved } else { &mut failed }) += 1;
            print(paint, verify.json, &line, &checked)?;
        }
    }
    if !verify.json {
        if key.is_none() && proved > 0 {
            paint.line(paint.dim(
                "公钥取自文件本身，请与交易所公布的公钥核对（--public-key） · the key is the file's own: compare it with \
                 the published one (--public-key)",
            ))?;
        }
        paint.line(format!("{proved} 份已证明，{failed} 份未证明 · {proved} proved, {failed} not"))?;
    }
    Ok(ExitCode::from(u8::from(failed > 0 || proved == 0)))
}

fn read_message(path: &Path) -> anyhow::Result<Vec<u8>> {
    let problem = || format!("cannot read {} · 无法读取", path.display());
    if std::fs::metadata(path).with_context(problem)?.len() > MESSAGE_BYTES_MAX {
        bail!("{} is larger than a message is · 报文过大", path.display());
    }
    std::fs::read(path).with_context(problem)
}

fn print(paint: Paint, as_json: bool, line: &Line, checked: &Result<Proved, Refusal>) -> std::io::Result<()> {
    let id = safe(&line.receipt_id);
    if as_json {
        let value = match checked {
            Ok(proved) => serde_json::json!({
                "receipt_id": line.receipt_id, "proved": true, "time": Timestamp(line.time_ms).to_string(),
                "message_type": proved.header.message_type, "guid": proved.header.guid, "party": proved.header.party,
                "payload_sha256": hex(&proved.header.payload_sha256), "origin": proved.checkpoint.origin,
                "leaf_index": line.leaf_index, "entries": line.entries,
                "document": line.document.as_ref().map(|document| serde_json::json!({
                    "ordinal": document.ordinal, "documents": document.documents, "text": document.text,
                })),
                "events": proved.events.iter().map(|event| {
                    let (zh, en) = event_text(event);
                    serde_json::json!({ "status": event.status, "text_zh": zh, "text_en": en })
                }).collect::<Vec<_>>(),
            }),
            Err((zh, en)) => serde_json::json!({
                "receipt_id": line.receipt_id, "proved": false, "reason_zh": zh, "reason_en": en,
            }),
        };
        return paint.line(value.to_string());
    }
    match checked {
        Ok(proved) => {
            let (zh, en) = MessageType::of_number(proved.header.message_type).document_title();
            let (time, guid) = (Timestamp(line.time_ms), safe(&proved.header.guid));
            let place = line.leaf_index.saturating_add(1);
            paint.line(format!(
                "{} {id}  已入账 recorded {time}  {zh} {en} {guid}  {place}/{} {}",
                paint.green("✓"),
                line.entries,
                paint.dim(&safe(&proved.checkpoint.origin))
            ))?;
            for event in &proved.events {
                let (zh, en) = event_text(event);
                paint.line(format!("  {} {}  {} · {}", paint.green("✓"), event.status, safe(&zh), safe(&en)))?;
            }
            let Some(document) = &line.document else { return Ok(()) };
            let (ordinal, documents) = (document.ordinal, document.documents);
            paint.line(format!("  单证 document {ordinal}/{documents}，个人信息已略去 · personal values left out"))?;
            document.text.lines().try_for_each(|text| paint.line(format!("    {}", safe(text))))
        }
        Err((zh, en)) => paint.line(format!("{} {id}  {zh} · {en}", paint.red("✗"))),
    }
}
