//! Files that are checked against a schema of one's own, and are not messages of this exchange.

use super::doctype;
use super::faults::{Faults, Finding, Report};
use super::places::Places;
use super::scanner::Stop;
use super::set::SchemaSet;
use super::sink::Sink;
use super::walk::Source;
use crate::domain::limits;

impl SchemaSet {
    /// Checks a file against a schema of one's own. Other than in a message,
    ///
    /// - a root that is not declared may name its type (XML Schema 1.0 part 1, §3.3.4, Schema Validity Assessment
    ///   (Element) 1.1);
    /// - there may be a DOCTYPE. Its internal subset is checked by every rule of XML 1.0, its defaults and its entities
    ///   of text are put in, and values of type `ENTITY` may name its unparsed entities. Nothing external is read.
    pub fn validate_document<S: Sink>(&self, text: &str, sink: &mut S) -> Report {
        let declared = match text.len() {
            ..=limits::MESSAGE_BYTES_MAX => doctype::read(text),
            _ => Ok(None),
        };
        let declared = match declared {
            Ok(declared) => declared.unwrap_or_default(),
            Err(stop) => return stopped(text, stop),
        };
        match doctype::expand(text, &declared, false) {
            Err(stop) => stopped(text, stop),
            Ok(None) => self.walk(text, sink, Source::Document(&declared.unparsed)),
            Ok(Some(expanded)) => {
                let mut report = self.walk(&expanded.text, sink, Source::Document(&declared.unparsed));
                let mut places = Places::new(text);
                for fault in &mut report.faults {
                    let at = usize::try_from(fault.place.offset).unwrap_or(usize::MAX);
                    fault.place = places.at(expanded.origin(at));
                }
                report
            }
        }
    }
}

fn stopped(text: &str, stop: Stop) -> Report {
    let mut faults = Faults::new(text);
    faults.add(Finding {
        at: stop.at,
        path: String::new(),
        labels: None,
        rule: stop.rule,
        zh: stop.zh,
        en: stop.en,
        found: stop.found.as_deref(),
        expected: stop.expected,
    });
    faults.finish(None)
}
