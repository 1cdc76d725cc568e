//! What every report promises, whatever the text was.

use single_window::domain::{Fault, limits};
use single_window::schema::{Report, rules};

/// Checks a fault on its own.
pub fn fault(fault: &Fault) {
    assert!(!fault.rule.is_empty() && rules::ALL.contains(&fault.rule), "an unknown rule: {}", fault.rule);
    assert!(!fault.message_zh.is_empty() && !fault.message_en.is_empty(), "{} says nothing", fault.rule);
    assert!(fault.place.line >= 1 && fault.place.column >= 1, "{} has no place", fault.rule);
    if let Some(found) = &fault.found {
        assert!(found.chars().count() <= limits::FOUND_CHARS_MAX, "{} shows too much", fault.rule);
    }
}

/// Checks a report on a text.
pub fn report(report: &Report, text: &str) {
    assert!(report.faults.len() <= report.faults_total.min(limits::FAULTS_MAX + 1), "too many faults are listed");
    assert_eq!(report.faults.is_empty(), report.faults_total == 0, "faults are counted that are not listed");
    for found in &report.faults {
        fault(found);
        let offset = usize::try_from(found.place.offset).expect("offsets are small");
        assert!(text.is_char_boundary(offset), "{} points into a character", found.rule);
        let before = text.get(..offset).expect("a boundary");
        let line = 1 + before.matches('\n').count() + lone_returns(before, text.get(offset..).unwrap_or_default());
        assert_eq!(usize::try_from(found.place.line).expect("small"), line, "{} names another line", found.rule);
    }
}

/// Carriage returns that end a line by themselves.
fn lone_returns(before: &str, after: &str) -> usize {
    let pairs = before.matches("\r\n").count() + usize::from(before.ends_with('\r') && after.starts_with('\n'));
    before.matches('\r').count() - pairs
}
