//! Who sent a message in an envelope, and whom it names to be told: DXP ids against the filings.

use super::registry::Registry;
use crate::domain::{
    Audience, MessageType, Party, PartyId, Rejection, Role, RouteNote, Routing, Share, Subscriber, Transport,
};
use std::sync::Arc;

/// Rule: the SenderId of the envelope is the caller's, or that of the party it relays for.
const SENDER_RULE: &str = "R-DXP-07";
/// Rule: the dxpId of the message is its sender's, or the relay's.
const DXP_ID_RULE: &str = "R-DXP-08";
/// Transport code: no such receiver.
const RECEIVER_UNKNOWN: &str = "2001";
/// Transport code: it arrived where it is not addressed to.
const ADDRESS_MISMATCH: &str = "2002";

/// The party that a message speaks for: the caller itself if `cop_code` is its own; with an envelope also a party
/// that filed a mandate for the caller to relay.
pub(crate) fn principal<'r>(
    registry: &'r Registry,
    caller: PartyId,
    cop_code: &str,
    wrapped: bool,
    kind: MessageType,
    at_ms: i64,
) -> Option<(PartyId, &'r Arc<Party>)> {
    let own = registry.party(caller)?;
    if own.is_called(cop_code) {
        return Some((caller, own));
    }
    let (id, party) = registry.of_code(cop_code).filter(|_| wrapped)?;
    registry.may_speak_for(own, cop_code, kind, at_ms).then_some((id, party))
}

/// What is wrong with the addresses of an envelope that `caller` sent for `principal`. `kind` is the type of the
/// message in it.
pub(crate) fn sender_faults(
    caller: &Party,
    principal: &Party,
    registry: &Registry,
    transport: &Transport,
    kind: MessageType,
) -> Vec<Rejection> {
    let mut faults = Vec::new();
    let sender = &transport.sender_id;
    if !is_filed(&[caller, principal], sender) {
        let root = if transport.sv_msg_id.is_empty() { "/DxpMsg" } else { "/DxpMsgSv/DxpMsg" };
        let path = format!("{root}/TransInfo/SenderId");
        faults.push(misfit(SENDER_RULE, 0, &path, sender, &[caller, principal], registry));
    }
    let dxp_id = &transport.dxp_id;
    // Decisions of customs have no BaseTransfer.
    if !dxp_id.is_empty() && !is_filed(&[principal, caller], dxp_id) {
        let path = format!("/{}/BaseTransfer/dxpId", kind.root_name());
        let official = if kind.receipt() == MessageType::Ceb622 { -621_015 } else { 0 };
        faults.push(misfit(DXP_ID_RULE, official, &path, dxp_id, &[principal, caller], registry));
    }
    faults
}

/// True if a rejection of [`sender_faults`] is about the envelope, not about the message in it.
pub(super) fn is_of_envelope(rejection: &Rejection) -> bool {
    rejection.rule == SENDER_RULE
}

fn is_filed(parties: &[&Party], dxp_id: &str) -> bool {
    parties.iter().any(|party| party.dxp_ids.iter().any(|own| own == dxp_id))
}

fn misfit(rule: &str, official: i32, path: &str, found: &str, own: &[&Party], registry: &Registry) -> Rejection {
    let field = path.rsplit('/').next().unwrap_or_default();
    let mut expected: Vec<&str> = Vec::new();
    for dxp_id in own.iter().flat_map(|party| &party.dxp_ids) {
        if !expected.contains(&dxp_id.as_str()) {
            expected.push(dxp_id);
        }
    }
    let expected = expected.join(" | ");
    let code = own.first().map_or("", |party| party.code.as_str());
    let (known_zh, known_en) = if registry.of_dxp_id(found).is_some() {
        ("属于其他企业", "is another party's")
    } else {
        ("未备案", "is filed by nobody")
    };
    let (right_zh, right_en) = if expected.is_empty() {
        (format!("企业[{code}]尚未备案DXP编号"), format!("party {code} has filed no DXP id yet"))
    } else {
        (format!("企业[{code}]备案的是[{expected}]"), format!("party {code} has filed {expected}"))
    };
    Rejection {
        rule: rule.to_owned(),
        official,
        path: path.to_owned(),
        message_zh: format!("{field}[{found}]{known_zh}，{right_zh}"),
        message_en: format!("{field} {found} {known_en}; {right_en}"),
        found: Some(found.to_owned()),
        expected,
        ..Rejection::default()
    }
}

/// Whom the envelope and BaseSubscribe name: the parties found, and notes on the addresses that were not. `relay` is
/// the party that sent the message for another one.
pub(crate) fn route(
    registry: &Registry,
    transport: Option<&Transport>,
    subscribers: &[Subscriber],
    relay: Option<PartyId>,
) -> (Option<Audience>, Option<Routing>) {
    let mut audience = Audience::default();
    let mut notes = Vec::new();
    let mut arrived = false;
    let note = |code: &str, address: &str, field: &str| RouteNote {
        code: code.to_owned(),
        address: address.to_owned(),
        field: field.to_owned(),
    };
    for address in transport.iter().flat_map(|transport| &transport.receiver_ids) {
        match registry.of_dxp_id(address) {
            None if address == registry.exchange_dxp_id() => arrived = true,
            None => notes.push(note(RECEIVER_UNKNOWN, address, "ReceiverId")),
            Some((_, party)) if party.has_role(Role::Operator) => arrived = true,
            Some((id, party)) => {
                // What is for customs is for the exchange, which hands it over.
                arrived |= party.has_role(Role::Customs);
                add(&mut audience.data, id);
            }
        }
    }
    let exchange_id = registry.exchange_dxp_id().to_owned();
    if transport.is_some() && !arrived && notes.is_empty() {
        notes.push(note(ADDRESS_MISMATCH, &exchange_id, "ReceiverId"));
    }
    for subscriber in subscribers {
        let Some((id, _)) = registry.of_dxp_id(&subscriber.address) else {
            notes.push(note(RECEIVER_UNKNOWN, &subscriber.address, "dxpAddress"));
            continue;
        };
        match Share::try_from(subscriber.share) {
            Ok(Share::All) => {
                add(&mut audience.data, id);
                add(&mut audience.receipts, id);
            }
            Ok(Share::Data) => add(&mut audience.data, id),
            Ok(Share::Receipts) | Err(_) => add(&mut audience.receipts, id),
        }
    }
    if let Some(relay) = relay {
        add(&mut audience.receipts, relay);
    }
    if let Some(transport) = transport {
        audience.reply_to.clone_from(&transport.sender_id);
    }
    let routing = (transport.is_some() || !notes.is_empty()).then(|| Routing {
        transport: transport.cloned(),
        notes,
        exchange_id,
    });
    ((audience != Audience::default()).then_some(audience), routing)
}

fn add(parties: &mut Vec<u32>, id: PartyId) {
    if !parties.contains(&id.0) {
        parties.push(id.0);
    }
}
