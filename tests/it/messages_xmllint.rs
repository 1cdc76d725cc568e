//! Every message type against libxml2: generated from its schema, changed in thousands of ways, one verdict each.
//!
//! Needs `xmllint`, as `schema_xmllint` does. `SWX_XMLLINT_MUTANTS` sets the number of mutants of each type,
//! `SWX_XMLLINT_SEED` the seed.

#![expect(clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "a test that panics has failed")]

mod instance;
mod mutate;

use crate::schema_xmllint::{Random, xmllint};
use instance::{Fill, Model};
use mutate::mutate;
use regex::Regex;
use single_window::domain::Fault;
use single_window::schema::{FILES, NoSink, SchemaSet, carried, decode};
use std::path::Path;
use std::sync::LazyLock;

/// Mutants of each type in an ordinary run.
const MUTANTS: usize = 1000;

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn file(name: &str) -> &'static str {
    let (_, bytes) = FILES.iter().find(|(known, _)| *known == name).expect("a carried file");
    std::str::from_utf8(bytes).expect("our own file")
}

fn message_files() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).filter(|name| name.starts_with("CEB")).collect()
}

fn faults(set: &SchemaSet, text: &str) -> Vec<Fault> {
    match decode(text.as_bytes()) {
        Ok(text) => set.validate(&text, &mut NoSink).faults,
        Err(fault) => vec![*fault],
    }
}

/// Faults that libxml2 is known not to see, and why they are faults.
fn is_known_fault(faults: &[Fault]) -> bool {
    let all = |known: fn(&Fault) -> bool| faults.iter().all(known);
    // It goes on after an encoding that it does not know, and after a prefix that is not declared.
    !faults.is_empty() && all(|fault| matches!(fault.rule, "XML-ENCODING" | "XML-NAMESPACE"))
        // It skips every character of base64 that it does not know.
        || !faults.is_empty() && all(|fault| fault.rule == "XSD-TYPE" && (fault.path.ends_with("Value") || fault.path.ends_with("Certificate")))
}

/// The text without what libxml2 is known to refuse wrongly; one of the two must please it.
///
/// It takes CDATA sections for text even if they hold nothing, or white space between elements. It refuses brackets in
/// `xs:anyURI`, though part 2, §3.2.17 of XML Schema 1.0 leaves the form of URIs alone. And, in the second text, it
/// forgets that white space around an integer with a limit of digits collapses.
fn without_what_they_refuse(text: &str) -> [String; 2] {
    static AROUND: LazyLock<Regex> = LazyLock::new(|| {
        let space = r"(?:\s|&#32;|&#10;|&#9;|&#xD;|<!-- -->|<!-- c -->|<\?p\?>)*";
        Regex::new(&format!(r">{space}([+-]?[0-9]+){space}</ceb:")).expect("a good expression")
    });
    static BLANK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<!\[CDATA\[(\s*)\]\]>").expect("a good expression"));
    static URI: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?:Algorithm|URI|Type)="[^"]*""#).expect("a good expression"));
    let plain = BLANK.replace_all(text, "$1");
    let plain = URI.replace_all(&plain, |found: &regex::Captures<'_>| found[0].replace(['[', ']'], ""));
    [plain.to_string(), AROUND.replace_all(&plain, ">$1</ceb:").into_owned()]
}

#[test]
fn a_message_of_every_type_can_be_made_from_its_schema() {
    let set = carried().expect("the carried schemas compile");
    let mut random = Random::new(0x5EED_0010);
    for name in message_files() {
        let model = Model::new(file(name), file("ceb-types.xsd"));
        for fill in [Fill::Least, Fill::Most, Fill::Some, Fill::Some] {
            let text = model.message(fill, &mut random);
            let faults = faults(&set, &text);
            assert!(faults.is_empty(), "{name} {fill:?}: {:?}\n{text}", faults.first());
        }
    }
}

