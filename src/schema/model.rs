//! Content models as flat trees with counters, and the walk over them.
//!
//! A model is the particle tree of a type. Occurrence is counted, never expanded, so `maxOccurs="100000"`
//! costs nothing. The state of one open element is the leaf that matched last and one counter per level
//! of the tree (plus a bit per leaf), kept by the walker in one shared vector.
//!
//! The walk is greedy and never goes back, which is right for every schema that keeps Unique Particle
//! Attribution, except where a leaf may move more than one counter; see [`states`].

mod ask;
mod states;

use std::ops::Range;
use std::sync::Arc;

use super::names::NsId;
use super::table::{ElementId, Wildcard};

pub(super) use states::{States, Step};

/// `maxOccurs="unbounded"`.
pub(super) const UNBOUNDED: u32 = u32::MAX;
/// The state before the first child.
pub(super) const START: usize = usize::MAX;

/// An element that may stand for another: name, namespace, declaration.
pub(super) type Member = (Box<str>, NsId, ElementId);

/// What a node of the tree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Element(ElementId),
    Any(Wildcard),
    Sequence,
    Choice,
    All,
}

/// A particle.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) min: u32,
    pub(super) max: u32,
    /// Name of an element, so that matching needs no look into another table.
    pub(super) name: Box<str>,
    pub(super) ns: NsId,
    /// Elements that may stand for it.
    pub(super) members: Arc<[Member]>,
    parent: usize,
    children: Range<usize>,
    /// Its counter.
    slot: usize,
    /// The counter of its occurrences in the whole parent, where that is not `slot`.
    occurrence: Option<usize>,
    /// The content alone may be empty, whatever `min` says.
    hollow: bool,
    /// It, or a group around it, may occur more than once.
    pub(super) repeats: bool,
}

impl Node {
    fn emptiable(&self) -> bool {
        self.min == 0 || self.hollow
    }

    fn is_leaf(&self) -> bool {
        matches!(self.kind, Kind::Element(_) | Kind::Any(_))
    }
}

/// A particle as the compiler builds it.
#[derive(Debug, Clone)]
pub(super) struct Particle {
    pub(super) term: Term,
    pub(super) min: u32,
    pub(super) max: u32,
}

/// What a particle is of.
#[derive(Debug, Clone)]
pub(super) enum Term {
    Element { id: ElementId, name: Box<str>, ns: NsId },
    Any(Wildcard),
    Sequence(Vec<Particle>),
    Choice(Vec<Particle>),
    All(Vec<Particle>),
}

impl Particle {
    /// Whether no element at all is enough for it (XSD 1.0 §3.9.6, Particle Emptiable).
    pub(super) fn is_emptiable(&self) -> bool {
        self.min == 0 || self.term.is_hollow()
    }
}

impl Term {
    /// The parts of a model group; none for elements and wildcards.
    pub(super) fn parts(&self) -> &[Particle] {
        match self {
            Term::Element { .. } | Term::Any(_) => &[],
            Term::Sequence(parts) | Term::Choice(parts) | Term::All(parts) => parts,
        }
    }

    /// Whether one occurrence may be empty.
    pub(super) fn is_hollow(&self) -> bool {
        match self {
            Term::Element { .. } | Term::Any(_) => false,
            Term::Sequence(parts) | Term::All(parts) => parts.iter().all(Particle::is_emptiable),
            Term::Choice(parts) => parts.is_empty() || parts.iter().any(Particle::is_emptiable),
        }
    }
}

/// A content model.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) nodes: Vec<Node>,
    levels: usize,
    /// Counters that one open element needs.
    pub(super) slots: usize,
    /// It has to be walked in all states at once.
    pub(super) free: bool,
}

/// How a leaf is asked whether it takes an element.
pub(super) trait Probe {
    fn accepts(&self, node: &Node) -> bool;
}

/// By namespace and local name.
pub(super) struct Exact<'a> {
    pub(super) ns: NsId,
    pub(super) local: &'a str,
}

impl Probe for Exact<'_> {
    #[inline]
    fn accepts(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::Element(_) => {
                (*node.name == *self.local && node.ns == self.ns)
                    || node.members.iter().any(|(name, ns, _)| **name == *self.local && *ns == self.ns)
            }
            Kind::Any(wildcard) => wildcard.takes(self.ns),
            Kind::Sequence | Kind::Choice | Kind::All => false,
        }
    }
}

/// By local name alone, to explain a wrong namespace or a near miss.
pub(super) struct ByLocal<'a>(pub(super) &'a str);

impl Probe for ByLocal<'_> {
    fn accepts(&self, node: &Node) -> bool {
        matches!(node.kind, Kind::Element(_)) && *node.name == *self.0
    }
}

/// A particle of which there is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lack {
    pub(super) node: usize,
    pub(super) have: u32,
}

