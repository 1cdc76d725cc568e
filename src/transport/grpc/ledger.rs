//! `LedgerService`: checkpoints.

use super::read;
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert;
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
}
