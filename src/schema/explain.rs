//! What went wrong, in words, and how to go on without a cascade.
//!
//! An element that cannot stand where it is has one of these explanations, tried in this order: the right
//! name in the wrong namespace; one too many; elements missing before it; out of order; a slip in its name;
//! unknown. After each the walk goes on where most of the rest still makes sense.

mod attributes;
mod content;
mod order;

use super::chars;
use super::faults::Finding;
use super::model::{ByLocal, Exact, Kind, Lack, Model};
use super::names::NsId;
use super::nearest::nearest;
use super::rules;
use super::scanner::Start;
use super::sink::Sink;
use super::table::{Element, ElementId, Labels};
use super::walk::Walk;
use crate::domain::limits;

pub(super) use order::Jump;

/// Jumps remembered for one parent and its ancestors.
const JUMPS_MAX: usize = 64;
/// Names shown of what could stand at a place.
const NAMES_MAX: usize = 8;

/// The name of a field in both languages, the tag itself where the schema has no other.
struct Name<'a> {
    zh: &'a str,
    en: &'a str,
    tag: &'a str,
}

impl<'a> Name<'a> {
    fn of(labels: &'a Labels, tag: &'a str) -> Self {
        let or_tag = |text: &'a str| if text.is_empty() { tag } else { text };
        Name { zh: or_tag(&labels.zh), en: or_tag(&labels.en), tag }
    }

    /// The name with its tag behind it, if they differ.
    fn zh_full(&self) -> String {
        if self.zh == self.tag { self.tag.to_owned() } else { format!("{}（{}）", self.zh, self.tag) }
    }

    fn en_full(&self) -> String {
        if self.en == self.tag { self.tag.to_owned() } else { format!("{} ({})", self.en, self.tag) }
    }
}

