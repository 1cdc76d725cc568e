//! `TraceService`: quality tracing.

use super::read;
use crate::domain::{InspectionState, LotBlock, LotName, Timestamp, TraceChange, TraceRecord};
use crate::intake::{Recalled, TraceVersion};
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::access::Operation;
use crate::transport::convert::{self, Invalid, Token, text};
use crate::transport::status::{Failure, Reason};
use tonic::{Request, Response, Status};

/// The service.
pub(super) struct Traces(pub(super) Door);

#[tonic::async_trait]
impl pb::trace_service_server::TraceService for Traces {
    async fn file_traces(
        &self,
        request: Request<pb::FileTracesRequest>,
    ) -> Result<Response<pb::FileTracesResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::FileTraces)?;
        let request = request.into_inner();
        let id = text("request_id", request.request_id.clone()).map_err(Failure::from)?;
        let change = filing(request).map_err(Failure::from)?;
        let applied = self.0.intake.change_trace(&peer.caller, &id, change).await.map_err(Failure::from)?;
        Ok(Response::new(pb::FileTracesResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn block_lots(
        &self,
        request: Request<pb::BlockLotsRequest>,
    ) -> Result<Response<pb::BlockLotsResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::BlockLots)?;
        let request = request.into_inner();
        let id = text("request_id", request.request_id).map_err(Failure::from)?;
        let blocks = request.blocks.into_iter().enumerate().map(|(index, row)| block(index, row));
        let blocks = blocks.collect::<Result<_, _>>().map_err(Failure::from)?;
        let change = TraceChange { blocks, ..TraceChange::default() };
        let applied = self.0.intake.change_trace(&peer.caller, &id, change).await.map_err(Failure::from)?;
        Ok(Response::new(pb::BlockLotsResponse { recorded: Some(convert::recorded(&self.0.feed, &applied)) }))
    }

    async fn get_trace(&self, request: Request<pb::GetTraceRequest>) -> Result<Response<pb::GetTraceResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        let request = request.into_inner();
        let code = text("code", request.code).map_err(Failure::from)?;
        self.0.reach(request.at_least).await?;
        let reader = self.0.reader.clone();
        let found = read(move || reader.trace_record(&peer.caller, &code)).await?;
        let found = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
        Ok(Response::new(pb::GetTraceResponse {
            trace: Some(version_out(found.now)),
            owner_code: found.owner,
            history: found.history.into_iter().map(version_out).collect(),
            taken_qty: found.taken,
        }))
    }

    async fn recall_lot(
        &self,
        request: Request<pb::RecallLotRequest>,
    ) -> Result<Response<pb::RecallLotResponse>, Status> {
        let peer = self.0.gate.admit(request.extensions(), Operation::Read)?;
        let request = request.into_inner();
        let name = lot_name("lot", request.lot).map_err(Failure::from)?;
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"recall", name.gtin.as_bytes(), name.lot.as_bytes()]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        self.0.reach(request.at_least).await?;
        let reader = self.0.reader.clone();
        let (lists, next) = read(move || reader.recall(&peer.caller, &name, &after, size)).await?;
        Ok(Response::new(pb::RecallLotResponse {
            lists: lists.into_iter().map(recalled).collect(),
            next_page_token: next.map(|key| token.write(&key)).unwrap_or_default(),
        }))
    }

    async fn list_lot_blocks(
        &self,
        request: Request<pb::ListLotBlocksRequest>,
    ) -> Result<Response<pb::ListLotBlocksResponse>, Status> {
        self.0.gate.admit(request.extensions(), Operation::Read)?;
        let request = request.into_inner();
        let size = convert::page_size(request.page_size).map_err(Failure::from)?;
        let token = Token::of_query(&[b"blocks"]);
        let after = token.read(&request.page_token).map_err(Failure::from)?.unwrap_or_default();
        let (reader, now) = (self.0.reader.clone(), self.0.intake.entry_time());
        let (blocks, next) = read(move || reader.blocks(now, &after, size)).await?;
        let out = |found: crate::intake::BlockFound| pb::LotBlockState {
            block: Some(block_out(found.block)),
            party_code: found.by,
            time: Some(convert::time(found.time)),
            in_force: found.in_force,
        };
        Ok(Response::new(pb::ListLotBlocksResponse {
            blocks: blocks.into_iter().map(out).collect(),
            next_page_token: next.map(|key| token.write(&key)).unwrap_or_default(),
        }))
    }
}

fn time_in(field: &str, time: Option<prost_types::Timestamp>) -> Result<i64, Invalid> {
    time.map_or(Ok(0), |time| convert::time_in(field, &time).map(|time| time.0))
}

fn time_out(ms: i64) -> Option<prost_types::Timestamp> {
    (ms != 0).then(|| convert::time(Timestamp(ms)))
}

