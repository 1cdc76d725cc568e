//! `DeclarationService`: submitting and looking up documents.

use super::submit_stream::submit_stream;
use super::{Answer, read};
use crate::domain::limits::STREAM_ANSWERS_MAX;
use crate::domain::{DocRef, PartyId};
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, DocumentName, Token};
use crate::transport::status::{Failure, Reason};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// The service.
pub(super) struct Declaration(pub(super) Door);

#[tonic::async_trait]
impl pb::declaration_service_server::DeclarationService for Declaration {
    async fn submit(&self, request: Request<pb::SubmitRequest>) -> Result<Response<pb::SubmitResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Submit)?;
        let applied = self.0.submit(&peer, request.into_inner().xml).await?;
        let receipt = convert::receipt(&self.0.feed, &applied);
        Ok(Response::new(pb::SubmitResponse { receipt: Some(receipt), replayed: applied.replayed }))
    }

    type SubmitStreamStream = ReceiverStream<Answer<pb::SubmitStreamResponse>>;

    async fn submit_stream(
        &self,
        request: Request<Streaming<pb::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Submit)?;
        let slot = peer.open_stream()?;
        let (answers, stream) = mpsc::channel(STREAM_ANSWERS_MAX);
        let work = submit_stream(self.0.clone(), peer, request.into_inner(), answers);
        tokio::spawn(async move {
            work.await;
            drop(slot);
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn validate(&self, request: Request<pb::ValidateRequest>) -> Result<Response<pb::ValidateResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Validate)?;
        let xml = request.into_inner().xml;
        peer.count_bytes(xml.len())?;
        let found = self.0.intake.validate(&peer.caller, xml).await.map_err(Failure::from)?;
        Ok(Response::new(convert::validation(found)))
    }

    async fn get_document(
        &self,
        request: Request<pb::GetDocumentRequest>,
    ) -> Result<Response<pb::GetDocumentResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        let request = request.into_inner();
        let name = convert::document_name(request.name).map_err(Failure::from)?;
        self.0.reach(request.at_least).await?;
        let reader = self.0.reader.clone();
        let found = read(move || match name {
            DocumentName::Id(id) => reader.document(&peer.caller, id),
            DocumentName::Number(number) => reader.document_by_number(&peer.caller, &number),
        });
        // A document that the caller may not see is not told from one that is not there.
        let found = found.await?.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(pb::GetDocumentResponse { document: Some(convert::document(found)) }))
    }

    async fn list_documents(
        &self,
        request: Request<pb::ListDocumentsRequest>,
    ) -> Result<Response<pb::ListDocumentsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let types = convert::list_types(request.message_types).map_err(Failure::from)?;
        let token = documents_token(peer.caller.id, &types, request.status);
        let before = match token.read(&request.page_token).map_err(Failure::from)? {
            None => None,
            Some(key) => Some(DocRef::of_key(&key).ok_or_else(|| Failure::new(Reason::InvalidToken))?),
        };
        self.0.reach(request.at_least).await?;
        let reader = self.0.reader.clone();
        let page = read(move || reader.sent(&peer.caller, before, size, &types, request.status)).await?;
        Ok(Response::new(pb::ListDocumentsResponse {
            documents: page.documents.into_iter().map(convert::document).collect(),
            next_page_token: page.next.map(|next| token.write(&next.key())).unwrap_or_default(),
        }))
    }

    async fn trace(&self, request: Request<pb::TraceRequest>) -> Result<Response<pb::TraceResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        let request = request.into_inner();
        let key = convert::text("key", request.key).map_err(Failure::from)?;
        if key.is_empty() {
            return Err(Failure::from(convert::Invalid::new("key", "is empty")).into());
        }
        let token = Token::of_query(&[b"trace", &peer.caller.id.0.to_be_bytes(), key.as_bytes()]);
        let after = match token.read(&request.page_token).map_err(Failure::from)? {
            None => None,
            Some(at) => Some(DocRef::of_key(&at).ok_or_else(|| Failure::new(Reason::InvalidToken))?),
        };
        self.0.reach(request.at_least).await?;
        let reader = self.0.reader.clone();
        let traced = read(move || reader.trace(&peer.caller, &key, after)).await?;
        Ok(Response::new(pb::TraceResponse {
            documents: traced.documents.into_iter().map(convert::document).collect(),
            events: traced.happenings.into_iter().map(convert::happening).collect(),
            next_page_token: traced.next.map(|next| token.write(&next.key())).unwrap_or_default(),
        }))
    }
}

fn documents_token(party: PartyId, types: &[i32], status: i32) -> Token {
    let types: Vec<u8> = types.iter().flat_map(|kind| kind.to_be_bytes()).collect();
    Token::of_query(&[b"documents", &party.0.to_be_bytes(), &types, &status.to_be_bytes()])
}
