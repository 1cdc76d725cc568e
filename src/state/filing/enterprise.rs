//! Applications of enterprises, their review, and the standing of filings (R-ENT-01, 02, 06).

use super::{Space, checks, key, key_at, operators};
use crate::domain::limits::{APPLICATIONS_PER_CERTIFICATE_MAX, STATEMENTS_MAX};
use crate::domain::{
    Application, ApplicationStatus, Event, EventKind, Filed, FilingApplication, Outcome, Party, PartyId, Position,
    Review, Standing, StandingChange, Statement, Timestamp,
};
use crate::receipt::receipt_id;
use crate::state::Registry;
use crate::state::cells::{CellsMut, StateError, after_prefix, load, save};
use crate::state::requests::{refuse, wrong};
use crate::state::step::Step;
use crate::state::store::Table;
use crate::tables::Parameter;
use std::sync::Arc;

/// Receives an application: approves it by itself if nothing speaks against it, else lets it wait for review.
pub(super) fn apply<C: CellsMut>(
    step: &mut Step<'_, C>,
    registry: &mut Arc<Registry>,
    application: &Application,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let mut faults = checks::faults(application, registry);
    if faults.is_empty() {
        let prefix = key(Space::OfCertificate, &[&application.certificate_sha256]);
        let limit = APPLICATIONS_PER_CERTIFICATE_MAX;
        let sent = step.cells.scan(Table::Filing, &prefix, &after_prefix(&prefix), limit, false)?;
        if sent.len() >= limit {
            let (zh, en) = ("该证书提交的申请过多", "this certificate has sent too many applications");
            let count = limit.to_string();
            faults.push(wrong("R-ENT-09", "certificate_sha256", &count, "", zh, en));
        }
    }
    if !faults.is_empty() {
        refuse(step, outcome, faults);
        return Ok(());
    }
    supersede(step, application)?;
    let code = application.party.code.clone();
    let mut row = FilingApplication {
        position: step.position,
        application: application.clone(),
        status: ApplicationStatus::Waiting as i32,
        reasons: checks::reasons(application, registry, step.tables, step.now()),
        received_ms: step.time_ms,
        applicant: step.party,
        ..FilingApplication::default()
    };
    let nothing = Vec::new;
    step.cells.put(Table::Filing, &key_at(Space::OfCode, &[&code], step.position), nothing());
    let of_certificate = key_at(Space::OfCertificate, &[&application.certificate_sha256], step.position);
    step.cells.put(Table::Filing, &of_certificate, nothing());
    step.cells.put(Table::Filing, &key_at(Space::Waiting, &[], step.position), nothing());
    let mut owners = operators(registry);
    if step.party != 0 && !owners.contains(&step.party) {
        owners.push(step.party);
    }
    let by_itself = row.reasons.is_empty();
    let event = Event { kind: EventKind::FilingApplied as i32, code, owners, ..Event::default() };
    let reasons = row.reasons.iter().map(|reason| reason.rule.clone()).collect::<Vec<_>>().join(" ");
    step.events.push(
        event
            .with("application", receipt_id(Position(step.position)))
            .with("status", if by_itself { "approved" } else { "waiting" })
            .with("reasons", reasons),
    );
    if by_itself {
        let review = Review { reason: "自助审批".to_owned(), ..Review::default() };
        if let Err(reason) = approve(step, registry, &mut row, &review, 0) {
            refuse(step, outcome, vec![wrong("R-ENT-09", "party", "", "", &reason, &reason)]);
            return Ok(());
        }
    }
    save_application(step, &row);
    Ok(())
}

/// Puts the waiting application of the same code and certificate aside.
fn supersede<C: CellsMut>(step: &mut Step<'_, C>, application: &Application) -> Result<(), StateError> {
    let prefix = key(Space::OfCode, &[&application.party.code]);
    let rows = step.cells.scan(Table::Filing, &prefix, &after_prefix(&prefix), SUPERSEDED_MAX, true)?;
    for (row, _) in rows {
        let Some(position) = row.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes)) else { continue };
        let Some(mut held) = application_at(step, position)? else { continue };
        let same = held.application.certificate_sha256 == application.certificate_sha256;
        if same && held.status == ApplicationStatus::Waiting as i32 {
            held.status = ApplicationStatus::Superseded as i32;
            held.decided_ms = step.time_ms;
            step.cells.delete(Table::Filing, &key_at(Space::Waiting, &[], position));
            save_application(step, &held);
        }
    }
    Ok(())
}

/// Newest applications for one code that are looked through for one to put aside.
const SUPERSEDED_MAX: usize = 20;

