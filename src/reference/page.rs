//! One page: what the message is, its fields, the rules that look at it, official codes, a sample.

use super::meaning::Meanings;
use super::xsd::Row;
use crate::domain::{Field, Identity, MessageType, Part, Role, Spec};
use crate::rules::{RULES, Rule};
use crate::sample::{Generator, Mode, Run, Settings};
use std::fmt::Write as _;

/// Appends a line.
macro_rules! line {
    ($out:expr) => { $out.push('\n') };
    ($out:expr, $($text:tt)*) => { writeln!($out, $($text)*).expect("a string takes all text") };
}

/// The page of a type.
pub(super) fn page(spec: &Spec, rows: &[Row], meanings: &Meanings) -> String {
    let number = spec.kind as i32;
    let (zh, en) = spec.title;
    let mut out = String::new();
    line!(out, "# CEB{number} {zh} · {en}\n");
    line!(out, "Root element `{}`, namespace `http://www.chinaport.gov.cn/ceb`, edition 202205.\n", spec.root);
    line!(out, "- Sent by: {}", senders(spec));
    match spec.part {
        Part::Declaration(_) => line!(out, "- Answered by: {}", answer(spec)),
        Part::Receipt(answered) => line!(out, "- Answers: {}", link(answered)),
        Part::Notice => line!(out, "- No receipt: customs sends it on its own account"),
        Part::Failure => line!(out, "- Answers any message that cannot be read, and any that the schema refuses"),
    }
    for identity in spec.identity {
        line!(out, "- One live document for each {}", identity_text(identity));
    }
    if !spec.responsible.is_empty() {
        let fields: Vec<String> = spec.responsible.iter().map(|field| format!("`{}`", field.name())).collect();
        line!(out, "- Parties of a document: {}", fields.join(", "));
    }
    line!(out, "\n## Parts\n");
    parts(&mut out, spec, rows);
    line!(out, "\n## Fields\n");
    line!(out, "In the order of the schema, which is the order in which they must stand. Lengths count characters.\n");
    line!(out, "| field | 名称 | name | type | required | meaning | rules |\n|---|---|---|---|---|---|---|");
    for row in rows.iter().filter(|row| row.is_field) {
        let meaning = meanings.find(&row.path, spec.kind).map_or("", |meaning| &meaning.text);
        let required = if row.is_required() { "yes" } else { "no" };
        let rules: Vec<&str> = rules(spec.kind).filter(|rule| looks_at(rule, &row.path)).map(|rule| rule.id).collect();
        let rules = rules.join(", ");
        line!(out, "| `{}` | {} | {} | {} | {required} | {meaning} | {rules} |", row.path, row.zh, row.en, row.value);
    }
    line!(out, "\n## Rules\n");
    rule_table(&mut out, spec.kind, rows);
    line!(out, "\n## Official codes\n");
    official_codes(&mut out, spec.kind);
    line!(out, "\n## Sample\n");
    sample(&mut out, spec.kind);
    line!(out, "\nSee also: [concepts](../concepts.md), [errors](../errors.md), [all messages](README.md).");
    out
}

/// Who may send a type, in words.
pub(super) fn senders(spec: &Spec) -> String {
    if spec.part == Part::Failure {
        return "the exchange".to_owned();
    }
    let names: Vec<&str> = spec.senders.iter().map(|role| role_name(*role)).collect();
    names.join(", ")
}

/// What answers a type, as a link.
pub(super) fn answer(spec: &Spec) -> String {
    match spec.part {
        Part::Declaration(receipt) => link(receipt),
        Part::Receipt(_) | Part::Notice | Part::Failure => "–".to_owned(),
    }
}

fn link(kind: MessageType) -> String {
    let number = kind as i32;
    format!("[CEB{number}](CEB{number}.md)")
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Platform => "platform 电商平台",
        Role::Seller => "seller 电商企业",
        Role::Payment => "payment institution 支付企业",
        Role::Logistics => "logistics enterprise 物流企业",
        Role::Declarant => "declarant 申报企业",
        Role::Customs => "customs 海关",
        Role::Statistics => "statistics agency 统计机构",
        Role::Operator => "operator of the exchange",
        Role::SiteOperator => "site operator 监管场所经营人",
        Role::Bank => "bank 银行",
        Role::Agency => "agency 监管部门",
        Role::Tax => "tax authority 税务机关",
        Role::Forex => "foreign-exchange authority 外汇管理部门",
        Role::Warehouse => "warehouse 仓储企业",
    }
}

fn identity_text(identity: &Identity) -> String {
    let fields = std::iter::once(&identity.number).chain(identity.further);
    fields.map(|field: &Field| format!("`{}`", field.name())).collect::<Vec<_>>().join(" + ")
}

