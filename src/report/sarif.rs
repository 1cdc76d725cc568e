//! A report as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format).

use super::Checked;
use crate::rules::RULES;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Results of all files; a SARIF log is one object.
#[derive(Debug, Default)]
pub(super) struct Log {
    results: Vec<Value>,
    artifacts: Vec<Value>,
    rules: BTreeSet<&'static str>,
}

impl Log {
    pub(super) fn add(&mut self, checked: &Checked<'_>) {
        let index = self.artifacts.len();
        let uri = uri(checked.file);
        self.artifacts.push(json!({
            "location": { "uri": uri },
            "properties": {
                "messageType": checked.message_type,
                "edition": checked.edition,
                "faults": checked.total,
            },
        }));
        for fault in checked.faults {
            self.rules.insert(fault.rule);
            let text = format!("{} / {}", fault.message_zh, fault.message_en);
            self.results.push(json!({
                "ruleId": fault.rule,
                "level": "error",
                "message": { "text": text },
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": { "uri": uri, "index": index },
                        "region": { "startLine": fault.place.line, "startColumn": fault.place.column },
                    },
                    "logicalLocations": [{ "fullyQualifiedName": fault.path, "kind": "element" }],
                }],
                "properties": {
                    "fieldZh": fault.field_zh,
                    "fieldEn": fault.field_en,
                    "found": fault.found,
                    "expected": fault.expected,
                    "official": (fault.official != 0).then_some(fault.official),
                },
            }));
        }
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let rules: Vec<Value> = self.rules.iter().map(|id| rule(id)).collect();
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": "swx", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
                "columnKind": "unicodeCodePoints",
                "artifacts": self.artifacts,
                "results": self.results,
            }],
        });
        serde_json::to_writer_pretty(&mut *out, &log)?;
        writeln!(out)
    }
}

fn rule(id: &str) -> Value {
    match RULES.iter().find(|rule| rule.id == id) {
        Some(rule) => json!({
            "id": id,
            "shortDescription": { "text": rule.statement },
            "fullDescription": { "text": format!("{} (source: {})", rule.statement, rule.source) },
        }),
        None => json!({ "id": id }),
    }
}

/// A file name as a relative or absolute URI reference (RFC 3986): what may not stand there is percent-encoded.
fn uri(file: &str) -> String {
    let mut uri = String::with_capacity(file.len());
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => uri.push(char::from(byte)),
            byte => {
                uri.push('%');
                let digits = [byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0'));
                uri.extend(digits.map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    uri
}
