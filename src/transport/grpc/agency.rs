//! `AgencyService`: agencies together, post-audit, figures for banks.

use super::inspection::{list_after, list_next, reasons_out, receipt, results_out, text, time_or_zero, time_out};
use super::read;
use crate::domain::{Amount, DocRef};
use crate::intake::{Applied, CaseList, FiguresView, JointView, NoFigures, Reader};
use crate::pb::v1 as pb;
use crate::receipt::event_text;
use crate::state::agency::{
    self, AgencyChange, AgencyDecision, Assistance, AssistanceAnswer, AssistanceAsk, AuditClose, AuditFinding,
    AuditOpen, Case, ConsentEntry, Flow, Recognition, scope,
};
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, Token};
use crate::transport::status::{Failure, Reason};
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Agencies(pub(super) Door);

/// Consents that are listed at most.
const CONSENTS_MAX: usize = 1_000;

impl Agencies {
    async fn record(
        &self,
        caller: &crate::domain::Caller,
        request_id: String,
        change: AgencyChange,
    ) -> Result<Option<pb::Recorded>, Failure> {
        let id = text("request_id", request_id)?;
        let applied: Applied = self.0.intake.agency(caller, &id, change).await?;
        Ok(Some(convert::recorded(&self.0.feed, &applied)))
    }
}

/// Where a page of numbered things begins.
fn number_after(token: Token, text: &str) -> Result<u64, Failure> {
    let after = token.read(text).map_err(Failure::from)?.unwrap_or_default();
    Ok(after.try_into().map(u64::from_be_bytes).unwrap_or_default())
}