fn parts(out: &mut String, spec: &Spec, rows: &[Row]) {
    line!(out, "| part | how often |\n|---|---|");
    for row in rows.iter().filter(|row| !row.is_field) {
        line!(out, "| `{}` {} {} | {} |", row.path, row.zh, row.en, row.occurs());
    }
    let signature = rows.iter().find(|row| row.path == "Signature");
    match signature {
        Some(row) if row.is_required() => line!(out, "\nThe schema requires the signature."),
        Some(_) => line!(
            out,
            "\nThe schema does not require the signature; what is declared (appStatus 2) has one nevertheless (R-SCH-09)."
        ),
        None if spec.part == Part::Failure => line!(out, "\nIt has neither `BaseTransfer` nor a signature."),
        None => line!(out, "\nWhat customs sends has neither `BaseTransfer` nor a signature."),
    }
}

fn rules(kind: MessageType) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(move |rule| (rule.kinds)(kind))
}

/// True if a rule looks at the field at a path; subscriptions and extensions are looked at by none.
fn looks_at(rule: &Rule, path: &str) -> bool {
    let leaf = path.rsplit('/').next().unwrap_or_default().trim_start_matches('@');
    let aside = path.starts_with("BaseSubscribe/") || path.starts_with("ExtendMessage/");
    !aside && rule.fields.iter().any(|field| field.name() == leaf)
}

fn rule_table(out: &mut String, kind: MessageType, rows: &[Row]) {
    let rules: Vec<&Rule> = rules(kind).filter(|rule| rows.iter().any(|row| looks_at(rule, &row.path))).collect();
    if rules.is_empty() {
        line!(out, "None beyond the schema.");
        return;
    }
    line!(out, "| rule | what must hold | source |\n|---|---|---|");
    for rule in rules {
        line!(out, "| {} | {} | {} |", rule.id, rule.statement.replace('|', "\\|"), rule.source.replace('|', "\\|"));
    }
}

/// The group of the official code table that speaks of a type; empty for none.
#[expect(clippy::wildcard_enum_match_arm, reason = "the official table knows few types")]
fn code_group(kind: MessageType) -> &'static str {
    match kind.answered().unwrap_or(kind) {
        MessageType::Ceb311 => "order",
        MessageType::Ceb411 => "payment",
        MessageType::Ceb511 => "waybill",
        MessageType::Ceb513 => "waybill status",
        MessageType::Ceb621 => "inventory",
        MessageType::Ceb623 => "cancel",
        MessageType::Ceb625 => "refund",
        MessageType::Ceb711 => "warehouse-in",
        _ => "",
    }
}

fn official_codes(out: &mut String, kind: MessageType) {
    let group = code_group(kind);
    if group.is_empty() {
        line!(out, "The standard lists none for this type.");
        return;
    }
    line!(out, "`[*]` stands for a value.\n\n| code | 说明 | meaning |\n|---|---|---|");
    let table: &[u8] = include_bytes!("../../schemas/codes/error_codes.csv");
    let mut table = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(table);
    let rows = table.deserialize::<(i32, String, String, String)>().filter_map(Result::ok);
    for (code, _, zh, en) in rows.filter(|(_, of, _, _)| of == group) {
        line!(out, "| {code} | {} | {} |", zh.replace('|', "\\|"), en.replace('|', "\\|"));
    }
}

/// The message that `swx gen` makes with these flags, indented.
fn sample(out: &mut String, kind: MessageType) {
    let direct = matches!(kind, MessageType::Ceb711 | MessageType::Ceb712);
    let sales = if crate::sample::speaks_of_many(kind) { 2 } else { 1 };
    let mode = if direct { Mode::Direct } else { Mode::Bonded };
    let generator = Generator::new(1, Settings { mode, ..Settings::default() });
    let mut xml = String::new();
    Run::new(&generator, 0..sales, 100).write(&mut xml, kind, 1);
    let flag = if direct { " --mode 9610" } else { "" };
    let command = format!("swx gen --kind CEB{} --lists {sales}{flag} --out sample", kind as i32);
    line!(
        out,
        "Made up by `{command}`, indented here. Names and numbers are invented; a signature verifies for nobody.\n"
    );
    line!(out, "```xml\n{}\n```", indented(&xml));
}

/// The message with an element on a line.
fn indented(xml: &str) -> String {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().trim_text(true);
    let mut writer = quick_xml::Writer::new_with_indent(Vec::new(), b' ', 2);
    while let Ok(event) = reader.read_event() {
        if matches!(event, quick_xml::events::Event::Eof) || writer.write_event(event).is_err() {
            break;
        }
    }
    String::from_utf8(writer.into_inner()).unwrap_or_default()
}
