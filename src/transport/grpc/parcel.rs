//! `ParcelService`: events of parcels in bulk, and where parcels are.

use super::{Answer, read};
use crate::domain::limits::{PAGE_SIZE_MAX, PARCEL_EVENTS_MAX, STREAM_ANSWERS_MAX, STREAM_RECHECK_EVERY_MS};
use crate::domain::{EventKind, ParcelEvent, ParcelStep, ParcelSync, Timestamp};
use crate::intake::{Applied, ParcelFound, ParcelMoment};
use crate::pb::v1 as pb;
use crate::receipt::receipt_id;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, text};
use crate::transport::peer::Peer;
use crate::transport::status::{Failure, Reason, complete};
use crate::transport::{Door, stopped};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// The service.
pub(super) struct Parcels(pub(super) Door);

#[tonic::async_trait]
impl pb::parcel_service_server::ParcelService for Parcels {
    type SyncParcelsStream = ReceiverStream<Answer<pb::SyncParcelsResponse>>;

    async fn sync_parcels(
        &self,
        request: Request<Streaming<pb::SyncParcelsRequest>>,
    ) -> Result<Response<Self::SyncParcelsStream>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::SyncParcels)?;
        let slot = peer.open_stream()?;
        let (answers, stream) = mpsc::channel(STREAM_ANSWERS_MAX);
        let work = sync_stream(self.0.clone(), peer, request.into_inner(), answers);
        tokio::spawn(async move {
            work.await;
            drop(slot);
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn get_parcel(
        &self,
        request: Request<pb::GetParcelRequest>,
    ) -> Result<Response<pb::GetParcelResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        let request = request.into_inner();
        let number = text("logistics_no", request.logistics_no).map_err(Failure::from)?;
        let carrier = text("carrier_code", request.carrier_code).map_err(Failure::from)?;
        self.0.reach(request.at_least).await?;
        let reader = self.0.reader.clone();
        let parcels = read(move || reader.parcels(&peer.caller, &number, &carrier)).await?;
        if parcels.is_empty() {
            return Err(Failure::new(Reason::NotFound).into());
        }
        Ok(Response::new(pb::GetParcelResponse { parcels: parcels.into_iter().map(parcel_out).collect() }))
    }

    async fn list_sign_offs(
        &self,
        request: Request<pb::ListSignOffsRequest>,
    ) -> Result<Response<pb::ListSignOffsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        let request = request.into_inner();
        let carrier = text("carrier_code", request.carrier_code).map_err(Failure::from)?;
        let day = |field: &str, day: String| match Timestamp::parse_ceb(&day).filter(|_| day.len() == 8) {
            Some(_) => Ok(day),
            None => Err(Failure::from(Invalid::new(field, "is no day, yyyyMMdd"))),
        };
        let (from, to) = (day("from_day", request.from_day)?, day("to_day", request.to_day)?);
        let reader = self.0.reader.clone();
        let days = read(move || reader.signed_off(&peer.caller, &carrier, (&from, &to), PAGE_SIZE_MAX)).await?;
        let days = days.ok_or_else(|| Failure::new(Reason::NotFound))?;
        let out = |day: crate::intake::SignedOff| pb::SignOffDay {
            day: day.day,
            accepted: day.accepted,
            signed: day.signed,
            returned: day.returned,
            median_days: day.median_days.and_then(|days| u32::try_from(days).ok()),
        };
        Ok(Response::new(pb::ListSignOffsResponse { days: days.into_iter().map(out).collect() }))
    }
}

/// Records one batch before the next is read: the answers are in the order of the batches.
async fn sync_stream(
    door: Door,
    mut peer: Peer,
    mut requests: Streaming<pb::SyncParcelsRequest>,
    answers: mpsc::Sender<Answer<pb::SyncParcelsResponse>>,
) {
    let mut stop = door.stop.clone();
    let mut recheck = tokio::time::interval(Duration::from_millis(STREAM_RECHECK_EVERY_MS));
    let end: Option<Status> = loop {
        let request = tokio::select! {
            request = requests.message() => request,
            _ = recheck.tick() => match peer.recheck() {
                Ok(()) => continue,
                Err(failure) => break Some(failure.into()),
            },
            () = stopped(&mut stop) => break Some(Failure::from(crate::intake::Error::Stopping).into()),
            () = answers.closed() => return,
        };
        let request = match request {
            Ok(Some(request)) => request,
            Ok(None) => break None,
            Err(status) => break Some(complete(status)),
        };
        if let Err(failure) = peer.recheck() {
            break Some(failure.into());
        }
        let sequence = request.sequence;
        let answer = match sync(&door, &peer, request).await {
            Ok(applied) => synced(&door, sequence, &applied),
            Err(failure) => pb::SyncParcelsResponse { sequence, failure: Some(refused(failure)), ..Default::default() },
        };
        if answers.send(Ok(answer)).await.is_err() {
            return;
        }
    };
    if let Some(status) = end
        && answers.send(Err(status)).await.is_err()
    {
        tracing::debug!("the client left before the end of its stream");
    }
}