impl Model {
    /// Lays a particle tree out flat. Returns a model without nodes if nothing can stand in it.
    pub(super) fn build(root: &Particle) -> Model {
        let root = &states::merged(root);
        let mut model = Model::default();
        if root.max == 0 {
            return model;
        }
        let mut queue = std::collections::VecDeque::from([(root, usize::MAX, 0usize, false)]);
        let mut order = Vec::new();
        while let Some((particle, parent, level, repeated)) = queue.pop_front() {
            let index = model.nodes.len();
            model.levels = model.levels.max(level + 1);
            let repeats = repeated || particle.max > 1;
            let (kind, name, ns) = match &particle.term {
                Term::Element { id, name, ns } => (Kind::Element(*id), name.clone(), *ns),
                Term::Any(wildcard) => (Kind::Any(wildcard.clone()), "".into(), 0),
                Term::Sequence(_) => (Kind::Sequence, "".into(), 0),
                Term::Choice(_) => (Kind::Choice, "".into(), 0),
                Term::All(_) => (Kind::All, "".into(), 0),
            };
            let first = index + 1 + queue.len();
            let mut count = 0;
            if let Term::Sequence(children) | Term::Choice(children) | Term::All(children) = &particle.term {
                for child in children.iter().filter(|child| child.max > 0) {
                    queue.push_back((child, index, level + 1, repeats));
                    count += 1;
                }
            }
            model.nodes.push(Node {
                kind,
                min: particle.min,
                max: particle.max,
                name,
                ns,
                members: Arc::default(),
                parent,
                children: first..first + count,
                slot: level,
                occurrence: None,
                hollow: false,
                repeats,
            });
            order.push(repeated);
        }
        for index in (0..model.nodes.len()).rev() {
            let hollow = model.hollow(index);
            if let Some(node) = model.nodes.get_mut(index) {
                node.hollow = hollow;
            }
        }
        model.slots = model.levels + model.nodes.len().div_ceil(32);
        for (node, in_repeated_group) in model.nodes.iter_mut().zip(order) {
            if in_repeated_group && node.is_leaf() {
                node.occurrence = Some(model.slots);
                model.slots += 1;
            }
        }
        model.free = model.counts_freely();
        model
    }

    fn hollow(&self, index: usize) -> bool {
        let node = self.node(index);
        let mut children = node.children.clone().map(|child| self.node(child).emptiable());
        match node.kind {
            Kind::Element(_) | Kind::Any(_) => false,
            Kind::Sequence | Kind::All => children.all(|emptiable| emptiable),
            // A choice of nothing has no way through in theory; here it is simply empty.
            Kind::Choice => node.children.is_empty() || children.any(|emptiable| emptiable),
        }
    }

    #[inline]
    pub(super) fn node(&self, index: usize) -> &Node {
        self.nodes.get(index).expect("indexes of nodes come from this model")
    }

    /// Whether no child at all is fine.
    pub(super) fn is_emptiable(&self) -> bool {
        self.nodes.first().is_none_or(Node::emptiable)
    }

    /// Takes the next child: returns its leaf, or `None` if it cannot stand here.
    ///
    /// With `lacks`, required particles may be skipped; they are added there.
    #[inline]
    pub(super) fn step<P: Probe>(
        &self,
        at: usize,
        slots: &mut [u32],
        probe: &P,
        mut lacks: Option<&mut Vec<Lack>>,
    ) -> Option<usize> {
        if at == START {
            if self.nodes.is_empty() {
                return None;
            }
            return self.can_start(0, probe, lacks.is_some()).then(|| self.enter(0, slots, probe, lacks));
        }
        let mut index = at;
        let leaf = self.node(at);
        if self.count(slots, leaf) < leaf.max && probe.accepts(leaf) {
            self.add(slots, leaf);
            self.occurred(slots, leaf);
            return Some(at);
        }
        loop {
            let node = self.node(index);
            let have = self.count(slots, node);
            if have < node.min && !node.hollow {
                lacks.as_deref_mut()?.push(Lack { node: index, have });
            }
            let parent = self.nodes.get(node.parent)?;
            match parent.kind {
                Kind::Sequence => {
                    for sibling in index + 1..parent.children.end {
                        if self.can_start(sibling, probe, lacks.is_some()) {
                            return Some(self.enter(sibling, slots, probe, lacks));
                        }
                        if !self.node(sibling).emptiable() {
                            lacks.as_deref_mut()?.push(Lack { node: sibling, have: 0 });
                        }
                    }
                }
                Kind::All => {
                    for sibling in parent.children.clone() {
                        if !self.seen(slots, sibling) && self.can_start(sibling, probe, lacks.is_some()) {
                            return Some(self.enter(sibling, slots, probe, lacks));
                        }
                    }
                    for sibling in parent.children.clone() {
                        if !self.seen(slots, sibling) && !self.node(sibling).emptiable() {
                            lacks.as_deref_mut()?.push(Lack { node: sibling, have: 0 });
                        }
                    }
                }
                Kind::Choice | Kind::Element(_) | Kind::Any(_) => {}
            }
            if self.count(slots, parent) < parent.max && self.can_start(node.parent, probe, lacks.is_some()) {
                self.add(slots, parent);
                return Some(self.enter_content(node.parent, slots, probe, lacks));
            }
            index = node.parent;
        }
    }

