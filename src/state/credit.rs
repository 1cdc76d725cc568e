//! Credit grades of firms (信用管控): a history that tells what held when, and what was known when (R-CRED-01, 03, 04).

use super::cells::{Cells, CellsMut, StateError, after_prefix, decode, load, save};
use super::filing::{Space, key};
use super::keys::Side;
use super::life::{DocState, is_final};
use super::registry::Registry;
use super::requests::{refuse, wrong};
use super::step::Step;
use super::store::Table;
use crate::domain::limits::{OPEN_LISTS_LOOKED_AT_MAX, OPEN_LISTS_MAX, STATEMENTS_MAX};
use crate::domain::{
    Amount, CreditFigures, CreditGrade, DocRef, Event, EventKind, MessageType, Outcome, PartyId, Timestamp, spans,
};
use crate::tables::{Parameter, TableName, Tables};

/// All that was ever filed of a firm's grade, in the order in which it became known.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct CreditHistory {
    #[prost(message, repeated, tag = "1")]
    pub(crate) grades: Vec<CreditGrade>,
}

impl CreditHistory {
    /// The grade filed last about a time, as far as it was known at another.
    pub(crate) fn at(&self, valid_ms: i64, known_ms: i64) -> Option<&CreditGrade> {
        let known = self.grades.iter().filter(|grade| grade.known_ms <= known_ms);
        known.rev().find(|grade| spans(grade.from_ms, grade.to_ms, valid_ms))
    }
}

fn history_key(registry: &Registry, code: &str) -> Vec<u8> {
    let main = registry.of_code(code).map_or(code, |(_, party)| party.code.as_str());
    key(Space::Credit, &[main])
}

/// History of a firm's grade, by any of its codes.
pub(crate) fn history(
    cells: &(impl Cells + ?Sized),
    registry: &Registry,
    code: &str,
) -> Result<CreditHistory, StateError> {
    Ok(load(cells, Table::Filing, &history_key(registry, code))?.unwrap_or_default())
}

/// Key of a firm's grade in the table of grades at a time, as far as it was known at another. It is the default grade if
/// none is filed for it, or the one that is filed does not exist at that time any more.
pub(crate) fn grade_at(
    cells: &(impl Cells + ?Sized),
    registry: &Registry,
    tables: &Tables,
    code: &str,
    valid: Timestamp,
    known: Timestamp,
) -> Result<String, StateError> {
    let history = history(cells, registry, code)?;
    let grade = history.at(valid.0, known.0).map(|grade| grade.grade.clone());
    let grade = grade.filter(|grade| tables.row(TableName::CreditGrades, grade, valid).is_some());
    Ok(grade.unwrap_or_else(|| tables.number(Parameter::DefaultGrade, valid).to_string()))
}

/// One feature by which a firm loses trust, and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trigger {
    /// Permanent name.
    pub(crate) id: &'static str,
    pub(crate) is_met: bool,
    pub(crate) text_zh: String,
    pub(crate) text_en: String,
}

/// Looks at a firm's figures for what makes it lose trust.
///
/// Source: domain.md R-CRED-03 (order 251, as reported `[S:SSOP5]`): smuggling; penalties over 1‰ of last year's
/// documents and fines over 1 M CNY (0.3 M for declarants); tax unpaid for more than 3 months. The figures stand in the
/// table of parameters.
pub(crate) fn triggers(figures: &CreditFigures, tables: &Tables, at: Timestamp) -> Vec<Trigger> {
    let fines = Amount::parse(&figures.fines).unwrap_or_default();
    let fines_name = if figures.is_declarant { Parameter::DishonestFineDeclarant } else { Parameter::DishonestFine };
    let (fines_max, permille) = (tables.amount(fines_name, at), tables.number(Parameter::DishonestPenaltyPerMille, at));
    let days = tables.number(Parameter::DishonestTaxUnpaidDays, at);
    // penalties / documents > permille / 1000, without a division.
    let many = i128::from(figures.penalties).saturating_mul(1000)
        > i128::from(figures.documents).saturating_mul(i128::from(permille));
    let much = fines > fines_max;
    vec![
        Trigger {
            id: "smuggling",
            is_met: figures.smuggling,
            text_zh: "有走私行为".to_owned(),
            text_en: "punished for smuggling".to_owned(),
        },
        Trigger {
            id: "penalties",
            is_met: many && much,
            text_zh: format!(
                "处罚{}次（上年单证{}票的{permille}‰以上）且罚款{fines}元（{fines_max}元以上）",
                figures.penalties, figures.documents
            ),
            text_en: format!(
                "{} penalties (limit {permille}‰ of {} documents) and fines of {fines} yuan (limit {fines_max})",
                figures.penalties, figures.documents
            ),
        },
        Trigger {
            id: "unpaid-tax",
            is_met: i64::from(figures.unpaid_days) > days,
            text_zh: format!("欠缴税款{}日（{days}日以上）", figures.unpaid_days),
            text_en: format!("tax unpaid for {} days (limit {days})", figures.unpaid_days),
        },
    ]
}

