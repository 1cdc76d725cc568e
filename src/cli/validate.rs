//! `swx validate`: checks message files offline and says what is wrong with them.
//!
//! Exit codes: 0 all valid; 1 something is invalid, be it a message or, with `--schema` and no file, the
//! schema; 2 the work could not be done (a file cannot be read, or the schema needed for messages is bad).

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use crate::domain::{Fault, limits};
use crate::schema::{self, NoSink, Resolver, SchemaSet, decode};

/// Arguments of `swx validate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Check structure and values only, not the business rules
    #[arg(long)]
    pub schema_only: bool,
    /// Check against this schema instead of the built-in ones; alone, check the schema itself
    #[arg(long, value_name = "FILE.xsd")]
    pub schema: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Message files; `-` is the standard input
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    pub files: Vec<PathBuf>,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: each fault with its line and a mark under its place.
    Text,
    /// For programs: one JSON object per file and line.
    Json,
}

/// Schema files that are part of the program.
#[derive(Debug, Clone, Copy)]
pub struct Builtin<'a> {
    /// Name of the edition, as `202205`.
    pub edition: &'a str,
    /// Names and contents.
    pub files: &'a [(&'a str, &'a [u8])],
}

/// Checks beyond the schema, made on texts that fit it.
pub type Further<'a> = &'a dyn Fn(&str) -> Vec<Fault>;

/// A compiled schema and the name of its edition.
struct Edition {
    set: SchemaSet,
    name: String,
}

/// How the work ended; the order is that of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Valid = 0,
    Invalid = 1,
    CouldNotRun = 2,
}

/// Runs the command with the schemas and rules that the program carries.
#[must_use]
pub fn run_carried(args: &Args) -> ExitCode {
    let edition = std::sync::OnceLock::new();
    let rules = |text: &str| edition.get_or_init(crate::intake::Edition::carried).rule_faults(text);
    run(args, Builtin { edition: schema::EDITION, files: schema::FILES }, &rules)
}

/// Compiles built-in schema files, all of them as roots.
///
/// # Errors
/// Every mistake found in them.
pub fn builtin(files: &[(&str, &[u8])]) -> Result<SchemaSet, Vec<schema::Error>> {
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    SchemaSet::compile(files, &names)
}

/// Runs the command on the standard streams.
#[must_use]
pub fn run(args: &Args, own: Builtin<'_>, further: Further<'_>) -> ExitCode {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let (mut out, mut err) = (io::BufWriter::new(stdout.lock()), stderr.lock());
    let outcome = execute(args, own, further, &mut out, &mut err).and_then(|outcome| out.flush().map(|()| outcome));
    // A reader that went away, as `head` does, is no reason to complain.
    match outcome {
        Ok(Outcome::Valid) => ExitCode::SUCCESS,
        Ok(Outcome::Invalid) => ExitCode::from(1),
        Ok(Outcome::CouldNotRun) | Err(_) => ExitCode::from(2),
    }
}

fn execute(
    args: &Args,
    own: Builtin<'_>,
    further: Further<'_>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Outcome> {
    let compiled = match &args.schema {
        Some(path) => match compile_file(path) {
            Ok(result) => result,
            Err(error) => {
                writeln!(err, "{}: {error}", path.display())?;
                return Ok(Outcome::CouldNotRun);
            }
        },
        None => builtin(own.files).map(|set| Edition { set, name: own.edition.to_owned() }),
    };
    let edition = match compiled {
        Ok(edition) => edition,
        Err(errors) => {
            for error in &errors {
                let (file, line, column) = (&error.file, error.line, error.column);
                writeln!(out, "{file}:{line}:{column} {}\n  {}", error.message_zh, error.message_en)?;
            }
            return Ok(if args.files.is_empty() { Outcome::Invalid } else { Outcome::CouldNotRun });
        }
    };
    let mut worst = Outcome::Valid;
    for path in &args.files {
        let outcome = match read(path) {
            Ok(bytes) => check(args, &edition, further, path, &bytes, out)?,
            Err(error) => {
                writeln!(err, "{}: {error}", path.display())?;
                Outcome::CouldNotRun
            }
        };
        worst = worst.max(outcome);
    }
    if args.files.is_empty() {
        writeln!(out, "{} elements, valid · 模式合格", edition.set.element_count())?;
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

fn compile_file(path: &Path) -> io::Result<Result<Edition, Vec<schema::Error>>> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_owned();
    Ok(compile_at(path)?.map(|set| Edition { set, name }))
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

/// One file, as JSON has it.
#[derive(Serialize)]
struct FileResult<'a> {
    file: String,
    valid: bool,
    message_type: Option<&'a str>,
    edition: &'a str,
    faults_total: usize,
    faults: Vec<FaultResult<'a>>,
}

/// One fault, as JSON has it.
#[derive(Serialize)]
struct FaultResult<'a> {
    line: u32,
    column: u32,
    path: &'a str,
    field: &'a str,
    rule: &'a str,
    message_zh: &'a str,
    message_en: &'a str,
    found: Option<&'a str>,
    expected: &'a str,
}