#[tonic::async_trait]
impl pb::agency_service_server::AgencyService for Agencies {
    async fn record_agency_decision(
        &self,
        request: Request<pb::RecordAgencyDecisionRequest>,
    ) -> Result<Response<pb::RecordAgencyDecisionResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::DecideAsAgency)?;
        let request = request.into_inner();
        let change = AgencyChange::Decision(AgencyDecision {
            list: text("list", request.list)?,
            status: request.status,
            info: request.info,
            time_ms: time_or_zero("time", request.time.as_ref())?,
        });
        let recorded = self.record(&peer.caller, request.request_id, change).await?;
        Ok(Response::new(pb::RecordAgencyDecisionResponse { recorded }))
    }

    async fn file_agreement(
        &self,
        request: Request<pb::FileAgreementRequest>,
    ) -> Result<Response<pb::FileAgreementResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileAgreements)?;
        let request = request.into_inner();
        let given = request.agreement.ok_or_else(|| Failure::from(Invalid::new("agreement", "is missing")))?;
        let change = AgencyChange::Agreement(agreement_in(given)?);
        let recorded = self.record(&peer.caller, request.request_id, change).await?;
        Ok(Response::new(pb::FileAgreementResponse { recorded }))
    }

    async fn list_agreements(
        &self,
        request: Request<pb::ListAgreementsRequest>,
    ) -> Result<Response<pb::ListAgreementsResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::Read)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"agreements"]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        let after = String::from_utf8_lossy(&after).into_owned();
        let reader = self.0.reader.clone();
        let found = read(move || reader.agreements(&after, size)).await?;
        let next = (found.len() >= size).then(|| found.last()).flatten();
        Ok(Response::new(pb::ListAgreementsResponse {
            next_page_token: next.map_or_else(String::new, |last| token.write(last.id.as_bytes())),
            agreements: found.into_iter().map(|one| agreement_out(&self.0.reader, one)).collect(),
        }))
    }

    async fn recognise_result(
        &self,
        request: Request<pb::RecogniseResultRequest>,
    ) -> Result<Response<pb::RecogniseResultResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::DecideAsAgency)?;
        let request = request.into_inner();
        let change = AgencyChange::Recognition(Recognition {
            list: text("list", request.list)?,
            result: request.result,
            agreement: text("agreement_id", request.agreement_id)?,
        });
        let recorded = self.record(&peer.caller, request.request_id, change).await?;
        Ok(Response::new(pb::RecogniseResultResponse { recorded }))
    }

    async fn get_joint_release(
        &self,
        request: Request<pb::GetJointReleaseRequest>,
    ) -> Result<Response<pb::GetJointReleaseResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        let list = text("list", request.into_inner().list)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let found = read(move || reader.joint_release(&caller, &list)).await?;
        let view = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(joint_out(&self.0.reader, view)))
    }

    async fn ask_assistance(
        &self,
        request: Request<pb::AskAssistanceRequest>,
    ) -> Result<Response<pb::AskAssistanceResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Assist)?;
        let request = request.into_inner();
        let change = AgencyChange::Ask(AssistanceAsk {
            to: text("to", request.to)?,
            subject: text("subject", request.subject)?,
            text: request.text,
            numbers: request.numbers,
            due_ms: time_or_zero("due", request.due.as_ref())?,
        });
        let recorded = self.record(&peer.caller, request.request_id, change).await?;
        Ok(Response::new(pb::AskAssistanceResponse { recorded }))
    }

    async fn answer_assistance(
        &self,
        request: Request<pb::AnswerAssistanceRequest>,
    ) -> Result<Response<pb::AnswerAssistanceResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Assist)?;
        let request = request.into_inner();
        let answer = AssistanceAnswer { id: request.assistance_id, granted: request.granted, text: request.text };
        let recorded = self.record(&peer.caller, request.request_id, AgencyChange::Answer(answer)).await?;
        Ok(Response::new(pb::AnswerAssistanceResponse { recorded }))
    }

    async fn list_assistance(
        &self,
        request: Request<pb::ListAssistanceRequest>,
    ) -> Result<Response<pb::ListAssistanceResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::CountAssistance)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"assistance", &peer.caller.id.0.to_be_bytes()]);
        let after = number_after(token, &request.page_token)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let found = read(move || Ok((reader.assistance(&caller, after, size)?, reader.assistance_count()?))).await?;
        let (found, count) = found;
        let next = (found.len() >= size).then(|| found.last()).flatten();
        Ok(Response::new(pb::ListAssistanceResponse {
            next_page_token: next.map_or_else(String::new, |last| token.write(&last.id.to_be_bytes())),
            assistance: found.into_iter().map(|one| assistance_out(&self.0.reader, one)).collect(),
            count,
        }))
    }

    async fn open_audit(
        &self,
        request: Request<pb::OpenAuditRequest>,
    ) -> Result<Response<pb::OpenAuditResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Audit)?;
        let request = request.into_inner();
        let change = AgencyChange::OpenAudit(AuditOpen {
            firm: text("firm", request.firm)?,
            reason: request.reason,
            from_ms: time_or_zero("period_from", request.period_from.as_ref())?,
            to_ms: time_or_zero("period_to", request.period_to.as_ref())?,
        });
        let recorded = self.record(&peer.caller, request.request_id, change).await?;
        Ok(Response::new(pb::OpenAuditResponse { recorded }))
    }

    async fn add_audit_finding(
        &self,
        request: Request<pb::AddAuditFindingRequest>,
    ) -> Result<Response<pb::AddAuditFindingResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Audit)?;
        let request = request.into_inner();
        let given = request.finding.ok_or_else(|| Failure::from(Invalid::new("finding", "is missing")))?;
        let change = AgencyChange::Finding(AuditFinding {
            case: request.case_id,
            code: text("finding.code", given.code)?,
            text: given.text,
            list: text("finding.list", given.list)?,
            ..AuditFinding::default()
        });
        let recorded = self.record(&peer.caller, request.request_id, change).await?;
        Ok(Response::new(pb::AddAuditFindingResponse { recorded }))
    }

    async fn close_audit(
        &self,
        request: Request<pb::CloseAuditRequest>,
    ) -> Result<Response<pb::CloseAuditResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Audit)?;
        let request = request.into_inner();
        let change = AgencyChange::CloseAudit(AuditClose {
            case: request.case_id,
            conclusion: request.conclusion,
            grade: text("recommended_grade", request.recommended_grade)?,
        });
        let recorded = self.record(&peer.caller, request.request_id, change).await?;
        Ok(Response::new(pb::CloseAuditResponse { recorded }))
    }

    async fn list_audits(
        &self,
        request: Request<pb::ListAuditsRequest>,
    ) -> Result<Response<pb::ListAuditsResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::Audit)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"audits"]);
        let after = number_after(token, &request.page_token)?;
        let reader = self.0.reader.clone();
        let found = read(move || reader.cases(after, size)).await?;
        let next = (found.len() >= size).then(|| found.last()).flatten();
        Ok(Response::new(pb::ListAuditsResponse {
            next_page_token: next.map_or_else(String::new, |last| token.write(&last.id.to_be_bytes())),
            cases: found.into_iter().map(|case| case_out(&self.0.reader, case)).collect(),
        }))
    }

    async fn get_audit_case(
        &self,
        request: Request<pb::GetAuditCaseRequest>,
    ) -> Result<Response<pb::GetAuditCaseResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Audit)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"case", &request.case_id.to_be_bytes()]);
        let after = list_after(token, &request.page_token)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let entries = request.entries;
        let found = read(move || reader.case_file(&caller, request.case_id, after, size, entries)).await?;
        let file = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        let all = file.lists.iter().map(|list| list_out(&self.0.reader, list));
        let (lists, waybills) = all.partition(|document| matches!(document.message_type, 603 | 621));
        let (signed_note, public_key) = convert::note_and_key(file.checkpoint);
        Ok(Response::new(pb::GetAuditCaseResponse {
            case: Some(case_out(&self.0.reader, file.case)),
            firm: file.firm.map(|party| convert::party_out(&party)),
            lists,
            waybills,
            next_page_token: list_next(token, file.next),
            credit_grade: file.grade,
            entries: file.entries,
            signed_note,
            public_key,
        }))
    }

    async fn change_consent(
        &self,
        request: Request<pb::ChangeConsentRequest>,
    ) -> Result<Response<pb::ChangeConsentResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Consent)?;
        let request = request.into_inner();
        let id = text("request_id", request.request_id)?;
        let consent = ConsentEntry {
            bank: text("bank", request.bank)?,
            scope: scope_in(&request.scopes)?,
            from_ms: time_or_zero("effective_from", request.effective_from.as_ref())?,
            to_ms: time_or_zero("effective_to", request.effective_to.as_ref())?,
            withdrawn: request.withdrawn,
            first_month: request.first_month,
        };
        let applied = self.0.intake.consent(&peer.caller, &id, consent).await.map_err(Failure::from)?;
        let recorded = Some(convert::recorded(&self.0.feed, &applied));
        Ok(Response::new(pb::ChangeConsentResponse { recorded }))
    }

    async fn list_consents(
        &self,
        request: Request<pb::ListConsentsRequest>,
    ) -> Result<Response<pb::ListConsentsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Consent)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let found = read(move || reader.consents(&caller, CONSENTS_MAX)).await?;
        let consent = |(bank, consent): (String, agency::Consent)| {
            let last = consent.given.last()?.clone();
            Some(pb::Consent {
                bank,
                scopes: scope_out(last.scope),
                effective_from: time_out(last.from_ms),
                effective_to: time_out(last.to_ms),
                first_month: last.first_month,
                withdrawn: last.withdrawn,
            })
        };
        Ok(Response::new(pb::ListConsentsResponse { consents: found.into_iter().filter_map(consent).collect() }))
    }

    async fn get_trade_figures(
        &self,
        request: Request<pb::GetTradeFiguresRequest>,
    ) -> Result<Response<pb::GetTradeFiguresResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadFigures)?;
        let request = request.into_inner();
        let firm = text("firm", request.firm)?;
        let last = if request.last_month == 0 { u32::MAX } else { request.last_month };
        let (reader, caller, now) = (self.0.reader.clone(), peer.caller.clone(), self.0.intake.entry_time());
        let months = (request.first_month, last);
        match read(move || reader.trade_figures(&caller, &firm, months, now)).await? {
            Ok(view) => Ok(Response::new(figures_out(view))),
            Err(NoFigures::NoFirm) => Err(Failure::new(Reason::NotFound).into()),
            Err(NoFigures::NoConsent) => Err(Failure::new(Reason::ConsentMissing).into()),
        }
    }
}