    /// Everything still wanted when the parent ends.
    pub(super) fn finish(&self, at: usize, slots: &[u32], lacks: &mut Vec<Lack>) {
        if at == START {
            if !self.is_emptiable() {
                lacks.push(Lack { node: 0, have: 0 });
            }
            return;
        }
        let mut index = at;
        loop {
            let node = self.node(index);
            let have = self.count(slots, node);
            if have < node.min && !node.hollow {
                lacks.push(Lack { node: index, have });
            }
            let Some(parent) = self.nodes.get(node.parent) else { return };
            let rest = match parent.kind {
                Kind::Sequence => index + 1..parent.children.end,
                Kind::All => parent.children.clone(),
                Kind::Choice | Kind::Element(_) | Kind::Any(_) => 0..0,
            };
            for sibling in rest {
                let seen = parent.kind == Kind::All && self.seen(slots, sibling);
                if !seen && !self.node(sibling).emptiable() {
                    lacks.push(Lack { node: sibling, have: 0 });
                }
            }
            index = node.parent;
        }
    }

    #[inline]
    fn mark(&self, slots: &mut [u32], index: usize) {
        if let Some(word) = slots.get_mut(self.levels + index / 32) {
            *word |= 1 << (index % 32);
        }
    }

    /// How often the particle occurred, as far as its counter knows.
    #[inline]
    pub(super) fn count(&self, slots: &[u32], node: &Node) -> u32 {
        slots.get(node.slot).copied().unwrap_or(0)
    }

    /// Adds to the counter even past the maximum.
    #[inline]
    pub(super) fn add(&self, slots: &mut [u32], node: &Node) {
        if let Some(count) = slots.get_mut(node.slot) {
            *count = count.saturating_add(1);
        }
    }

    #[inline]
    fn occurred(&self, slots: &mut [u32], node: &Node) {
        if let Some(occurrence) = node.occurrence
            && let Some(count) = slots.get_mut(occurrence)
        {
            *count = count.saturating_add(1);
        }
    }

    /// Whether the particle can begin with the element; with `anywhere`, whether it holds it at all.
    #[inline]
    fn can_start<P: Probe>(&self, index: usize, probe: &P, anywhere: bool) -> bool {
        let node = self.node(index);
        match node.kind {
            Kind::Element(_) | Kind::Any(_) => probe.accepts(node),
            Kind::Sequence | Kind::Choice | Kind::All => self.group_can_start(node, probe, anywhere),
        }
    }

    fn group_can_start<P: Probe>(&self, node: &Node, probe: &P, anywhere: bool) -> bool {
        for child in node.children.clone() {
            if self.can_start(child, probe, anywhere) {
                return true;
            }
            if node.kind == Kind::Sequence && !anywhere && !self.node(child).emptiable() {
                return false;
            }
        }
        false
    }

    #[inline]
    fn enter<P: Probe>(&self, index: usize, slots: &mut [u32], probe: &P, lacks: Option<&mut Vec<Lack>>) -> usize {
        let node = self.node(index);
        if let Some(count) = slots.get_mut(node.slot) {
            *count = 1;
        }
        self.mark(slots, index);
        if node.is_leaf() {
            self.occurred(slots, node);
            return index;
        }
        self.enter_content(index, slots, probe, lacks)
    }

    fn enter_content<P: Probe>(
        &self,
        index: usize,
        slots: &mut [u32],
        probe: &P,
        mut lacks: Option<&mut Vec<Lack>>,
    ) -> usize {
        let node = self.node(index);
        if node.kind == Kind::All {
            for child in node.children.clone() {
                if let Some(word) = slots.get_mut(self.levels + child / 32) {
                    *word &= !(1 << (child % 32));
                }
            }
        }
        for child in node.children.clone() {
            if self.can_start(child, probe, lacks.is_some()) {
                return self.enter(child, slots, probe, lacks);
            }
            if node.kind == Kind::Sequence
                && !self.node(child).emptiable()
                && let Some(lacks) = lacks.as_deref_mut()
            {
                lacks.push(Lack { node: child, have: 0 });
            }
        }
        unreachable!("a group is entered only after one of its leaves has taken the element")
    }
}
