//! Models that can count in more than one way, as `(a{1,2}, b?){2}`.
//!
//! What an element is stays clear there, but not which counters it moves: the second `a` may be more of the
//! first round or the begin of the second. So the walk keeps every state of the counters that the children so
//! far can have led to. Such models are marked when they are built; all others are walked greedily.

use super::{Exact, Kind, Lack, Model, Particle, Probe, START, Term, UNBOUNDED};
use crate::domain::limits;

/// The counters of one open element, in every way they can stand.
#[derive(Debug, Default)]
pub(in crate::schema) struct States {
    /// Open elements, the one counted included.
    pub(in crate::schema) depth: usize,
    pub(in crate::schema) all: Vec<Vec<u32>>,
}

/// What a step over all states came to.
pub(in crate::schema) enum Step {
    Leaf(usize),
    Nowhere,
    TooMany,
}

impl Model {
    /// Whether some leaf can go on in two ways: another round of a group, or more within the same round.
    pub(super) fn counts_freely(&self) -> bool {
        (0..self.nodes.len()).any(|index| {
            let node = self.node(index);
            let rigid = node.min == node.max && !node.hollow;
            node.max > 1 && !rigid && self.has_free_round_around(index)
        })
    }

    /// Whether a group around a node repeats so that the node can end one round and begin the next.
    fn has_free_round_around(&self, inner: usize) -> bool {
        let harmless_inner = self.node(inner).min <= 1 || self.node(inner).hollow;
        let mut at = inner;
        while let Some(parent) = self.nodes.get(self.node(at).parent) {
            if parent.kind == Kind::Sequence
                && parent.children.clone().any(|sibling| sibling != at && !self.node(sibling).emptiable())
            {
                return false;
            }
            let harmless = harmless_inner && parent.max == UNBOUNDED && (parent.min <= 1 || parent.hollow);
            if parent.max > 1 && !harmless {
                return true;
            }
            at = self.node(at).parent;
        }
        false
    }

    /// Takes the next child in every state that can take it.
    pub(in crate::schema) fn step_all(&self, at: usize, states: &mut States, probe: &Exact<'_>) -> Step {
        let mut leaf = None;
        let mut next: Vec<Vec<u32>> = Vec::new();
        for slots in &states.all {
            self.successors(at, slots, probe, &mut |found, slots| {
                if *leaf.get_or_insert(found) == found {
                    next.push(slots);
                }
            });
            if next.len() > 4 * limits::MODEL_STATES_MAX {
                next.sort_unstable();
                next.dedup();
                if next.len() > limits::MODEL_STATES_MAX {
                    return Step::TooMany;
                }
            }
        }
        next.sort_unstable();
        next.dedup();
        if next.len() > limits::MODEL_STATES_MAX {
            return Step::TooMany;
        }
        let Some(leaf) = leaf else { return Step::Nowhere };
        states.all = next;
        Step::Leaf(leaf)
    }

    /// Whether the element may end here in some state.
    pub(in crate::schema) fn may_finish(&self, at: usize, states: &States) -> bool {
        let mut lacks: Vec<Lack> = Vec::new();
        states.all.iter().any(|slots| {
            lacks.clear();
            self.finish(at, slots, &mut lacks);
            lacks.is_empty()
        })
    }

    fn successors(&self, at: usize, slots: &[u32], probe: &Exact<'_>, found: &mut dyn FnMut(usize, Vec<u32>)) {
        if at == START {
            if !self.nodes.is_empty() && self.can_start(0, probe, false) {
                let mut next = slots.to_vec();
                let leaf = self.enter(0, &mut next, probe, None);
                found(leaf, next);
            }
            return;
        }
        let leaf = self.node(at);
        if self.count(slots, leaf) < leaf.max && probe.accepts(leaf) {
            let mut next = slots.to_vec();
            self.add_bounded(&mut next, at);
            self.occurred(&mut next, leaf);
            found(at, next);
        }
        let mut index = at;
        loop {
            let node = self.node(index);
            if self.count(slots, node) < node.min && !node.hollow {
                return;
            }
            let Some(parent) = self.nodes.get(node.parent) else { return };
            if parent.kind == Kind::Sequence {
                for sibling in index + 1..parent.children.end {
                    if self.can_start(sibling, probe, false) {
                        let mut next = slots.to_vec();
                        let leaf = self.enter(sibling, &mut next, probe, None);
                        found(leaf, next);
                    }
                    if !self.node(sibling).emptiable() {
                        return;
                    }
                }
            }
            if self.count(slots, parent) < parent.max && self.can_start(node.parent, probe, false) {
                let mut next = slots.to_vec();
                self.add_bounded(&mut next, node.parent);
                let leaf = self.enter_content(node.parent, &mut next, probe, None);
                found(leaf, next);
            }
            index = node.parent;
        }
    }

    /// Counts one more; counters without a maximum stop where it makes no difference any more.
    fn add_bounded(&self, slots: &mut [u32], index: usize) {
        let node = self.node(index);
        if node.max == UNBOUNDED && self.count(slots, node) >= node.min.max(1) {
            return;
        }
        self.add(slots, node);
    }
}

/// A particle with groups of one particle merged into it, where the numbers leave no gap: `(a{1,2}){2}` is
/// `a{2,4}`.
pub(super) fn merged(particle: &Particle) -> Particle {
    let (min, max) = (particle.min, particle.max);
    let merge = |parts: &[Particle]| parts.iter().filter(|part| part.max > 0).map(merged).collect::<Vec<_>>();
    let term = match &particle.term {
        Term::Element { .. } | Term::Any(_) | Term::All(_) => return particle.clone(),
        Term::Sequence(parts) => Term::Sequence(merge(parts)),
        Term::Choice(parts) => Term::Choice(merge(parts)),
    };
    if let [inner] = term.parts() {
        let leaves_gap = if min == 0 {
            inner.min > 1
        } else {
            let spread = u64::from(inner.max) - u64::from(inner.min.min(inner.max));
            max > min && u64::from(inner.min) > u64::from(min) * spread + 1
        };
        if !leaves_gap {
            let inner = inner.clone();
            return Particle { min: times(min, inner.min), max: times(max, inner.max), term: inner.term };
        }
    }
    Particle { term, min, max }
}

fn times(a: u32, b: u32) -> u32 {
    match (a, b) {
        (0, _) | (_, 0) => 0,
        (UNBOUNDED, _) | (_, UNBOUNDED) => UNBOUNDED,
        (a, b) => a.saturating_mul(b).min(UNBOUNDED - 1),
    }
}
