//! `LedgerService`: checkpoints, and proofs that lead to them.

use super::read;
use crate::domain::DocRef;
use crate::intake::NoProof;
use crate::pb::v1 as pb;
use crate::receipt::position_of;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, text};
use crate::transport::status::{Failure, Reason};
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Checkpoints(pub(super) Door);

#[tonic::async_trait]
impl pb::ledger_service_server::LedgerService for Checkpoints {
    async fn get_checkpoint(
        &self,
        request: Request<pb::GetCheckpointRequest>,
    ) -> Result<Response<pb::GetCheckpointResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::Checkpoint)?;
        self.0.reach(request.into_inner().at_least).await?;
        let reader = self.0.reader.clone();
        let checkpoint = read(move || reader.checkpoint()).await?;
        Ok(Response::new(convert::checkpoint(&self.0.feed, checkpoint)))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<pb::GetInclusionProofRequest>,
    ) -> Result<Response<pb::GetInclusionProofResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Checkpoint)?;
        let request = request.into_inner();
        let id = text("receipt_id", request.receipt_id).map_err(Failure::from)?;
        let wrong = || Failure::from(Invalid::new("receipt_id", "is no number of a receipt"));
        let position = position_of(&id).ok_or_else(wrong)?;
        self.0.reach(request.at_least).await?;
        let reader = self.0.reader.clone();
        let at = DocRef { position: position.0, ordinal: request.document };
        let found = read(move || {
            let document = match at.ordinal {
                0 => None,
                _ => Some(reader.document_proof(&peer.caller, at)?),
            };
            let entry = reader.inclusion(&peer.caller, position, request.entries)?;
            let newest = entry.as_ref().ok().and_then(|(_, newest)| newest.as_ref()).filter(|_| request.events);
            let events = newest.map(|newest| reader.events_proof(&peer.caller, position, newest.events)).transpose()?;
            Ok((entry, document, events))
        });
        let (entry, document, events) = found.await?;
        let (proof, checkpoint) = entry.map_err(|why| no_proof("entries", why))?;
        if request.events && events.is_none() {
            return Err(Failure::from(Invalid::new("events", "are proved for the newest checkpoint only")).into());
        }
        let document = document.transpose().map_err(|why| no_proof("document", why))?;
        let (signed_note, public_key) = convert::note_and_key(checkpoint);
        Ok(Response::new(pb::GetInclusionProofResponse {
            proof: Some(convert::inclusion(&proof)),
            signed_note,
            public_key,
            document: document.map(convert::document_proof),
            events: events.unwrap_or_default().into_iter().map(convert::event_proof).collect(),
        }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<pb::GetConsistencyProofRequest>,
    ) -> Result<Response<pb::GetConsistencyProofResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::Checkpoint)?;
        let request = request.into_inner();
        let reader = self.0.reader.clone();
        let found = read(move || reader.consistency(request.first_entries, request.second_entries)).await?;
        let found = found.map_err(|why| no_proof("second_entries", why))?;
        let (signed_note, public_key) = convert::note_and_key(found.checkpoint);
        Ok(Response::new(pb::GetConsistencyProofResponse {
            first_entries: request.first_entries,
            second_entries: found.entries,
            path: convert::path(&found.path),
            signed_note,
            public_key,
        }))
    }
}

/// Why there is no proof; `field` says which tree was asked for.
fn no_proof(field: &'static str, why: NoProof) -> Failure {
    match why {
        // An entry of others is not told from one that is not there.
        NoProof::NoEntry => Failure::new(Reason::NotFound),
        NoProof::NoTree => Invalid::new(field, "is no size of the ledger that has what is to be proved").into(),
    }
}
