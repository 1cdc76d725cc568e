//! What went wrong, in words, and how to go on without a cascade.
//!
//! An element that cannot stand where it is has one of these explanations, tried in this order: the right
//! name in the wrong namespace; one too many; elements missing before it; out of order; a slip in its name;
//! unknown. After each the walk goes on where most of the rest still makes sense.

use super::chars;
use super::faults::Finding;
use super::model::{ByLocal, Exact, Kind, Lack, Model, START};
use super::names::{NS_XSI, NsId};
use super::nearest::nearest;
use super::rules;
use super::scanner::{Attribute, Start};
use super::simple::{Problem, SimpleId};
use super::sink::{AttributeInfo, Sink};
use super::table::{AttributeUse, Complex, Element, ElementId, Labels, Process, TypeRef};
use super::walk::{Inside, Walk};
use crate::domain::limits;

/// A step forward over required elements. If they turn up later, the order was wrong, and nothing missing.
#[derive(Debug)]
pub(super) struct Jump {
    /// Open elements when it happened, the parent included.
    pub(super) depth: usize,
    /// The leaf before it, and the one that came too early.
    from: usize,
    jumper: usize,
    jumper_at: usize,
    /// Leaves reported as missing, with the numbers of their faults.
    missing: Vec<(usize, usize)>,
    /// How many were missing at first, and whether the jumper was blamed already.
    width: usize,
    blamed: bool,
}

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

    /// A known element behind its place.
    fn out_of_order(&mut self, model: &'s Model, start: Start<'t>, base: usize) -> bool {
        let probe = Exact { ns: start.ns, local: start.local };
        let is_it = |node: &super::model::Node| {
            matches!(node.kind, Kind::Element(_)) && super::model::Probe::accepts(&probe, node)
        };
        let leaves: Vec<usize> = (0..model.nodes.len()).filter(|leaf| is_it(model.node(*leaf))).collect();
        let Some(first) = leaves.first().copied() else { return false };
        let pending = self.take_pending(model, &leaves, base);
        let leaf = pending.map_or(first, |(leaf, ..)| leaf);
        let seen = model.seen(self.slots(base), leaf);
        let slots = self.slots.get_mut(base..).unwrap_or_default();
        model.count_anyway(leaf, slots);
        match pending {
            Some((_, Blame::Other)) => {}
            Some((_, Blame::Jumper { leaf, at })) => self.report_order(model, leaf, at, true),
            Some((leaf, Blame::This)) => self.report_order(model, leaf, start.at, false),
            None if seen && model.node(leaf).max == 1 && !model.node(leaf).repeats => {
                self.report_repeated(model, leaf, start);
            }
            None => self.report_order(model, leaf, start.at, false),
        }
        self.open_leaf(model, start, leaf, base);
        true
    }

    /// If one of the leaves was reported missing in this parent, takes that fault back.
    fn take_pending(&mut self, model: &Model, leaves: &[usize], base: usize) -> Option<(usize, Blame)> {
        let depth = self.frames.len();
        let slots = self.slots.get(base..).unwrap_or_default();
        for jump in self.jumps.iter_mut().filter(|jump| jump.depth == depth) {
            let Some(index) = jump.missing.iter().position(|(leaf, _)| leaves.contains(leaf)) else { continue };
            let (leaf, number) = jump.missing.remove(index);
            self.faults.remove(number);
            let blame = if jump.width == 1 {
                Blame::This
            } else if jump.blamed {
                Blame::Other
            } else {
                jump.blamed = true;
                Blame::Jumper { leaf: jump.jumper, at: jump.jumper_at }
            };
            return Some((leaf, blame));
        }
        // An optional element that was passed over with required ones: the jumper is to blame for it too.
        for jump in self.jumps.iter_mut().filter(|jump| jump.depth == depth) {
            let between = |leaf: &&usize| (jump.from == START || **leaf > jump.from) && **leaf < jump.jumper;
            let Some(leaf) = leaves.iter().find(between).copied() else { continue };
            if model.seen(slots, leaf) {
                continue;
            }
            let blame = if std::mem::replace(&mut jump.blamed, true) {
                Blame::Other
            } else {
                Blame::Jumper { leaf: jump.jumper, at: jump.jumper_at }
            };
            return Some((leaf, blame));
        }
        None
    }

    fn report_order(&mut self, model: &'s Model, leaf: usize, at: usize, early: bool) {
        if !self.faults.has_room() {
            return;
        }
        let empty = Labels::default();
        let labels = self.labels_of(model, leaf);
        let tag = &model.node(leaf).name;
        let name = Name::of(labels.unwrap_or(&empty), tag);
        let neighbour = |index: Option<usize>| {
            index.and_then(|index| model.nodes.get(index)).map(|node| node.name.clone()).filter(|name| !name.is_empty())
        };
        let before = neighbour(leaf.checked_sub(1));
        let after = neighbour(leaf.checked_add(1));
        let (zh, en, expected) = match (early, before, after) {
            (true, Some(before), _) | (false, Some(before), None) => (
                format!("{}的位置不对：应在 {before} 之后", name.zh_full()),
                format!("{} is out of order: it belongs after {before}", name.en_full()),
                format!("{before}, {tag}"),
            ),
            (_, _, Some(after)) => (
                format!("{}的位置不对：应在 {after} 之前", name.zh_full()),
                format!("{} is out of order: it belongs before {after}", name.en_full()),
                format!("{tag}, {after}"),
            ),
            (_, None, None) => {
                (format!("{}的位置不对", name.zh_full()), format!("{} is out of order", name.en_full()), String::new())
            }
        };
        let path = self.path(Some(tag));
        self.faults.add(Finding { at, path, labels, rule: rules::XSD_ORDER, zh, en, found: Some(tag), expected });
    }

    fn report_repeated(&mut self, model: &'s Model, leaf: usize, start: Start<'t>) {
        if !self.faults.has_room() {
            return;
        }
        let empty = Labels::default();
        let labels = self.labels_of(model, leaf);
        let name = Name::of(labels.unwrap_or(&empty), &model.node(leaf).name);
        let path = self.path(Some(start.local));
        self.faults.add(Finding {
            at: start.at,
            path,
            labels,
            rule: rules::XSD_TOO_MANY,
            zh: format!("{}重复：只能出现一次", name.zh),
            en: format!("{} is repeated: it can occur only once", name.en),
            found: None,
            expected: "..1".into(),
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

    /// A root element that no schema declares.
    #[cold]
    pub(super) fn unknown_root(&mut self, start: Start<'t>) {
        let same = self.set.roots().into_iter().find(|id| self.set.name(*id) == start.local);
        if let Some(id) = same {
            let wanted = self.element(id).map_or(0, |element| element.ns);
            self.report_namespace(start, wanted);
            self.open(start, id, 0);
            return;
        }
        let roots = self.set.roots();
        let near = nearest(start.local, roots.iter().map(|id| self.set.name(*id)));
        let local = chars::cut(start.local, limits::FOUND_CHARS_MAX);
        let (zh, en) = match near {
            Some(near) => (
                format!("未知的根元素 {local}，是否应为 {near}？"),
                format!("root element {local} is unknown; did you mean {near}?"),
            ),
            None => (format!("未知的根元素 {local}"), format!("root element {local} is unknown")),
        };
        let shown: Vec<&str> = roots.iter().take(NAMES_MAX).map(|id| self.set.name(*id)).collect();
        let expected = near.map_or_else(|| shown.join(" | "), str::to_owned);
        if self.faults.has_room() {
            self.faults.add(Finding {
                at: start.at,
                path: format!("/{local}"),
                labels: None,
                rule: rules::XSD_ROOT,
                zh,
                en,
                found: Some(start.local),
                expected,
            });
        }
        self.skip = 1;
    }

    /// A child in an element that has text only, must be empty, or is nil.
    #[cold]
    pub(super) fn no_children(&mut self, start: Start<'t>) {
        self.skip = 1;
        let Some(inside) = self.frames.last().map(|frame| frame.inside) else { return };
        let (rule, zh, en) = match inside {
            Inside::Nil => (rules::XSD_NIL, "标为 nil 的元素必须为空", "an element marked nil must be empty"),
            Inside::Nothing => (rules::XSD_EMPTY, "必须为空", "must be empty"),
            Inside::Text(_) | Inside::Children(_) => {
                (rules::XSD_UNEXPECTED, "只能有文字，不能有子元素", "can have text only, no elements")
            }
        };
        if !self.faults.has_room() {
            return;
        }
        let path = self.path(Some(start.local));
        let (labels, empty) = (self.current_labels(), Labels::default());
        let tag = self.frames.last().map_or("", |frame| frame.local);
        let name = Name::of(labels.unwrap_or(&empty), tag);
        self.faults.add(Finding {
            at: start.at,
            path,
            labels,
            rule,
            zh: format!("{}{zh}", name.zh_full()),
            en: format!("{} {en}", name.en_full()),
            found: Some(start.local),
            expected: String::new(),
        });
    }

    #[cold]
    pub(super) fn undeclared(&mut self, start: Start<'t>) {
        if self.faults.has_room() {
            let path = self.path(Some(start.local));
            self.faults.add(Finding {
                at: start.at,
                path,
                labels: None,
                rule: rules::XSD_UNEXPECTED,
                zh: format!("元素 {} 没有在任何模式中定义", start.local),
                en: format!("element {} is declared in no schema", start.local),
                found: Some(start.local),
                expected: String::new(),
            });
        }
    }

    #[cold]
    pub(super) fn abstract_element(&mut self, start: Start<'t>, element: &'s Element) {
        if self.faults.has_room() {
            let path = self.path(Some(start.local));
            let members: Vec<&str> = element.members.iter().take(NAMES_MAX).map(|id| self.set.name(*id)).collect();
            let expected = members.join(" | ");
            self.faults.add(Finding {
                at: start.at,
                path,
                labels: Some(&element.labels),
                rule: rules::XSD_ABSTRACT,
                zh: format!("抽象元素 {} 不能直接使用，应为 {expected}", start.local),
                en: format!("element {} is abstract, use {expected}", start.local),
                found: Some(start.local),
                expected,
            });
        }
    }

    #[cold]
    pub(super) fn abstract_type(&mut self, complex: &'s Complex) {
        let at = self.frames.last().map_or(0, |frame| frame.start);
        self.say(
            at,
            rules::XSD_XSI_TYPE,
            None,
            format!("的类型 {} 是抽象的，必须用 xsi:type 指明", complex.name),
            format!("has the abstract type {} and needs an xsi:type", complex.name),
            "xsi:type".into(),
        );
    }

    /// A fault about the innermost open element: its name, then the words.
    fn say(&mut self, at: usize, rule: &'static str, found: Option<&str>, zh: String, en: String, expected: String) {
        if !self.faults.has_room() {
            return;
        }
        let (labels, empty) = (self.current_labels(), Labels::default());
        let tag = self.frames.last().map_or("", |frame| frame.local);
        let name = Name::of(labels.unwrap_or(&empty), tag);
        let (zh, en) = (format!("{}{zh}", name.zh), format!("{} {en}", name.en));
        let path = self.path(None);
        self.faults.add(Finding { at, path, labels, rule, zh, en, found, expected });
    }

    #[cold]
    pub(super) fn bad_value(&mut self, problem: &Problem, value: &str, at: usize) {
        let (zh, en) = (problem.zh.clone(), problem.en.clone());
        self.say(at, problem.rule, Some(value), zh, en, problem.expected.clone());
    }

    #[cold]
    pub(super) fn check_fixed(&mut self, ty: SimpleId, text: &str, fixed: &str, at: usize) {
        let (value, problem) = self.value_of(ty, text);
        let (wanted, _) = self.value_of(ty, fixed);
        if problem.is_none() && !self.set.simple.same(ty, &value, &wanted) {
            let (zh, en) = (format!("必须为固定值 {wanted}"), format!("must have the fixed value {wanted}"));
            self.say(at, rules::XSD_FIXED, Some(&value), zh, en, wanted.to_string());
        }
    }

    #[cold]
    pub(super) fn repeated_id(&mut self, value: &str, at: usize) {
        let (zh, en) = (format!("的 ID {value} 重复"), format!("repeats the ID {value}"));
        self.say(at, rules::XSD_ID, Some(value), zh, en, String::new());
    }

    #[cold]
    pub(super) fn stray_text(&mut self, at: usize, found: &str) {
        if !self.first_text_fault() {
            return;
        }
        let Some(frame) = self.frames.last() else { return };
        let (rule, zh, en) = match frame.inside {
            Inside::Nil => (rules::XSD_NIL, "标为 nil，必须为空", "is marked nil and must be empty"),
            Inside::Nothing => (rules::XSD_EMPTY, "必须为空", "must be empty"),
            Inside::Children(_) | Inside::Text(_) => {
                (rules::XSD_TEXT, "的子元素之间不允许有文字", "cannot have text between its elements")
            }
        };
        self.say(at, rule, Some(found), zh.into(), en.into(), String::new());
    }

    /// A complex type that demands attributes, on a tag without any.
    #[cold]
    pub(super) fn no_attributes(&mut self, complex: usize) {
        let complex = self.complex(complex);
        for needed in complex.attributes.iter().filter(|attribute| attribute.required) {
            self.attribute_missing(needed);
        }
    }

    fn attribute_missing(&mut self, needed: &'s AttributeUse) {
        if !self.faults.has_room() {
            return;
        }
        let at = self.frames.last().map_or(0, |frame| frame.start);
        let name = Name::of(&needed.labels, &needed.name);
        let path = self.path(Some(&format!("@{}", needed.name)));
        self.faults.add(Finding {
            at,
            path,
            labels: Some(&needed.labels),
            rule: rules::XSD_ATTRIBUTE_MISSING,
            zh: format!("缺少属性{}", name.zh_full()),
            en: format!("attribute {} is missing", name.en_full()),
            found: None,
            expected: needed.name.to_string(),
        });
    }

    /// Checks the attributes of the tag that was just opened. Returns the type to go on with, and whether it is nil.
    pub(super) fn attributes(&mut self, element: Option<&'s Element>, declared: TypeRef) -> (TypeRef, bool) {
        let list = self.scanner.take_attributes();
        let mut ty = declared;
        let mut nil = false;
        for attribute in list.iter().filter(|attribute| attribute.ns == NS_XSI) {
            match attribute.local {
                "type" => ty = self.xsi_type(element, declared, attribute),
                "nil" => nil = self.xsi_nil(element, attribute),
                "schemaLocation" | "noNamespaceSchemaLocation" => {}
                _ => self.unknown_attribute(attribute, None),
            }
        }
        match ty {
            TypeRef::Simple(_) => {
                for attribute in list.iter().filter(|attribute| attribute.ns != NS_XSI) {
                    self.unknown_attribute(attribute, None);
                }
            }
            TypeRef::Complex(index) => self.complex_attributes(self.complex(index), &list),
        }
        self.scanner.give_back(list);
        (ty, nil)
    }

    fn complex_attributes(&mut self, complex: &'s Complex, list: &[Attribute<'t>]) {
        let mut required = 0;
        for attribute in list.iter().filter(|attribute| attribute.ns != NS_XSI) {
            let known = complex
                .attributes
                .iter()
                .find(|known| *known.name == *attribute.local && known.ns == attribute.ns && !known.prohibited);
            match known {
                Some(known) => {
                    required += usize::from(known.required);
                    self.attribute_value(attribute, known);
                }
                None => self.any_attribute(complex, attribute),
            }
        }
        if required < complex.attributes_required {
            for needed in complex.attributes.iter().filter(|needed| needed.required) {
                if !list.iter().any(|attribute| *attribute.local == *needed.name && attribute.ns == needed.ns) {
                    self.attribute_missing(needed);
                }
            }
        }
    }

    fn any_attribute(&mut self, complex: &'s Complex, attribute: &Attribute<'t>) {
        let Some(wildcard) = complex.any_attribute.as_ref().filter(|wildcard| wildcard.takes(attribute.ns)) else {
            self.unknown_attribute(attribute, Some(complex));
            return;
        };
        if wildcard.process == Process::Skip {
            return;
        }
        match self.set.attributes.get(&(attribute.ns, Box::from(attribute.local))) {
            Some(known) => self.attribute_value(attribute, known),
            None if wildcard.process == Process::Strict => self.unknown_attribute(attribute, None),
            None => {}
        }
    }

    fn attribute_value(&mut self, attribute: &Attribute<'t>, known: &'s AttributeUse) {
        let (value, problem) = self.value_of(known.ty, &attribute.value);
        let problem = match (problem, &known.fixed) {
            (Some(problem), _) => Some(problem),
            (None, Some(fixed)) => {
                let (wanted, _) = self.value_of(known.ty, fixed);
                (!self.set.simple.same(known.ty, &value, &wanted)).then(|| {
                    Box::new(Problem {
                        rule: rules::XSD_FIXED,
                        zh: format!("必须为固定值 {wanted}"),
                        en: format!("must have the fixed value {wanted}"),
                        expected: wanted.to_string(),
                    })
                })
            }
            (None, None) => None,
        };
        match problem {
            None => self.identity(known.ty, &value, attribute.value_at),
            Some(problem) => {
                if self.faults.has_room() {
                    let name = Name::of(&known.labels, &known.name);
                    let path = self.path(Some(&format!("@{}", known.name)));
                    self.faults.add(Finding {
                        at: attribute.value_at,
                        path,
                        labels: Some(&known.labels),
                        rule: problem.rule,
                        zh: format!("{}{}", name.zh, problem.zh),
                        en: format!("{} {}", name.en, problem.en),
                        found: Some(&value),
                        expected: problem.expected,
                    });
                }
            }
        }
        let raw = attribute.value_at..attribute.value_end;
        self.sink.attribute(AttributeInfo { ns: attribute.ns, local: attribute.local, raw }, &value);
    }

    fn unknown_attribute(&mut self, attribute: &Attribute<'t>, complex: Option<&'s Complex>) {
        if !self.faults.has_room() {
            return;
        }
        let known = complex.map(|complex| complex.attributes.as_slice()).unwrap_or_default();
        let near = nearest(attribute.local, known.iter().map(|known| &*known.name));
        let name = chars::cut(attribute.name, limits::FOUND_CHARS_MAX);
        let (zh, en) = match near {
            Some(near) => (
                format!("未知属性 {name}，是否应为 {near}？"),
                format!("attribute {name} is unknown here; did you mean {near}?"),
            ),
            None => (format!("此处不应有属性 {name}"), format!("attribute {name} cannot stand here")),
        };
        let names: Vec<&str> = known.iter().take(NAMES_MAX).map(|known| &*known.name).collect();
        let expected = near.map_or_else(|| names.join(" | "), str::to_owned);
        let path = self.path(Some(&format!("@{name}")));
        self.faults.add(Finding {
            at: attribute.at,
            path,
            labels: None,
            rule: rules::XSD_ATTRIBUTE_UNKNOWN,
            zh,
            en,
            found: Some(attribute.name),
            expected,
        });
    }

    fn xsi_nil(&mut self, element: Option<&'s Element>, attribute: &Attribute<'t>) -> bool {
        let value = attribute.value.trim();
        let nil = matches!(value, "true" | "1");
        let nillable = element.is_some_and(|element| element.nillable);
        let (zh, en) = if !nil && !matches!(value, "false" | "0") {
            ("的 xsi:nil 应为 true 或 false", "has an xsi:nil that is neither true nor false")
        } else if !nillable {
            ("不允许 xsi:nil", "cannot have xsi:nil")
        } else if nil && element.is_some_and(|element| element.fixed.is_some()) {
            ("有固定值，不能为 nil", "has a fixed value and cannot be nil")
        } else {
            return nil;
        };
        self.say(attribute.value_at, rules::XSD_NIL, Some(value), zh.into(), en.into(), String::new());
        false
    }

    fn xsi_type(&mut self, element: Option<&'s Element>, declared: TypeRef, attribute: &Attribute<'t>) -> TypeRef {
        let value = attribute.value.trim();
        let (prefix, local) = value.split_once(':').unwrap_or(("", value));
        let ns = self.scanner.scope().lookup(prefix);
        let named = ns.and_then(|ns| self.set.named_types.get(&(ns, Box::from(local))).copied());
        let Some(named) = named else {
            let (zh, en) = (format!("的 xsi:type {value} 不存在"), format!("has an unknown xsi:type {value}"));
            self.say(attribute.value_at, rules::XSD_XSI_TYPE, Some(value), zh, en, String::new());
            return declared;
        };
        if !self.may_replace(element, declared, named) {
            let (zh, en) = (
                format!("的 xsi:type {value} 不能代替声明的类型"),
                format!("has xsi:type {value}, which cannot replace its declared type"),
            );
            self.say(attribute.value_at, rules::XSD_XSI_TYPE, Some(value), zh, en, String::new());
            return declared;
        }
        named
    }

    /// Whether a type is derived from the declared one in ways that are not blocked.
    fn may_replace(&self, element: Option<&'s Element>, declared: TypeRef, named: TypeRef) -> bool {
        let mut blocked = element.map(|element| element.block).unwrap_or_default();
        if let TypeRef::Complex(index) = declared {
            blocked = blocked.with(self.complex(index).block);
        }
        let mut at = named;
        for _ in 0..=self.set.complexes.len() {
            if at == declared || declared == TypeRef::Complex(0) {
                return true;
            }
            match (at, declared) {
                (TypeRef::Simple(own), TypeRef::Simple(wanted)) => {
                    return !blocked.has(super::table::Ways::RESTRICTION) && self.set.simple.derives(own, wanted);
                }
                (TypeRef::Simple(_), TypeRef::Complex(_)) => return false,
                (TypeRef::Complex(index), _) => {
                    let complex = self.complex(index);
                    match complex.base {
                        Some(base) if !blocked.has(complex.derived_by) => at = base,
                        _ => return false,
                    }
                }
            }
        }
        false
    }
}

/// Who is to blame when a missing element turns up late.
#[derive(Debug, Clone, Copy)]
enum Blame {
    /// The late one.
    This,
    /// The one that came early, which is said once.
    Jumper { leaf: usize, at: usize },
    /// Said already.
    Other,
}
