//! `InspectionService`: draws, results, risk.

use super::read;
use crate::domain::{DocRef, Event, Position, Timestamp};
use crate::intake::Applied;
use crate::pb::v1 as pb;
use crate::receipt::receipt_id;
use crate::state::inspection::{
    self, Draws, Feature, InspectionChange, InspectionResult, ListDraw, Officers, Period, Score, SeedCommit,
    SeedReveal, StockDifference,
};
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, Token};
use crate::transport::status::{Failure, Reason};
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Inspections(pub(super) Door);

/// A time of a request; 0 if it is not given.
pub(super) fn time_or_zero(field: &str, time: Option<&prost_types::Timestamp>) -> Result<i64, Failure> {
    time.map_or(Ok(0), |time| convert::time_in(field, time).map(|time| time.0)).map_err(Failure::from)
}

/// A time of an answer; none for 0.
pub(super) fn time_out(time_ms: i64) -> Option<prost_types::Timestamp> {
    (time_ms != 0).then(|| convert::time(Timestamp(time_ms)))
}

pub(super) fn text(field: &str, value: String) -> Result<String, Failure> {
    convert::text(field, value).map_err(Failure::from)
}

/// Number of an entry; empty for none.
pub(super) fn receipt(position: u64) -> String {
    if position == 0 { String::new() } else { receipt_id(Position(position)) }
}

/// Where a page over lists begins.
pub(super) fn list_after(token: Token, text: &str) -> Result<DocRef, Failure> {
    let wrong = || Failure::from(Invalid::new("page_token", "is not a token of this list with these parameters"));
    match token.read(text).map_err(Failure::from)? {
        None => Ok(DocRef::default()),
        Some(key) => DocRef::of_key(&key).ok_or_else(wrong),
    }
}

pub(super) fn list_next(token: Token, next: Option<DocRef>) -> String {
    next.map_or_else(String::new, |at| token.write(&at.key()))
}

impl Inspections {
    fn recorded(&self, applied: &Applied) -> pb::Recorded {
        convert::recorded(&self.0.feed, applied)
    }
}