fn agreement_in(given: pb::Agreement) -> Result<agency::Agreement, Failure> {
    Ok(agency::Agreement {
        id: text("agreement.id", given.id)?,
        kind: given.kind,
        who: text("agreement.who", given.who)?,
        whose: text("agreement.whose", given.whose)?,
        hs_prefixes: given.hs_prefixes,
        offices: given.offices,
        trade_modes: given.trade_modes,
        from_ms: time_or_zero("agreement.effective_from", given.effective_from.as_ref())?,
        to_ms: time_or_zero("agreement.effective_to", given.effective_to.as_ref())?,
        source: text("agreement.source", given.source)?,
        by: 0,
    })
}

fn agreement_out(reader: &Reader, agreement: agency::Agreement) -> pb::Agreement {
    pb::Agreement {
        id: agreement.id,
        kind: agreement.kind,
        who: agreement.who,
        whose: agreement.whose,
        hs_prefixes: agreement.hs_prefixes,
        offices: agreement.offices,
        trade_modes: agreement.trade_modes,
        effective_from: time_out(agreement.from_ms),
        effective_to: time_out(agreement.to_ms),
        source: agreement.source,
        filed_by: reader.party_code(agreement.by),
    }
}

fn joint_out(reader: &Reader, view: JointView) -> pb::GetJointReleaseResponse {
    let waiting = |agency: &&u32| view.joint.last(**agency).is_none_or(|said| said.status != agency::RELEASED);
    let word = |said: &agency::Said| pb::AgencyWord {
        agency: reader.party_code(said.by),
        status: said.status,
        info: said.info.clone(),
        time: time_out(said.time_ms),
        receipt_id: receipt(said.position),
        agreement_id: said.agreement.clone(),
        result: said.result,
    };
    pb::GetJointReleaseResponse {
        document_id: view.at.id(),
        keys: view.event.keys.as_ref().map(convert::keys),
        customs_status: view.event.status,
        required: view.joint.required.iter().map(|id| reader.party_code(*id)).collect(),
        waiting_for: view.joint.required.iter().filter(waiting).map(|id| reader.party_code(*id)).collect(),
        words: view.joint.said.iter().map(word).collect(),
        released_by_all: view.released_by_all,
    }
}

