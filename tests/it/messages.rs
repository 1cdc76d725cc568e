//! All 42 message types: their pages in `docs/messages` are in step, and their samples satisfy libxml2 as well.

use single_window::domain::SPECS;
use single_window::intake::Edition;
use single_window::{reference, sample};
use std::path::Path;
use std::process::Command;

/// Seeds of which every type is tried.
const SEEDS: u32 = 25;

/// Run with `SWX_BLESS=1` to write the pages anew, and review the difference.
#[test]
fn the_page_of_every_message_is_in_step() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/messages");
    let pages = reference::pages().expect("the carried files can be read");
    assert_eq!(pages.len(), SPECS.len() + 1);
    if std::env::var_os("SWX_BLESS").is_some() {
        std::fs::create_dir_all(&folder).expect("writable");
    }
    for (name, text) in &pages {
        let path = folder.join(name);
        if std::env::var_os("SWX_BLESS").is_some() {
            std::fs::write(&path, text).expect("writable");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        let step = written.lines().zip(text.lines()).find(|(written, made)| written != made);
        assert_eq!(step, None, "{name} is out of step: run with SWX_BLESS=1");
        assert_eq!(written.len(), text.len(), "{name} is out of step: run with SWX_BLESS=1");
    }
    let kept = std::fs::read_dir(&folder).expect("the folder of the pages").count();
    assert_eq!(kept, pages.len(), "a page of no message");
}

#[test]
fn samples_break_no_rule() {
    let edition = Edition::carried();
    for spec in SPECS {
        for seed in 0..SEEDS {
            let xml = sample::example(spec.kind, seed);
            let faults = edition.faults(&xml, true).1;
            assert!(faults.is_empty(), "{:?} {seed}: {faults:#?}", spec.kind);
        }
    }
}

#[test]
fn the_places_of_rules_are_written_as_those_of_the_schema() {
    let edition = Edition::carried();
    for spec in SPECS {
        let xml = sample::example(spec.kind, 0);
        let document = format!("<ceb:{}>", spec.document);
        // Receipts have their namespace without a prefix.
        let (open, odd) =
            if xml.contains(&document) { (document, "<ceb:odd/>") } else { (format!("<{}>", spec.document), "<odd/>") };
        assert!(xml.contains(&open), "{:?}: no {open}", spec.kind);
        let faults = edition.faults(&xml.replacen(&open, &format!("{open}{odd}"), 1), false).1;
        let path = spec.kind.document_path(1) + "/odd";
        assert!(faults.iter().any(|fault| fault.path == path), "{:?}: {path} is not in {faults:#?}", spec.kind);
    }
}

/// Needs `xmllint` (Debian: libxml2-utils). Without it the test says so and ends.
#[test]
fn samples_are_valid_for_libxml2() {
    let folder = tempfile::tempdir().expect("a folder");
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/202205");
    for spec in SPECS {
        let files: Vec<_> = (0..SEEDS).map(|seed| folder.path().join(format!("{}-{seed}.xml", spec.root))).collect();
        for (seed, file) in (0..).zip(&files) {
            std::fs::write(file, sample::example(spec.kind, seed)).expect("writable");
        }
        let schema = schemas.join(format!("{}.xsd", spec.root));
        let output = Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(schema).args(&files).output();
        let Ok(output) = output else {
            eprintln!("xmllint is not installed; nothing was compared");
            return;
        };
        assert!(output.status.success(), "{}: {}", spec.root, String::from_utf8_lossy(&output.stderr));
    }
}
