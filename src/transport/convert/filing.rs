//! Filings of firms, identities and credit grades, from and to the contract.

use super::incoming::{certificates, few, required, texts};
use super::outgoing::{party_out, rejections, time};
use super::{Invalid, note, text, time_in};
use crate::domain::limits::LICENCES_MAX;
use crate::domain::{
    Application, ApplicationStatus, CreditFigures, CreditGrade, FilingApplication, IdentityResult, Licence,
    LicenceKind, Party, Position, Review, Role, Standing, StandingChange, Statement, Timestamp,
};
use crate::intake::{CreditTrigger, CreditView, FilingView, Person, Reader, SendingCheck};
use crate::pb::v1 as pb;
use crate::receipt::{position_of, receipt_id};

type Time = Option<prost_types::Timestamp>;

/// A time that may be left out: 0.
pub(super) fn time_or_0(field: &str, given: Time) -> Result<i64, Invalid> {
    given.map_or(Ok(0), |given| time_in(field, &given).map(|time| time.0))
}

/// A time that may be left out, as another.
///
/// # Errors
/// [`Invalid`].
pub fn time_or(field: &str, given: Time, or: Timestamp) -> Result<Timestamp, Invalid> {
    given.map_or(Ok(or), |given| time_in(field, &given))
}

/// A time that is left out if it is 0 or stands for ever.
pub(super) fn time_unless_0(ms: i64) -> Time {
    (ms != 0 && ms != i64::MIN).then(|| time(Timestamp(ms)))
}

/// An application as it came.
///
/// # Errors
/// [`Invalid`].
pub fn application(application: Option<pb::Application>) -> Result<Application, Invalid> {
    let application = application.ok_or_else(|| Invalid::new("application", "is missing"))?;
    if application.licences.len() > LICENCES_MAX {
        return Err(Invalid::new("application.licences", format!("has more than {LICENCES_MAX} values")));
    }
    let licence = |(index, licence): (usize, pb::Licence)| -> Result<Licence, Invalid> {
        let path = |field: &str| format!("application.licences[{index}].{field}");
        Ok(Licence {
            kind: licence.kind,
            number: text(&path("number"), licence.number)?,
            from_ms: time_or_0(&path("valid_from"), licence.valid_from)?,
            to_ms: time_or_0(&path("valid_to"), licence.valid_to)?,
            issuer: text(&path("issuer"), licence.issuer)?,
        })
    };
    Ok(Application {
        party: applicant_party(application.party)?,
        customs_code: text("application.customs_code", application.customs_code)?,
        licences: application.licences.into_iter().enumerate().map(licence).collect::<Result<_, _>>()?,
        country: text("application.country", application.country)?,
        agent_code: text("application.agent_code", application.agent_code)?,
        eport_no: text("application.eport_no", application.eport_no)?,
        ciq_no: text("application.ciq_no", application.ciq_no)?,
        ..Application::default()
    })
}

/// A party that is applied for. What it says is judged when it is applied; here only what cannot be read is refused.
fn applicant_party(party: Option<pb::Party>) -> Result<Party, Invalid> {
    let party = party.ok_or_else(|| Invalid::new("application.party", "is missing"))?;
    few("application.party.roles", party.roles.len())?;
    if let Some(role) = party.roles.iter().find(|role| Role::try_from(**role).is_err()) {
        return Err(Invalid::new("application.party.roles", format!("{role} is no role")));
    }
    let certificate_sha256 = texts("application.party.certificate_sha256", party.certificate_sha256)?;
    if !certificate_sha256.iter().all(|digest| super::is_fingerprint(digest)) {
        return Err(Invalid::new("application.party.certificate_sha256", "is not 64 lower-case hex digits"));
    }
    Ok(Party {
        code: required("application.party.code", party.code)?,
        name: text("application.party.name", party.name)?,
        roles: party.roles,
        aliases: texts("application.party.aliases", party.aliases)?,
        dxp_ids: texts("application.party.dxp_ids", party.dxp_ids)?,
        certificate_sha256,
        customs_codes: texts("application.party.customs_codes", party.customs_codes)?,
        active: true,
        schema_edition: text("application.party.schema_edition", party.schema_edition)?,
        signing_certificates: certificates(party.signing_certificates.iter().map(AsRef::as_ref))?,
    })
}