fn check(
    args: &Args,
    edition: &Edition,
    further: Further<'_>,
    path: &Path,
    bytes: &[u8],
    out: &mut dyn Write,
) -> io::Result<Outcome> {
    let (text, root, faults, total) = match decode(bytes) {
        Err(fault) => (String::from_utf8_lossy(bytes), None, vec![*fault], 1),
        Ok(text) => {
            let report = edition.set.validate(&text, &mut NoSink);
            let (mut faults, mut total) = (report.faults, report.faults_total);
            if total == 0 && !args.schema_only {
                faults = further(&text);
                total = faults.len();
            }
            (text, report.root, faults, total)
        }
    };
    let message_type = root.as_ref().map(|(_, local)| local.strip_suffix("Message").unwrap_or(local));
    let file = path.display().to_string();
    match args.format {
        Format::Json => {
            let faults = faults.iter().map(|fault| FaultResult {
                line: fault.place.line,
                column: fault.place.column,
                path: &fault.path,
                field: if fault.field_zh.is_empty() { &fault.field_en } else { &fault.field_zh },
                rule: fault.rule,
                message_zh: &fault.message_zh,
                message_en: &fault.message_en,
                found: fault.found.as_deref(),
                expected: &fault.expected,
            });
            let faults = faults.collect();
            let valid = total == 0;
            let result = FileResult { file, valid, message_type, edition: &edition.name, faults_total: total, faults };
            serde_json::to_writer(&mut *out, &result)?;
            writeln!(out)?;
        }
        Format::Text => {
            for fault in &faults {
                print_fault(&file, &text, fault, out)?;
            }
            let kind = message_type.unwrap_or("?");
            if total == 0 {
                writeln!(out, "{file}: valid · 合格 ({kind}, {})", edition.name)?;
            } else {
                let hidden = total.saturating_sub(faults.len());
                let more = if hidden > 0 { format!(", {hidden} not shown · 未列出") } else { String::new() };
                writeln!(out, "{file}: {total} faults · 处错误 ({kind}, {}{more})", edition.name)?;
            }
        }
    }
    Ok(if total == 0 { Outcome::Valid } else { Outcome::Invalid })
}

fn print_fault(file: &str, text: &str, fault: &Fault, out: &mut dyn Write) -> io::Result<()> {
    let place = fault.place;
    let field = match (fault.field_zh.as_str(), fault.path.rsplit('/').next().unwrap_or("")) {
        ("", tag) => tag.to_owned(),
        (name, tag) => format!("{name} {tag}"),
    };
    writeln!(out, "{file}:{}:{} {} {field}", place.line, place.column, fault.rule)?;
    writeln!(out, "  {}", printable(&fault.message_zh))?;
    writeln!(out, "  {}", printable(&fault.message_en))?;
    if let Some(found) = &fault.found {
        writeln!(out, "  found · 实际: {}", printable(found))?;
    }
    if !fault.expected.is_empty() {
        writeln!(out, "  expected · 应为: {}", printable(&fault.expected))?;
    }
    let offset = usize::try_from(place.offset).unwrap_or(usize::MAX);
    if let Some((line, indent)) = excerpt(text, offset) {
        writeln!(out, "  | {line}\n  | {}^", " ".repeat(indent))?;
    }
    writeln!(out)
}

/// Terminal cells shown before and after a place.
const BEFORE_CELLS_MAX: usize = 50;
const AFTER_CELLS_MAX: usize = 40;

/// The line around a place, cut to fit a terminal, and the cells before the place.
fn excerpt(text: &str, offset: usize) -> Option<(String, usize)> {
    let (before, after) = text.split_at_checked(offset)?;
    let before = before.rsplit(['\n', '\r']).next().unwrap_or("");
    let after = after.split(['\n', '\r']).next().unwrap_or("");
    let mut head: Vec<char> = Vec::new();
    let mut indent = 0;
    let mut cut = false;
    for c in before.chars().rev() {
        if indent + cells(c) > BEFORE_CELLS_MAX {
            cut = true;
            break;
        }
        indent += cells(c);
        head.push(visible(c));
    }
    let mut line = String::new();
    if cut {
        line.push('…');
        indent += 1;
    }
    line.extend(head.iter().rev());
    let mut width = 0;
    for c in after.chars() {
        width += cells(c);
        if width > AFTER_CELLS_MAX {
            line.push('…');
            break;
        }
        line.push(visible(c));
    }
    Some((line, indent))
}

