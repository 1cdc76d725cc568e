//! Agencies together (通关通检, 信息互换、监管互认、执法互助), post-audit, and figures for banks with a firm's consent.
//!
//! Rows of the table `Agency`, by their first byte: see `Space`.

mod assistance;
mod audit;
mod entry;
mod figures;
mod joint;
mod read;

pub(crate) use assistance::Assistance;
pub(crate) use audit::Case;
pub use entry::{
    AgencyChange, AgencyDecision, AgencyEntry, Agreement, AgreementKind, AssistanceAnswer, AssistanceAsk, AuditClose,
    AuditFinding, AuditOpen, ConsentEntry, Recognition, scope,
};
pub(crate) use figures::{Consent, Figures, Flow};
pub(crate) use joint::{Joint, RELEASED, Said, released_by_all};
pub(crate) use read::*;

use super::super::cells::{CellsMut, StateError};
use super::super::requests::{refuse, wrong};
use super::super::step::Step;
use super::Moved;
use crate::domain::{Outcome, PartyId, Role};

/// First bytes of the rows of the table `Agency`. Permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Space {
    /// Agreement by id: an [`Agreement`].
    Agreement = 1,
    /// Agreement by id, 0, position: what was filed then.
    AgreementHistory = 2,
    /// List: a [`Joint`].
    Joint = 3,
    /// Number of a request for assistance: an [`Assistance`].
    Assistance = 4,
    /// Party, number: a request that it made or got. No value.
    AssistanceOf = 5,
    /// Number of a case: a [`Case`].
    Case = 6,
    /// Party, list: lists of a seller. No value.
    ListOf = 7,
    /// Party of the firm, party of the bank: a [`Consent`].
    Consent = 8,
    /// Party, month: [`Figures`].
    Figures = 9,
    /// Tax bill: whose it is and what it says.
    TaxBill = 10,
    /// Requests for assistance there are.
    AssistanceCount = 11,
}

/// A key of that space.
pub(super) fn key(space: Space, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![space as u8];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

impl<C: CellsMut> Step<'_, C> {
    /// Applies a request of an agency.
    pub(in crate::state) fn apply_agency(
        &mut self,
        entry: &AgencyEntry,
        outcome: &mut Outcome,
    ) -> Result<(), StateError> {
        match &entry.change {
            Some(AgencyChange::Decision(decision)) => self.agency_decides(decision, outcome),
            Some(AgencyChange::Agreement(agreement)) => self.file_agreement(agreement, outcome),
            Some(AgencyChange::Recognition(recognition)) => self.recognise(recognition, outcome),
            Some(AgencyChange::Ask(ask)) => self.ask_assistance(ask, outcome),
            Some(AgencyChange::Answer(answer)) => self.answer_assistance(answer, outcome),
            Some(AgencyChange::OpenAudit(open)) => self.open_audit(open, outcome),
            Some(AgencyChange::Finding(finding)) => self.add_finding(finding, outcome),
            Some(AgencyChange::CloseAudit(close)) => self.close_audit(close, outcome),
            None => {
                let nothing = wrong("R-AGY-01", "change", "", "one change", "请求内容为空", "the request is empty");
                refuse(self, outcome, vec![nothing]);
                Ok(())
            }
        }
    }

    /// What agencies do when a document changes its status.
    pub(super) fn agency_moved(&mut self, moved: &Moved<'_>) -> Result<(), StateError> {
        self.joint_moved(moved)?;
        self.figures_moved(moved)
    }

    /// True if the party of the entry has one of these roles.
    pub(super) fn has_role(&self, roles: &[Role]) -> bool {
        let party = self.registry.party(PartyId(self.party));
        party.is_some_and(|party| party.active && roles.iter().any(|role| party.has_role(*role)))
    }

    /// Main code of the party of the entry.
    pub(super) fn own_code(&self) -> String {
        self.registry.party(PartyId(self.party)).map(|party| party.code.clone()).unwrap_or_default()
    }
}
