//! R-AGY-04: post-audit cases (重点稽核) are opened by risk or drawn at random, gather what is on record of a firm, and end
//! with findings and a recommendation for its credit grade.
//!
//! Source: Article 20 of the regulation (自主…、重点稽核), mark D. Firms are drawn like lists (R-RISK-02).
//! Passing: customs opens a case of a filed firm, adds a finding, closes it. Failing: a finding in a closed case.

use super::super::super::cells::{CellsMut, StateError, load, save};
use super::super::super::requests::{refuse, wrong};
use super::super::super::step::Step;
use super::super::super::store::Table;
use super::{AuditClose, AuditFinding, AuditOpen, Space, key};
use crate::domain::limits::{AUDIT_FINDINGS_MAX, FINDING_CHARS_MAX};
use crate::domain::{Event, EventKind, Outcome, PartyId, Rejection, Role};
use crate::tables::TableName;

/// A year, about: what a drawn case looks back on.
const YEAR_MS: i64 = 365 * 24 * 3600 * 1000;
/// Findings by code; `NONE` says that nothing was found.
const FINDINGS: [&str; 9] =
    ["NONE", "DOCUMENTS", "PRICE", "CLASSIFICATION", "ORIGIN", "IDENTITY", "BRUSHING", "STOCK", "OTHER"];

/// A post-audit case.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Case {
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Number of the firm's party.
    #[prost(uint32, tag = "2")]
    pub firm: u32,
    /// Its main code.
    #[prost(string, tag = "3")]
    pub code: String,
    #[prost(string, tag = "4")]
    pub reason: String,
    /// Period in which it was drawn; empty if it was opened by risk.
    #[prost(string, tag = "5")]
    pub drawn_in: String,
    #[prost(int64, tag = "6")]
    pub from_ms: i64,
    #[prost(int64, tag = "7")]
    pub to_ms: i64,
    /// Party that opened it; 0 for the exchange.
    #[prost(uint32, tag = "8")]
    pub by: u32,
    #[prost(int64, tag = "9")]
    pub opened_ms: i64,
    #[prost(message, repeated, tag = "10")]
    pub findings: Vec<AuditFinding>,
    #[prost(string, tag = "11")]
    pub conclusion: String,
    /// Recommended credit grade; empty for none.
    #[prost(string, tag = "12")]
    pub grade: String,
    /// When it was closed; 0 while it is open.
    #[prost(int64, tag = "13")]
    pub closed_ms: i64,
    /// Position of the entry that opened it.
    #[prost(uint64, tag = "14")]
    pub position: u64,
}

fn fault(path: &str, found: &str, expected: &str, zh: &str, en: &str) -> Rejection {
    wrong("R-AGY-04", path, found, expected, zh, en)
}

