//! R-RISK-01 and R-RISK-03: an inspection ends with a coded result, an officer, a time, a finding and a reference to the
//! evidence; it is kept with its history and linked to customs' decision. Customs' decision stands even if there is no
//! result: then an alert does.
//!
//! Source: domain.md §8, R-RISK-01, R-RISK-03, mark D.
//! Passing: `800, G-0017, 2026-05-01 12:00, CONFORMING, REC-1`. Failing: `900`, or no officer, or a time to come.

use super::super::super::cells::{CellsMut, StateError, load, save};
use super::super::super::facts::Facts;
use super::super::super::requests::{refuse, wrong};
use super::super::super::step::Step;
use super::super::super::store::Table;
use super::super::Moved;
use super::draws::Inspection;
use super::entry::{InspectionResult, StockDifference};
use super::{Space, key};
use crate::domain::limits::{FINDING_CHARS_MAX, INSPECTION_RESULTS_MAX, REPEATED_MAX, TOKEN_CHARS_MAX};
use crate::domain::{Amount, DocRef, Event, EventKind, MessageType, Outcome, PartyId, Rejection, Role, status};

/// Status of a released list.
pub(super) const RELEASED: i32 = 800;

/// What an inspection may end with (R-RISK-03).
const RESULTS: [i32; 7] = [800, 700, 100, 501, 502, 503, 599];

/// Findings by code.
pub(super) const FINDINGS: [(&str, &str, &str); 9] = [
    ("CONFORMING", "相符", "as declared"),
    ("NAME", "品名不符", "other goods"),
    ("QUANTITY", "数量不符", "another quantity"),
    ("VALUE", "价格不符", "another value"),
    ("CODE", "归类不符", "another commodity code"),
    ("ORIGIN", "原产地不符", "another origin"),
    ("PROHIBITED", "禁限物品", "prohibited or restricted goods"),
    ("QUALITY", "质量安全不合格", "unsafe or of bad quality"),
    ("OTHER", "其他", "something else"),
];

fn fault(path: &str, found: &str, expected: &str, zh: &str, en: &str) -> Rejection {
    wrong("R-RISK-03", path, found, expected, zh, en)
}

