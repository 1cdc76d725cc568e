//! `swx wrap` and `swx unwrap`: messages into and out of the envelopes of the exchange platform, offline.
//!
//! Exit codes: 0 done; 1 the file is faulty, and the faults are printed; 2 the work could not be done.

use crate::domain::{Clock, Fault, SystemClock, Timestamp, limits};
use crate::envelope::{self, AddInfo, Form, SvNo, TransInfo};
use anyhow::{Context, bail};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `swx wrap`.
#[derive(Debug, clap::Args)]
pub struct Wrap {
    /// CEB message; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// DXP id of the sender
    #[arg(long, value_parser = dxp_id)]
    sender: String,
    /// DXP id of a receiver; 1 to 5 times
    #[arg(long = "receiver", required = true, value_parser = dxp_id)]
    receivers: Vec<String>,
    /// Envelope of a transport node, DxpMsgSv, with this 8-digit number of the sending node
    #[arg(long, value_name = "NODE", value_parser = node)]
    sv: Option<String>,
    /// 8-digit number of the node that it goes to; with --sv
    #[arg(long, value_name = "NODE", default_value = "00000001", value_parser = node)]
    end_node: String,
    /// Sequence number of the transport message; with --sv
    #[arg(long, default_value_t = 1)]
    sequence: u32,
    /// Id of the transport message; else made up
    #[arg(long)]
    id: Option<String>,
    /// Time of creation as yyyyMMddHHmmss, in China; else now
    #[arg(long, value_parser = parse_time)]
    at: Option<Timestamp>,
    /// Where to write; else the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Arguments of `swx unwrap`.
#[derive(Debug, clap::Args)]
pub struct Unwrap {
    /// DxpMsg or DxpMsgSv; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print what the envelope says, as JSON, instead of the message
    #[arg(long)]
    envelope: bool,
    /// Where to write; else the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn dxp_id(text: &str) -> Result<String, String> {
    let fits = (1..=limits::DXP_ID_CHARS_MAX).contains(&text.chars().count());
    if fits { Ok(text.to_owned()) } else { Err("1 to 16 characters · 1 至 16 个字符".to_owned()) }
}

fn node(text: &str) -> Result<String, String> {
    let fits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err("8 digits · 8 位数字".to_owned()) }
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_ceb(text).ok_or_else(|| "not a time of the form yyyyMMddHHmmss".to_owned())
}

impl Wrap {
    /// Wraps the message and checks what it wrote by reading it again.
    ///
    /// # Errors
    /// If the file cannot be read or written, or there are too many receivers.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let message = read(&self.file)?;
        let schema = schema()?;
        let plain = match envelope::unwrap(&message, &schema) {
            Ok(unwrapped) => unwrapped,
            Err(refused) => return print(&self.file, &refused.faults),
        };
        if plain.form != Form::Plain {
            bail!("{} is an envelope already · 已是信封报文", self.file.display());
        }
        let msg_type = crate::schema::root_name(&plain.text).to_owned();
        if msg_type.is_empty() {
            bail!("{} has no root element · 没有根元素", self.file.display());
        }
        let at = self.at.unwrap_or_else(|| SystemClock.now());
        let head = TransInfo {
            cop_msg_id: self.id.unwrap_or_else(|| uuid::Uuid::new_v4().hyphenated().to_string().to_uppercase()),
            sender_id: self.sender,
            receiver_ids: self.receivers,
            creat_time: at.to_string(),
            msg_type,
        };
        let name = self.file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-");
        let more = AddInfo { file_name: name.map(|name| name.chars().take(255).collect()), ..AddInfo::default() };
        let bytes = match self.sv {
            None => envelope::dxp_msg(&head, &more, &message),
            Some(node) => {
                let msg_id = format!("{node}{}{:010}", at.ceb14(), self.sequence);
                let (send_time, end_node) = (at.to_string(), self.end_node);
                let way = SvNo { msg_id, sub_msg_id: None, send_time, end_node, sta_node: node };
                envelope::dxp_msg_sv(&way, &head, &more, &message)
            }
        };
        if let Err(refused) = envelope::unwrap(&bytes, &schema) {
            return print(&self.file, &refused.faults);
        }
        write(self.out.as_deref(), &bytes)
    }
}