fn assistance_out(reader: &Reader, of: Assistance) -> pb::Assistance {
    let answer = of.answer.unwrap_or_default();
    pb::Assistance {
        assistance_id: of.id,
        from: reader.party_code(of.from),
        to: reader.party_code(of.to),
        subject: of.ask.subject,
        text: of.ask.text,
        numbers: of.ask.numbers,
        asked: time_out(of.asked_ms),
        due: time_out(of.ask.due_ms),
        answered: time_out(of.answered_ms),
        granted: answer.granted,
        answer: answer.text,
    }
}

fn case_out(reader: &Reader, case: Case) -> pb::AuditCase {
    let finding = |finding: AuditFinding| pb::AuditFinding {
        code: finding.code,
        text: finding.text,
        list: finding.list,
        added_by: reader.party_code(finding.by),
        time: time_out(finding.time_ms),
    };
    pb::AuditCase {
        case_id: case.id,
        firm: case.code,
        reason: case.reason,
        drawn_in: case.drawn_in,
        period_from: time_out(case.from_ms),
        period_to: time_out(case.to_ms),
        opened: time_out(case.opened_ms),
        closed: time_out(case.closed_ms),
        findings: case.findings.into_iter().map(finding).collect(),
        conclusion: case.conclusion,
        recommended_grade: case.grade,
        receipt_id: receipt(case.position),
    }
}