/// Files a grade.
pub(super) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    grade: &CreditGrade,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let from_ms = if grade.from_ms == 0 { step.time_ms } else { grade.from_ms };
    let mut faults = Vec::new();
    let mut fault = |path: &str, found: &str, expected: &str, zh: &str, en: &str| {
        faults.push(wrong("R-CRED-01", path, found, expected, zh, en));
    };
    let firm = step.registry.of_code(&grade.code).map(|(id, party)| (id, party.code.clone()));
    if firm.is_none() {
        fault("code", &grade.code, "", "该企业未备案", "no firm with this code is filed");
    }
    if step.tables.row(TableName::CreditGrades, &grade.grade, Timestamp(from_ms)).is_none() {
        let known = grades_at(step.tables, Timestamp(from_ms));
        let (zh, en) = ("该日期没有此信用等级", "there is no such grade at that time");
        fault("grade", &grade.grade, &known.join(" | "), zh, en);
    }
    if grade.to_ms != 0 && grade.to_ms <= from_ms {
        fault("to", "", "", "终止时间须晚于起始时间", "it ends before it begins");
    }
    if grade.reason.trim().is_empty() {
        fault("reason", "", "", "须填写理由", "a reason is needed");
    }
    let mut history = history(step.cells, step.registry, &grade.code)?;
    if history.grades.len() >= STATEMENTS_MAX {
        fault("code", &STATEMENTS_MAX.to_string(), "", "信用等级历史已满", "the history of the grade is full");
    }
    let Some((id, code)) = firm.filter(|_| faults.is_empty()) else {
        refuse(step, outcome, faults);
        return Ok(());
    };
    let before = history.at(from_ms, step.time_ms).map(|grade| grade.grade.clone()).unwrap_or_default();
    history.grades.push(CreditGrade {
        code: code.clone(),
        from_ms,
        position: step.position,
        known_ms: step.time_ms,
        by: step.party,
        ..grade.clone()
    });
    save(step.cells, Table::Filing, &history_key(step.registry, &code), &history);
    let open = open_lists(step.cells, id)?;
    let owners = if step.party == id.0 { vec![id.0] } else { vec![id.0, step.party] };
    let mut event =
        Event { kind: EventKind::CreditChanged as i32, code, info: grade.reason.clone(), owners, ..Event::default() };
    event.note("grade", &*grade.grade);
    event.note("gradeBefore", before);
    event.note("from", Timestamp(from_ms).ceb14());
    if let Some(figures) = &grade.figures {
        for trigger in triggers(figures, step.tables, Timestamp(from_ms)).iter().filter(|trigger| trigger.is_met) {
            event.note("trigger", format!("{}: {} · {}", trigger.id, trigger.text_zh, trigger.text_en));
        }
    }
    event.note("openLists", open.len().to_string());
    event.note("lists", open.iter().map(|at| at.id()).collect::<Vec<_>>().join(" "));
    step.events.push(event);
    Ok(())
}

/// Keys of the grades that there are at a time.
pub(crate) fn grades_at(tables: &Tables, at: Timestamp) -> Vec<String> {
    let rows = tables.rows(TableName::CreditGrades);
    let mut grades: Vec<String> =
        rows.filter(|row| spans(row.from_ms, row.to_ms, at.0)).map(|row| row.key.clone()).collect();
    grades.sort();
    grades.dedup();
    grades
}

/// Lists that a firm has sent and that customs has not finished with, the newest first: those whose sampling the new
/// grade concerns. Only its newest submissions are looked through.
fn open_lists(cells: &impl Cells, firm: PartyId) -> Result<Vec<DocRef>, StateError> {
    let from = firm.0.to_be_bytes();
    let mut open = Vec::new();
    for (row, _) in cells.scan(Table::Sent, &from, &after_prefix(&from), OPEN_LISTS_LOOKED_AT_MAX, true)? {
        let Some(position) = row.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes)) else { continue };
        let first = DocRef { position, ordinal: 0 }.key();
        let end = DocRef { position: position.saturating_add(1), ordinal: 0 }.key();
        for (key, value) in cells.scan(Table::Document, &first, &end, OPEN_LISTS_MAX, false)? {
            let state: DocState = decode(Table::Document, &value)?;
            let is_list = Side::of(MessageType::of_number(state.kind)) == Side::List;
            let is_open = state.is_live() && !is_final(state.status) && state.status != 800;
            if let Some(at) = DocRef::of_key(&key).filter(|_| is_list && is_open) {
                if open.len() >= OPEN_LISTS_MAX {
                    return Ok(open);
                }
                open.push(at);
            }
        }
    }
    Ok(open)
}