impl Unwrap {
    /// Opens the envelope.
    ///
    /// # Errors
    /// If the file cannot be read or written, or is no envelope.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let bytes = read(&self.file)?;
        let unwrapped = match envelope::unwrap(&bytes, &schema()?) {
            Ok(unwrapped) => unwrapped,
            Err(refused) => return print(&self.file, &refused.faults),
        };
        let Some(found) = unwrapped.envelope else {
            bail!("{} is no envelope · 不是信封报文", self.file.display());
        };
        if !self.envelope {
            return write(self.out.as_deref(), &unwrapped.payload);
        }
        let (head, more) = (found.trans_info, found.add_info);
        let keys: serde_json::Map<String, serde_json::Value> =
            more.biz_keys.into_iter().map(|(name, value)| (name, value.into())).collect();
        let way = found.sv.map(|way| {
            serde_json::json!({
                "MsgId": way.msg_id, "SubMsgId": way.sub_msg_id, "SendTime": way.send_time,
                "EndNode": way.end_node, "StaNode": way.sta_node,
            })
        });
        let json = serde_json::json!({
            "SvNo": way,
            "TransInfo": {
                "CopMsgId": head.cop_msg_id, "SenderId": head.sender_id, "ReceiverIds": head.receiver_ids,
                "CreatTime": head.creat_time, "MsgType": head.msg_type,
            },
            "AddInfo": {
                "FileName": more.file_name, "IcCard": more.ic_card, "BizKey": keys, "Encode": more.encode,
                "RecMapId": more.rec_map_id,
            },
            "DataBytes": unwrapped.payload.len(),
        });
        let mut text = serde_json::to_vec_pretty(&json)?;
        text.push(b'\n');
        write(self.out.as_deref(), &text)
    }
}

fn schema() -> anyhow::Result<crate::schema::SchemaSet> {
    match envelope::carried() {
        Ok(schema) => Ok(schema),
        Err(errors) => bail!("the schemas of the envelopes do not compile: {errors:?}"),
    }
}

/// Reads a file, one byte more than the limit at most.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let problem = || format!("cannot read {} · 无法读取", path.display());
    let bound = u64::try_from(limits::MESSAGE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(bound).read_to_end(&mut bytes).with_context(problem)?;
    } else {
        File::open(path).with_context(problem)?.take(bound).read_to_end(&mut bytes).with_context(problem)?;
    }
    Ok(bytes)
}

fn write(path: Option<&Path>, bytes: &[u8]) -> anyhow::Result<ExitCode> {
    match path {
        Some(path) => {
            std::fs::write(path, bytes).with_context(|| format!("cannot write {} · 无法写入", path.display()))?;
        }
        None => std::io::stdout().lock().write_all(bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints faults, one a line, as `file:line:column rule text`.
fn print(path: &Path, faults: &[Fault]) -> anyhow::Result<ExitCode> {
    let mut err = std::io::stderr().lock();
    for fault in faults {
        let place = fault.place;
        let (file, zh, en) = (path.display(), &fault.message_zh, &fault.message_en);
        let (zh, en) = (super::paint::safe(zh), super::paint::safe(en));
        writeln!(err, "{file}:{}:{} {} {} {zh} · {en}", place.line, place.column, fault.rule, fault.path)?;
    }
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(file: &Path, out: &Path, sv: Option<&str>) -> Wrap {
        Wrap {
            file: file.to_owned(),
            sender: "DXPENT0000900001".to_owned(),
            receivers: vec!["DXPSWX0000900001".to_owned()],
            sv: sv.map(str::to_owned),
            end_node: "00000001".to_owned(),
            sequence: 7,
            id: Some("T-1".to_owned()),
            at: Timestamp::parse_ceb("20260501120000"),
            out: Some(out.to_owned()),
        }
    }

    #[test]
    fn what_is_wrapped_comes_out_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let original = include_bytes!("../../tests/golden/CEB311/valid-gb18030.xml");
        std::fs::write(path("order.xml"), original).expect("written");
        for sv in [None, Some("12345678")] {
            assert_eq!(wrap(&path("order.xml"), &path("wrapped"), sv).run().expect("it runs"), ExitCode::SUCCESS);
            let args = |envelope| Unwrap { file: path("wrapped"), envelope, out: Some(path("out")) };
            assert_eq!(args(false).run().expect("it runs"), ExitCode::SUCCESS);
            assert_eq!(std::fs::read(path("out")).expect("readable"), original);
            assert_eq!(args(true).run().expect("it runs"), ExitCode::SUCCESS);
            let json: serde_json::Value =
                serde_json::from_slice(&std::fs::read(path("out")).expect("readable")).expect("JSON");
            assert_eq!(json["TransInfo"]["MsgType"], "CEB311Message");
            let number = json["SvNo"]["MsgId"].as_str();
            assert_eq!(number, sv.map(|_| "12345678202605011200000000000007"));
        }
        assert!(wrap(&path("wrapped"), &path("twice"), None).run().is_err(), "an envelope is not wrapped again");
        let mut many = wrap(&path("order.xml"), &path("many"), None);
        many.receivers = vec!["X".to_owned(); 6];
        assert_eq!(many.run().expect("it runs"), ExitCode::FAILURE, "six receivers are too many");
    }
}