fn application_at<C: CellsMut>(step: &Step<'_, C>, position: u64) -> Result<Option<FilingApplication>, StateError> {
    load(step.cells, Table::Filing, &key_at(Space::Application, &[], position))
}

fn save_application<C: CellsMut>(step: &mut Step<'_, C>, row: &FilingApplication) {
    save(step.cells, Table::Filing, &key_at(Space::Application, &[], row.position), row);
}

/// Puts an application in force. The text says why it cannot be.
fn approve<C: CellsMut>(
    step: &mut Step<'_, C>,
    registry: &mut Arc<Registry>,
    row: &mut FilingApplication,
    review: &Review,
    by: u32,
) -> Result<(), String> {
    let application = &row.application;
    let party = checks::party_of(application);
    let from_ms = if review.from_ms == 0 { step.time_ms } else { review.from_ms };
    let mut filed = history(registry, &party.code);
    // A change of what is filed leaves a suspension as it is.
    let standing = match filed.standing_at(from_ms, step.time_ms) {
        None | Some(Standing::Revoked) => Standing::Active as i32,
        Some(Standing::Active | Standing::Suspended) => 0,
    };
    let statement = Statement {
        position: step.position,
        known_ms: step.time_ms,
        from_ms,
        to_ms: 0,
        standing,
        reason: review.reason.clone(),
        by,
        filing: Some(application.clone()),
    };
    if filed.statements.len() >= STATEMENTS_MAX {
        return Err(format!("the history of the filing is full: {STATEMENTS_MAX} statements"));
    }
    filed.statements.push(statement);
    let changed = Arc::make_mut(registry);
    let id = changed.file(step.cells, &party)?;
    save(step.cells, Table::Filing, &key(Space::Enterprise, &[&party.code]), &filed);
    changed.set_filed(filed);
    row.status = ApplicationStatus::Approved as i32;
    row.decided_ms = step.time_ms;
    row.decided_by = by;
    row.reason.clone_from(&review.reason);
    step.cells.delete(Table::Filing, &key_at(Space::Waiting, &[], row.position));
    let owners = if by == 0 || by == id { vec![id] } else { vec![id, by] };
    let event = |kind: EventKind| Event {
        kind: kind as i32,
        code: party.code.clone(),
        owners: owners.clone(),
        ..Event::default()
    };
    let mut decided = event(EventKind::FilingDecided);
    decided.info.clone_from(&review.reason);
    step.events.push(
        decided
            .with("application", receipt_id(Position(row.position)))
            .with("standing", "approved")
            .with("from", Timestamp(from_ms).ceb14()),
    );
    step.events.push(event(EventKind::PartyFiled));
    Ok(())
}

/// The history of a filing. One that an operator filed directly has been in force ever since, with nothing to check.
fn history(registry: &Registry, code: &str) -> Filed {
    let main = registry.of_code(code).map(|(_, party)| party.code.clone());
    if let Some(filed) = registry.filed(code) {
        return Filed::clone(filed);
    }
    let base =
        Statement { known_ms: i64::MIN, from_ms: i64::MIN, standing: Standing::Active as i32, ..Statement::default() };
    match main {
        Some(code) => Filed { code, statements: vec![base] },
        None => Filed { code: code.to_owned(), statements: Vec::new() },
    }
}

/// Applies an operator's review.
pub(super) fn review<C: CellsMut>(
    step: &mut Step<'_, C>,
    registry: &mut Arc<Registry>,
    review: &Review,
    outcome: &mut Outcome,
) -> Result<(), StateError> {
    let Some(mut row) = application_at(step, review.application)? else {
        let found = receipt_id(Position(review.application));
        let (zh, en) = ("申请不存在", "there is no such application");
        refuse(step, outcome, vec![wrong("R-ENT-09", "application", &found, "", zh, en)]);
        return Ok(());
    };
    let mut faults = Vec::new();
    if row.status != ApplicationStatus::Waiting as i32 {
        let title = ApplicationStatus::try_from(row.status).map_or("", |status| status.title().1);
        let (zh, en) = ("该申请不在待审核状态", "the application does not wait for review");
        faults.push(wrong("R-ENT-09", "application", title, "waits for review", zh, en));
    }
    if review.approve && faults.is_empty() {
        faults = checks::faults(&row.application, registry);
        let reasons = checks::reasons(&row.application, registry, step.tables, step.now());
        let bad_uscc = reasons.iter().find(|reason| reason.rule == "R-ENT-02");
        let may_override = review.override_uscc && step.tables.switch(Parameter::CreditCodeOverrideAllowed, step.now());
        if let Some(reason) = bad_uscc.filter(|_| !may_override) {
            faults.push(reason.clone());
        }
        row.uscc_overridden = bad_uscc.is_some();
        row.reasons = reasons;
    }
    // Whatever a person decides against the checks has a reason on record.
    let needs_reason = !review.approve || review.override_uscc;
    if needs_reason && review.reason.trim().is_empty() {
        faults.push(wrong("R-ENT-09", "reason", "", "", "须填写审核理由", "a reason is needed"));
    }
    if !faults.is_empty() {
        refuse(step, outcome, faults);
        return Ok(());
    }
    if review.approve {
        let by = step.party;
        if let Err(reason) = approve(step, registry, &mut row, review, by) {
            refuse(step, outcome, vec![wrong("R-ENT-09", "party", "", "", &reason, &reason)]);
            return Ok(());
        }
    } else {
        row.status = ApplicationStatus::Refused as i32;
        row.decided_ms = step.time_ms;
        row.decided_by = step.party;
        row.reason.clone_from(&review.reason);
        step.cells.delete(Table::Filing, &key_at(Space::Waiting, &[], row.position));
        let owners = [step.party, row.applicant].into_iter().filter(|id| *id != 0).collect();
        let event = Event {
            kind: EventKind::FilingDecided as i32,
            code: row.application.party.code.clone(),
            info: review.reason.clone(),
            owners,
            ..Event::default()
        };
        let application = receipt_id(Position(row.position));
        step.events.push(event.with("application", application).with("standing", "refused"));
    }
    save_application(step, &row);
    Ok(())
}

