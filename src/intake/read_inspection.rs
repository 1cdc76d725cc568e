//! Reading draws, inspections and risk, and computing the draws of a period again once its secret is revealed.

use super::draw::{firm_value, officer_value, value};
use super::reader::{Reader, failed};
use super::types::ReadError;
use crate::domain::limits::{DRAWS_AUDITED_MAX, FIRMS_DRAWN_MAX};
use crate::domain::{Caller, DocRef, Event, Role};
use crate::state::inspection::{self, Draw, FirmDrawn, Inspection, Period, Score, Seller};
use crate::state::query;

/// A draw that is missing or was made wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawFault {
    /// Document id of the list, or code of the firm.
    pub of: String,
    /// `MISSED`, `WRONG_VALUE`, `WRONG_VERDICT` or `WRONG_OFFICER`.
    pub what: &'static str,
    /// What is on record.
    pub found: String,
    /// What the secret gives.
    pub expected: String,
}

/// A part of the audit of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audited {
    /// Draws over lists that were computed again.
    pub checked: u64,
    /// Lists drawn among them.
    pub drawn: u64,
    /// Firms whose draw was computed again; with the last part.
    pub firms: u64,
    /// What is wrong.
    pub faults: Vec<DrawFault>,
    /// Where the next part begins; `None` after the last.
    pub next: Option<DocRef>,
}

/// What is known of the inspection of a list.
#[derive(Debug, Clone)]
pub(crate) struct InspectionView {
    pub at: DocRef,
    pub event: Event,
    pub inspection: Inspection,
}

/// The risk of a list.
#[derive(Debug, Clone)]
pub struct ListRisk {
    /// The list.
    pub at: DocRef,
    /// Its numbers and standing.
    pub event: Event,
    /// What was noticed of it.
    pub score: Score,
}

/// The risk of a firm.
#[derive(Debug, Clone)]
pub(crate) struct FirmRisk {
    pub seller: Seller,
    /// Lists of the highest scores that the caller may see.
    pub worst: Vec<ListRisk>,
}

/// Most faults that one part of an audit names.
const FAULTS_NAMED_MAX: usize = 1_000;

/// True if a caller looks into inspections of an office: customs for its own, agencies and the operator for all.
fn may_inspect(caller: &Caller, office: &str) -> bool {
    let own = caller.party.customs_codes.iter().any(|code| code == office);
    (caller.party.has_role(Role::Customs) && own)
        || caller.party.has_role(Role::Agency)
        || caller.party.has_role(Role::Operator)
}

impl Reader {
    /// Periods after a name, by name. Secrets are there once they are revealed.
    pub(crate) fn draw_periods(&self, after: &str, limit: usize) -> Result<Vec<Period>, ReadError> {
        inspection::periods(self.shared.cells.as_ref(), after, limit).map_err(failed)
    }

    /// Draws of a period after a list that the caller may see, and where the next page begins.
    #[expect(clippy::type_complexity, reason = "rows and where the next page begins")]
    pub(crate) fn draws(
        &self,
        caller: &Caller,
        period: &str,
        after: DocRef,
        limit: usize,
    ) -> Result<(Vec<(DocRef, Draw, Event)>, Option<DocRef>), ReadError> {
        let rows = inspection::draws(self.shared.cells.as_ref(), period, after, limit).map_err(failed)?;
        let next = (rows.len() >= limit).then(|| rows.last().map(|(at, _)| *at)).flatten();
        let mut found = Vec::new();
        for (at, draw) in rows {
            let Some(event) = self.list_event(at)? else { continue };
            if may_inspect(caller, office(&event)) {
                found.push((at, draw, event));
            }
        }
        Ok((found, next))
    }

    /// Firms drawn in a period.
    pub(crate) fn firm_draws(&self, period: &str) -> Result<Vec<(String, FirmDrawn)>, ReadError> {
        inspection::firm_draws(self.shared.cells.as_ref(), period, FIRMS_DRAWN_MAX).map_err(failed)
    }

    /// The list of that number or id, as an event.
    pub(super) fn list_event(&self, at: DocRef) -> Result<Option<Event>, ReadError> {
        Ok(self.view(at)?.map(|view| view.event))
    }

    /// The list with that preNo, invtNo or document id.
    pub(super) fn list_named(&self, name: &str) -> Result<Option<(DocRef, Event)>, ReadError> {
        let at = match DocRef::of_id(name) {
            Some(at) => Some(at),
            None => query::list_of_number(self.shared.cells.as_ref(), name).map_err(failed)?,
        };
        let Some(at) = at else { return Ok(None) };
        Ok(self.list_event(at)?.filter(|event| matches!(event.message_type, 621 | 603)).map(|event| (at, event)))
    }

