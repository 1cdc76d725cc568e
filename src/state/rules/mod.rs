//! Rules that need more than one message to be judged: the state, the filings, the dated tables. One file each.
//!
//! A rule sees a document that is about to be taken and says what is wrong with it; all of them are asked, so that a
//! refusal names every reason at once. What follows from a document that is taken is in [`super::clearance`].

mod list;
mod r_exp_01;
mod r_exp_02;
mod r_exp_03;
mod r_exp_05;
mod r_exp_06;
mod r_exp_08;
mod r_exp_09;
mod r_ret_01;
mod r_ret_02;
mod r_ret_03;
mod r_ret_04;
mod r_ret_05;
mod r_ret_06;
mod r_st_06;
mod r_ent_03;
mod r_ent_06;
mod r_id_04;
mod r_limit_01;
mod r_limit_02;
mod r_limit_05;
mod r_list_01;
mod r_prd_01;
mod r_prd_02;
mod r_tax_06;
mod r_trace_03;

use super::cells::{Cells, StateError};
use super::facts::Facts;
use super::registry::Registry;
use crate::domain::{Amount, DocRef, Field, MessageType, Rejection, Timestamp};
use crate::tables::Tables;

/// One rule on a document that is about to be taken.
pub(super) struct StateRule {
    /// Permanent id.
    pub id: &'static str,
    /// True for the message types that it looks at.
    pub kinds: fn(MessageType) -> bool,
    /// True if it looks at nothing but the firms that a document names, its sender and the time.
    pub is_of_firms: bool,
    pub check: fn(&View<'_>, &mut Refusals) -> Result<(), StateError>,
}

/// All rules, in precedence order.
pub(super) const RULES: &[StateRule] = &[
    r_st_06::RULE,
    r_ret_04::RULE,
    r_ret_01::RULE,
    r_ret_02::RULE,
    r_ret_03::RULE,
    r_ret_05::RULE,
    r_ret_06::RULE,
    r_exp_01::RULE,
    r_exp_02::RULE,
    r_exp_03::RULE,
    r_exp_05::RULE,
    r_exp_06::RULE,
    r_exp_08::RULE,
    r_exp_09::RULE,
    r_ent_03::RULE,
    r_ent_06::RULE,
    r_prd_01::RULE,
    r_prd_02::RULE,
    r_list_01::RULE,
    r_limit_01::RULE,
    r_limit_02::RULE,
    r_limit_05::RULE,
    r_tax_06::RULE,
    r_id_04::RULE,
    r_trace_03::RULE,
];

/// What a rule sees.
pub(super) struct View<'a> {
    pub cells: &'a dyn Cells,
    pub registry: &'a Registry,
    pub tables: &'a Tables,
    /// Time of the entry.
    pub now: Timestamp,
    /// Party that sends the document; for what a relay sends, its mandator.
    pub sender: u32,
    pub kind: MessageType,
    pub facts: &'a Facts,
    /// The document that this one changes or completes, if there is one: what it holds is set free.
    pub incumbent: Option<DocRef>,
    /// Dutiable value of a list of imports; 0 for everything else.
    pub value: Amount,
}

/// The firms that the last document named and no rule found fault with. The documents of a message mostly name the same
/// ones: they are judged once.
#[derive(Debug, Default)]
pub(super) struct SoundFirms(Vec<(Field, String)>);

impl SoundFirms {
    fn are_of(&self, view: &View<'_>) -> bool {
        let named = r_ent_03::named(view).map(|(field, _, _, _, code)| (field, code));
        !self.0.is_empty() && named.eq(self.0.iter().map(|(field, code)| (*field, code.as_str())))
    }

    fn note(&mut self, view: &View<'_>) {
        self.0 = r_ent_03::named(view).map(|(field, _, _, _, code)| (field, code.to_owned())).collect();
    }
}

/// A value that breaks a rule.
pub(super) struct Wrong<'a> {
    pub field: Field,
    /// Index of the line, from 0; `None` for the head.
    pub line: Option<usize>,
    /// What stood there; never personal.
    pub found: &'a str,
    /// What would be right.
    pub expected: &'a str,
    /// Official negative code; 0 if the table has none.
    pub official: i32,
    pub message_zh: String,
    pub message_en: String,
}

/// Where rules put what they find.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    rule: &'static str,
    found: Vec<Rejection>,
}

impl Refusals {
    /// Notes that a value breaks the rule. Its path is put together by who refuses the document.
    pub(super) fn wrong(&mut self, wrong: Wrong<'_>) {
        let name = wrong.field.name();
        self.found.push(Rejection {
            rule: self.rule.to_owned(),
            official: wrong.official,
            path: wrong.line.map_or_else(|| name.to_owned(), |line| format!("[{}]/{name}", line + 1)),
            message_zh: wrong.message_zh,
            message_en: wrong.message_en,
            found: (!wrong.found.is_empty()).then(|| wrong.found.to_owned()),
            expected: wrong.expected.to_owned(),
            ..Rejection::default()
        });
    }
}

impl Refusals {
    /// True if nothing was found wrong so far.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

/// Asks every rule of a document's type; all reasons why it is refused, none if it is taken. The firms are those of the
/// same entry.
pub(super) fn judge(view: &View<'_>, firms: &mut SoundFirms) -> Result<Vec<Rejection>, StateError> {
    let mut refusals = Refusals::default();
    let are_sound = firms.are_of(view);
    for rule in RULES.iter().filter(|rule| (rule.kinds)(view.kind) && !(are_sound && rule.is_of_firms)) {
        refusals.rule = rule.id;
        (rule.check)(view, &mut refusals)?;
    }
    if !are_sound && !refusals.found.iter().any(|found| is_of_firms(&found.rule)) {
        firms.note(view);
    }
    Ok(refusals.found)
}

fn is_of_firms(id: &str) -> bool {
    RULES.iter().any(|rule| rule.is_of_firms && rule.id == id)
}
