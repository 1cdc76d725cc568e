//! Rules on one message alone, after the schema: one file each, in precedence order. Pure.
//!
//! A rule looks at one document (or at the envelope) and says what is wrong, where, and what would be right.
//! Rules that need other documents are in [`crate::state`].

mod advice;
pub mod catalogue;
mod code_list;
mod r_cod;
mod r_inv_01;
mod r_inv_02;
mod r_inv_03;
mod r_inv_04;
mod r_inv_05;
mod r_inv_06;
mod r_inv_07;
mod r_inv_08;
mod r_inv_09;
mod r_inv_10;
mod r_inv_14;
mod r_inv_15;
mod r_inv_16;
mod r_inv_17;
mod r_sch_03;
mod r_sch_04;
mod r_sch_08;
mod r_sch_13;
mod r_sch_15;
mod r_sch_16;
mod r_st_06;

pub use advice::advise;

use crate::domain::{Document, Fault, Field, Fields, Message, MessageType, Part, Timestamp, Value, limits};
use crate::schema::Places;
use crate::tables::{Parameter, Tables};
use std::sync::LazyLock;

/// One rule.
pub struct Rule {
    /// Permanent id.
    pub id: &'static str,
    /// One sentence: what must hold.
    pub statement: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// True for the message types that it looks at.
    pub kinds: fn(MessageType) -> bool,
    /// The fields that it looks at.
    pub fields: &'static [Field],
    check: fn(&mut Findings<'_, '_>),
}

/// All rules, in precedence order.
pub const RULES: &[Rule] = &[
    r_sch_13::RULE,
    r_sch_03::RULE,
    r_sch_04::RULE,
    r_sch_08::RULE,
    r_sch_15::RULE,
    r_sch_16::RULE,
    r_cod::CURRENCY,
    r_cod::COUNTRY,
    r_cod::UNIT,
    r_cod::CUSTOMS_OFFICE,
    r_cod::TRANSPORT_MODE,
    r_inv_01::RULE,
    r_inv_02::RULE,
    r_inv_03::RULE,
    r_inv_04::RULE,
    r_inv_05::RULE,
    r_inv_06::RULE,
    r_inv_07::RULE,
    r_inv_08::RULE,
    r_inv_09::RULE,
    r_inv_10::RULE,
    r_inv_14::RULE,
    r_inv_15::RULE,
    r_inv_16::RULE,
    r_inv_17::RULE,
    r_st_06::RULE,
];

/// Any message that a party sends.
fn declarations(kind: MessageType) -> bool {
    matches!(kind.spec().map(|spec| spec.part), Some(Part::Declaration(_)))
}

/// Something a rule found, and in which document (index from 0); `None` for the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Index of the document in the message.
    pub document: Option<usize>,
    /// What is wrong.
    pub fault: Fault,
}

/// The dated tables that rules read, and the time by which they are read.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'t> {
    /// The tables.
    pub tables: &'t Tables,
    /// The time.
    pub at: Timestamp,
}

impl Figures<'static> {
    /// What the program ships, as it holds without an end.
    #[must_use]
    pub fn shipped() -> Figures<'static> {
        static SHIPPED: LazyLock<Tables> = LazyLock::new(Tables::shipped);
        Figures { tables: &SHIPPED, at: Timestamp(i64::MAX) }
    }
}

/// Parameters that the rules on one message read. A change of one of them is a new edition of the rules.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::BuyerIdTypes,
    Parameter::ImportCurrencies,
    Parameter::ImportPackNo,
    Parameter::ImportTradeModes,
    Parameter::ExportTradeModes,
    Parameter::ExportReturnModes,
    Parameter::PriceTolerance,
    Parameter::SignOffStatuses,
];

/// Checks a message against all rules. `names` gives the Chinese and English name of the element at a path of
/// local names, as `CEB621Message/Inventory/InventoryHead/orderNo`; both empty if it has none.
#[must_use]
pub fn check(
    message: &Message<'_>,
    text: &str,
    figures: Figures<'_>,
    names: &dyn Fn(&str) -> (String, String),
) -> Vec<Finding> {
    let mut findings =
        Findings { message, document: None, rule: "", found: Vec::new(), places: Places::new(text), figures, names };
    for rule in RULES.iter().filter(|rule| (rule.kinds)(message.kind)) {
        findings.rule = rule.id;
        findings.document = None;
        (rule.check)(&mut findings);
    }
    let mut found = findings.found;
    found.sort_by_key(|finding| finding.fault.place.offset);
    found
}

/// What a rule sees, and where it puts what it finds.
struct Findings<'m, 'a> {
    message: &'m Message<'a>,
    document: Option<usize>,
    rule: &'static str,
    found: Vec<Finding>,
    places: Places<'m>,
    figures: Figures<'m>,
    names: &'m dyn Fn(&str) -> (String, String),
}

/// A value that breaks a rule; no value where one must be.
struct Wrong<'v> {
    field: Field,
    value: Option<&'v Value<'v>>,
    /// Line index from 0 if it stands in a line; index of the BaseSubscribe if it stands in no document.
    line: Option<usize>,
    expected: &'v str,
    message_zh: String,
    message_en: String,
    official: i32,
}