/// Suspends or revokes a filing, or puts it in force again, from a time on; also one to come.
pub(super) fn change_standing<C: CellsMut>(
    step: &mut Step<'_, C>,
    registry: &mut Arc<Registry>,
    change: &StandingChange,
    outcome: &mut Outcome,
) {
    let mut faults = Vec::new();
    let party = registry.of_code(&change.code).map(|(id, party)| (id, Arc::clone(party)));
    if party.is_none() {
        let (zh, en) = ("该企业未备案", "no firm with this code is filed");
        faults.push(wrong("R-ENT-01", "code", &change.code, "", zh, en));
    }
    let standing = Standing::try_from(change.standing).ok();
    if standing.is_none() {
        let (zh, en) = ("状态无效", "no such standing");
        faults.push(wrong("R-ENT-06", "standing", "", "active | suspended | revoked", zh, en));
    }
    let from_ms = if change.from_ms == 0 { step.time_ms } else { change.from_ms };
    if change.to_ms != 0 && change.to_ms <= from_ms {
        faults.push(wrong("R-ENT-06", "to", "", "", "终止时间须晚于起始时间", "it ends before it begins"));
    }
    if change.reason.trim().is_empty() {
        faults.push(wrong("R-ENT-06", "reason", "", "", "须填写理由", "a reason is needed"));
    }
    let mut filed = history(registry, &change.code);
    if filed.statements.len() >= STATEMENTS_MAX {
        let count = STATEMENTS_MAX.to_string();
        faults.push(wrong("R-ENT-06", "code", &count, "", "备案历史已满", "the history of the filing is full"));
    }
    let (Some((id, party)), Some(standing), true) = (party, standing, faults.is_empty()) else {
        refuse(step, outcome, faults);
        return;
    };
    filed.statements.push(Statement {
        position: step.position,
        known_ms: step.time_ms,
        from_ms,
        to_ms: change.to_ms,
        standing: change.standing,
        reason: change.reason.clone(),
        by: step.party,
        filing: None,
    });
    save(step.cells, Table::Filing, &key(Space::Enterprise, &[&filed.code]), &filed);
    let changed = Arc::make_mut(registry);
    changed.set_filed(filed);
    // The history tells documents and doors how the filing stands at a time; what is revoked for good gives up the rest of
    // what it holds at once.
    let is_now = from_ms <= step.time_ms && change.to_ms == 0;
    let active = match standing {
        Standing::Revoked if is_now => false,
        Standing::Active if is_now => true,
        Standing::Active | Standing::Suspended | Standing::Revoked => party.active,
    };
    if active != party.active {
        let party = Party { active, ..Party::clone(&party) };
        if let Err(reason) = changed.file(step.cells, &party) {
            // It holds its numbers already.
            outcome.note = reason;
        }
    }
    let PartyId(id) = id;
    let owners = if step.party == id { vec![id] } else { vec![id, step.party] };
    let event = Event {
        kind: EventKind::FilingDecided as i32,
        code: party.code.clone(),
        info: change.reason.clone(),
        owners,
        ..Event::default()
    };
    let to = if change.to_ms == 0 { String::new() } else { Timestamp(change.to_ms).ceb14() };
    let from = Timestamp(from_ms).ceb14();
    step.events.push(event.with("standing", standing.title().1).with("from", from).with("to", to));
}
