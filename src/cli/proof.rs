//! `swx proof`: gets proofs that entries are in the ledger, and verifies them offline.

use super::client::{Connect, explain};
use super::inspect::unhex;
use super::json::hex;
use super::paint::{Paint, safe};
use crate::domain::{MessageType, Timestamp};
use crate::pb::v1;
use crate::proof::{
    Checkpoint, DocumentProof, Hash, NOTE_BYTES_MAX, PATH_HASHES_MAX, entry_leaf, open_note, sha256,
    verify_consistency, verify_inclusion,
};
use crate::state::Header;
use anyhow::{Context, anyhow, bail};
use prost::Message as _;
use serde::{Deserialize, Serialize};
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

/// Bytes of one line of proofs: header, path and note in hex are small, a document is as large as a message at most.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of one file of proofs.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Bytes of a message that is compared.
const MESSAGE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A proof as it stands in a file; bytes are hex.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    receipt_id: String,
    entry_position: u64,
    time_ms: i64,
    header: String,
    leaf_sha256: String,
    leaf_index: u64,
    entries: u64,
    path: Vec<String>,
    signed_note: String,
    public_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
}

/// The proof of one document as it stands in a file; bytes but the text are hex.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    ordinal: u32,
    documents: u32,
    text: String,
    personal_sha256: String,
    envelope_leaf_sha256: String,
    path: Vec<String>,
}

impl Document {
    fn of(proof: &v1::DocumentProof) -> anyhow::Result<Document> {
        Ok(Document {
            ordinal: proof.ordinal,
            documents: proof.documents,
            text: std::str::from_utf8(&proof.text).context("the document is not UTF-8")?.to_owned(),
            personal_sha256: hex(&proof.personal_sha256),
            envelope_leaf_sha256: hex(&proof.envelope_leaf_sha256),
            path: proof.path.iter().map(|hash| hex(hash)).collect(),
        })
    }

    fn proof(&self) -> Option<DocumentProof> {
        if self.path.len() > PATH_HASHES_MAX {
            return None;
        }
        Some(DocumentProof {
            ordinal: self.ordinal,
            documents: self.documents,
            text: self.text.clone().into_bytes(),
            personal: hash(&self.personal_sha256)?,
            envelope: hash(&self.envelope_leaf_sha256)?,
            path: self.path.iter().map(|text| hash(text)).collect::<Option<_>>()?,
        })
    }
}

impl Line {
    /// A proof of the wire with the checkpoint that it leads to.
    pub(super) fn of(proof: &v1::InclusionProof, signed_note: &str, public_key: &[u8]) -> Line {
        Line {
            receipt_id: proof.receipt_id.clone(),
            entry_position: proof.entry_position,
            time_ms: proof.time_ms,
            header: hex(&proof.header),
            leaf_sha256: hex(&proof.leaf_sha256),
            leaf_index: proof.leaf_index,
            entries: proof.entries,
            path: proof.path.iter().map(|hash| hex(hash)).collect(),
            signed_note: signed_note.to_owned(),
            public_key: hex(public_key),
            document: None,
        }
    }

    /// As one line of JSON.
    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}

/// What a proof proves.
#[derive(Debug)]
struct Proved {
    header: Header,
    checkpoint: Checkpoint,
}

/// Follows a proof from the entry to the signature. The text of an error says which step does not hold.
fn check(line: &Line, key: Option<&[u8]>, message: Option<&[u8]>) -> Result<Proved, (&'static str, &'static str)> {
    let malformed = ("证明文件格式不正确", "the proof is not well formed");
    if line.path.len() > PATH_HASHES_MAX {
        return Err(malformed);
    }
    let path: Option<Vec<Hash>> = line.path.iter().map(|text| hash(text)).collect();
    let (path, header) = path.zip(unhex(&line.header).ok()).ok_or(malformed)?;
    let own_key = unhex(&line.public_key).map_err(|_| malformed)?;
    let checkpoint = open_note(&line.signed_note, key.unwrap_or(&own_key))
        .map_err(|_| ("检查点签名不符", "the key did not sign the checkpoint"))?;
    let leaf = entry_leaf(line.entry_position, line.time_ms, &header);
    if checkpoint.entries != line.entries
        || !verify_inclusion(&leaf, line.leaf_index, line.entries, &path, &checkpoint.entries_root)
    {
        return Err(("路径不能通向检查点的根", "the path does not lead to the root of the checkpoint"));
    }
    let named = crate::receipt::position_of(&line.receipt_id).map(|position| position.0);
    if named != Some(line.entry_position) {
        return Err(("回执号与记录不符", "the number of the receipt is not that of the entry"));
    }
    let header = Header::decode(header.as_slice()).map_err(|_| malformed)?;
    if let Some(message) = message {
        let digest = sha256(&[message]);
        let is_own = |sha256: &Vec<u8>| sha256.as_slice() == digest.as_slice();
        if !is_own(&header.payload_sha256) && !is_own(&header.received_sha256) {
            return Err(("报文与记录的摘要不符", "the message is not the one that was recorded"));
        }
    }
    if let Some(document) = &line.document {
        let root = document.proof().ok_or(malformed)?.root();
        if root.is_none_or(|root| root.as_slice() != header.documents_root.as_slice()) {
            return Err(("单证不在该报文中", "the document is not in the message"));
        }
    }
    Ok(Proved { header, checkpoint })
}

