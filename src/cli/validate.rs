//! `swx validate`: checks message files offline and says what is wrong with them.
//!
//! Exit codes: 0 all valid; 1 something is invalid, be it a message or, with `--schema` and no file, the
//! schema; 2 the work could not be done (a file cannot be read, or the schema needed for messages is bad).

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::domain::limits;
use crate::envelope;
use crate::intake::Edition;
use crate::parts::editions;
use crate::report::{Checked, Format, Report};
use crate::schema::{self, NoSink, Resolver, SchemaSet, decode_document};

/// Arguments of `swx validate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Check structure and values only, not the business rules
    #[arg(long)]
    pub schema_only: bool,
    /// Check against this schema instead of the standard; alone, check the schema itself
    #[arg(long, value_name = "FILE.xsd", conflicts_with_all = ["edition", "schemas", "schema_only"])]
    pub schema: Option<PathBuf>,
    /// Edition of the standard: 202205, 2018, or one of the folder given by --schemas
    #[arg(long, default_value = schema::EDITION)]
    pub edition: String,
    /// Folder of further editions: a folder of schema files each, named as the edition
    #[arg(long, value_name = "FOLDER")]
    pub schemas: Option<PathBuf>,
    /// How to write the result: text for people, JSON a line for each file, SARIF 2.1.0, or an HTML page
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Message files; `-` is the standard input
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    pub files: Vec<PathBuf>,
}

/// What messages are judged by.
enum Judge {
    /// A schema alone, and the name of its file.
    Schema(Box<SchemaSet>, String),
    /// An edition of the standard, with the rules.
    Edition(Box<Edition>),
}

/// How the work ended; the order is that of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Valid = 0,
    Invalid = 1,
    CouldNotRun = 2,
}

/// Runs the command on the standard streams.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let (mut out, mut err) = (io::BufWriter::new(stdout.lock()), stderr.lock());
    let outcome = execute(args, &mut out, &mut err).and_then(|outcome| out.flush().map(|()| outcome));
    // A reader that went away, as `head` does, is no reason to complain.
    match outcome {
        Ok(Outcome::Valid) => ExitCode::SUCCESS,
        Ok(Outcome::Invalid) => ExitCode::from(1),
        Ok(Outcome::CouldNotRun) | Err(_) => ExitCode::from(2),
    }
}

fn execute(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Outcome> {
    let judge = match &args.schema {
        Some(path) => match compile_file(path) {
            Ok(Ok(judge)) => judge,
            Ok(Err(errors)) => {
                for error in &errors {
                    let (file, line, column, constraint) = (&error.file, error.line, error.column, error.constraint);
                    let gap = if constraint.is_empty() { "" } else { " " };
                    let (zh, en) = (&error.message_zh, &error.message_en);
                    writeln!(out, "{file}:{line}:{column}{gap}{constraint} {zh}\n  {en}")?;
                }
                return Ok(if args.files.is_empty() { Outcome::Invalid } else { Outcome::CouldNotRun });
            }
            Err(error) => {
                writeln!(err, "{}: {error}", path.display())?;
                return Ok(Outcome::CouldNotRun);
            }
        },
        None => match editions(args.schemas.as_deref()) {
            Ok(editions) => {
                let names: Vec<String> = editions.iter().map(|edition| edition.name.clone()).collect();
                match editions.into_iter().find(|edition| edition.name == args.edition) {
                    Some(edition) => Judge::Edition(Box::new(edition)),
                    None => {
                        writeln!(err, "there is no edition {}, only {}", args.edition, names.join(", "))?;
                        return Ok(Outcome::CouldNotRun);
                    }
                }
            }
            Err(error) => {
                writeln!(err, "{error}")?;
                return Ok(Outcome::CouldNotRun);
            }
        },
    };
    let mut report = Report::new(args.format);
    let mut worst = Outcome::Valid;
    for path in &args.files {
        let outcome = match read(path) {
            Ok(bytes) => check(args, &judge, path, &bytes, &mut report, out)?,
            Err(error) => {
                writeln!(err, "{}: {error}", path.display())?;
                Outcome::CouldNotRun
            }
        };
        worst = worst.max(outcome);
    }
    report.end(out)?;
    if let (Judge::Schema(set, _), true) = (&judge, args.files.is_empty()) {
        writeln!(out, "{} elements, valid · 模式合格", set.element_count())?;
    }
    Ok(worst)
}

/// Reads a file, one byte more than the limit at most.
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

/// Schema files of one folder. Names that lead elsewhere on the network find nothing.
struct Folder<'p>(&'p Path);

impl Resolver for Folder<'_> {
    fn resolve(&self, name: &str) -> Option<Vec<u8>> {
        read(&self.0.join(name)).ok()
    }
}

fn compile_file(path: &Path) -> io::Result<Result<Judge, Vec<schema::Error>>> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_owned();
    Ok(compile_at(path)?.map(|set| Judge::Schema(Box::new(set), name)))
}

