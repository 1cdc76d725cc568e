//! `FilingService`: parties and mandates.

use super::read;
use crate::domain::{Party, PartyId};
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Token};
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
