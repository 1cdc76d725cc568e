//! Every rule has its cases: a message that passes it and one that breaks it.
//!
//! Rules on a message alone have theirs in `tests/golden/CEB*` (names in `faults.txt`), rules that need the state and most
//! others in `tests/golden/rules/<id>/`: see [`stage`].

mod stage;

use single_window::intake::Edition;
use single_window::rules::catalogue::{self, Enforced};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tokio::task::JoinSet;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Cases that are played at the same time.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn rules_with_a_folder_of_cases_hold_and_refuse() {
    let folders = std::fs::read_dir(root().join("rules")).expect("the folder of cases");
    let mut folders: Vec<PathBuf> = folders.map(|folder| folder.expect("readable").path()).collect();
    folders.sort();
    // Most of the time of a case is waiting for its ledger: some are played at the same time.
    let (mut playing, mut faults) = (JoinSet::new(), Vec::new());
    for folder in folders {
        if playing.len() >= AT_ONCE {
            faults.extend(playing.join_next().await.expect("one is played").expect("it ends"));
        }
        playing.spawn(async move { stage::faults_of_case(&folder).await });
    }
    faults.extend(playing.join_all().await.into_iter().flatten());
    faults.sort();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Names of all test functions.
fn tests() -> BTreeSet<String> {
    let mut folders = vec![root().join("../../src"), root().join("../it")];
    let mut names = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = text(&path);
                let declared = text.lines().filter_map(|line| line.trim().split("fn ").nth(1));
                names.extend(declared.filter_map(|rest| rest.split('(').next()).map(str::to_owned));
            }
        }
    }
    names
}

#[test]
fn every_rule_has_a_case() {
    let faults = text(&root().join("faults.txt"));
    let golden: BTreeSet<&str> = faults.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    let tests = tests();
    let mut without = Vec::new();
    for known in catalogue::all() {
        let has_case = match known.enforced {
            Enforced::Not => true,
            Enforced::Message => golden.contains(known.id.as_str()) || tests.contains(&known.case),
            // What the state judges can be shown by messages, and is.
            Enforced::State => root().join("rules").join(&known.id).is_dir(),
            Enforced::Schema | Enforced::Program => {
                root().join("rules").join(&known.id).is_dir() || tests.contains(&known.case)
            }
        };
        if !has_case {
            without.push(format!("{} ({})", known.id, known.case));
        }
    }
    assert!(without.is_empty(), "rules without a case: {}", without.join(", "));
}

#[test]
fn the_page_of_the_rules_is_in_step() {
    let page = text(&root().join("../../docs/rules.md"));
    assert_eq!(page, single_window::reference::rules_page(), "write it anew with `swx docs rules --out docs`");
}

fn golden(message: &str) -> String {
    text(&root().join(message).join("valid.xml"))
}

/// Faults of a text against schema and rules of an edition: their ids.
fn faults(edition: &str, text: &str) -> Vec<&'static str> {
    let editions = Edition::all_carried();
    let edition = editions.iter().find(|one| one.name == edition).expect("a carried edition");
    edition.faults(text, true).1.iter().map(|fault| fault.rule).collect()
}

/// The text with one element written so many times.
fn repeated(text: &str, element: &str, count: usize) -> String {
    let (open, close) = (format!("<ceb:{element}>"), format!("</ceb:{element}>"));
    let (begin, end) = (text.find(&open).expect("there is one"), text.rfind(&close).expect("it ends") + close.len());
    let first_end = begin + text[begin..].find(&close).expect("it ends") + close.len();
    format!("{}{}{}", &text[..begin], text[begin..first_end].repeat(count), &text[end..])
}

#[test]
fn batches_and_lines_have_their_limits() {
    let of_structure = |text: &str| faults("202205", text).into_iter().any(|rule| rule.starts_with("XSD-"));
    let order = golden("CEB311");
    assert!(of_structure(&repeated(&order, "Order", 101)) && !of_structure(&repeated(&order, "Order", 100)));
    assert!(of_structure(&repeated(&order, "OrderList", 100)) && !of_structure(&repeated(&order, "OrderList", 99)));
    let export = golden("CEB303");
    assert!(of_structure(&repeated(&export, "OrderList", 101)) && !of_structure(&repeated(&export, "OrderList", 100)));
}

#[test]
fn another_currency_of_import_is_refused() {
    let list = golden("CEB621").replacen("<ceb:currency>142<", "<ceb:currency>502<", 1);
    for edition in ["202205", "2018"] {
        assert!(!faults(edition, &list).is_empty(), "{edition}");
    }
}

#[test]
fn a_subscriber_asks_for_all_data_or_receipts() {
    let with = |status: &str| {
        let subscriber = format!(
            "<ceb:BaseSubscribe><ceb:status>{status}</ceb:status><ceb:dxpMode>DXP</ceb:dxpMode>\
             <ceb:dxpAddress>DXPENT0000900001</ceb:dxpAddress></ceb:BaseSubscribe>"
        );
        let transfer = "</ceb:BaseTransfer>";
        let plain = repeated_none(&golden("CEB621"));
        faults("202205", &plain.replacen(transfer, &format!("{transfer}{subscriber}"), 1))
    };
    assert_eq!(with("RET"), [""; 0]);
    assert_eq!(with("NONE"), ["R-SCH-03"]);
}

/// The message without subscribers of its own.
fn repeated_none(text: &str) -> String {
    if text.contains("<ceb:BaseSubscribe>") { repeated(text, "BaseSubscribe", 0) } else { text.to_owned() }
}