#[tonic::async_trait]
impl pb::inspection_service_server::InspectionService for Inspections {
    async fn commit_period(
        &self,
        request: Request<pb::CommitPeriodRequest>,
    ) -> Result<Response<pb::CommitPeriodResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Inspect)?;
        let request = request.into_inner();
        let id = text("request_id", request.request_id)?;
        let commit = SeedCommit {
            period: text("period", request.period)?,
            office: text("office", request.office)?,
            from_ms: time_or_zero("effective_from", request.effective_from.as_ref())?,
            to_ms: time_or_zero("effective_to", request.effective_to.as_ref())?,
            commitment: request.commitment.to_vec(),
            kept_here: false,
        };
        let applied = self.0.intake.commit_period(&peer.caller, &id, commit).await.map_err(Failure::from)?;
        Ok(Response::new(pb::CommitPeriodResponse { recorded: Some(self.recorded(&applied)) }))
    }

    async fn reveal_period(
        &self,
        request: Request<pb::RevealPeriodRequest>,
    ) -> Result<Response<pb::RevealPeriodResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Inspect)?;
        let request = request.into_inner();
        let id = text("request_id", request.request_id)?;
        let reveal = SeedReveal { period: text("period", request.period)?, secret: request.secret.to_vec() };
        let applied = self.0.intake.reveal_period(&peer.caller, &id, reveal).await.map_err(Failure::from)?;
        Ok(Response::new(pb::RevealPeriodResponse { recorded: Some(self.recorded(&applied)) }))
    }

    async fn list_periods(
        &self,
        request: Request<pb::ListPeriodsRequest>,
    ) -> Result<Response<pb::ListPeriodsResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::ReadInspections)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"periods"]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        let after = String::from_utf8_lossy(&after).into_owned();
        let reader = self.0.reader.clone();
        let periods = read(move || reader.draw_periods(&after, size)).await?;
        let next = (periods.len() >= size).then(|| periods.last()).flatten();
        Ok(Response::new(pb::ListPeriodsResponse {
            next_page_token: next.map_or_else(String::new, |last| token.write(last.commit.period.as_bytes())),
            periods: periods.into_iter().map(period_out).collect(),
        }))
    }

    async fn record_draws(
        &self,
        request: Request<pb::RecordDrawsRequest>,
    ) -> Result<Response<pb::RecordDrawsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Inspect)?;
        let request = request.into_inner();
        let id = text("request_id", request.request_id)?;
        let mut draws = Draws { period: text("period", request.period)?, ..Draws::default() };
        for (index, made) in request.draws.into_iter().enumerate() {
            let wrong = || Failure::from(Invalid::new(format!("draws[{index}].document_id"), "is no document id"));
            let at = DocRef::of_id(&made.document_id).ok_or_else(wrong)?;
            draws.lists.push(ListDraw { at, value: made.value, officer_value: made.officer_value });
        }
        let change = InspectionChange::Draws(draws);
        let applied = self.0.intake.inspect(&peer.caller, &id, change).await.map_err(Failure::from)?;
        Ok(Response::new(pb::RecordDrawsResponse { recorded: Some(self.recorded(&applied)) }))
    }

    async fn draw_firms(
        &self,
        request: Request<pb::DrawFirmsRequest>,
    ) -> Result<Response<pb::DrawFirmsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Inspect)?;
        let request = request.into_inner();
        let (id, period) = (text("request_id", request.request_id)?, text("period", request.period)?);
        let applied = self.0.intake.draw_firms(&peer.caller, &id, &period).await.map_err(Failure::from)?;
        Ok(Response::new(pb::DrawFirmsResponse { recorded: Some(self.recorded(&applied)) }))
    }

    async fn list_draws(
        &self,
        request: Request<pb::ListDrawsRequest>,
    ) -> Result<Response<pb::ListDrawsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadInspections)?;
        let request = request.into_inner();
        let period = text("period", request.period)?;
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"draws", period.as_bytes(), &[u8::from(request.drawn_only)]]);
        let after = list_after(token, &request.page_token)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let (draws, next) = read(move || reader.draws(&caller, &period, after, size)).await?;
        let shown = draws.into_iter().filter(|(_, draw, _)| draw.drawn || !request.drawn_only);
        Ok(Response::new(pb::ListDrawsResponse {
            draws: shown.map(|(at, draw, event)| draw_out(at, draw, &event)).collect(),
            next_page_token: list_next(token, next),
        }))
    }

    async fn audit_draws(
        &self,
        request: Request<pb::AuditDrawsRequest>,
    ) -> Result<Response<pb::AuditDrawsResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::ReadInspections)?;
        let request = request.into_inner();
        let period = text("period", request.period)?;
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"audit", period.as_bytes()]);
        let after = list_after(token, &request.page_token)?;
        let reader = self.0.reader.clone();
        let audited = read(move || reader.audit_draws(&period, after, size)).await?;
        let secret = || Failure::from(Invalid::new("period", "is no period whose secret is revealed"));
        let audited = audited.ok_or_else(secret)?;
        let fault = |fault: crate::intake::DrawFault| pb::DrawFault {
            of: fault.of,
            what: fault.what.to_owned(),
            found: fault.found,
            expected: fault.expected,
        };
        Ok(Response::new(pb::AuditDrawsResponse {
            checked: audited.checked,
            drawn: audited.drawn,
            firms: audited.firms,
            faults: audited.faults.into_iter().map(fault).collect(),
            next_page_token: list_next(token, audited.next),
        }))
    }

    async fn file_officers(
        &self,
        request: Request<pb::FileOfficersRequest>,
    ) -> Result<Response<pb::FileOfficersResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Inspect)?;
        let request = request.into_inner();
        let id = text("request_id", request.request_id)?;
        let officers = Officers { office: text("office", request.office)?, codes: request.codes };
        let change = InspectionChange::Officers(officers);
        let applied = self.0.intake.inspect(&peer.caller, &id, change).await.map_err(Failure::from)?;
        Ok(Response::new(pb::FileOfficersResponse { recorded: Some(self.recorded(&applied)) }))
    }

    async fn record_result(
        &self,
        request: Request<pb::RecordResultRequest>,
    ) -> Result<Response<pb::RecordResultResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::RecordResults)?;
        let request = request.into_inner();
        let id = text("request_id", request.request_id)?;
        let given = request.result.ok_or_else(|| Failure::from(Invalid::new("result", "is missing")))?;
        let result = InspectionResult {
            list: text("list", request.list)?,
            status: given.status,
            inspector: text("result.inspector", given.inspector)?,
            time_ms: time_or_zero("result.time", given.time.as_ref())?,
            finding: text("result.finding", given.finding)?,
            text: given.text,
            evidence: text("result.evidence", given.evidence)?,
            offered_to: given.offered_to,
            ..InspectionResult::default()
        };
        let change = InspectionChange::Result(result);
        let applied = self.0.intake.inspect(&peer.caller, &id, change).await.map_err(Failure::from)?;
        Ok(Response::new(pb::RecordResultResponse { recorded: Some(self.recorded(&applied)) }))
    }

    async fn get_inspection(
        &self,
        request: Request<pb::GetInspectionRequest>,
    ) -> Result<Response<pb::GetInspectionResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        let list = text("list", request.into_inner().list)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let found = read(move || reader.inspection_of(&caller, &list)).await?;
        let view = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        let reader = &self.0.reader;
        Ok(Response::new(pb::GetInspectionResponse {
            document_id: view.at.id(),
            keys: view.event.keys.as_ref().map(convert::keys),
            status: view.event.status,
            period: view.inspection.period,
            officers: view.inspection.officers,
            results: results_out(reader, &view.inspection.results),
            released_without_result: view.inspection.released_without_result,
        }))
    }

    async fn list_silent_releases(
        &self,
        request: Request<pb::ListSilentReleasesRequest>,
    ) -> Result<Response<pb::ListSilentReleasesResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadInspections)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"silent"]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        let after = after
            .split_first_chunk::<8>()
            .and_then(|(position, at)| Some((u64::from_be_bytes(*position), DocRef::of_key(at)?)));
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let after = after.unwrap_or_default();
        let (found, next) = read(move || reader.silent_releases(&caller, after, size)).await?;
        let release = |(position, at, event): (u64, DocRef, Event)| pb::SilentRelease {
            document_id: at.id(),
            keys: event.keys.as_ref().map(convert::keys),
            receipt_id: receipt(position),
        };
        let next = next.map(|(position, at)| [position.to_be_bytes().as_slice(), &at.key()].concat());
        Ok(Response::new(pb::ListSilentReleasesResponse {
            releases: found.into_iter().map(release).collect(),
            next_page_token: next.map_or_else(String::new, |key| token.write(&key)),
        }))
    }

    async fn get_risk(&self, request: Request<pb::GetRiskRequest>) -> Result<Response<pb::GetRiskResponse>, Status> {
        use pb::get_risk_request::Subject;
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadRisk)?;
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let missing = || Failure::new(Reason::NotFound);
        let answer = match request.into_inner().subject {
            None => return Err(Failure::from(Invalid::new("subject", "one of list and firm must be given")).into()),
            Some(Subject::List(list)) => {
                let list = text("list", list)?;
                let risk = read(move || reader.list_risk(&caller, &list)).await?.ok_or_else(missing)?;
                pb::GetRiskResponse {
                    lists: vec![risk_out(risk.at, &risk.event, &risk.score)],
                    ..pb::GetRiskResponse::default()
                }
            }
            Some(Subject::Firm(code)) => {
                let code = text("firm", code)?;
                let risk = read(move || reader.firm_risk(&caller, &code)).await?.ok_or_else(missing)?;
                let sum = |of: fn(&inspection::SellerDay) -> u32| -> u64 {
                    risk.seller.days.iter().map(|day| u64::from(of(day))).sum()
                };
                let lists = sum(|day| day.lists);
                pb::GetRiskResponse {
                    lists: risk.worst.iter().map(|one| risk_out(one.at, &one.event, &one.score)).collect(),
                    firm_lists: lists,
                    firm_scored: sum(|day| day.scored),
                    firm_mean_hundredths: (sum(|day| day.points) * 100).checked_div(lists).unwrap_or_default(),
                    firm_signed: sum(|day| day.signed),
                }
            }
        };
        Ok(Response::new(answer))
    }

    async fn report_stock(
        &self,
        request: Request<pb::ReportStockRequest>,
    ) -> Result<Response<pb::ReportStockResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReportStock)?;
        let request = request.into_inner();
        let id = text("request_id", request.request_id)?;
        let stock = StockDifference {
            ems_no: text("ems_no", request.ems_no)?,
            book: text("book_quantity", request.book_quantity)?,
            warehouse: text("warehouse_quantity", request.warehouse_quantity)?,
            time_ms: time_or_zero("time", request.time.as_ref())?,
            by: 0,
        };
        let change = InspectionChange::Stock(stock);
        let applied = self.0.intake.inspect(&peer.caller, &id, change).await.map_err(Failure::from)?;
        Ok(Response::new(pb::ReportStockResponse { recorded: Some(self.recorded(&applied)) }))
    }
}