async fn sync(door: &Door, peer: &Peer, request: pb::SyncParcelsRequest) -> Result<Applied, Failure> {
    peer.count_message()?;
    peer.count_bytes(prost::Message::encoded_len(&request))?;
    let id = text("request_id", request.request_id)?;
    if request.events.len() > PARCEL_EVENTS_MAX {
        return Err(Invalid::new("events", format!("more than {PARCEL_EVENTS_MAX} events")).into());
    }
    let own = peer.caller.party.code.as_str();
    let events = request.events.into_iter().enumerate().map(|(index, event)| event_in(index, own, event));
    let sync = ParcelSync { events: events.collect::<Result<_, _>>()? };
    Ok(door.intake.sync_parcels(&peer.caller, &id, sync).await?)
}

fn event_in(index: usize, own: &str, event: pb::ParcelEvent) -> Result<ParcelEvent, Invalid> {
    let field = |name: &str| format!("events[{index}].{name}");
    let time = event.time.ok_or_else(|| Invalid::new(field("time"), "is missing"))?;
    let given = ParcelStep::of_number(event.step);
    // A step that is given counts; else the carrier's code, if it is a term that UPU or GS1 has.
    let step =
        if given == ParcelStep::Other { ParcelStep::of_term(&event.carrier_event).unwrap_or(given) } else { given };
    Ok(ParcelEvent {
        carrier_code: if event.carrier_code.is_empty() { own.to_owned() } else { event.carrier_code },
        logistics_no: event.logistics_no,
        step: step as i32,
        time_ms: convert::time_in(&field("time"), &time)?.0,
        place: event.place,
        carrier_event: event.carrier_event,
    })
}

fn synced(door: &Door, sequence: u64, applied: &Applied) -> pb::SyncParcelsResponse {
    let events = &applied.outcome.events;
    let is_summary =
        |event: &&crate::domain::Event| event.kind == EventKind::ParcelMoved as i32 && event.code == "batch";
    let count = |name: &str| {
        let values = events.iter().find(is_summary).map_or(&[][..], |event| event.values.as_slice());
        let value = values.iter().find(|value| value.name == name);
        value.and_then(|value| value.value.parse().ok()).unwrap_or_default()
    };
    let of_events = events.iter().flat_map(|event| &event.rejections);
    let all: Vec<_> = applied.outcome.rejections.iter().chain(of_events).cloned().collect();
    pb::SyncParcelsResponse {
        sequence,
        taken: count("taken"),
        repeated: count("repeated"),
        rejections: convert::rejections(&all),
        position: door.feed.token(applied.position),
        failure: None,
        replayed: applied.replayed,
    }
}

fn refused(failure: Failure) -> pb::SyncParcelsFailure {
    pb::SyncParcelsFailure {
        code: failure.reason.code().into(),
        reason: failure.reason.name().to_owned(),
        retryable: failure.retry_after.is_some() && failure.reason != Reason::OverBudget,
        message: failure.message,
    }
}

fn parcel_out(parcel: ParcelFound) -> pb::Parcel {
    pb::Parcel {
        carrier_code: parcel.carrier,
        logistics_no: parcel.logistics_no,
        step: parcel.step as i32,
        events: parcel.events.into_iter().map(moment).collect(),
        events_omitted: u32::try_from(parcel.omitted).unwrap_or(u32::MAX),
    }
}

fn moment(moment: ParcelMoment) -> pb::ParcelMoment {
    pb::ParcelMoment {
        time: Some(convert::time(moment.time)),
        step: moment.step as i32,
        place: moment.place,
        carrier_event: moment.carrier_event,
        upu_event: moment.step.upu().to_owned(),
        business_step: moment.step.business_step(),
        disposition: moment.step.disposition(),
        receipt_id: receipt_id(moment.position),
    }
}