/// Run with `SWX_BLESS=1` to write those that are missing.
#[test]
fn every_message_type_has_a_seed_for_the_fuzzer() {
    let set = carried().expect("the carried schemas compile");
    let mut random = Random::new(0x5EED_0012);
    for name in message_files() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/validator");
        let seed = folder.join(name.replace("Message.xsd", ".xml"));
        let made = Model::new(file(name), file("ceb-types.xsd")).message(Fill::Some, &mut random);
        if !seed.exists() && std::env::var_os("SWX_BLESS").is_some() {
            std::fs::write(&seed, made).expect("written");
        }
        let text = std::fs::read_to_string(&seed).unwrap_or_else(|error| panic!("{}: {error}", seed.display()));
        let faults = faults(&set, &text);
        assert!(faults.is_empty(), "{name}: {:?}", faults.first());
    }
}

#[test]
fn verdicts_on_changed_messages_of_every_type_are_those_of_libxml2() {
    let set = carried().expect("the carried schemas compile");
    let mutants = number("SWX_XMLLINT_MUTANTS", MUTANTS);
    let seed = number("SWX_XMLLINT_SEED", 0x5EED_0011);
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in FILES {
        std::fs::write(folder.path().join(name), bytes).expect("written");
    }
    let (mut compared, mut valid, mut differences) = (0, 0, Vec::new());
    for (ordinal, name) in message_files().into_iter().enumerate() {
        let mut random = Random::new(u64::try_from(seed + ordinal).expect("64 bits"));
        let texts = mutated(&Model::new(file(name), file("ceb-types.xsd")), mutants, &mut random);
        let Some(theirs) = verdicts(folder.path(), name, &texts) else {
            eprintln!("xmllint is not installed; nothing was compared");
            return;
        };
        let valid_before = valid;
        let mut different = Vec::new();
        for (text, theirs) in texts.iter().zip(theirs) {
            let faults = faults(&set, text);
            compared += 1;
            valid += usize::from(theirs);
            if faults.is_empty() != theirs && !is_known_fault(&faults) {
                different.push((text, faults.into_iter().next()));
            }
        }
        // What only they refuse they must take without the pieces that they are known to trip over.
        let plain: Vec<String> = different.iter().flat_map(|(text, _)| without_what_they_refuse(text)).collect();
        let again = verdicts(folder.path(), name, &plain).expect("xmllint is there");
        for ((text, fault), again) in different.into_iter().zip(again.chunks(2)) {
            if fault.is_some() || !again.contains(&true) {
                let fault = fault.map(|fault| format!("{} {}", fault.place.line, fault.message_en));
                differences.push(format!("--- {name}: ours {fault:?}\n{text}"));
            }
        }
        assert!(valid - valid_before > mutants / 50, "{name}: the mutants should not all be invalid");
    }
    eprintln!("{compared} messages compared, {valid} valid, {} differences", differences.len());
    assert!(differences.is_empty(), "seed {seed}, {} differences\n{}", differences.len(), {
        differences.truncate(number("SWX_XMLLINT_SHOWN", 5));
        differences.join("\n")
    });
}

fn mutated(model: &Model, mutants: usize, random: &mut Random) -> Vec<String> {
    let fills = [Fill::Least, Fill::Most, Fill::Some, Fill::Some, Fill::Some, Fill::Some];
    let good: Vec<String> = fills.iter().map(|fill| model.message(*fill, random)).collect();
    let mut texts = good.clone();
    while texts.len() < mutants {
        let base = random.below(good.len());
        let mut text = mutate(&good[base], random);
        if random.below(4) == 0 {
            text = mutate(&text, random);
        }
        texts.push(text);
    }
    texts
}

/// What xmllint says of each text; `None` without xmllint.
fn verdicts(folder: &Path, schema: &str, texts: &[String]) -> Option<Vec<bool>> {
    for (number, text) in texts.iter().enumerate() {
        std::fs::write(folder.join(format!("{number}.xml")), text).expect("written");
    }
    let verdicts = xmllint(folder, schema, texts.len())?;
    Some((0..texts.len()).map(|number| verdicts[&format!("{number}.xml")]).collect())
}