fn list_out(reader: &Reader, list: &CaseList) -> pb::AuditList {
    let words = |event: &crate::domain::Event| {
        let (zh, en) = event_text(event);
        format!("{zh} · {en}")
    };
    let entry = |entry: &crate::intake::CaseEntry| pb::AuditEntry {
        receipt_id: receipt(entry.position),
        time: Some(convert::time(entry.time)),
        leaf_sha256: entry.leaf.to_vec().into(),
        texts: entry.events.iter().map(words).collect(),
        proof: entry.proof.as_ref().map(convert::inclusion),
    };
    pb::AuditList {
        document_id: DocRef::id(list.at),
        keys: list.event.keys.as_ref().map(convert::keys),
        status: list.event.status,
        time: time_out(list.time_ms),
        entries: list.entries.iter().map(entry).collect(),
        results: results_out(reader, &list.results),
        points: list.score.points,
        reasons: reasons_out(&list.score),
        message_type: list.event.message_type,
    }
}

fn scope_in(scopes: &[i32]) -> Result<u32, Failure> {
    scopes.iter().try_fold(0, |bits, given| match pb::FiguresScope::try_from(*given) {
        Ok(pb::FiguresScope::Trade) => Ok(bits | scope::TRADE),
        Ok(pb::FiguresScope::Returns) => Ok(bits | scope::RETURNS),
        Ok(pb::FiguresScope::Tax) => Ok(bits | scope::TAX),
        Ok(pb::FiguresScope::Unspecified) | Err(_) => {
            Err(Failure::from(Invalid::new("scopes", format!("{given} is no scope"))))
        }
    })
}

fn scope_out(bits: u32) -> Vec<i32> {
    let all = [
        (scope::TRADE, pb::FiguresScope::Trade),
        (scope::RETURNS, pb::FiguresScope::Returns),
        (scope::TAX, pb::FiguresScope::Tax),
    ];
    all.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, scope)| scope as i32).collect()
}

fn figures_out(view: FiguresView) -> pb::GetTradeFiguresResponse {
    let bits = view.scope;
    let month = |(month, figures): (u32, agency::Figures)| pb::MonthFigures {
        month,
        import: Some(flow_out(&figures.import, bits)),
        export: Some(flow_out(&figures.export, bits)),
        tax_billed_cny: if bits & scope::TAX == 0 { String::new() } else { cny(figures.tax_billed) },
        tax_voided_cny: if bits & scope::TAX == 0 { String::new() } else { cny(figures.tax_voided) },
        tax_settled_cny: if bits & scope::TAX == 0 { String::new() } else { cny(figures.tax_settled) },
    };
    pb::GetTradeFiguresResponse {
        firm: view.code,
        months: view.months.into_iter().map(month).collect(),
        scopes: scope_out(bits),
    }
}

fn cny(units: i64) -> String {
    Amount(units.into()).to_string()
}

fn flow_out(flow: &Flow, bits: u32) -> pb::FlowFigures {
    let mut out = pb::FlowFigures::default();
    if bits & scope::TRADE != 0 {
        (out.released, out.released_cny) = (flow.released, cny(flow.released_total));
        (out.closed, out.closed_cny) = (flow.closed, cny(flow.closed_total));
        (out.cancelled, out.cancelled_cny) = (flow.cancelled, cny(flow.cancelled_total));
        out.foreign_currency = flow.foreign;
    }
    if bits & scope::RETURNS != 0 {
        (out.returned, out.returned_cny) = (flow.returned, cny(flow.returned_total));
        let share = i128::from(flow.returned_total) * 10_000;
        let share = share.checked_div(flow.released_total.into()).unwrap_or_default();
        out.returned_share_per_10000 = u64::try_from(share).unwrap_or_default();
    }
    out
}