/// Records as they are filed; what they say is judged when they are applied.
fn filing(request: pb::FileTracesRequest) -> Result<TraceChange, Invalid> {
    let records = request.records.into_iter().enumerate().map(|(index, row)| record(index, row));
    let codes = request.withdrawn_codes.into_iter().enumerate();
    Ok(TraceChange {
        records: records.collect::<Result<_, _>>()?,
        withdrawn: codes
            .map(|(index, code)| text(&format!("withdrawn_codes[{index}]"), code))
            .collect::<Result<_, _>>()?,
        blocks: Vec::new(),
        note: text("note", request.note)?,
    })
}

fn record(index: usize, row: pb::TraceRecord) -> Result<TraceRecord, Invalid> {
    let field = |name: &str| format!("records[{index}].{name}");
    Ok(TraceRecord {
        released_ms: time_in(&field("release_time"), row.release_time)?,
        code: text(&field("code"), row.code)?,
        gtin: text(&field("gtin"), row.gtin)?,
        hs: text(&field("hs"), row.hs)?,
        lot: text(&field("lot"), row.lot)?,
        name: text(&field("name"), row.name)?,
        made: text(&field("made"), row.made)?,
        expires: text(&field("expires"), row.expires)?,
        origin: text(&field("origin"), row.origin)?,
        inbound_no: text(&field("inbound_no"), row.inbound_no)?,
        ems_no: text(&field("ems_no"), row.ems_no)?,
        item_record_no: text(&field("item_record_no"), row.item_record_no)?,
        importer: text(&field("importer"), row.importer)?,
        agent: text(&field("agent"), row.agent)?,
        distributor: text(&field("distributor"), row.distributor)?,
        entry_port: text(&field("entry_port"), row.entry_port)?,
        order_no: text(&field("order_no"), row.order_no)?,
        invt_no: text(&field("invt_no"), row.invt_no)?,
        gnum: row.gnum,
        inspection_id: text(&field("inspection_id"), row.inspection_id)?,
        inspection: row.inspection,
        qty: text(&field("qty"), row.qty)?,
    })
}

fn record_out(record: TraceRecord) -> pb::TraceRecord {
    pb::TraceRecord {
        release_time: time_out(record.released_ms),
        inspection: InspectionState::try_from(record.inspection).map_or(0, |state| state as i32),
        code: record.code,
        gtin: record.gtin,
        hs: record.hs,
        lot: record.lot,
        name: record.name,
        made: record.made,
        expires: record.expires,
        origin: record.origin,
        inbound_no: record.inbound_no,
        ems_no: record.ems_no,
        item_record_no: record.item_record_no,
        importer: record.importer,
        agent: record.agent,
        distributor: record.distributor,
        entry_port: record.entry_port,
        order_no: record.order_no,
        invt_no: record.invt_no,
        gnum: record.gnum,
        inspection_id: record.inspection_id,
        qty: record.qty,
    }
}

fn version_out(version: TraceVersion) -> pb::TraceVersion {
    pb::TraceVersion {
        record: Some(record_out(version.record)),
        version: version.version,
        time: Some(convert::time(version.time)),
        withdrawn: version.withdrawn,
    }
}

fn lot_name(field: &str, name: Option<pb::LotName>) -> Result<LotName, Invalid> {
    let name = name.ok_or_else(|| Invalid::new(field, "is missing"))?;
    Ok(LotName { gtin: text(&format!("{field}.gtin"), name.gtin)?, lot: text(&format!("{field}.lot"), name.lot)? })
}

fn block(index: usize, row: pb::LotBlock) -> Result<LotBlock, Invalid> {
    let field = |name: &str| format!("blocks[{index}].{name}");
    Ok(LotBlock {
        name: lot_name(&field("lot"), row.lot)?,
        free: row.free,
        reason: row.reason,
        from_ms: time_in(&field("effective_from"), row.effective_from)?,
        to_ms: time_in(&field("effective_to"), row.effective_to)?,
    })
}

fn block_out(block: LotBlock) -> pb::LotBlock {
    pb::LotBlock {
        lot: Some(pb::LotName { gtin: block.name.gtin, lot: block.name.lot }),
        free: block.free,
        reason: block.reason,
        effective_from: time_out(block.from_ms),
        effective_to: time_out(block.to_ms),
    }
}

fn recalled(list: Recalled) -> pb::RecalledList {
    pb::RecalledList {
        document_id: list.list.id(),
        code: list.code,
        gnum: list.gnum,
        qty: list.qty,
        presumed: list.presumed,
        release_time: list.released.map(convert::time),
        status: list.status,
        order_no: list.order_no,
        list_no: list.number,
        ebc_code: list.ebc_code,
        logistics_no: list.logistics_no,
    }
}