impl<'m, 'a> Findings<'m, 'a> {
    /// Runs `look` for every document of a declaration.
    fn each_document(&mut self, mut look: impl FnMut(&mut Self, MessageType, &'m Document<'a>)) {
        let message = self.message;
        for (index, document) in message.documents.iter().enumerate() {
            self.document = Some(index);
            look(self, message.kind, document);
        }
        self.document = None;
    }

    /// Notes a value that breaks the rule.
    fn wrong(&mut self, wrong: Wrong<'_>) {
        let path = self.path(wrong.field, wrong.line);
        let (field_zh, field_en) = (self.names)(&names_only(&path));
        let fault = Fault {
            place: self.places.at(wrong.value.map_or_else(|| self.begin(wrong.line), |value| value.raw.start)),
            path,
            field_zh,
            field_en,
            rule: self.rule,
            message_zh: wrong.message_zh,
            message_en: wrong.message_en,
            found: wrong.value.map(|value| value.text.chars().take(limits::FOUND_CHARS_MAX).collect()),
            expected: wrong.expected.to_owned(),
            official: wrong.official,
        };
        self.found.push(Finding { document: self.document, fault });
    }

    /// Where the document, or one of its lines, begins.
    fn begin(&self, line: Option<usize>) -> usize {
        let Some(document) = self.document.and_then(|index| self.message.documents.get(index)) else { return 0 };
        let line = line.and_then(|line| document.lines.get(line)).and_then(|line| line.0.first());
        line.map_or(document.span.start, |(_, value)| value.raw.start)
    }

    /// Path of a field of the document, or of the envelope.
    fn path(&self, field: Field, line: Option<usize>) -> String {
        let (kind, name) = (self.message.kind, field.name());
        let root = kind.root_name();
        match (self.document, line) {
            (None, Some(subscriber)) => format!("/{root}/BaseSubscribe[{}]/{name}", subscriber + 1),
            (None, None) => format!("/{root}/BaseTransfer/{name}"),
            (Some(index), Some(line)) => {
                format!("{}/{}[{}]/{name}", kind.document_path(index + 1), kind.line_name(), line + 1)
            }
            (Some(index), None) => kind.head_path(index + 1, name),
        }
    }

    /// Chinese and English name of a field; its official name where the schema has none.
    fn label(&self, field: Field, line: Option<usize>) -> (String, String) {
        let (zh, en) = (self.names)(&names_only(&self.path(field, line)));
        let or_name = |name: String| if name.is_empty() { field.name().to_owned() } else { name };
        (or_name(zh), or_name(en))
    }

    /// The official code for a value that breaks a rule of a list; 0 for other types.
    fn official(&self) -> i32 {
        if self.message.kind == MessageType::Ceb621 { -621_001 } else { 0 }
    }

    /// Notes a value that is there and breaks the rule; `zh` and `en` follow the name of the field.
    fn breaks(&mut self, field: Field, value: &Value<'_>, line: Option<usize>, expected: &str, zh: &str, en: &str) {
        let (name_zh, name_en) = self.label(field, line);
        let (message_zh, message_en) = (format!("{name_zh}{zh}"), format!("{name_en} {en}"));
        let official = self.official();
        self.wrong(Wrong { field, value: Some(value), line, expected, message_zh, message_en, official });
    }

    /// Notes a field without a value; `zh` and `en` say when it must have one.
    fn lacks(&mut self, field: Field, line: Option<usize>, zh: &str, en: &str) {
        let (name_zh, name_en) = self.label(field, line);
        let (message_zh, message_en) = (format!("{zh}，{name_zh}必填"), format!("{name_en} is required {en}"));
        let official = self.official();
        self.wrong(Wrong { field, value: None, line, expected: "", message_zh, message_en, official });
    }

    /// Notes a field that is there, is not empty and is none of the values allowed.
    fn must_be_one_of(&mut self, fields: &'m Fields<'a>, field: Field, line: Option<usize>, allowed: &[&str]) {
        let Some(value) = fields.given(field).filter(|value| !allowed.contains(&value.text.as_ref())) else { return };
        let expected = allowed.join(" | ");
        self.breaks(field, value, line, &expected, &format!("只能是 {expected}"), &format!("must be {expected}"));
    }

    /// The same with the parts of a parameter.
    fn must_be_listed(&mut self, fields: &'m Fields<'a>, field: Field, line: Option<usize>, list: Parameter) {
        let Figures { tables, at } = self.figures;
        let allowed: Vec<&str> = tables.list(list, at).collect();
        self.must_be_one_of(fields, field, line, &allowed);
    }
}

/// A path without its indexes and its first slash.
pub(crate) fn names_only(path: &str) -> String {
    let steps = path.trim_start_matches('/').split('/').map(|step| step.split('[').next().unwrap_or_default());
    steps.collect::<Vec<_>>().join("/")
}
