//! Rules of the house that no compiler checks.

use single_window::tables::Parameter;
use std::path::{Path, PathBuf};

fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut folders = vec![root];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                let text = std::fs::read_to_string(&path).expect("text");
                found.push((path, text));
            }
        }
    }
    found
}

/// The part of a file before its unit tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

#[test]
fn pure_modules_do_no_io() {
    let forbidden = [
        "tokio::",
        "tonic::",
        "axum::",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "Instant::now",
        "SystemTime",
    ];
    for folder in [
        "src/domain",
        "src/schema",
        "src/envelope",
        "src/signature",
        "src/payment_data",
        "src/rules",
        "src/tables",
        "src/tax",
        "src/proof",
        "src/receipt",
        "src/typed",
        "src/reference",
        "src/sample",
        "src/simulator",
    ] {
        for (path, text) in files(folder, ".rs") {
            if path.ends_with("domain/clock.rs") || path.to_string_lossy().contains("/tests/") {
                continue;
            }
            for word in forbidden {
                assert!(!code(&text).contains(word), "{} uses {word}", path.display());
            }
        }
    }
}

#[test]
fn apply_reads_no_clock_and_no_randomness() {
    for (path, text) in files("src/state", ".rs") {
        if path.to_string_lossy().contains("state/store/") {
            continue;
        }
        for word in ["Clock", "rand::", "Instant", "std::fs", "tokio::", "tonic::", "pb::"] {
            assert!(!code(&text).contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn wire_types_stop_at_the_door() {
    for folder in [
        "src/domain",
        "src/intake",
        "src/feed",
        "src/ledger",
        "src/state",
        "src/receipt",
        "src/rules",
        "src/rehearsal",
        "src/simulator",
    ] {
        for (path, text) in files(folder, ".rs") {
            assert!(!text.contains("crate::pb"), "{} knows wire types", path.display());
        }
    }
}

#[test]
fn no_test_is_skipped_and_nothing_is_left_open() {
    let words = [concat!("#[ig", "nore"), concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("FIX", "ME")];
    for folder in ["src", "tests/it"] {
        for (path, text) in files(folder, ".rs") {
            for word in words {
                assert!(!text.contains(word), "{} has {word}", path.display());
            }
        }
    }
}

#[test]
fn every_parameter_is_read_or_says_why_not() {
    let own = ["parameter.rs", "unread.rs"];
    let is_other = |path: &Path| path.file_name().is_none_or(|name| own.iter().all(|own| name != *own));
    let sources: Vec<_> = files("src", ".rs").into_iter().filter(|(path, _)| is_other(path)).collect();
    for parameter in Parameter::ALL {
        let names = [format!("Parameter::{parameter:?}"), format!("P::{parameter:?}")];
        // A longer name may begin with this one.
        let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric());
        let read = |text: &str| names.iter().any(|name| text.split(name.as_str()).skip(1).any(ends));
        let is_read = sources.iter().any(|(_, text)| read(code(text)));
        assert_eq!(is_read, parameter.unread().is_none(), "{}", parameter.name());
    }
}

#[test]
fn every_rule_id_is_explained() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = |name: &str| std::fs::read_to_string(docs.join(name)).expect("docs");
    let explained = page("errors.md") + &page("rules.md");
    for folder in ["src/rules", "src/tables", "src/signature", "src/envelope", "src/state", "src/intake"] {
        for (path, text) in files(folder, ".rs") {
            for id in code(&text).split('"').filter(|word| word.starts_with("R-") && !word.contains(' ')) {
                assert!(
                    explained.contains(id),
                    "{id} of {} is in neither docs/errors.md nor docs/rules.md",
                    path.display()
                );
            }
        }
    }
}