/// Compiles a schema file and what it includes and imports from its folder.
///
/// # Errors
/// If the file cannot be read; within, every mistake found in the schemas.
pub(super) fn compile_at(path: &Path) -> io::Result<Result<SchemaSet, Vec<schema::Error>>> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    File::open(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(SchemaSet::compile(&Folder(folder), &[name]))
}

/// The text of a message, out of its envelope if it is in one. A schema of one's own is for the file itself.
fn open<'a>(judge: &Judge, bytes: &'a [u8]) -> Result<Cow<'a, str>, Box<envelope::Refused>> {
    match judge {
        Judge::Edition(edition) => edition.open(bytes).map(|unwrapped| unwrapped.text),
        Judge::Schema(..) => decode_document(bytes)
            .map_err(|fault| Box::new(envelope::Refused { faults: vec![*fault], ..envelope::Refused::default() })),
    }
}

/// Checks one message and writes what was found.
fn check(
    args: &Args,
    judge: &Judge,
    path: &Path,
    bytes: &[u8],
    report: &mut Report,
    out: &mut dyn Write,
) -> io::Result<Outcome> {
    let (text, (root, faults, total)) = match open(judge, bytes) {
        Err(refused) => {
            let total = refused.faults.len() + usize::try_from(refused.omitted).unwrap_or_default();
            let text = if refused.text.is_empty() { String::from_utf8_lossy(bytes) } else { refused.text.into() };
            let root = refused.by_envelope.then(|| schema::root_name(&text).to_owned());
            let root = root.map(|local| (envelope::DXP_NAMESPACE.to_owned(), local));
            (text, (root, refused.faults, total))
        }
        Ok(text) => {
            let found = match judge {
                Judge::Schema(set, _) => {
                    let report = set.validate_document(&text, &mut NoSink);
                    (report.root, report.faults, report.faults_total)
                }
                Judge::Edition(edition) => edition.faults(&text, !args.schema_only),
            };
            (text, found)
        }
    };
    let message_type = root.as_ref().map(|(_, local)| local.strip_suffix("Message").unwrap_or(local));
    let (file, edition) = (
        path.display().to_string(),
        match judge {
            Judge::Schema(_, name) => name,
            Judge::Edition(edition) => &edition.name,
        },
    );
    report.file(out, &Checked { file: &file, text: &text, message_type, edition, faults: &faults, total })?;
    Ok(if total == 0 { Outcome::Valid } else { Outcome::Invalid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="T1Message"><xs:complexType><xs:sequence>
      <xs:element name="orderNo"><xs:annotation><xs:documentation xml:lang="zh">订单编号</xs:documentation></xs:annotation>
      <xs:simpleType><xs:restriction base="xs:string"><xs:maxLength value="3"/></xs:restriction></xs:simpleType></xs:element>
      </xs:sequence></xs:complexType></xs:element></xs:schema>"#;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn swx(words: &[&str]) -> (Outcome, String, String) {
        let args = Line::parse_from(std::iter::once("validate").chain(words.iter().copied())).args;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let outcome = execute(&args, &mut out, &mut err).unwrap();
        (outcome, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_valid_file_is_told_and_ends_with_zero() {
        let folder = tempfile::tempdir().unwrap();
        let good = file(&folder, "good.xml", "<T1Message><orderNo>123</orderNo></T1Message>");
        let schema = file(&folder, "test.xsd", SCHEMA);
        let (outcome, out, _) = swx(&["--schema", &schema, &good]);
        assert_eq!(outcome, Outcome::Valid);
        assert_eq!(out, format!("{good}: valid · 合格 (T1, test.xsd)\n"));
    }

    #[test]
    fn a_fault_is_marked_under_its_place_in_cells() {
        let folder = tempfile::tempdir().unwrap();
        let bad = file(&folder, "bad.xml", "<T1Message>\n<!--订单--><orderNo>订单编号</orderNo></T1Message>");
        let schema = file(&folder, "test.xsd", SCHEMA);
        let (outcome, out, _) = swx(&["--schema", &schema, &bad]);
        assert_eq!(outcome, Outcome::Invalid);
        let mark = " ".repeat(20);
        let expected = format!(
            "{bad}:2:19 XSD-LENGTH 订单编号 orderNo\n  订单编号超长：4 个字符，最多 3\n  orderNo is too long: 4 characters, at most 3\n\
             \u{20} found · 实际: 订单编号\n  expected · 应为: ..3\n  | <!--订单--><orderNo>订单编号</orderNo></T1Message>\n  | {mark}^\n\n\
             {bad}: 1 faults · 处错误 (T1, test.xsd)\n"
        );
        assert_eq!(out, expected);
    }

    #[test]
    fn json_is_one_object_per_file() {
        let folder = tempfile::tempdir().unwrap();
        let good = file(&folder, "good.xml", "<T1Message><orderNo>123</orderNo></T1Message>");
        let bad = file(&folder, "bad.xml", "<T1Message><orderNo>1234</orderNo></T1Message>");
        let schema = file(&folder, "test.xsd", SCHEMA);
        let (outcome, out, _) = swx(&["--schema", &schema, "--format", "json", &good, &bad]);
        assert_eq!(outcome, Outcome::Invalid);
        let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["valid"], true);
        assert_eq!(lines[1]["faults"][0]["rule"], "XSD-LENGTH");
        assert_eq!(lines[1]["faults"][0]["path"], "/T1Message/orderNo");
        assert_eq!(lines[1]["faults"][0]["column"], 21);
        assert_eq!((&lines[1]["message_type"], &lines[1]["edition"]), (&"T1".into(), &"test.xsd".into()));
    }

    #[test]
    fn exit_codes_tell_invalid_from_could_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let schema = file(&folder, "s.xsd", SCHEMA);
        let broken = file(&folder, "b.xsd", &SCHEMA.replace("xs:string", "xs:strong"));
        let good = file(&folder, "good.xml", "<T1Message><orderNo>123</orderNo></T1Message>");
        let gone = folder.path().join("gone").to_str().unwrap().to_owned();
        assert_eq!(swx(&["--schema", &schema]).0, Outcome::Valid);
        assert_eq!(swx(&["--schema", &schema, &good]).0, Outcome::Valid);
        assert_eq!(swx(&["--schema", &broken]).0, Outcome::Invalid);
        assert_eq!(swx(&["--schema", &broken, &good]).0, Outcome::CouldNotRun);
        assert_eq!(swx(&["--schema", &gone]).0, Outcome::CouldNotRun);
        let (outcome, _, err) = swx(&["--schema", &schema, &gone, &good]);
        assert_eq!(outcome, Outcome::CouldNotRun);
        assert!(err.starts_with(&gone));
    }

    #[test]
    fn a_file_checked_by_its_own_schema_may_be_in_latin_letters_and_name_the_type_of_its_root() {
        let folder = tempfile::tempdir().unwrap();
        let latin = |name: &str, text: &str| {
            let path = folder.path().join(name);
            let text = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{text}");
            std::fs::write(&path, text.chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<u8>>()).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let schema = latin(
            "s.xsd",
            "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='\u{E9}t\u{E9}'/><xs:complexType \
             name='P'><xs:sequence><xs:element name='n' type='xs:int'/></xs:sequence></xs:complexType></xs:schema>",
        );
        let typed = |ty: &str, value: &str| {
            let xsi = "http://www.w3.org/2001/XMLSchema-instance";
            format!("<p xmlns:i='{xsi}' i:type='{ty}'><n>{value}</n></p>")
        };
        for (text, outcome) in [
            ("<\u{E9}t\u{E9}>\u{FC}</\u{E9}t\u{E9}>".to_owned(), Outcome::Valid),
            (typed("P", "1"), Outcome::Valid),
            (typed("P", "x"), Outcome::Invalid),
            (typed("Q", "1"), Outcome::Invalid),
            ("<p><n>1</n></p>".to_owned(), Outcome::Invalid),
        ] {
            let (found, out, _) = swx(&["--schema", &schema, &latin("f.xml", &text)]);
            assert_eq!(found, outcome, "{text}: {out}");
        }
        // A message is another matter.
        let (_, out, _) = swx(&[&latin("m.xml", "<p/>")]);
        assert!(out.contains("XML-ENCODING"), "{out}");
        let message = file(&folder, "t.xml", &typed("P", "1"));
        let (_, out, _) = swx(&[&message]);
        assert!(out.contains("XSD-ROOT"), "{out}");
    }

    fn golden(name: &str) -> String {
        format!("{}/tests/golden/{name}.xml", env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn rules_run_only_on_texts_that_fit_and_unless_switched_off() {
        let breaks_a_rule = golden("CEB621/rule-r-inv-03-packNo");
        assert_eq!(swx(&[&breaks_a_rule]).0, Outcome::Invalid);
        assert_eq!(swx(&["--schema-only", &breaks_a_rule]).0, Outcome::Valid);
        let (outcome, out, _) = swx(&["--edition", "2018", &golden("CEB621/valid")]);
        assert_eq!((outcome, out.contains("CEB621, 2018")), (Outcome::Valid, true));
        let (outcome, _, err) = swx(&["--edition", "2017", &golden("CEB621/valid")]);
        assert_eq!((outcome, err.as_str()), (Outcome::CouldNotRun, "there is no edition 2017, only 202205, 2018\n"));
    }

    #[test]
    fn an_edition_in_a_folder_takes_the_place_of_a_carried_one() {
        let folder = tempfile::tempdir().unwrap();
        let edition = folder.path().join("202205");
        std::fs::create_dir(&edition).unwrap();
        for (name, bytes) in schema::files(schema::EDITION).unwrap() {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            std::fs::write(edition.join(name), text.replace("type=\"ceb:text1-60\"", "type=\"ceb:text1-10\"")).unwrap();
        }
        let folder = folder.path().to_str().unwrap();
        let (outcome, out, _) = swx(&["--schemas", folder, &golden("CEB621/valid")]);
        assert_eq!((outcome, out.contains("XSD-LENGTH 订单编号 orderNo")), (Outcome::Invalid, true), "{out}");
        assert_eq!(swx(&[&golden("CEB621/valid")]).0, Outcome::Valid);
    }
}
