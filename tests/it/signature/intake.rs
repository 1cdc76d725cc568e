//! Signatures at the intake: what is recorded and what is refused.

use super::*;
use crate::node::{NOON, TestNode};
use single_window::domain::{Ending, Party, PartyId};
use single_window::intake::{Applied, Checks, Edition, Error};
use single_window::signature::{Settings as Signatures, State};

/// Certificates of the test begin today, so the clock of the node does too.
async fn node() -> TestNode {
    let checks = Checks { editions: vec![Edition::carried()], signatures: Signatures::default() };
    let test = TestNode::start_with(checks).await;
    assert!(now() > NOON);
    test.clock.set(now());
    test
}

/// Files these certificates for the sender of a kind of message.
async fn file(test: &TestNode, kind: Kind, certificates: Vec<Vec<u8>>) -> Result<Applied, Error> {
    let party = Party { signing_certificates: certificates, ..Party::clone(&test.sender(kind).party) };
    test.node.intake.file_party(PartyId(0), party).await
}

/// Sends a message under a guid of its own; its rules, official codes and the state of its signature.
async fn send(test: &TestNode, kind: Kind, text: String) -> (Vec<(String, i32)>, u32) {
    let applied = test.node.intake.submit(&test.sender(kind), text.into()).await.expect("it is recorded");
    let outcome = applied.outcome;
    assert_eq!(outcome.ending == Ending::Refused as i32, !outcome.rejections.is_empty());
    (outcome.rejections.iter().map(|r| (r.rule.clone(), r.official)).collect(), outcome.signature)
}

fn message_number(test: &TestNode, kind: Kind, number: u64) -> String {
    let text = String::from_utf8(test.message(kind, &[test.samples.set(number)], number).to_vec()).expect("UTF-8");
    single_window::sample::unsigned(&text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_needs_a_good_signature_of_a_filed_certificate() {
    if tools_are_missing() {
        return;
    }
    let (test, pairs) = (node().await, pairs());
    let signed = |number| pairs.sm2.signer().sign(&message_number(&test, Kind::List, number), None).expect("signed");
    let refused = |rule: &str, code| (vec![(rule.to_owned(), code)], State::Failed as u32);
    // Nothing is filed yet.
    assert_eq!(send(&test, Kind::List, signed(1)).await, refused("R-SIG-04", -621_029));
    file(&test, Kind::List, vec![pairs.sm2.certificate.der().to_vec()]).await.expect("filed");
    assert_eq!(send(&test, Kind::List, signed(2)).await, (Vec::new(), State::Verified as u32));
    let altered = signed(3).replace("<ceb:itemName>", "<ceb:itemName>新");
    assert_eq!(send(&test, Kind::List, altered).await, refused("R-SIG-06", -621_028));
    let foreign = pairs.rsa.signer().sign(&message_number(&test, Kind::List, 4), None).expect("signed");
    assert_eq!(send(&test, Kind::List, foreign).await, refused("R-SIG-04", -621_029));
    // A new filing counts at once.
    file(&test, Kind::List, vec![pairs.rsa.certificate.der().to_vec()]).await.expect("filed");
    let (rules, _) = send(&test, Kind::List, signed(5)).await;
    assert_eq!(rules, [("R-SIG-04".to_owned(), -621_029)]);
    // The node's time counts, not the message's.
    let old = pairs.rsa.signer().sign(&message_number(&test, Kind::List, 6), None).expect("signed");
    test.clock.set(Timestamp(pairs.rsa.certificate.until.0 + 1));
    assert_eq!(send(&test, Kind::List, old).await, refused("R-SIG-05", -621_029));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_may_be_signed_and_then_has_to_be_right() {
    if tools_are_missing() {
        return;
    }
    let (test, pairs) = (node().await, pairs());
    let plain = |number| message_number(&test, Kind::Order, number);
    let signed = |number| pairs.rsa.signer().sign(&plain(number), None).expect("signed");
    assert_eq!(send(&test, Kind::Order, plain(1)).await, (Vec::new(), State::Absent as u32));
    assert_eq!(send(&test, Kind::Order, signed(2)).await, (Vec::new(), 0), "nobody can verify it: as unverified");
    file(&test, Kind::Order, vec![pairs.rsa.certificate.der().to_vec()]).await.expect("filed");
    assert_eq!(send(&test, Kind::Order, signed(3)).await, (Vec::new(), State::Verified as u32));
    assert_eq!(send(&test, Kind::Order, plain(4)).await, (Vec::new(), State::Absent as u32));
    let altered = signed(5).replace("<ceb:itemName>", "<ceb:itemName>新");
    assert_eq!(send(&test, Kind::Order, altered).await, (vec![("R-SIG-06".to_owned(), 0)], State::Failed as u32));
    // Drafts bind nobody.
    let draft = signed(6).replace("<ceb:appStatus>2<", "<ceb:appStatus>1<");
    assert_eq!(send(&test, Kind::Order, draft).await, (Vec::new(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_certificates_that_can_be_used_are_filed() {
    let test = node().await;
    let error = file(&test, Kind::List, vec![b"not a certificate".to_vec()]).await.expect_err("not one");
    assert!(matches!(error, Error::Invalid { field, .. } if field == "party.signing_certificates"));
}
