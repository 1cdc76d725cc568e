//! `CreditService` and `IdentityService`.

use super::read;
use crate::domain::{IdentityResult, Timestamp};
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, filing as words};
use crate::transport::status::{Failure, Reason};
use tonic::{Request, Response, Status};

/// Credit grades.
pub(super) struct Credit(pub(super) Door);

/// Verification of consumers' identities.
pub(super) struct Identities(pub(super) Door);

#[tonic::async_trait]
impl pb::credit_service_server::CreditService for Credit {
    async fn file_credit_grade(
        &self,
        request: Request<pb::FileCreditGradeRequest>,
    ) -> Result<Response<pb::FileCreditGradeResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileCredit)?;
        let mut request = request.into_inner();
        let id = std::mem::take(&mut request.request_id);
        let id = convert::text("request_id", id).map_err(Failure::from)?;
        let grade = words::credit_grade(request).map_err(Failure::from)?;
        let applied = self.0.intake.file_credit(&peer.caller, &id, grade).await.map_err(Failure::from)?;
        Ok(Response::new(pb::FileCreditGradeResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn get_credit(
        &self,
        request: Request<pb::GetCreditRequest>,
    ) -> Result<Response<pb::GetCreditResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadOwnFiling)?;
        let request = request.into_inner();
        self.0.reach(request.at_least).await?;
        let code = convert::text("code", request.code).map_err(Failure::from)?;
        let code = if code.is_empty() { peer.caller.party.code.clone() } else { code };
        if !peer.caller.party.is_called(&code) {
            peer.may(Operation::FileCredit)?;
        }
        let now = self.0.intake.entry_time();
        let valid = words::time_or("valid_at", request.valid_at, now).map_err(Failure::from)?;
        let ever = Timestamp(i64::MAX);
        let known = words::time_or("known_at", request.known_at, ever).map_err(Failure::from)?;
        let reader = self.0.reader.clone();
        let view = read(move || reader.credit(&code, valid, known)).await?;
        let view = view.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(words::credit(&self.0.reader, view, valid, known)))
    }

    async fn assess_credit(
        &self,
        request: Request<pb::AssessCreditRequest>,
    ) -> Result<Response<pb::AssessCreditResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::FileCredit)?;
        let request = request.into_inner();
        let figures = words::credit_figures(request.figures.unwrap_or_default()).map_err(Failure::from)?;
        let at = words::time_or("at", request.at, self.0.intake.entry_time()).map_err(Failure::from)?;
        Ok(Response::new(words::credit_triggers(self.0.reader.credit_triggers(&figures, at))))
    }
}

#[tonic::async_trait]
impl pb::identity_service_server::IdentityService for Identities {
    async fn verify_identity(
        &self,
        request: Request<pb::VerifyIdentityRequest>,
    ) -> Result<Response<pb::VerifyIdentityResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::VerifyIdentity)?;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id).map_err(Failure::from)?;
        let person = words::person(request.person).map_err(Failure::from)?;
        let verified = self.0.intake.verify_identity(&peer.caller, &id, person).await;
        let (applied, result): (_, IdentityResult) = verified.map_err(Failure::from)?;
        let (zh, en) = result.title();
        Ok(Response::new(pb::VerifyIdentityResponse {
            recorded: Some(convert::recorded(&self.0.feed, &applied)),
            result: result as i32,
            result_zh: zh.to_owned(),
            result_en: en.to_owned(),
        }))
    }

    async fn file_identity_result(
        &self,
        request: Request<pb::FileIdentityResultRequest>,
    ) -> Result<Response<pb::FileIdentityResultResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileIdentity)?;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id).map_err(Failure::from)?;
        let person = words::person(request.person).map_err(Failure::from)?;
        let result = words::identity_result(request.result).map_err(Failure::from)?;
        let checked = words::time_or("checked_at", request.checked_at, Timestamp(0)).map_err(Failure::from)?;
        let reference = convert::text("reference", request.reference).map_err(Failure::from)?;
        let filed = self.0.intake.file_identity(&peer.caller, &id, &person, result, checked.0, reference).await;
        let recorded = convert::recorded(&self.0.feed, &filed.map_err(Failure::from)?);
        Ok(Response::new(pb::FileIdentityResultResponse { recorded: Some(recorded) }))
    }
}
