//! `FilingService`: parties, applications for a filing, pre-checks, mandates.

use super::goods::{next, page as page_of};
use super::read;
use crate::domain::{MessageType, Party, PartyId, Timestamp};
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, Token, filing as words};
use crate::transport::peer::Peer;
use crate::transport::status::{Failure, Reason};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Filing(pub(super) Door);

#[tonic::async_trait]
impl pb::filing_service_server::FilingService for Filing {
    async fn file_party(
        &self,
        request: Request<pb::FilePartyRequest>,
    ) -> Result<Response<pb::FilePartyResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::File)?;
        let party = convert::party(request.into_inner().party).map_err(Failure::from)?;
        let code = party.code.clone();
        let applied = self.0.intake.file_party(peer.caller.id, party).await.map_err(Failure::from)?;
        let reader = self.0.reader.clone();
        let filed = read(move || Ok(reader.party_of_code(&code))).await?;
        Ok(Response::new(pb::FilePartyResponse {
            party: filed.map(|(_, party)| convert::party_out(&party)),
            position: self.0.feed.token(applied.position),
        }))
    }

    async fn get_party(&self, request: Request<pb::GetPartyRequest>) -> Result<Response<pb::GetPartyResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadOwnFiling)?;
        let code = convert::text("code", request.into_inner().code).map_err(Failure::from)?;
        if code.is_empty() || peer.caller.party.is_called(&code) {
            return Ok(Response::new(pb::GetPartyResponse { party: Some(convert::party_out(&peer.caller.party)) }));
        }
        peer.may(Operation::File)?;
        let reader = self.0.reader.clone();
        let found = read(move || Ok(reader.party_of_code(&code))).await?;
        let (_, party) = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(pb::GetPartyResponse { party: Some(convert::party_out(&party)) }))
    }

    async fn list_parties(
        &self,
        request: Request<pb::ListPartiesRequest>,
    ) -> Result<Response<pb::ListPartiesResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::File)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"parties"]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        let reader = self.0.reader.clone();
        let parties = read(move || Ok(reader.parties())).await?;
        Ok(Response::new(page(parties, &after, size, token)))
    }

    async fn file_mandate(
        &self,
        request: Request<pb::FileMandateRequest>,
    ) -> Result<Response<pb::FileMandateResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::File)?;
        let mandate = convert::mandate(request.into_inner()).map_err(Failure::from)?;
        let applied = self.0.intake.file_mandate(peer.caller.id, mandate).await.map_err(Failure::from)?;
        Ok(Response::new(pb::FileMandateResponse { position: self.0.feed.token(applied.position) }))
    }

    async fn apply_filing(
        &self,
        request: Request<pb::ApplyFilingRequest>,
    ) -> Result<Response<pb::ApplyFilingResponse>, Status> {
        let applicant = self.0.gate.admit_applicant(request.extensions(), Operation::ApplyFiling)?;
        let request = request.into_inner();
        let id = convert::text("request_id", request.request_id).map_err(Failure::from)?;
        let application = words::application(request.application).map_err(Failure::from)?;
        let applied = self.0.intake.apply_filing(&applicant, &id, application).await.map_err(Failure::from)?;
        Ok(Response::new(pb::ApplyFilingResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn list_applications(
        &self,
        request: Request<pb::ListApplicationsRequest>,
    ) -> Result<Response<pb::ListApplicationsResponse>, Status> {
        let applicant = self.0.gate.admit_applicant(request.extensions(), Operation::ApplyFiling)?;
        let request = request.into_inner();
        self.0.reach(request.at_least).await?;
        let code = convert::text("code", request.code).map_err(Failure::from)?;
        let waiting = request.waiting_only;
        let token = Token::of_query(&[b"applications", &[u8::from(waiting)], code.as_bytes()]);
        let (size, after) = page_of(request.page_size, token, &request.page_token)?;
        let reader = self.0.reader.clone();
        let page = read(move || reader.applications(&applicant, waiting, &code, after.as_deref(), size)).await?;
        let of_reader = |row| words::filing_application(&self.0.reader, row);
        Ok(Response::new(pb::ListApplicationsResponse {
            applications: page.items.iter().map(of_reader).collect(),
            next_page_token: next(token, page.next),
        }))
    }

    async fn review_filing(
        &self,
        request: Request<pb::ReviewFilingRequest>,
    ) -> Result<Response<pb::ReviewFilingResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::File)?;
        let mut request = request.into_inner();
        let id = std::mem::take(&mut request.request_id);
        let id = convert::text("request_id", id).map_err(Failure::from)?;
        let review = words::review(request).map_err(Failure::from)?;
        let applied = self.0.intake.review_filing(&peer.caller, &id, review).await.map_err(Failure::from)?;
        Ok(Response::new(pb::ReviewFilingResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn change_standing(
        &self,
        request: Request<pb::ChangeStandingRequest>,
    ) -> Result<Response<pb::ChangeStandingResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::File)?;
        let mut request = request.into_inner();
        let id = std::mem::take(&mut request.request_id);
        let id = convert::text("request_id", id).map_err(Failure::from)?;
        let change = words::standing_change(request).map_err(Failure::from)?;
        let applied = self.0.intake.change_standing(&peer.caller, &id, change).await.map_err(Failure::from)?;
        Ok(Response::new(pb::ChangeStandingResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn get_filing_history(
        &self,
        request: Request<pb::GetFilingHistoryRequest>,
    ) -> Result<Response<pb::GetFilingHistoryResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadOwnFiling)?;
        let request = request.into_inner();
        self.0.reach(request.at_least).await?;
        let code = self.firm(&peer, request.code)?;
        let valid = words::time_or("valid_at", request.valid_at, self.0.intake.entry_time()).map_err(Failure::from)?;
        let ever = Timestamp(i64::MAX);
        let known = words::time_or("known_at", request.known_at, ever).map_err(Failure::from)?;
        let view = self.0.reader.filing(&code, valid, known).ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(words::filing_history(&self.0.reader, view, known)))
    }

    async fn precheck(&self, request: Request<pb::PrecheckRequest>) -> Result<Response<pb::PrecheckResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Submit)?;
        let request = request.into_inner();
        self.0.reach(request.at_least).await?;
        peer.count_bytes(request.xml.len())?;
        let applied = self.0.intake.precheck(&peer.caller, request.xml).await.map_err(Failure::from)?;
        // It has no number and no position: it was not recorded.
        let receipt = pb::Receipt {
            receipt_id: String::new(),
            position: String::new(),
            ..convert::receipt(&self.0.feed, &applied)
        };
        Ok(Response::new(pb::PrecheckResponse { receipt: Some(receipt), sent_before: applied.replayed }))
    }

    async fn precheck_sending(
        &self,
        request: Request<pb::PrecheckSendingRequest>,
    ) -> Result<Response<pb::PrecheckSendingResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::ReadOwnFiling)?;
        let request = request.into_inner();
        self.0.reach(request.at_least).await?;
        let kind = MessageType::of_number(request.message_type);
        if kind == MessageType::Unknown {
            let why = format!("{} is no message type", request.message_type);
            return Err(Failure::from(Invalid::new("message_type", why)).into());
        }
        let code = self.firm(&peer, request.code)?;
        let behalf = convert::text("for_code", request.for_code).map_err(Failure::from)?;
        Ok(Response::new(words::sending_checks(self.0.intake.precheck_sending(&code, kind, &behalf))))
    }
}