/// An application for the contract. The party's certificates are those applied for.
fn application_out(application: &Application) -> pb::Application {
    let licence = |licence: &Licence| {
        let (zh, en) = LicenceKind::try_from(licence.kind).map_or(("", ""), LicenceKind::title);
        pb::Licence {
            kind: licence.kind,
            number: licence.number.clone(),
            valid_from: time_unless_0(licence.from_ms),
            valid_to: time_unless_0(licence.to_ms),
            issuer: licence.issuer.clone(),
            kind_zh: zh.to_owned(),
            kind_en: en.to_owned(),
        }
    };
    pb::Application {
        party: Some(party_out(&application.party)),
        customs_code: application.customs_code.clone(),
        licences: application.licences.iter().map(licence).collect(),
        country: application.country.clone(),
        agent_code: application.agent_code.clone(),
        eport_no: application.eport_no.clone(),
        ciq_no: application.ciq_no.clone(),
    }
}

/// Code of a party by its number; empty for the exchange itself.
fn code_of(reader: &Reader, id: u32) -> String {
    if id == 0 { String::new() } else { reader.party_code(id) }
}

/// An application on record.
#[must_use]
pub fn filing_application(reader: &Reader, row: &FilingApplication) -> pb::FilingApplication {
    let (zh, en) = ApplicationStatus::try_from(row.status).map_or(("", ""), ApplicationStatus::title);
    pb::FilingApplication {
        application_id: receipt_id(Position(row.position)),
        application: Some(application_out(&row.application)),
        status: row.status,
        status_zh: zh.to_owned(),
        status_en: en.to_owned(),
        reasons: rejections(&row.reasons),
        received_at: time_unless_0(row.received_ms),
        decided_at: time_unless_0(row.decided_ms),
        decided_by: code_of(reader, row.decided_by),
        reason: row.reason.clone(),
        credit_code_overridden: row.uscc_overridden,
        certificate_sha256: row.application.certificate_sha256.clone(),
    }
}

/// A review.
///
/// # Errors
/// [`Invalid`].
pub fn review(request: pb::ReviewFilingRequest) -> Result<Review, Invalid> {
    let id = text("application_id", request.application_id)?;
    let position = position_of(&id).ok_or_else(|| Invalid::new("application_id", "is no id of an application"))?;
    Ok(Review {
        application: position.0,
        approve: request.approve,
        reason: note("reason", request.reason)?,
        from_ms: time_or_0("effective_from", request.effective_from)?,
        override_uscc: request.override_credit_code,
    })
}

/// A change of a standing.
///
/// # Errors
/// [`Invalid`].
pub fn standing_change(request: pb::ChangeStandingRequest) -> Result<StandingChange, Invalid> {
    if Standing::try_from(request.standing).is_err() {
        return Err(Invalid::new("standing", format!("{} is no standing", request.standing)));
    }
    Ok(StandingChange {
        code: required("code", request.code)?,
        standing: request.standing,
        from_ms: time_or_0("effective_from", request.effective_from)?,
        to_ms: time_or_0("effective_to", request.effective_to)?,
        reason: note("reason", request.reason)?,
    })
}

fn standing_texts(standing: i32) -> (String, String) {
    let (zh, en) = Standing::try_from(standing).map_or(("", ""), Standing::title);
    (zh.to_owned(), en.to_owned())
}

/// How a filing stands, and its history as far as was known at a time.
#[must_use]
pub fn filing_history(reader: &Reader, view: FilingView, known: Timestamp) -> pb::GetFilingHistoryResponse {
    let statement = |statement: &Statement| {
        let (standing_zh, standing_en) = standing_texts(statement.standing);
        pb::FilingStatement {
            known_at: time_unless_0(statement.known_ms),
            effective_from: time_unless_0(statement.from_ms),
            effective_to: time_unless_0(statement.to_ms),
            standing: statement.standing,
            standing_zh,
            standing_en,
            reason: statement.reason.clone(),
            stated_by: code_of(reader, statement.by),
            filing: statement.filing.as_ref().map(application_out),
        }
    };
    let standing = view.standing.map_or(0, |standing| standing as i32);
    let (standing_zh, standing_en) = standing_texts(standing);
    let statements = view.filed.as_ref().map_or(&[][..], |filed| &filed.statements);
    pb::GetFilingHistoryResponse {
        code: view.code,
        standing,
        standing_zh,
        standing_en,
        filing: view.filing.as_ref().map(application_out),
        statements: statements.iter().filter(|said| said.known_ms <= known.0).map(statement).collect(),
    }
}