fn period_out(period: Period) -> pb::DrawPeriod {
    pb::DrawPeriod {
        period: period.commit.period,
        office: period.commit.office,
        effective_from: time_out(period.commit.from_ms),
        effective_to: time_out(period.commit.to_ms),
        commitment: period.commit.commitment.into(),
        kept_here: period.commit.kept_here,
        secret: period.secret.into(),
        committed_receipt_id: receipt(period.committed_at),
        revealed_receipt_id: receipt(period.revealed_at),
        firms_drawn: period.firms_drawn,
    }
}

fn draw_out(at: DocRef, draw: inspection::Draw, event: &Event) -> pb::Draw {
    pb::Draw {
        document_id: at.id(),
        keys: event.keys.as_ref().map(convert::keys),
        value: draw.value,
        rate_ppm: draw.rate_ppm,
        drawn: draw.drawn,
        rule_version: draw.rule,
        officers: draw.officers,
        rows: draw.rows,
        receipt_id: receipt(draw.position),
    }
}

/// Results of a list, with their numbers.
pub(super) fn results_out(reader: &crate::intake::Reader, results: &[InspectionResult]) -> Vec<pb::InspectionResult> {
    let result = |(number, result): (u32, &InspectionResult)| pb::InspectionResult {
        number,
        status: result.status,
        inspector: result.inspector.clone(),
        time: time_out(result.time_ms),
        finding: result.finding.clone(),
        text: result.text.clone(),
        evidence: result.evidence.clone(),
        offered_to: result.offered_to.clone(),
        recorded_by: reader.party_code(result.by),
        receipt_id: receipt(result.position),
        decision_receipt_id: receipt(result.decision),
        decided: result.decided,
    };
    (1..).zip(results).map(result).collect()
}

fn risk_out(at: DocRef, event: &Event, score: &Score) -> pb::ListRisk {
    pb::ListRisk {
        document_id: at.id(),
        keys: event.keys.as_ref().map(convert::keys),
        points: score.points,
        reasons: reasons_out(score),
    }
}

/// The reasons of a score, in words.
pub(super) fn reasons_out(score: &Score) -> Vec<pb::RiskReason> {
    score.features.iter().map(reason).collect()
}

fn reason(feature: &Feature) -> pb::RiskReason {
    let (code, text_zh, text_en) = feature.reason();
    let Feature { value, threshold, points, .. } = *feature;
    pb::RiskReason { code: code.to_owned(), value, threshold, points, text_zh, text_en }
}