impl<C: CellsMut> Step<'_, C> {
    /// Opens a case for a reason of risk.
    pub(super) fn open_audit(&mut self, open: &AuditOpen, outcome: &mut Outcome) -> Result<(), StateError> {
        let mut faults = self.judge_customs("firm");
        let firm = self.registry.of_code(&open.firm).map(|(id, party)| (id, party.code.clone()));
        if firm.is_none() {
            let (zh, en) = ("企业未备案", "no filed party has that code");
            faults.push(fault("firm", &open.firm, "the code of a filed party", zh, en));
        }
        let reason = open.reason.chars().count();
        if !(1..=FINDING_CHARS_MAX).contains(&reason) {
            let (zh, en) = ("立案理由须填写", "the reason must be given");
            faults.push(fault("reason", &reason.to_string(), "1 to 1000 characters", zh, en));
        }
        let to_ms = if open.to_ms == 0 { self.time_ms.saturating_add(1) } else { open.to_ms };
        if to_ms <= open.from_ms {
            let (zh, en) = ("稽核期间为空", "the time looked at is empty");
            faults.push(fault("period_from", &open.from_ms.to_string(), &to_ms.to_string(), zh, en));
        }
        let Some((firm, code)) = firm.filter(|_| faults.is_empty()) else {
            refuse(self, outcome, faults);
            return Ok(());
        };
        self.begin_case(Case {
            id: self.position,
            firm: firm.0,
            code,
            reason: open.reason.clone(),
            from_ms: open.from_ms,
            to_ms,
            ..Case::default()
        });
        Ok(())
    }

    /// Opens the case of a firm that was drawn, the `index`th of its entry; its number.
    pub(in crate::state::clearance) fn open_drawn_audit(
        &mut self,
        code: &str,
        period: &str,
        index: u64,
    ) -> Result<u64, StateError> {
        let Some((firm, code)) = self.registry.of_code(code).map(|(id, party)| (id, party.code.clone())) else {
            return Ok(0);
        };
        // Entries hold fewer firms than this, so that numbers of cases do not meet.
        let id = self.position.saturating_mul(1_000_000).saturating_add(index);
        self.begin_case(Case {
            id,
            firm: firm.0,
            code,
            reason: "随机抽取 · drawn at random".to_owned(),
            drawn_in: period.to_owned(),
            from_ms: self.time_ms.saturating_sub(YEAR_MS),
            to_ms: self.time_ms.saturating_add(1),
            ..Case::default()
        });
        Ok(id)
    }

    fn begin_case(&mut self, case: Case) {
        let case = Case { by: self.party, opened_ms: self.time_ms, position: self.position, ..case };
        self.save_case(&case);
        self.tell_case(EventKind::AuditOpened, &case);
    }

    fn save_case(&mut self, case: &Case) {
        save(self.cells, Table::Agency, &key(Space::Case, &[&case.id.to_be_bytes()]), case);
    }

    /// Customs is told; the firm learns of the case when it is closed.
    fn tell_case(&mut self, kind: EventKind, case: &Case) {
        let mut owners: Vec<u32> =
            self.registry.all().into_iter().filter(|(_, p)| p.has_role(Role::Customs)).map(|(id, _)| id.0).collect();
        if kind == EventKind::AuditClosed && !owners.contains(&case.firm) {
            owners.push(case.firm);
        }
        let event = Event { kind: kind as i32, code: case.code.clone(), owners, ..Event::default() };
        let event = event.with("caseId", case.id.to_string()).with("drawnIn", case.drawn_in.clone());
        let findings: Vec<&str> = case.findings.iter().map(|finding| finding.code.as_str()).collect();
        let event = event.with("findings", findings.join(",")).with("recommendedGrade", case.grade.clone());
        self.events.push(event);
    }

    fn judge_customs(&self, path: &str) -> Vec<Rejection> {
        if self.has_role(&[Role::Customs]) {
            return Vec::new();
        }
        let (zh, en) = ("仅海关可办理稽核案件", "post-audit is customs'");
        vec![fault(path, &self.own_code(), "customs", zh, en)]
    }

    /// The open case of that number, or why there is none.
    fn open_case(&mut self, id: u64, outcome: &mut Outcome) -> Result<Option<Case>, StateError> {
        let mut faults = self.judge_customs("case_id");
        let case: Option<Case> = load(self.cells, Table::Agency, &key(Space::Case, &[&id.to_be_bytes()]))?;
        let open = case.filter(|case| case.closed_ms == 0);
        if open.is_none() {
            let (zh, en) = ("没有该编号的在办案件", "no open case has that number");
            faults.push(fault("case_id", &id.to_string(), "", zh, en));
        }
        if faults.is_empty() {
            return Ok(open);
        }
        refuse(self, outcome, faults);
        Ok(None)
    }

    /// Adds a finding.
    pub(super) fn add_finding(&mut self, given: &AuditFinding, outcome: &mut Outcome) -> Result<(), StateError> {
        let Some(mut case) = self.open_case(given.case, outcome)? else { return Ok(()) };
        let mut faults = Vec::new();
        if !FINDINGS.contains(&given.code.as_str()) {
            let (zh, en) = ("稽核发现代码无效", "this is no code of a finding");
            faults.push(fault("code", &given.code, &FINDINGS.join(", "), zh, en));
        }
        let too_long = given.text.chars().count() > FINDING_CHARS_MAX;
        if too_long || case.findings.len() >= AUDIT_FINDINGS_MAX {
            let (zh, en) = ("说明过长或发现过多", "the text is too long, or there are too many findings");
            faults.push(fault("text", "", "at most 1000 characters, 100 findings", zh, en));
        }
        if !given.list.is_empty() && self.list_named(&given.list)?.is_none() {
            let (zh, en) = ("系统中不存在该清单", "no list of that number is here");
            faults.push(fault("list", &given.list, "", zh, en));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        case.findings.push(AuditFinding { by: self.party, time_ms: self.time_ms, ..given.clone() });
        self.save_case(&case);
        let customs = self.party;
        let event = Event {
            kind: EventKind::AuditOpened as i32,
            code: case.code.clone(),
            owners: vec![customs],
            ..Event::default()
        };
        self.events.push(event.with("caseId", case.id.to_string()).with("finding", given.code.clone()));
        Ok(())
    }

    /// Closes a case. The grade it recommends is filed as every grade is, by who may file it.
    pub(super) fn close_audit(&mut self, close: &AuditClose, outcome: &mut Outcome) -> Result<(), StateError> {
        let Some(mut case) = self.open_case(close.case, outcome)? else { return Ok(()) };
        let mut faults = Vec::new();
        if case.findings.is_empty() {
            let (zh, en) = (
                "结案前须记录稽核发现（无发现记NONE）",
                "a case has a finding before it is closed, NONE if nothing was found",
            );
            faults.push(fault("case_id", "", "a finding", zh, en));
        }
        let known = self.tables.row(TableName::CreditGrades, &close.grade, self.now()).is_some();
        if !close.grade.is_empty() && !known {
            let (zh, en) = ("建议的信用等级无效", "this is no credit grade of the time");
            faults.push(fault("recommended_grade", &close.grade, "a number of the table credit_grades", zh, en));
        }
        let chars = close.conclusion.chars().count();
        if !(1..=FINDING_CHARS_MAX).contains(&chars) {
            let (zh, en) = ("结论须填写", "the conclusion must be given");
            faults.push(fault("conclusion", &chars.to_string(), "1 to 1000 characters", zh, en));
        }
        if !faults.is_empty() {
            refuse(self, outcome, faults);
            return Ok(());
        }
        case.conclusion.clone_from(&close.conclusion);
        case.grade.clone_from(&close.grade);
        case.closed_ms = self.time_ms;
        self.save_case(&case);
        self.tell_case(EventKind::AuditClosed, &case);
        Ok(())
    }

    /// The party of a code, for those who count by party.
    pub(super) fn party_of(&self, code: &str) -> Option<PartyId> {
        self.registry.of_code(code).map(|(id, _)| id)
    }
}