/// Conditions of sending.
#[must_use]
pub fn sending_checks(checks: Vec<SendingCheck>) -> pb::PrecheckSendingResponse {
    let check = |check: SendingCheck| pb::SendingCheck {
        holds: check.missing.is_none(),
        text_zh: check.text_zh,
        text_en: check.text_en,
        missing: check.missing.and_then(|missing| rejections(&[missing]).pop()),
    };
    let checks: Vec<pb::SendingCheck> = checks.into_iter().map(check).collect();
    pb::PrecheckSendingResponse { may_send: checks.iter().all(|check| check.holds), checks }
}

/// A person.
///
/// # Errors
/// [`Invalid`]; it never holds what was sent.
pub fn person(person: Option<pb::Person>) -> Result<Person, Invalid> {
    let person = person.ok_or_else(|| Invalid::new("person", "is missing"))?;
    Ok(Person {
        name: required("person.name", person.name)?,
        id_number: required("person.id_number", person.id_number)?,
        order_no: text("person.order_no", person.order_no)?,
        ebp_code: text("person.ebp_code", person.ebp_code)?,
    })
}

/// The result of a verification that somebody puts on record.
///
/// # Errors
/// [`Invalid`].
pub fn identity_result(number: i32) -> Result<IdentityResult, Invalid> {
    match IdentityResult::try_from(number) {
        Ok(IdentityResult::Unverified) | Err(_) => Err(Invalid::new("result", format!("{number} is no result"))),
        Ok(result) => Ok(result),
    }
}

/// Figures of a firm.
///
/// # Errors
/// [`Invalid`].
pub fn credit_figures(figures: pb::CreditFigures) -> Result<CreditFigures, Invalid> {
    let fines = text("figures.fines", figures.fines)?;
    if !fines.is_empty() && crate::domain::Amount::parse(&fines).is_none() {
        return Err(Invalid::new("figures.fines", "is no decimal number"));
    }
    Ok(CreditFigures {
        smuggling: figures.smuggling,
        penalties: figures.penalties,
        documents: figures.documents,
        fines,
        unpaid_days: figures.unpaid_days,
        is_declarant: figures.is_declarant,
    })
}

/// A grade to file.
///
/// # Errors
/// [`Invalid`].
pub fn credit_grade(request: pb::FileCreditGradeRequest) -> Result<CreditGrade, Invalid> {
    Ok(CreditGrade {
        code: required("code", request.code)?,
        grade: required("grade", request.grade)?,
        from_ms: time_or_0("effective_from", request.effective_from)?,
        to_ms: time_or_0("effective_to", request.effective_to)?,
        reason: note("reason", request.reason)?,
        figures: request.figures.map(credit_figures).transpose()?,
        ..CreditGrade::default()
    })
}

/// A firm's grade and its history as far as was known at a time.
#[must_use]
pub fn credit(reader: &Reader, view: CreditView, valid: Timestamp, known: Timestamp) -> pb::GetCreditResponse {
    let statement = |grade: &CreditGrade| {
        let (grade_zh, grade_en) = reader.grade_names(&grade.grade, Timestamp(grade.from_ms));
        pb::CreditStatement {
            grade: grade.grade.clone(),
            grade_zh,
            grade_en,
            known_at: time_unless_0(grade.known_ms),
            effective_from: time_unless_0(grade.from_ms),
            effective_to: time_unless_0(grade.to_ms),
            reason: grade.reason.clone(),
            filed_by: code_of(reader, grade.by),
        }
    };
    let grade = view.grade;
    let (grade_zh, grade_en) = reader.grade_names(&grade, valid);
    let statements = view.history.iter().filter(|grade| grade.known_ms <= known.0).map(statement).collect();
    pb::GetCreditResponse { code: view.code, grade, grade_zh, grade_en, statements }
}

/// Features by which a firm loses trust.
#[must_use]
pub fn credit_triggers(triggers: Vec<CreditTrigger>) -> pb::AssessCreditResponse {
    let trigger = |trigger: CreditTrigger| pb::CreditTrigger {
        id: trigger.id.to_owned(),
        is_met: trigger.is_met,
        text_zh: trigger.text_zh,
        text_en: trigger.text_en,
    };
    pb::AssessCreditResponse { triggers: triggers.into_iter().map(trigger).collect() }
}
