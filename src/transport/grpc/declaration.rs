//! `DeclarationService`: submitting and looking up documents.

use super::submit_stream::submit_stream;
use super::{Answer, life, read};
use crate::domain::limits::STREAM_ANSWERS_MAX;
use crate::domain::{DocRef, PartyId};
use crate::intake::Found;
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, DocumentName, Token};
use crate::transport::peer::Peer;
use crate::transport::status::{Failure, Reason};
use crate::transport::typed;
use crate::typed::{Message, Names};
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

    async fn submit_documents(
        &self,
        request: Request<pb::SubmitDocumentsRequest>,
    ) -> Result<Response<pb::SubmitDocumentsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Submit)?;
        let message = given(request.into_inner().message)?;
        peer.count_bytes(message.bytes())?;
        let read = move || Message::from_wire(&message);
        let applied = self.0.submit_typed(&peer, read, Names::Protobuf).await?;
        let mut receipt = convert::receipt(&self.0.feed, &applied);
        typed::name_fields_of(&mut receipt, Names::Protobuf);
        Ok(Response::new(pb::SubmitDocumentsResponse { receipt: Some(receipt), replayed: applied.replayed }))
    }

    async fn convert_message(
        &self,
        request: Request<pb::ConvertMessageRequest>,
    ) -> Result<Response<pb::ConvertMessageResponse>, Status> {
        use pb::convert_message_request::Source;
        use pb::convert_message_response::Result as Form;
        let peer = self.0.gate.admit(request.extensions(), Operation::Validate)?;
        let converted = match given(request.into_inner().source)? {
            Source::Xml(xml) => {
                peer.count_bytes(xml.len())?;
                self.0.type_xml(&peer, xml, Names::Protobuf).await?
            }
            Source::Message(message) => {
                peer.count_bytes(message.bytes())?;
                self.0.render(&peer, move || Message::from_wire(&message), Names::Protobuf).await?
            }
        };
        let form = converted.form.map(|form| match form {
            typed::Form::Xml(xml) => Form::Xml(xml),
            typed::Form::Typed(message) => Form::Message(message.to_wire()),
        });
        let (faults, faults_omitted) = (converted.faults, converted.faults_omitted);
        Ok(Response::new(pb::ConvertMessageResponse { result: form, faults, faults_omitted }))
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
        let found = look_up(&self.0, peer, request.name, request.at_least).await?;
        let message = match request.typed {
            true => typed::document(found.event.message_type, found.xml.clone()).await?,
            false => None,
        };
        Ok(Response::new(pb::GetDocumentResponse {
            document: Some(convert::document(found)),
            typed: message.map(|message| message.to_wire()),
        }))
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

    async fn get_match_report(
        &self,
        request: Request<pb::GetMatchReportRequest>,
    ) -> Result<Response<pb::GetMatchReportResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        Ok(Response::new(life::match_report(&self.0, peer, request.into_inner()).await?))
    }

    async fn list_worklist(
        &self,
        request: Request<pb::ListWorklistRequest>,
    ) -> Result<Response<pb::ListWorklistResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        Ok(Response::new(life::worklist(&self.0, peer, request.into_inner()).await?))
    }

    async fn get_consolidation(
        &self,
        request: Request<pb::GetConsolidationRequest>,
    ) -> Result<Response<pb::GetConsolidationResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        Ok(Response::new(life::consolidation(&self.0, peer, request.into_inner()).await?))
    }
}

/// One document that a peer may see.
pub(in crate::transport) async fn look_up(
    door: &Door,
    peer: Peer,
    name: Option<pb::get_document_request::Name>,
    at_least: String,
) -> Result<Found, Failure> {
    let name = convert::document_name(name)?;
    door.reach(at_least).await?;
    let reader = door.reader.clone();
    let found = read(move || match name {
        DocumentName::Id(id) => reader.document(&peer.caller, id),
        DocumentName::Number(number) => reader.document_by_number(&peer.caller, &number),
    });
    // A document that the caller may not see is not told from one that is not there.
    found.await?.ok_or_else(|| Failure::new(Reason::NotFound))
}

/// What a request must have.
fn given<T>(message: Option<T>) -> Result<T, Failure> {
    message.ok_or_else(|| convert::Invalid::new("message", "is missing").into())
}

fn documents_token(party: PartyId, types: &[i32], status: i32) -> Token {
    let types: Vec<u8> = types.iter().flat_map(|kind| kind.to_be_bytes()).collect();
    Token::of_query(&[b"documents", &party.0.to_be_bytes(), &types, &status.to_be_bytes()])
}
