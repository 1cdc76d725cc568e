//! `SubscriptionService`: durable, filtered, masked views of the events.

use super::consume::consume;
use super::{Answer, read};
use crate::domain::Position;
use crate::domain::limits::STREAM_ANSWERS_MAX;
use crate::feed::{Cursor, Subscription};
use crate::intake::SubscriptionChange;
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, Token};
use crate::transport::peer::Peer;
use crate::transport::status::{Failure, Reason};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// The service.
pub(super) struct Subscriptions(pub(super) Door);

impl Subscriptions {
    async fn find(&self, peer: &Peer, name: String) -> Result<Subscription, Failure> {
        let (reader, caller) = (self.0.reader.clone(), peer.caller.clone());
        let found = read(move || reader.subscription(&caller, &name)).await?;
        found.ok_or_else(|| Failure::new(Reason::NotFound))
    }
}

#[tonic::async_trait]
impl pb::subscription_service_server::SubscriptionService for Subscriptions {
    async fn create_subscription(
        &self,
        request: Request<pb::CreateSubscriptionRequest>,
    ) -> Result<Response<pb::CreateSubscriptionResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::SubscribeOwn)?;
        let request = request.into_inner();
        let asked = request.subscription.ok_or_else(|| Failure::from(Invalid::new("subscription", "is missing")))?;
        let name = convert::name_of_subscription(asked.name).map_err(Failure::from)?;
        let view = convert::view(asked.view).map_err(Failure::from)?;
        peer.may(Operation::of_view(view))?;
        let filter = convert::filter(asked.filter.unwrap_or_default()).map_err(Failure::from)?;
        let start = convert::start_at(&self.0.feed, "start_at", request.start_at).map_err(Failure::from)?;
        let made =
            Subscription { name: name.clone(), filter: Some(filter), view: view as i32, ..Subscription::default() };
        let change = SubscriptionChange::Create(made, start);
        self.0.feed.change(&peer.caller, change).await.map_err(Failure::from)?;
        let made = self.find(&peer, name).await?;
        Ok(Response::new(pb::CreateSubscriptionResponse {
            subscription: Some(convert::subscription(&self.0.feed, made)),
        }))
    }

    async fn get_subscription(
        &self,
        request: Request<pb::GetSubscriptionRequest>,
    ) -> Result<Response<pb::GetSubscriptionResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::SubscribeOwn)?;
        let name = convert::name_of_subscription(request.into_inner().name).map_err(Failure::from)?;
        let found = self.find(&peer, name).await?;
        let backlog_entries = self.0.reader.applied().0.saturating_sub(found.after_position);
        Ok(Response::new(pb::GetSubscriptionResponse {
            subscription: Some(convert::subscription(&self.0.feed, found)),
            backlog_entries,
        }))
    }

    async fn list_subscriptions(
        &self,
        request: Request<pb::ListSubscriptionsRequest>,
    ) -> Result<Response<pb::ListSubscriptionsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::SubscribeOwn)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"subscriptions", &peer.caller.id.0.to_be_bytes()]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        let after = String::from_utf8(after).map_err(|_| Failure::new(Reason::InvalidToken))?;
        let reader = self.0.reader.clone();
        // One more than asked for tells whether there is a next page.
        let mut found = read(move || reader.subscriptions(&peer.caller, &after, size.saturating_add(1))).await?;
        let more = found.len() > size;
        found.truncate(size);
        let next_page_token = match found.last() {
            Some(last) if more => token.write(last.name.as_bytes()),
            Some(_) | None => String::new(),
        };
        Ok(Response::new(pb::ListSubscriptionsResponse {
            subscriptions: found.into_iter().map(|found| convert::subscription(&self.0.feed, found)).collect(),
            next_page_token,
        }))
    }

    async fn delete_subscription(
        &self,
        request: Request<pb::DeleteSubscriptionRequest>,
    ) -> Result<Response<pb::DeleteSubscriptionResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::SubscribeOwn)?;
        let name = convert::name_of_subscription(request.into_inner().name).map_err(Failure::from)?;
        let change = SubscriptionChange::Delete(name);
        self.0.feed.change(&peer.caller, change).await.map_err(Failure::from)?;
        Ok(Response::new(pb::DeleteSubscriptionResponse {}))
    }

    type ConsumeStream = ReceiverStream<Answer<pb::ConsumeResponse>>;

    async fn consume(
        &self,
        request: Request<Streaming<pb::ConsumeRequest>>,
    ) -> Result<Response<Self::ConsumeStream>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::SubscribeOwn)?;
        let slot = peer.open_stream()?;
        let (answers, stream) = mpsc::channel(STREAM_ANSWERS_MAX);
        let work = consume(self.0.clone(), peer, request.into_inner(), answers);
        tokio::spawn(async move {
            work.await;
            drop(slot);
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn seek(&self, request: Request<pb::SeekRequest>) -> Result<Response<pb::SeekResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::SubscribeOwn)?;
        let request = request.into_inner();
        let name = convert::name_of_subscription(request.name).map_err(Failure::from)?;
        if request.to.as_ref().is_none_or(|to| to.at.is_none()) {
            return Err(Failure::from(Invalid::new("to", "is missing")).into());
        }
        let to = convert::start_at(&self.0.feed, "to", request.to).map_err(Failure::from)?;
        let change = SubscriptionChange::Seek(name.clone(), to);
        self.0.feed.change(&peer.caller, change).await.map_err(Failure::from)?;
        let moved = self.find(&peer, name).await?;
        let cursor = Cursor { position: Position(moved.after_position), ordinal: moved.after_ordinal };
        Ok(Response::new(pb::SeekResponse { cursor: self.0.feed.encode(cursor) }))
    }
}