fn hash(text: &str) -> Option<Hash> {
    unhex(text).ok()?.try_into().ok()
}

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
    let (receipt_id, document) = (get.receipt_id, get.document);
    let request = v1::GetInclusionProofRequest { receipt_id, document, ..Default::default() };
    let answer = client.ledger().get_inclusion_proof(request).await.map_err(|status| anyhow!(explain(&status)))?;
    let answer = answer.into_inner();
    let proof = answer.proof.context("the server answered without a proof")?;
    let mut line = Line::of(&proof, &answer.signed_note, &answer.public_key);
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

fn parse(text: &str) -> anyhow::Result<Line> {
    if text.len() > LINE_BYTES_MAX {
        bail!("the line is too long for a proof · 行过长");
    }
    serde_json::from_str(text).context("this is no proof · 不是证明")
}

fn read_message(path: &Path) -> anyhow::Result<Vec<u8>> {
    let problem = || format!("cannot read {} · 无法读取", path.display());
    if std::fs::metadata(path).with_context(problem)?.len() > MESSAGE_BYTES_MAX {
        bail!("{} is larger than a message is · 报文过大", path.display());
    }
    std::fs::read(path).with_context(problem)
}

fn print(
    paint: Paint,
    as_json: bool,
    line: &Line,
    checked: &Result<Proved, (&'static str, &'static str)>,
) -> std::io::Result<()> {
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
            let Some(document) = &line.document else { return Ok(()) };
            let (ordinal, documents) = (document.ordinal, document.documents);
            paint.line(format!("  单证 document {ordinal}/{documents}，个人信息已略去 · personal values left out"))?;
            document.text.lines().try_for_each(|text| paint.line(format!("    {}", safe(text))))
        }
        Err((zh, en)) => paint.line(format!("{} {id}  {zh} · {en}", paint.red("✗"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::Signer;
    use crate::proof::{Frontier, MessageTree, part_leaf};

    const MESSAGE: &[u8] = b"<ceb:CEB621Message/>";

    /// The proof of the first of two entries.
    fn line() -> Line {
        let (personal, envelope) = ([3; 32], [4; 32]);
        let documents = vec![part_leaf(b"<Order/>", &personal), [5; 32]];
        let tree = MessageTree { envelope, documents };
        let header = Header {
            payload_sha256: sha256(&[MESSAGE]).to_vec(),
            guid: "G1".to_owned(),
            documents_root: tree.root().to_vec(),
            ..Header::default()
        };
        let document = Document {
            ordinal: 1,
            documents: 2,
            text: "<Order/>".to_owned(),
            personal_sha256: hex(&personal),
            envelope_leaf_sha256: hex(&envelope),
            path: vec![hex(&[5; 32])],
        };
        let header = header.encode_to_vec();
        let (first, second) = (entry_leaf(5, 1_000, &header), entry_leaf(6, 1_001, b""));
        let mut tree = Frontier::default();
        tree.push(first);
        tree.push(second);
        let checkpoint = Checkpoint { entries: 2, entries_root: tree.root(), position: 6, ..Checkpoint::default() };
        let signed = Signer::new("swx/test".to_owned(), &[7; 32]).sign(checkpoint);
        Line {
            receipt_id: "SWX0000000000000005".to_owned(),
            entry_position: 5,
            time_ms: 1_000,
            header: hex(&header),
            leaf_sha256: hex(&first),
            leaf_index: 0,
            entries: 2,
            path: vec![hex(&second)],
            signed_note: signed.signed_note,
            public_key: hex(&signed.public_key),
            document: Some(document),
        }
    }

    #[test]
    fn a_proof_holds_with_its_key_and_its_message() {
        let line = parse(&line().json().expect("JSON")).expect("a proof");
        let key = unhex(&line.public_key).expect("hex");
        let proved = check(&line, Some(&key), Some(MESSAGE)).expect("proved");
        assert_eq!((proved.header.guid.as_str(), proved.checkpoint.entries), ("G1", 2));
    }

    #[test]
    fn nothing_else_holds() {
        let good = line();
        assert!(check(&good, Some(&[1; 32]), None).is_err(), "another key");
        assert!(check(&good, None, Some(b"another message")).is_err());
        let changed: [fn(&mut Line); 9] = [
            |line| line.document.as_mut().expect("one").text.push(' '),
            |line| line.document.as_mut().expect("one").ordinal = 2,
            |line| line.time_ms += 1,
            |line| line.entry_position += 1,
            |line| line.receipt_id = "SWX0000000000000006".to_owned(),
            |line| line.entries = 3,
            |line| line.header = hex(b"other"),
            |line| line.path = vec![String::new()],
            |line| line.signed_note = line.signed_note.replace("position 6", "position 7"),
        ];
        for (number, change) in changed.into_iter().enumerate() {
            let mut line = good.clone();
            change(&mut line);
            assert!(check(&line, None, None).is_err(), "change {number}");
        }
        for text in ["", "{}", "[]", "nothing", &"x".repeat(LINE_BYTES_MAX + 1)] {
            assert!(parse(text).is_err());
        }
    }
}
