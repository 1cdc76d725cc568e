//! Draws over firms for post-audit: by the same secrets as those over lists (R-RISK-02, R-AGY-04).

use super::super::super::cells::{CellsMut, StateError, save};
use super::super::super::registry::Registry;
use super::super::super::step::Step;
use super::super::super::store::Table;
use super::draws::{FirmDrawn, Period, fault, is_drawn, of_period};
use super::entry::FirmDraw;
use super::{Space, sampling};
use crate::domain::{PartyId, Rejection, Role};

impl<C: CellsMut> Step<'_, C> {
    /// Firms are drawn once in a period, and all of them: nobody is left out or drawn again until it fits.
    pub(super) fn judge_firm_draws(&self, period: &Period, firms: &[FirmDraw]) -> Option<Rejection> {
        if period.firms_drawn {
            let (zh, en) = ("本周期已抽取稽核对象", "firms were drawn in this period already");
            return Some(fault("firms", &period.commit.period, "", zh, en));
        }
        let given: Vec<&str> = firms.iter().map(|firm| firm.code.as_str()).collect();
        let expected = auditable(self.registry);
        if given != expected.iter().map(String::as_str).collect::<Vec<_>>() {
            let (zh, en) = ("须对全部在册企业抽取", "every filed firm is drawn, by code, once");
            return Some(fault("firms", &given.len().to_string(), &expected.len().to_string(), zh, en));
        }
        None
    }

    pub(super) fn record_firm_draws(&mut self, period: &str, firms: &[FirmDraw]) -> Result<(), StateError> {
        let rate_ppm = sampling::audit_rate(self.tables, self.now());
        for (index, firm) in (1_u64..).zip(firms) {
            let drawn = is_drawn(firm.value, rate_ppm);
            let mut record =
                FirmDrawn { value: firm.value, rate_ppm, drawn, position: self.position, ..FirmDrawn::default() };
            if drawn {
                record.case = self.open_drawn_audit(&firm.code, period, index)?;
            }
            save(self.cells, Table::Risk, &of_period(Space::FirmDraw, period, firm.code.as_bytes()), &record);
        }
        Ok(())
    }
}

/// Codes of the firms that post-audit draws from: those that trade, pay, carry or declare, by code.
pub(crate) fn auditable(registry: &Registry) -> Vec<String> {
    const ROLES: [Role; 7] = [
        Role::Platform,
        Role::Seller,
        Role::Payment,
        Role::Logistics,
        Role::Declarant,
        Role::SiteOperator,
        Role::Warehouse,
    ];
    let firms = registry.all().into_iter();
    firms
        .filter(|(id, party)| *id != PartyId(0) && party.active && ROLES.iter().any(|role| party.has_role(*role)))
        .map(|(_, party)| party.code.clone())
        .collect()
}
