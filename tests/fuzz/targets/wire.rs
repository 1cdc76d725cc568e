//! Requests on the wire: the first byte chooses the message, the rest is its protobuf encoding.

use prost::Message;
use single_window::pb::v1 as pb;
use single_window::transport::convert;

/// Pieces for mutations: tags, lengths and groups of protobuf.
pub const WORDS: &[&str] = &[
    "\n",
    "\u{12}",
    "\u{1a}",
    "\"",
    "*",
    "2",
    ":",
    "\u{8}",
    "\u{10}",
    "\u{18}",
    "\u{b}",
    "\u{c}",
    "\u{b}\u{b}\u{b}\u{b}",
    "\u{0}",
    "\u{7f}",
    "\u{7f}\u{7f}\u{7f}\u{7f}\u{f}",
    "4101988888",
    "inbox",
    "CEB621Message",
    "\u{0}\u{0}\u{0}\u{0}",
    "ceb",
];

/// Decodes one request and takes it to domain words.
pub fn run(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    match choice % 20 {
        0 => pass::<pb::SubmitRequest>(rest, drop),
        1 => pass::<pb::SubmitStreamRequest>(rest, drop),
        2 => pass::<pb::ValidateRequest>(rest, drop),
        3 => pass::<pb::GetDocumentRequest>(rest, |it| drop(convert::document_name(it.name))),
        4 => pass::<pb::ListDocumentsRequest>(rest, |it| {
            drop(convert::list_types(it.message_types));
            drop(convert::page_size(it.page_size));
            drop(convert::Token::of_query(&[b"list"]).read(&it.page_token));
        }),
        5 => pass::<pb::TraceRequest>(rest, |it| drop(convert::text("key", it.key))),
        6 => pass::<pb::DecideRequest>(rest, drop),
        7 => pass::<pb::Decision>(rest, |it| {
            if let Ok(decision) = convert::decision(it) {
                assert!(!decision.guid.is_empty());
            }
        }),
        8 => pass::<pb::FilePartyRequest>(rest, |it| {
            if let Ok(party) = convert::party(it.party) {
                drop(convert::party_out(&party));
            }
        }),
        9 => pass::<pb::GetPartyRequest>(rest, drop),
        10 => pass::<pb::ListPartiesRequest>(rest, |it| {
            drop(convert::page_size(it.page_size));
            drop(convert::Token::of_query(&[]).read(&it.page_token));
        }),
        11 => pass::<pb::FileMandateRequest>(rest, |it| {
            if let Ok(mandate) = convert::mandate(it) {
                assert!(mandate.to_ms == 0 || mandate.to_ms > mandate.from_ms);
            }
        }),
        12 => pass::<pb::GetCheckpointRequest>(rest, drop),
        13 => pass::<pb::CreateSubscriptionRequest>(rest, drop),
        14 => pass::<pb::Filter>(rest, |it| drop(convert::filter(it))),
        15 => pass::<pb::GetSubscriptionRequest>(rest, |it| drop(convert::name_of_subscription(it.name))),
        16 => pass::<pb::ListSubscriptionsRequest>(rest, drop),
        17 => pass::<pb::ConsumeRequest>(rest, drop),
        18 => pass::<pb::SeekRequest>(rest, drop),
        _ => pass::<pb::Subscription>(rest, |it| drop(convert::view(it.view))),
    }
}

/// Decodes; what decodes must come back from its own encoding, and goes on.
fn pass<M: Message + Default>(bytes: &[u8], on: impl FnOnce(M)) {
    let Ok(message) = M::decode(bytes) else { return };
    let written = message.encode_to_vec();
    let again = M::decode(written.as_slice()).expect("what was read can be written and read");
    assert_eq!(again.encode_to_vec(), written);
    on(message);
}
