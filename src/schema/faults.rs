//! Collecting faults up to the limit, with lines and columns counted only then.

use super::chars;
use super::places::Places;
use super::table::Labels;
use crate::domain::{Fault, limits};

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Namespace and local name of the root element, if the text has one.
    pub root: Option<(String, String)>,
    /// Faults in the order of their places, at most `limits::FAULTS_MAX`.
    pub faults: Vec<Fault>,
    /// All faults, the listed ones included.
    pub faults_total: usize,
}

impl Report {
    /// Whether the message is well-formed and fits its schema.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.faults_total == 0
    }
}

/// A fault before its place is counted.
pub(super) struct Finding<'a> {
    pub(super) at: usize,
    pub(super) path: String,
    pub(super) labels: Option<&'a Labels>,
    pub(super) rule: &'static str,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) found: Option<&'a str>,
    pub(super) expected: String,
}

/// Faults of one message.
pub(super) struct Faults<'t> {
    text: &'t str,
    list: Vec<Option<(usize, Fault)>>,
    total: usize,
}

impl<'t> Faults<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Faults { text, list: Vec::new(), total: 0 }
    }

    /// Whether a further fault would be listed; if not, it is counted here and need not be worded.
    pub(super) fn has_room(&mut self) -> bool {
        let room = self.list.len() < limits::FAULTS_MAX;
        if !room {
            self.total += 1;
        }
        room
    }

    /// Adds a fault; returns its number, to change it later.
    pub(super) fn add(&mut self, finding: Finding<'_>) -> usize {
        self.total += 1;
        let labels = finding.labels.cloned().unwrap_or_default();
        let fault = Fault {
            place: Default::default(),
            path: finding.path,
            field_zh: labels.zh.into(),
            field_en: labels.en.into(),
            rule: finding.rule,
            message_zh: finding.zh,
            message_en: finding.en,
            found: finding.found.map(|found| chars::cut(found, limits::FOUND_CHARS_MAX)),
            expected: finding.expected,
            official: 0,
        };
        self.list.push(Some((finding.at, fault)));
        self.list.len() - 1
    }

    /// Takes a fault back, because a later one explains it better.
    pub(super) fn remove(&mut self, number: usize) {
        if let Some(slot) = self.list.get_mut(number)
            && slot.take().is_some()
        {
            self.total -= 1;
        }
    }

    /// Ends the collection: counts the places and orders the faults by them.
    pub(super) fn finish(self, root: Option<(String, String)>) -> Report {
        let mut found: Vec<(usize, Fault)> = self.list.into_iter().flatten().collect();
        found.sort_by_key(|(at, _)| *at);
        let mut places = Places::new(self.text);
        let faults = found.into_iter().map(|(at, mut fault)| {
            fault.place = places.at(at);
            fault
        });
        Report { root, faults: faults.collect(), faults_total: self.total }
    }
}
