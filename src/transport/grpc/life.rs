//! What `DeclarationService` answers about the life of documents: match report, worklist, consolidations.

use super::read;
use crate::domain::limits::{REPEATED_MAX, WORK_KEY_BYTES_MAX};
use crate::intake::read_life::WorkKind;
use crate::pb::v1 as pb;
use crate::transport::Door;
use crate::transport::convert::{self, Invalid, Token};
use crate::transport::peer::Peer;
use crate::transport::status::{Failure, Reason};

/// Bytes before the key in a row of the worklist: space, due time, kind.
const ROW_HEAD_BYTES: usize = 10;

fn number(text: String) -> Result<String, Failure> {
    let number = convert::text("number", text)?;
    if number.is_empty() { Err(Invalid::new("number", "is empty").into()) } else { Ok(number) }
}

pub(super) async fn match_report(
    door: &Door,
    peer: Peer,
    request: pb::GetMatchReportRequest,
) -> Result<pb::GetMatchReportResponse, Failure> {
    let number = number(request.number)?;
    door.reach(request.at_least).await?;
    let reader = door.reader.clone();
    let reports = read(move || reader.match_report(&peer.caller, &number)).await?;
    Ok(pb::GetMatchReportResponse { reports: reports.into_iter().map(convert::match_report).collect() })
}

pub(super) async fn worklist(
    door: &Door,
    peer: Peer,
    request: pb::ListWorklistRequest,
) -> Result<pb::ListWorklistResponse, Failure> {
    let size = convert::page_size(request.page_size)?;
    if request.kinds.len() > REPEATED_MAX {
        return Err(Invalid::new("kinds", "too many").into());
    }
    let kinds = request.kinds.iter().enumerate().map(|(index, number)| {
        WorkKind::try_from(*number).map_err(|_| Invalid::new(format!("kinds[{index}]"), "is no kind of work"))
    });
    let kinds: Vec<WorkKind> = kinds.collect::<Result<_, _>>()?;
    let asked: Vec<u8> = request.kinds.iter().flat_map(|kind| kind.to_be_bytes()).collect();
    let token = Token::of_query(&[b"worklist", &peer.caller.id.0.to_be_bytes(), &asked]);
    let after = token.read(&request.page_token)?.unwrap_or_default();
    let is_row = after.first().is_none_or(|space| matches!(space, 1 | 2));
    if !is_row || after.len() > ROW_HEAD_BYTES + WORK_KEY_BYTES_MAX {
        return Err(Failure::new(Reason::InvalidToken));
    }
    door.reach(request.at_least).await?;
    let (reader, caller) = (door.reader.clone(), peer.caller);
    let (items, next) = read(move || reader.worklist(&caller, &after, size, &kinds)).await?;
    Ok(pb::ListWorklistResponse {
        items: items.into_iter().map(|item| convert::work_item(item, |id| door.reader.party_code(id))).collect(),
        next_page_token: next.map(|next| token.write(&next)).unwrap_or_default(),
    })
}

pub(super) async fn consolidation(
    door: &Door,
    peer: Peer,
    request: pb::GetConsolidationRequest,
) -> Result<pb::GetConsolidationResponse, Failure> {
    let number = number(request.number)?;
    door.reach(request.at_least).await?;
    let reader = door.reader.clone();
    let found = read(move || reader.consolidation(&peer.caller, &number)).await?;
    let (at, merged) = found.ok_or_else(|| Failure::new(Reason::NotFound))?;
    Ok(convert::consolidation(at, merged))
}
