//! `swx convert`: a message as XML, JSON or protobuf, offline.
//!
//! Exit codes: 0 converted, and the XML fits its schema; 1 the message is at fault; 2 the work could not be done.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::domain::{Fault, limits};
use crate::schema::{self, NoSink, SchemaSet, decode};
use crate::typed::{Message, Names, field_path};
use prost::Message as _;

/// Arguments of `swx convert`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Message file; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Form of the file; told from its first byte if not given
    #[arg(long, value_enum)]
    from: Option<Form>,
    /// Form to write; JSON from XML and XML from anything else if not given
    #[arg(long, value_enum)]
    to: Option<Form>,
    /// Write to this file instead of the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A form of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// The message of the standard.
    Xml,
    /// The typed message as JSON, with the names of the XML elements.
    Json,
    /// The typed message as an encoded singlewindow.ceb.v1.CebMessage.
    Protobuf,
}

impl Form {
    /// The form of a file. No encoded message begins as XML or JSON do.
    fn of(bytes: &[u8]) -> Form {
        match bytes.trim_ascii_start() {
            [b'{', ..] => Form::Json,
            [b'<' | 0xEF | 0xFE, ..] | [0xFF, 0xFE, ..] | [0, b'<', ..] => Form::Xml,
            _ => Form::Protobuf,
        }
    }
}

/// What became of a message: bytes to write, and lines on what is wrong with it.
#[derive(Debug, Default)]
struct Converted {
    bytes: Option<Vec<u8>>,
    faults: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read or written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let bytes = read(&args.file).map_err(|error| anyhow::anyhow!("{}: {error}", args.file.display()))?;
    let from = args.from.unwrap_or_else(|| Form::of(&bytes));
    let to = args.to.unwrap_or(if from == Form::Xml { Form::Json } else { Form::Xml });
    let schema = schema::carried().map_err(|errors| anyhow::anyhow!("{} schema errors", errors.len()))?;
    let converted = convert(&schema, &bytes, from, to);
    if let Some(bytes) = &converted.bytes {
        match &args.out {
            Some(path) => {
                std::fs::write(path, bytes).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?
            }
            None => io::stdout().lock().write_all(bytes)?,
        }
    }
    let mut err = io::stderr().lock();
    for fault in &converted.faults {
        writeln!(err, "{}: {fault}", args.file.display())?;
    }
    Ok(if converted.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Reads a file, one byte more than a message may have at most.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(limits::MESSAGE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    if path == Path::new("-") {
        io::stdin().lock().take(bound).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(bound).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn convert(schema: &SchemaSet, bytes: &[u8], from: Form, to: Form) -> Converted {
    let mut faults = Vec::new();
    let names = if from == Form::Json { Names::Json } else { Names::Protobuf };
    let read = match from {
        Form::Protobuf => Message::from_protobuf(bytes),
        Form::Json => Message::from_json(bytes),
        Form::Xml => match text_of(schema, bytes) {
            Ok(text) => Message::from_xml(&text),
            Err(faults) => {
                return Converted { bytes: None, faults: faults.iter().map(|one| line(one, None)).collect() };
            }
        },
    };
    let written = read.and_then(|message| match to {
        Form::Xml => message.to_xml(),
        Form::Protobuf => Ok(message.to_wire().encode_to_vec()),
        Form::Json => Ok(json(&message)),
    });
    let bytes = match written {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            faults.push(format!("{} {}", error.place(names), error.problem));
            None
        }
    };
    if let (Form::Xml, true, Some(xml)) = (to, from != Form::Xml, &bytes)
        && let Err(found) = text_of(schema, xml)
    {
        faults.extend(found.iter().map(|fault| line(fault, Some(names))));
    }
    Converted { bytes, faults }
}

fn json(message: &Message) -> Vec<u8> {
    // Texts, lists and objects with texts for names always have a JSON form.
    let mut bytes = serde_json::to_vec_pretty(message).expect("messages are made of texts");
    bytes.push(b'\n');
    bytes
}

/// The text of a message that fits its schema, or the faults.
fn text_of<'b>(schema: &SchemaSet, bytes: &'b [u8]) -> Result<std::borrow::Cow<'b, str>, Vec<Fault>> {
    let text = decode(bytes).map_err(|fault| vec![*fault])?;
    let report = schema.validate(&text, &mut NoSink);
    if report.is_valid() { Ok(text) } else { Err(report.faults) }
}

/// A fault in one line; at its typed field if the sender wrote typed documents.
fn line(fault: &Fault, names: Option<Names>) -> String {
    let typed = names.and_then(|names| field_path(&fault.path, names));
    let place = typed.unwrap_or_else(|| format!("{}:{}", fault.place.line, fault.place.column));
    let text = format!("{place} {} {} · {}", fault.rule, fault.message_zh, fault.message_en);
    // Found values may be part of the texts; control characters have no business on a terminal.
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = r#"{"CEB311Message": {"guid": "g", "Order": [{"OrderHead": {"orderNo": ""}}]}}"#;

    fn schema() -> SchemaSet {
        schema::carried().expect("the schemas compile")
    }

    #[test]
    fn forms_are_told_apart() {
        assert_eq!(Form::of(b"\xEF\xBB\xBF<a/>"), Form::Xml);
        assert_eq!(Form::of(b"\xFF\xFE<\0a\0"), Form::Xml);
        assert_eq!(Form::of(b"\n <a/>"), Form::Xml);
        assert_eq!(Form::of(MESSAGE.as_bytes()), Form::Json);
        for number in [213, 215, 303, 311, 403, 411, 505, 507, 509, 511, 513, 603, 605, 607, 621, 623, 625, 701, 711] {
            let json = format!(r#"{{"CEB{number}Message": {{}}}}"#);
            let message = Message::from_json(json.as_bytes()).expect("a typed message");
            assert_eq!(Form::of(&message.to_wire().encode_to_vec()), Form::Protobuf, "{number}");
        }
    }

    #[test]
    fn faults_of_typed_documents_are_at_their_fields() {
        let converted = convert(&schema(), MESSAGE.as_bytes(), Form::Json, Form::Xml);
        assert!(converted.bytes.is_some_and(|xml| xml.starts_with(b"<?xml")));
        let at = |path: &str| converted.faults.iter().any(|line| line.starts_with(path));
        assert!(at("CEB311Message.Order[0].OrderHead.orderNo XSD-"), "{:#?}", converted.faults);
        assert!(at("CEB311Message.guid XSD-LENGTH"), "{:#?}", converted.faults);
    }

    #[test]
    fn what_has_no_typed_form_is_told() {
        let converted = convert(&schema(), br#"{"CEB312Message": {}}"#, Form::Json, Form::Protobuf);
        assert!(converted.bytes.is_none());
        assert_eq!(converted.faults, ["message is CEB312Message, which has no typed form"]);
        let converted = convert(&schema(), b"<CEB311Message/>", Form::Xml, Form::Json);
        assert!(converted.bytes.is_none() && !converted.faults.is_empty());
    }
}