/// Keeps control characters of a message away from the terminal.
fn visible(c: char) -> char {
    if c == '\t' {
        ' '
    } else if c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    {
        '\u{FFFD}'
    } else {
        c
    }
}

fn printable(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// Cells a character takes on a terminal: two for East Asian wide ones, none for combining marks.
fn cells(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
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
        let files: [(&str, &[u8]); 1] = [("t1.xsd", SCHEMA.as_bytes())];
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let own = Builtin { edition: "test", files: &files };
        let outcome = execute(&args, own, &|_| Vec::new(), &mut out, &mut err).unwrap();
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
        let (outcome, out, _) = swx(&[&good]);
        assert_eq!(outcome, Outcome::Valid);
        assert_eq!(out, format!("{good}: valid · 合格 (T1, test)\n"));
    }

    #[test]
    fn a_fault_is_marked_under_its_place_in_cells() {
        let folder = tempfile::tempdir().unwrap();
        let bad = file(&folder, "bad.xml", "<T1Message>\n<!--订单--><orderNo>订单编号</orderNo></T1Message>");
        let (outcome, out, _) = swx(&[&bad]);
        assert_eq!(outcome, Outcome::Invalid);
        let mark = " ".repeat(20);
        let expected = format!(
            "{bad}:2:19 XSD-LENGTH 订单编号 orderNo\n  订单编号超长：4 个字符，最多 3\n  orderNo is too long: 4 characters, at most 3\n\
             \u{20} found · 实际: 订单编号\n  expected · 应为: ..3\n  | <!--订单--><orderNo>订单编号</orderNo></T1Message>\n  | {mark}^\n\n\
             {bad}: 1 faults · 处错误 (T1, test)\n"
        );
        assert_eq!(out, expected);
    }

    #[test]
    fn json_is_one_object_per_file() {
        let folder = tempfile::tempdir().unwrap();
        let good = file(&folder, "good.xml", "<T1Message><orderNo>123</orderNo></T1Message>");
        let bad = file(&folder, "bad.xml", "<T1Message><orderNo>1234</orderNo></T1Message>");
        let (outcome, out, _) = swx(&["--format", "json", &good, &bad]);
        assert_eq!(outcome, Outcome::Invalid);
        let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["valid"], true);
        assert_eq!(lines[1]["faults"][0]["rule"], "XSD-LENGTH");
        assert_eq!(lines[1]["faults"][0]["path"], "/T1Message/orderNo");
        assert_eq!(lines[1]["faults"][0]["column"], 21);
        assert_eq!((&lines[1]["message_type"], &lines[1]["edition"]), (&"T1".into(), &"test".into()));
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
        let (outcome, _, err) = swx(&[&gone, &good]);
        assert_eq!(outcome, Outcome::CouldNotRun);
        assert!(err.starts_with(&gone));
    }

    #[test]
    fn further_checks_run_only_on_texts_that_fit_and_unless_switched_off() {
        let folder = tempfile::tempdir().unwrap();
        let good = file(&folder, "good.xml", "<T1Message><orderNo>123</orderNo></T1Message>");
        let fault = schema::decode(b"\xFF").unwrap_err();
        let run = |words: &[&str]| {
            let args = Line::parse_from(std::iter::once("validate").chain(words.iter().copied())).args;
            let files: [(&str, &[u8]); 1] = [("t1.xsd", SCHEMA.as_bytes())];
            let own = Builtin { edition: "test", files: &files };
            execute(&args, own, &|_| vec![(*fault).clone()], &mut Vec::new(), &mut Vec::new()).unwrap()
        };
        assert_eq!(run(&[&good]), Outcome::Invalid);
        assert_eq!(run(&["--schema-only", &good]), Outcome::Valid);
    }

    #[test]
    fn long_lines_are_cut_and_controls_kept_from_the_terminal() {
        let text = format!("{}\u{1b}[31m<x>{}", "订".repeat(100), "a".repeat(100));
        let offset = text.find("<x>").unwrap();
        let (line, indent) = excerpt(&text, offset).unwrap();
        assert!(line.starts_with('…') && line.ends_with('…') && !line.contains('\u{1b}'));
        let before: usize = line.chars().take_while(|c| *c != '<').map(cells).sum();
        assert_eq!(before, indent);
    }
}