    /// Computes the draws of a revealed period again, a part at a time; `None` if the period is not there or not revealed.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn audit_draws(&self, period: &str, after: DocRef, limit: usize) -> Result<Option<Audited>, ReadError> {
        let cells = self.shared.cells.as_ref();
        let held = inspection::period(cells, period).map_err(failed)?;
        let Some(held) = held.filter(|held| held.revealed_at != 0) else { return Ok(None) };
        let limit = limit.min(DRAWS_AUDITED_MAX);
        let rows = inspection::draws(cells, period, after, limit).map_err(failed)?;
        let mut audited = Audited::default();
        for (at, draw) in &rows {
            audited.checked += 1;
            audited.drawn += u64::from(draw.drawn);
            self.audit_draw(&held, *at, draw, &mut audited.faults)?;
        }
        if rows.len() >= limit {
            audited.next = rows.last().map(|(at, _)| *at);
            return Ok(Some(audited));
        }
        self.find_missed(period, &mut audited.faults)?;
        for (code, drawn) in self.firm_draws(period)? {
            audited.firms += 1;
            let expected = firm_value(&held.secret, &code);
            let found = (drawn.value, drawn.drawn);
            let right = (expected, inspection::is_drawn(expected, drawn.rate_ppm));
            if found != right && audited.faults.len() < FAULTS_NAMED_MAX {
                let text = |(value, drawn): (u64, bool)| format!("{value:016x} {drawn}");
                audited.faults.push(DrawFault {
                    of: code,
                    what: "WRONG_VALUE",
                    found: text(found),
                    expected: text(right),
                });
            }
        }
        Ok(Some(audited))
    }

    fn audit_draw(&self, held: &Period, at: DocRef, draw: &Draw, faults: &mut Vec<DrawFault>) -> Result<(), ReadError> {
        let cells = self.shared.cells.as_ref();
        let facts = query::facts(cells, at).map_err(failed)?.unwrap_or_default();
        let subject = inspection::subject(&facts.keys);
        let mut note = |what, found: String, expected: String| {
            if found != expected && faults.len() < FAULTS_NAMED_MAX {
                faults.push(DrawFault { of: at.id(), what, found, expected });
            }
        };
        let expected = value(&held.secret, &subject);
        note("WRONG_VALUE", format!("{:016x}", draw.value), format!("{expected:016x}"));
        let verdict = inspection::is_drawn(expected, draw.rate_ppm);
        note("WRONG_VERDICT", draw.drawn.to_string(), verdict.to_string());
        if draw.drawn {
            let filed = inspection::officers_at(cells, &facts.keys.customs_code, draw.officers_at).map_err(failed)?;
            let chosen = inspection::pick(&filed, officer_value(&held.secret, &subject));
            note("WRONG_OFFICER", draw.officers.join(","), chosen.join(","));
        }
        Ok(())
    }

    /// Lists of a period that nobody has drawn.
    fn find_missed(&self, period: &str, faults: &mut Vec<DrawFault>) -> Result<(), ReadError> {
        let mut after = DocRef::default();
        loop {
            let rows = inspection::pending(self.shared.cells.as_ref(), after, DRAWS_AUDITED_MAX).map_err(failed)?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = *last;
            let missed = rows.iter().filter(|(_, waits)| waits.period == period);
            for (at, _) in missed.take(FAULTS_NAMED_MAX.saturating_sub(faults.len())) {
                faults.push(DrawFault {
                    of: at.id(),
                    what: "MISSED",
                    found: String::new(),
                    expected: "a draw".to_owned(),
                });
            }
        }
    }

    /// What is known of the inspection of a list; `None` if there is nothing that the caller may see.
    pub(crate) fn inspection_of(&self, caller: &Caller, name: &str) -> Result<Option<InspectionView>, ReadError> {
        let Some((at, event)) = self.list_named(name)? else { return Ok(None) };
        let held = inspection::inspection(self.shared.cells.as_ref(), at).map_err(failed)?;
        let Some(mut held) = held else { return Ok(None) };
        if !may_inspect(caller, office(&event)) {
            // Who answers for the list sees its results, not how it was drawn.
            if !event.owners.contains(&caller.id.0) || held.results.is_empty() {
                return Ok(None);
            }
            held.period.clear();
            held.officers.clear();
            held.released_without_result = false;
        }
        Ok(Some(InspectionView { at, event, inspection: held }))
    }

    /// Lists that were released without a result though they were drawn, after one.
    #[expect(clippy::type_complexity, reason = "rows and where the next page begins")]
    pub(crate) fn silent_releases(
        &self,
        caller: &Caller,
        after: (u64, DocRef),
        limit: usize,
    ) -> Result<(Vec<(u64, DocRef, Event)>, Option<(u64, DocRef)>), ReadError> {
        let rows = inspection::alerts(self.shared.cells.as_ref(), after, limit).map_err(failed)?;
        let next = (rows.len() >= limit).then(|| rows.last().copied()).flatten();
        let mut found = Vec::new();
        for (position, at) in rows {
            if let Some(event) = self.list_event(at)?.filter(|event| may_inspect(caller, office(event))) {
                found.push((position, at, event));
            }
        }
        Ok((found, next))
    }

    /// The score of a list, with reasons; `None` if there is no such list or the caller may not see it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn list_risk(&self, caller: &Caller, name: &str) -> Result<Option<ListRisk>, ReadError> {
        let Some((at, event)) = self.list_named(name)? else { return Ok(None) };
        if !may_inspect(caller, office(&event)) {
            return Ok(None);
        }
        let score = inspection::score(self.shared.cells.as_ref(), at).map_err(failed)?;
        Ok(Some(ListRisk { at, event, score }))
    }

    /// What is counted of a firm, and its lists of the highest scores. It is found under every code that it has filed.
    pub(crate) fn firm_risk(&self, caller: &Caller, code: &str) -> Result<Option<FirmRisk>, ReadError> {
        let Some((_, party)) = self.party_of_code(code) else { return Ok(None) };
        let mut all = Seller::default();
        for code in std::iter::once(&party.code).chain(&party.aliases) {
            let held = inspection::seller(self.shared.cells.as_ref(), code).map_err(failed)?.unwrap_or_default();
            all.days.extend(held.days);
            all.worst.extend(held.worst);
        }
        all.days.sort_by_key(|of| of.day);
        all.worst.sort_by_key(|of| std::cmp::Reverse(of.points));
        let mut worst = Vec::new();
        for list in &all.worst {
            worst.extend(self.list_risk(caller, &list.at.id())?);
        }
        Ok(Some(FirmRisk { seller: all, worst }))
    }
}

fn office(event: &Event) -> &str {
    event.keys.as_ref().map_or("", |keys| keys.customs_code.as_str())
}
