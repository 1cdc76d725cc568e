//! Golden messages: every file under `tests/golden/CEB*` is valid or has exactly the faults written down in
//! `tests/golden/faults.txt`. Run with `SWX_BLESS=1` to write that file anew, and review the difference.

use single_window::intake::Edition;
use single_window::schema;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn messages() -> Vec<PathBuf> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(golden).expect("the golden folder") {
        let folder = folder.expect("readable").path();
        if folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("CEB")) {
            for file in std::fs::read_dir(folder).expect("a folder") {
                found.push(file.expect("readable").path());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn golden_messages_have_the_faults_that_are_written_down() {
    let edition = Edition::carried();
    let mut report = String::new();
    for path in messages() {
        let bytes = std::fs::read(&path).expect("readable");
        let name = format!(
            "{}/{}",
            path.parent().and_then(Path::file_name).expect("in a folder").to_string_lossy(),
            path.file_stem().expect("a file").to_string_lossy()
        );
        let faults = match schema::decode(&bytes) {
            Err(fault) => vec![*fault],
            Ok(text) => edition.faults(&text, true).1,
        };
        let claims_valid = path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("valid"));
        assert_eq!(faults.is_empty(), claims_valid, "{name}: {faults:#?}");
        for fault in faults {
            let (line, column) = (fault.place.line, fault.place.column);
            writeln!(report, "{name} {line}:{column} {} {} {}", fault.rule, fault.path, fault.message_en)
                .expect("memory");
            assert!(!fault.message_zh.is_empty(), "{name}: {} has no Chinese text", fault.rule);
        }
    }
    let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/faults.txt");
    if std::env::var_os("SWX_BLESS").is_some() {
        std::fs::write(&written, &report).expect("writable");
    }
    let expected = std::fs::read_to_string(&written).expect("run once with SWX_BLESS=1");
    for (found, expected) in report.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(report.lines().count(), expected.lines().count());
}