impl<C: CellsMut> Step<'_, C> {
    /// Records the result of an inspection of customs or an agency.
    pub(super) fn record_result(&mut self, given: &InspectionResult, outcome: &mut Outcome) -> Result<(), StateError> {
        let Some((at, mut state, facts)) = self.list_named(&given.list)? else {
            let (zh, en) = ("系统中不存在该清单", "no list of that number is here");
            refuse(self, outcome, vec![fault("list", &given.list, "", zh, en)]);
            return Ok(());
        };
        let row = key(Space::Inspection, &[&at.key()]);
        let mut inspection: Inspection = load(self.cells, Table::Risk, &row)?.unwrap_or_default();
        let mut faults = self.judge_result(given, &facts.keys.customs_code);
        if state.status < status::STORED {
            let (zh, en) = ("清单尚未入库，不能查验", "the list is not stored yet: there is nothing to inspect");
            faults.push(fault("list", &state.status.to_string(), "120 or later", zh, en));
        }
        if inspection.results.len() >= INSPECTION_RESULTS_MAX {
            let (zh, en) = ("查验结果过多", "the list has too many results");
            faults.push(fault("list", &inspection.results.len().to_string(), "", zh, en));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        let mut result = given.clone();
        (result.by, result.position) = (self.party, self.position);
        (result.decision, result.decided) = (0, 0);
        inspection.results.push(result);
        let number = inspection.results.len();
        save(self.cells, Table::Risk, &row, &inspection);
        state.touch(self.position);
        self.save_doc_state(at, &state);
        let mut event = self.event(EventKind::Inspected, at, &state, &facts)?;
        // Agencies that it is offered to are told, too.
        for code in &given.offered_to {
            if let Some((id, _)) = self.registry.of_code(code)
                && !event.owners.contains(&id.0)
            {
                event.owners.push(id.0);
            }
        }
        let event = event
            .with("result", number.to_string())
            .with("resultStatus", given.status.to_string())
            .with("inspector", given.inspector.clone())
            .with("finding", given.finding.clone())
            .with("evidence", given.evidence.clone());
        self.events.push(event);
        Ok(())
    }

    fn judge_result(&self, given: &InspectionResult, office: &str) -> Vec<Rejection> {
        let mut faults = Vec::new();
        let is_agency = self.registry.party(PartyId(self.party)).is_some_and(|party| party.has_role(Role::Agency));
        if !is_agency && !self.is_customs_of(office) {
            let (zh, en) = ("非本关区清单", "the list belongs to another customs office");
            faults.push(fault("list", office, "an office of the caller", zh, en));
        }
        if !RESULTS.contains(&given.status) {
            let (zh, en) = ("查验结果代码无效", "this is no result of an inspection");
            faults.push(fault("status", &given.status.to_string(), "800, 700, 100, 501, 502, 503, 599", zh, en));
        }
        for (path, value) in [("inspector", &given.inspector), ("evidence", &given.evidence)] {
            if value.is_empty() || value.chars().count() > TOKEN_CHARS_MAX {
                let (zh, en) = ("查验关员和证据编号均须填写", "officer and evidence must be given");
                faults.push(fault(path, value, "1 to 256 characters", zh, en));
            }
        }
        if !FINDINGS.iter().any(|(code, ..)| *code == given.finding) {
            let expected = FINDINGS.map(|(code, ..)| code).join(", ");
            let (zh, en) = ("查验发现代码无效", "this is no code of a finding");
            faults.push(fault("finding", &given.finding, &expected, zh, en));
        }
        if given.time_ms <= 0 || given.time_ms > self.time_ms {
            let (zh, en) = ("查验时间须早于记录时间", "an inspection is over when it is recorded");
            faults.push(fault("time", &given.time_ms.to_string(), &format!("up to {}", self.time_ms), zh, en));
        }
        if given.text.chars().count() > FINDING_CHARS_MAX || given.offered_to.len() > REPEATED_MAX {
            let (zh, en) = ("说明过长或接收部门过多", "the text is too long or offered to too many");
            faults.push(fault("text", "", "at most 1000 characters, 100 agencies", zh, en));
        }
        for code in &given.offered_to {
            let known = self.registry.of_code(code).is_some_and(|(_, party)| party.has_role(Role::Agency));
            if !known && !self.registry.of_code(code).is_some_and(|(_, party)| party.has_role(Role::Customs)) {
                let (zh, en) = ("接收方不是监管部门", "this is no agency");
                faults.push(fault("offered_to", code, "the code of an agency", zh, en));
            }
        }
        faults
    }

    /// Links customs' decision to the results before it, and notes a release without one.
    pub(super) fn link_decision(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        let row = key(Space::Inspection, &[&moved.at.key()]);
        let Some(mut inspection) = load::<Inspection>(self.cells, Table::Risk, &row)? else { return Ok(()) };
        let results = inspection.results.iter_mut().filter(|result| result.decision == 0);
        let mut linked = false;
        for result in results {
            (result.decision, result.decided, linked) = (self.position, moved.to, true);
        }
        let silent = moved.to == RELEASED && inspection.is_silent();
        if silent {
            self.note_silent_release(moved.at, moved.kind, moved.facts, &mut inspection)?;
        }
        if linked || silent {
            save(self.cells, Table::Risk, &row, &inspection);
        }
        Ok(())
    }

    /// A list that was drawn is released and has no result: the decision is customs' and stands, and so does an alert.
    pub(super) fn note_silent_release(
        &mut self,
        at: DocRef,
        kind: MessageType,
        facts: &Facts,
        inspection: &mut Inspection,
    ) -> Result<(), StateError> {
        inspection.released_without_result = true;
        let alert = key(Space::Alert, &[&self.position.to_be_bytes(), &at.key()]);
        self.cells.put(Table::Risk, &alert, Vec::new());
        let keys = self.doc_state(at)?.map_or_else(|| facts.keys.clone(), |state| state.keys(facts));
        let event = Event {
            kind: EventKind::Inspected as i32,
            code: at.id(),
            message_type: kind as i32,
            status: RELEASED,
            info: "布控清单无查验结果即放行 · released without a result though it was drawn".to_owned(),
            owners: self.customs_of(&keys.customs_code),
            keys: Some(keys),
            ..Event::default()
        };
        self.events.push(event.with("alert", "releasedWithoutResult"));
        Ok(())
    }

    /// Records what a warehouse and the account book say of one book.
    pub(super) fn report_stock(&mut self, given: &StockDifference, outcome: &mut Outcome) -> Result<(), StateError> {
        let mut faults = Vec::new();
        let may = self.registry.party(PartyId(self.party)).is_some_and(|party| {
            [Role::Customs, Role::Warehouse, Role::SiteOperator].iter().any(|role| party.has_role(*role))
        });
        if !may || given.ems_no.is_empty() || given.ems_no.chars().count() > 64 {
            let (zh, en) = ("账册编号无效或无权报告", "no number of a book, or not for this party to report");
            faults.push(wrong("R-RISK-04", "ems_no", &given.ems_no, "1 to 64 characters", zh, en));
        }
        for (path, value) in [("book_quantity", &given.book), ("warehouse_quantity", &given.warehouse)] {
            if Amount::parse(value).is_none_or(|amount| amount.0 < 0) {
                let (zh, en) = ("数量无效", "this is no quantity");
                faults.push(wrong("R-RISK-04", path, value, "a decimal of at most 14 and 5 digits", zh, en));
            }
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        let stock = StockDifference { by: self.party, ..given.clone() };
        save(self.cells, Table::Risk, &key(Space::Stock, &[given.ems_no.as_bytes()]), &stock);
        let event = Event {
            kind: EventKind::Inspected as i32,
            code: given.ems_no.clone(),
            owners: vec![self.party],
            ..Event::default()
        };
        self.events.push(event.with("book", given.book.clone()).with("warehouse", given.warehouse.clone()));
        Ok(())
    }
}
