//! Rules on one message alone, after the schema: one file each, in precedence order. Pure.
//!
//! A rule looks at one document (or at the envelope) and says what is wrong, where, and what would be right.
//! Rules that need other documents are in [`crate::state`].

mod r_inv_02;
mod r_inv_03;
mod r_inv_08;
mod r_sch_03;
mod r_sch_04;
mod r_sch_08;
mod r_sch_13;

use crate::domain::{Document, Fault, Field, Fields, Message, MessageType, Value, limits};
use crate::schema::Places;

/// Edition of the rules in force; entries carry it.
pub const EDITION: u32 = 1;

/// One rule.
pub struct Rule {
    /// Permanent id.
    pub id: &'static str,
    /// One sentence: what must hold.
    pub statement: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    check: fn(&mut Findings<'_, '_>),
}

/// All rules, in precedence order.
pub const RULES: &[Rule] =
    &[r_sch_13::RULE, r_sch_03::RULE, r_sch_04::RULE, r_sch_08::RULE, r_inv_02::RULE, r_inv_03::RULE, r_inv_08::RULE];

/// Something a rule found, and in which document (index from 0); `None` for the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Index of the document in the message.
    pub document: Option<usize>,
    /// What is wrong.
    pub fault: Fault,
}

/// Checks a message against all rules. `names` gives the Chinese and English name of a field.
#[must_use]
pub fn check(message: &Message<'_>, text: &str, names: &dyn Fn(Field) -> (String, String)) -> Vec<Finding> {
    let mut findings =
        Findings { message, document: None, rule: "", found: Vec::new(), places: Places::new(text), names };
    for rule in RULES {
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
    names: &'m dyn Fn(Field) -> (String, String),
}

/// A value that breaks a rule.
struct Wrong<'v> {
    field: Field,
    value: &'v Value<'v>,
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
        let kind = self.message.kind;
        let (root, document) = (kind.root_name(), kind.document_name());
        let name = wrong.field.name();
        let path = match (self.document, wrong.line) {
            (None, Some(subscriber)) => format!("/{root}/BaseSubscribe[{}]/{name}", subscriber + 1),
            (None, None) => format!("/{root}/BaseTransfer/{name}"),
            (Some(index), Some(line)) => {
                format!("/{root}/{document}[{}]/{}[{}]/{name}", index + 1, kind.line_name(), line + 1)
            }
            (Some(index), None) if kind.answered().is_some() => format!("/{root}/{document}[{}]/{name}", index + 1),
            (Some(index), None) => format!("/{root}/{document}[{}]/{document}Head/{name}", index + 1),
        };
        let (field_zh, field_en) = (self.names)(wrong.field);
        let fault = Fault {
            place: self.places.at(wrong.value.raw.start),
            path,
            field_zh,
            field_en,
            rule: self.rule,
            message_zh: wrong.message_zh,
            message_en: wrong.message_en,
            found: Some(wrong.value.text.chars().take(limits::FOUND_CHARS_MAX).collect()),
            expected: wrong.expected.to_owned(),
            official: wrong.official,
        };
        self.found.push(Finding { document: self.document, fault });
    }

    /// Notes a field that is there and is none of the values allowed.
    fn must_be_one_of(&mut self, fields: &'m Fields<'a>, field: Field, line: Option<usize>, allowed: &[&str]) {
        let Some(value) = fields.value(field).filter(|value| !allowed.contains(&value.text.as_ref())) else { return };
        let expected = allowed.join(" | ");
        let (zh, en) = (self.names)(field);
        let (zh, en) = (if zh.is_empty() { field.name() } else { &zh }, if en.is_empty() { field.name() } else { &en });
        let official = if self.message.kind == MessageType::Ceb621 { -621_001 } else { 0 };
        self.wrong(Wrong {
            field,
            value,
            line,
            expected: &expected,
            message_zh: format!("{zh}只能是 {expected}"),
            message_en: format!("{en} must be {expected}"),
            official,
        });
    }
}