impl Filing {
    /// The firm that is asked about: the caller, or another if the caller is an operator.
    fn firm(&self, peer: &Peer, code: String) -> Result<String, Failure> {
        let code = convert::text("code", code)?;
        if code.is_empty() || peer.caller.party.is_called(&code) {
            return Ok(peer.caller.party.code.clone());
        }
        peer.may(Operation::File)?;
        Ok(code)
    }
}

/// The parties with a code after `after`, by code. There are few thousands of them at most.
fn page(mut parties: Vec<(PartyId, Arc<Party>)>, after: &[u8], size: usize, token: Token) -> pb::ListPartiesResponse {
    parties.sort_by(|(_, a), (_, b)| a.code.cmp(&b.code));
    let mut rest = parties.into_iter().map(|(_, party)| party).filter(|party| party.code.as_bytes() > after);
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some();
    pb::ListPartiesResponse {
        next_page_token: match page.last() {
            Some(last) if more => token.write(last.code.as_bytes()),
            Some(_) | None => String::new(),
        },
        parties: page.iter().map(|party| convert::party_out(party)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_end() {
        let parties: Vec<_> = ["c", "a", "e", "b", "d"]
            .into_iter()
            .map(|code| (PartyId(1), Arc::new(Party { code: code.to_owned(), ..Party::default() })))
            .collect();
        let token = Token::of_query(&[b"parties"]);
        let mut after = Vec::new();
        let mut pages = Vec::new();
        loop {
            let page = page(parties.clone(), &after, 2, token);
            pages.push(page.parties.iter().map(|party| party.code.as_str()).collect::<String>());
            match token.read(&page.next_page_token).expect("our own token") {
                Some(key) => after = key,
                None => break,
            }
        }
        assert_eq!(pages, ["ab", "cd", "e"]);
    }
}
