//! Schema editions: by the sender's filing, put in force, and published files in a folder.

mod published;

use crate::node::TestNode;
use bytes::Bytes;
use single_window::domain::{Caller, Ending, Party, PartyId};
use single_window::intake::{Applied, Error};
use single_window::sample::Kind;

/// A list whose item number has 25 characters: 20 are allowed in edition 202205, 30 in edition 2018.
fn list(test: &TestNode, number: u64) -> Bytes {
    let xml = test.message(Kind::List, &[test.samples.set(number)], number);
    let text = String::from_utf8(xml.to_vec()).expect("samples are UTF-8");
    let (head, tail) = text.split_once("<ceb:itemNo>").expect("a line names its item");
    let (_, tail) = tail.split_once("</ceb:itemNo>").expect("the end of it");
    Bytes::from(format!("{head}<ceb:itemNo>{}</ceb:itemNo>{tail}", "A".repeat(25)))
}

async fn submit(test: &TestNode, caller: &Caller, number: u64) -> Applied {
    test.node.intake.submit(caller, list(test, number)).await.expect("it is answered")
}

fn first_rule(applied: &Applied) -> &str {
    applied.outcome.rejections.first().map_or("", |rejection| rejection.rule.as_str())
}

async fn file(test: &TestNode, edition: &str) -> Result<Caller, Error> {
    let caller = test.sender(Kind::List);
    let party = Party { schema_edition: edition.to_owned(), ..Party::clone(&caller.party) };
    test.node.intake.file_party(PartyId(0), party).await?;
    Ok(test.sender(Kind::List))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_is_judged_by_the_edition_of_its_filing() {
    let test = TestNode::start().await;
    let before = test.sender(Kind::List);
    let refused = submit(&test, &before, 1).await;
    assert_eq!((refused.outcome.ending, first_rule(&refused)), (Ending::Refused as i32, "XSD-LENGTH"));
    assert_eq!(refused.outcome.schema_edition, "202205");

    file(&test, "2018").await.expect("an edition that is installed");
    // The filing counts, not what the caller's connection knew when it began.
    let accepted = submit(&test, &before, 2).await;
    assert_eq!((accepted.outcome.ending, accepted.outcome.schema_edition.as_str()), (Ending::Applied as i32, "2018"));
    let checked = test.node.intake.validate(&before, list(&test, 3)).await.expect("it is answered");
    assert_eq!((checked.edition.as_str(), checked.faults.len()), ("2018", 0));

    let Err(Error::Invalid { field, .. }) = file(&test, "1999").await else { panic!("an edition that is not here") };
    assert_eq!(field, "party.schema_edition");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_put_in_force_counts_for_all_others() {
    let test = TestNode::start().await;
    let caller = test.sender(Kind::List);
    test.node.intake.put_in_force("2018").await.expect("it is installed");
    assert_eq!(submit(&test, &caller, 1).await.outcome.ending, Ending::Applied as i32);
    file(&test, "202205").await.expect("it is installed");
    assert_eq!(first_rule(&submit(&test, &caller, 2).await), "XSD-LENGTH");
    assert!(matches!(test.node.intake.put_in_force("1999").await, Err(Error::Invalid { .. })));
}