impl<'t, 's, S: Sink> Walk<'t, 's, '_, S> {
    fn element(&self, id: ElementId) -> Option<&'s Element> {
        self.set.elements.get(id.index())
    }

    fn leaf_element(&self, model: &Model, leaf: usize) -> Option<&'s Element> {
        match model.node(leaf).kind {
            Kind::Element(id) => self.element(id),
            Kind::Any(_) | Kind::Sequence | Kind::Choice | Kind::All => None,
        }
    }

    fn labels_of(&self, model: &Model, leaf: usize) -> Option<&'s Labels> {
        self.leaf_element(model, leaf).map(|element| &element.labels)
    }

    fn slots(&self, base: usize) -> &[u32] {
        self.slots.get(base..).unwrap_or_default()
    }

    /// A child that cannot stand where it is.
    #[cold]
    pub(super) fn unexpected(&mut self, model: &'s Model, start: Start<'t>) {
        let Some((at, base)) = self.frames.last().map(|frame| (frame.at, frame.base)) else { return };
        if self.wrong_namespace(model, start, at, base)
            || self.too_many(model, start, at, base)
            || self.missing_before(model, start, at, base)
            || self.out_of_order(model, start, base)
        {
            return;
        }
        self.unknown(model, start, at, base);
    }

    /// The right local name in the wrong namespace: said once for each pair, then taken as right.
    fn wrong_namespace(&mut self, model: &'s Model, start: Start<'t>, at: usize, base: usize) -> bool {
        let probe = ByLocal(start.local);
        let Some(leaf) = model.nodes.iter().position(|node| super::model::Probe::accepts(&probe, node)) else {
            return false;
        };
        let wanted = model.node(leaf).ns;
        if wanted == start.ns {
            return false;
        }
        self.report_namespace(start, wanted);
        let slots = self.slots.get_mut(base..).unwrap_or_default();
        match model.step(at, slots, &probe, None) {
            Some(leaf) => self.go_on(model, start, leaf, base),
            None => {
                let start = Start { ns: wanted, ..start };
                let taken = self.too_many(model, start, at, base)
                    || self.missing_before(model, start, at, base)
                    || self.out_of_order(model, start, base);
                if !taken {
                    self.skip = 1;
                }
            }
        }
        true
    }

    fn report_namespace(&mut self, start: Start<'t>, wanted: NsId) {
        if self.excused.contains(&(start.ns, wanted)) {
            return;
        }
        self.excused.push((start.ns, wanted));
        if !self.faults.has_room() {
            return;
        }
        let found = self.scanner.scope().uri(start.ns).to_owned();
        let wanted = self.set.namespaces.uri(wanted).to_owned();
        let local = start.local;
        let none = |uri: &str, none: &str| if uri.is_empty() { none.to_owned() } else { uri.to_owned() };
        let path = self.path(Some(local));
        self.faults.add(Finding {
            at: start.at,
            path,
            labels: None,
            rule: rules::XSD_NAMESPACE,
            zh: format!("元素 {local} 的命名空间不对：应为 {}，而不是 {}", none(&wanted, "无"), none(&found, "无")),
            en: format!(
                "element {local} is in the wrong namespace: must be {}, not {}",
                none(&wanted, "none"),
                none(&found, "none")
            ),
            found: Some(&found),
            expected: wanted,
        });
    }

    /// Opens a child at a leaf that was found by other means than an exact match.
    fn go_on(&mut self, model: &'s Model, start: Start<'t>, leaf: usize, base: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.at = leaf;
        }
        self.open_leaf(model, start, leaf, base);
    }

    fn open_leaf(&mut self, model: &'s Model, start: Start<'t>, leaf: usize, base: usize) {
        let index = model.occurrence(leaf, self.slots(base));
        match model.node(leaf).kind {
            Kind::Element(id) => {
                let member = model.node(leaf).members.iter().find(|(name, ..)| **name == *start.local);
                let id = match member {
                    Some((_, _, member)) if *model.node(leaf).name != *start.local => *member,
                    _ => id,
                };
                self.open(start, id, index);
            }
            Kind::Any(_) | Kind::Sequence | Kind::Choice | Kind::All => self.skip = 1,
        }
    }

    /// More of the same than allowed: said once, at the first one too many.
    fn too_many(&mut self, model: &'s Model, start: Start<'t>, at: usize, base: usize) -> bool {
        let probe = Exact { ns: start.ns, local: start.local };
        let Some(node) = model.nodes.get(at).filter(|node| super::model::Probe::accepts(&probe, node)) else {
            return false;
        };
        if matches!(node.kind, Kind::Any(_)) {
            return false;
        }
        let (count, max) = (model.count(self.slots(base), node), node.max);
        let slots = self.slots.get_mut(base..).unwrap_or_default();
        model.add(slots, node);
        model.count_anyway(at, slots);
        if count == max && self.faults.has_room() {
            let labels = self.labels_of(model, at);
            let empty = Labels::default();
            let name = Name::of(labels.unwrap_or(&empty), &node.name);
            let path = self.path(Some(&format!("{}[{}]", start.local, max.saturating_add(1))));
            let (zh, en) = if max == 1 {
                (format!("{}重复：只能出现一次", name.zh), format!("{} is repeated: it can occur only once", name.en))
            } else {
                (
                    format!("{}过多：最多 {max} 个", name.zh),
                    format!("{} occurs too often: at most {max} times", name.en),
                )
            };
            self.faults.add(Finding {
                at: start.at,
                path,
                labels,
                rule: rules::XSD_TOO_MANY,
                zh,
                en,
                found: None,
                expected: format!("..{max}"),
            });
        }
        self.open_leaf(model, start, at, base);
        true
    }

    /// Required elements skipped before this one.
    fn missing_before(&mut self, model: &'s Model, start: Start<'t>, at: usize, base: usize) -> bool {
        let probe = Exact { ns: start.ns, local: start.local };
        let mut lacks = Vec::new();
        let slots = self.slots.get_mut(base..).unwrap_or_default();
        let Some(leaf) = model.step(at, slots, &probe, Some(&mut lacks)) else { return false };
        if matches!(model.node(leaf).kind, Kind::Any(_)) {
            // A wildcard would take anything, so it explains nothing.
            self.unknown(model, start, at, base);
            return true;
        }
        let missing = self.report_missing(model, &lacks, start.at);
        if self.jumps.len() < JUMPS_MAX && !missing.is_empty() {
            let width = missing.len();
            let depth = self.frames.len();
            self.jumps.push(Jump { depth, from: at, jumper: leaf, jumper_at: start.at, missing, width, blamed: false });
        }
        self.go_on(model, start, leaf, base);
        true
    }

    #[cold]
    pub(super) fn missing_at_end(&mut self, model: &'s Model, lacks: &[Lack], at: usize) {
        self.report_missing(model, lacks, at);
    }

    /// Reports what is missing; returns the single leaves among it with the numbers of their faults.
    fn report_missing(&mut self, model: &'s Model, lacks: &[Lack], at: usize) -> Vec<(usize, usize)> {
        let mut reported = Vec::new();
        for lack in lacks {
            let node = model.node(lack.node);
            if lack.have > 0 {
                self.report_too_few(model, *lack, at);
                continue;
            }
            for group in model.wanted(lack.node) {
                if !self.faults.has_room() {
                    continue;
                }
                if let [leaf] = group.as_slice()
                    && let Some(element) = self.leaf_element(model, *leaf)
                {
                    let name = Name::of(&element.labels, &element.name);
                    let many = if node.min > 1 && *leaf == lack.node { Some(node.min) } else { None };
                    let path = self.path(Some(&element.name));
                    let number = self.faults.add(Finding {
                        at,
                        path,
                        labels: Some(&element.labels),
                        rule: rules::XSD_MISSING,
                        zh: match many {
                            None => format!("缺少{}", name.zh_full()),
                            Some(min) => format!("缺少{}，至少 {min} 个", name.zh_full()),
                        },
                        en: match many {
                            None => format!("{} is missing", name.en_full()),
                            Some(min) => format!("{} is missing, at least {min} of it", name.en_full()),
                        },
                        found: None,
                        expected: element.name.to_string(),
                    });
                    reported.push((*leaf, number));
                } else {
                    let names = self.names(model, &group);
                    let path = self.path(None);
                    let labels = self.current_labels();
                    self.faults.add(Finding {
                        at,
                        path,
                        labels,
                        rule: rules::XSD_MISSING,
                        zh: format!("缺少下列元素之一：{names}"),
                        en: format!("one of these elements is missing: {names}"),
                        found: None,
                        expected: names,
                    });
                }
            }
        }
        reported
    }

    fn report_too_few(&mut self, model: &'s Model, lack: Lack, at: usize) {
        if !self.faults.has_room() {
            return;
        }
        let node = model.node(lack.node);
        let leaves = model.wanted(lack.node);
        let first = leaves.first().and_then(|group| group.first()).copied().unwrap_or(lack.node);
        let empty = Labels::default();
        let labels = self.labels_of(model, first);
        let tag = &model.node(first).name;
        let name = Name::of(labels.unwrap_or(&empty), tag);
        let (have, min) = (lack.have, node.min);
        let path = self.path(Some(tag));
        self.faults.add(Finding {
            at,
            path,
            labels,
            rule: rules::XSD_MISSING,
            zh: format!("{}不够：{have} 个，至少 {min} 个", name.zh_full()),
            en: format!("too few of {}: {have}, at least {min}", name.en_full()),
            found: Some(&have.to_string()),
            expected: format!("{min}.."),
        });
    }

    /// An element that the parent does not know.
    fn unknown(&mut self, model: &'s Model, start: Start<'t>, at: usize, base: usize) {
        let next = model.next(at, self.slots(base));
        let near_next = nearest(start.local, next.iter().map(|leaf| &*model.node(*leaf).name));
        let near = near_next.or_else(|| nearest(start.local, model.nodes.iter().map(|node| &*node.name)));
        let has_room = self.faults.has_room();
        if has_room {
            let expected = near.map_or_else(|| self.names(model, &next), str::to_owned);
            let local = chars::cut(start.local, limits::FOUND_CHARS_MAX);
            let (zh, en) = match near {
                Some(near) => (
                    format!("未知元素 {local}，是否应为 {near}？"),
                    format!("element {local} is unknown here; did you mean {near}?"),
                ),
                None if expected.is_empty() => (
                    format!("此处不应再有元素，却有 {local}"),
                    format!("no further element can stand here, but there is {local}"),
                ),
                None => (
                    format!("此处不应有元素 {local}，应为 {expected}"),
                    format!("element {local} cannot stand here, expected is {expected}"),
                ),
            };
            let path = self.path(Some(&local));
            let found = Some(start.local);
            self.faults.add(Finding {
                at: start.at,
                path,
                labels: None,
                rule: rules::XSD_UNEXPECTED,
                zh,
                en,
                found,
                expected,
            });
        }
        if let Some(near) = near_next {
            let slots = self.slots.get_mut(base..).unwrap_or_default();
            if let Some(leaf) = model.step(at, slots, &ByLocal(near), None) {
                self.go_on(model, start, leaf, base);
                return;
            }
        }
        self.skip = 1;
    }

    fn names(&self, model: &Model, leaves: &[usize]) -> String {
        let mut names: Vec<&str> = Vec::new();
        for leaf in leaves {
            let node = model.node(*leaf);
            let name = if matches!(node.kind, Kind::Any(_)) { "*" } else { &node.name };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let more = names.len() > NAMES_MAX;
        names.truncate(NAMES_MAX);
        let mut text = names.join(" | ");
        if more {
            text.push_str(" | …");
        }
        text
    }
}
