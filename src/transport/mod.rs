//! The doors: who calls ([`tls`], [`peer`], [`access`]), in which forms ([`grpc`], [`http`]), and how a
//! failure is told ([`status`]). Nothing here judges a document.

pub mod access;
pub mod convert;
pub mod grpc;
pub mod http;
mod json;
mod payment_http;
pub mod listen;
pub mod metrics;
pub mod peer;
pub mod public;
pub mod rate;
pub mod status;
pub mod tls;
mod typed;

use crate::feed::Feed;
use crate::intake::Intake;
use crate::intake::Reader;
use tokio::sync::watch;

/// What every service needs; cheap to clone.
#[derive(Clone)]
pub struct Door {
    /// Takes what is sent.
    pub intake: Intake,
    /// Looks things up.
    pub reader: Reader,
    /// Delivers events.
    pub feed: Feed,
    /// Tells who calls.
    pub gate: peer::Gate,
    /// Becomes true when the exchange stops: long streams end themselves.
    pub stop: watch::Receiver<bool>,
    /// True for a sandbox: every answer says so ([`marked`]).
    pub sandbox: bool,
}

/// Name of the header of every answer of a sandbox, gRPC and HTTP alike; its value is `true`.
pub const SANDBOX_HEADER: &str = "swx-sandbox";

/// Has every answer of a router say that it comes from a sandbox.
pub fn marked(router: axum::Router) -> axum::Router {
    router.layer(axum::middleware::map_response(async |mut response: axum::response::Response| {
        response.headers_mut().insert(SANDBOX_HEADER, ::http::HeaderValue::from_static("true"));
        response
    }))
}

impl Door {
    /// Submits one message for a peer: the way that all doors share.
    async fn submit(&self, peer: &peer::Peer, xml: bytes::Bytes) -> Result<crate::intake::Applied, status::Failure> {
        peer.count_bytes(xml.len())?;
        self.submit_counted(peer, xml).await
    }

    /// Submits one message whose bytes, as they came, were counted.
    async fn submit_counted(
        &self,
        peer: &peer::Peer,
        xml: bytes::Bytes,
    ) -> Result<crate::intake::Applied, status::Failure> {
        let begun = std::time::Instant::now();
        let applied = self.intake.submit(&peer.caller, xml).await?;
        crate::telemetry::submitted(&applied.outcome, applied.replayed, begun.elapsed());
        Ok(applied)
    }
}

/// Waits for the stop; a sender that is gone is a stop too.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("the app is gone");
    }
}
