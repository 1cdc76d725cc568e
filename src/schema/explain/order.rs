//! Elements that stand too late, too early, or again.

use super::Name;
use crate::schema::faults::Finding;
use crate::schema::model::{Exact, Kind, Model, Node, Probe, START};
use crate::schema::rules;
use crate::schema::scanner::Start;
use crate::schema::sink::Sink;
use crate::schema::table::Labels;
use crate::schema::walk::Walk;

/// A step forward over required elements. If they turn up later, the order was wrong, and nothing missing.
#[derive(Debug)]
pub(in crate::schema) struct Jump {
    /// Open elements when it happened, the parent included.
    pub(in crate::schema) depth: usize,
    /// The leaf before it, and the one that came too early.
    pub(super) from: usize,
    pub(super) jumper: usize,
    pub(super) jumper_at: usize,
    /// Leaves reported as missing, with the numbers of their faults.
    pub(super) missing: Vec<(usize, usize)>,
    /// How many were missing at first, and whether the jumper was blamed already.
    pub(super) width: usize,
    pub(super) blamed: bool,
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

impl<'t, 's, S: Sink> Walk<'t, 's, '_, S> {
    /// A known element behind its place.
    pub(super) fn out_of_order(&mut self, model: &'s Model, start: Start<'t>, base: usize) -> bool {
        let probe = Exact { ns: start.ns, local: start.local };
        let is_it = |node: &Node| matches!(node.kind, Kind::Element(_)) && Probe::accepts(&probe, node);
        let leaves: Vec<usize> = (0..model.nodes.len()).filter(|leaf| is_it(model.node(*leaf))).collect();
        let Some(first) = leaves.first().copied() else { return false };
        let pending = self.take_pending(model, &leaves, base);
        let leaf = pending.map_or(first, |(leaf, ..)| leaf);
        let seen = model.seen(self.slots(base), leaf);
        let slots = self.slots.get_mut(base..).unwrap_or_default();
        model.count_anyway(leaf, slots);
        match pending {
            Some((_, Blame::Other)) => {}
            Some((_, Blame::Jumper { leaf, at })) => self.report_order(model, leaf, base, at, true),
            Some((leaf, Blame::This)) => self.report_order(model, leaf, base, start.at, false),
            None if seen && model.node(leaf).max == 1 && !model.node(leaf).repeats => {
                self.report_repeated(model, leaf, start);
            }
            None => self.report_order(model, leaf, base, start.at, false),
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

    fn report_order(&mut self, model: &'s Model, leaf: usize, base: usize, at: usize, early: bool) {
        if !self.faults.has_room() {
            return;
        }
        let empty = Labels::default();
        let labels = self.labels_of(model, leaf);
        let tag = &model.node(leaf).name;
        let name = Name::of(labels.unwrap_or(&empty), tag);
        // An optional element that is not there is no help: the nearest that is there, or must be, says more.
        let slots = self.slots(base);
        let helps = |index: &usize| model.seen(slots, *index) || model.node(*index).min > 0;
        let named = |index: &usize| !model.node(*index).name.is_empty();
        let name_of = |index: usize| model.node(index).name.clone();
        let (earlier, later) = ((0..leaf).rev().filter(named), (leaf + 1..model.nodes.len()).filter(named));
        let before = earlier.clone().find(helps).or_else(|| earlier.clone().next()).map(name_of);
        let after = later.clone().find(helps).or_else(|| later.clone().next()).map(name_of);
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
}
