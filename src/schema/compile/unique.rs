//! Unique Particle Attribution, XSD 1.0 §3.8.6: what an element is must be clear without looking ahead.
//!
//! The check goes over the tree of particles and never expands counters. For each particle it knows two sets
//! of leaves: those that can come first in it, and those that can go on in it at a point where it could end
//! as well. Two different leaves that take the same name and may come next at the same point are in conflict.
//! A counter `{n,n}` is never at such a point: below `n` it cannot end, at `n` it cannot go on.

use std::collections::HashMap;

use super::super::model::{Particle, Term};
use super::super::names::NsId;
use super::super::table::{Allowed, Element};
use super::wildcards::overlap;
use super::{Compiler, Resolver};
use crate::domain::limits;

/// Leaves by the names they take.
#[derive(Default, Clone)]
struct Names<'c> {
    named: HashMap<(NsId, &'c str), Vec<usize>>,
    wild: Vec<(usize, &'c Allowed)>,
}

struct Sets<'c> {
    first: Names<'c>,
    onward: Names<'c>,
}

enum Fault {
    /// Both leaves take this.
    Ambiguous(String),
    TooMuch,
}

struct Check<'c> {
    elements: &'c [Element],
    leaves: usize,
    work: usize,
}

impl<'c> Names<'c> {
    fn len(&self) -> usize {
        self.named.len() + self.wild.len()
    }

    /// Adds all of another set, the smaller into the larger.
    fn absorb(&mut self, mut other: Names<'c>) {
        if other.named.len() > self.named.len() {
            std::mem::swap(&mut self.named, &mut other.named);
        }
        for (name, leaves) in other.named {
            self.named.entry(name).or_default().extend(leaves);
        }
        self.wild.extend(other.wild);
    }

    /// Something that two different leaves of the sets take.
    fn conflict(&self, other: &Names<'c>) -> Option<String> {
        let (small, large) = if self.named.len() < other.named.len() { (self, other) } else { (other, self) };
        for (name, leaves) in &small.named {
            if let Some(others) = large.named.get(name)
                && leaves.iter().any(|a| others.iter().any(|b| a != b))
            {
                return Some(name.1.to_owned());
            }
        }
        self.wild_against(other).or_else(|| other.wild_against(self)).or_else(|| {
            let clash = |a: &(usize, &Allowed)| other.wild.iter().any(|b| a.0 != b.0 && overlap(a.1, b.1));
            self.wild.iter().any(clash).then(|| "xs:any".to_owned())
        })
    }

    fn wild_against(&self, other: &Names<'c>) -> Option<String> {
        if self.wild.is_empty() {
            return None;
        }
        let taken = |ns: NsId| self.wild.iter().any(|(_, allowed)| allowed.takes(ns));
        other.named.keys().find(|(ns, _)| taken(*ns)).map(|(_, name)| (*name).to_owned())
    }
}

impl<'c> Check<'c> {
    fn apart(&mut self, a: &Names<'c>, b: &Names<'c>) -> Result<(), Fault> {
        let wild = a.wild.len().max(1).saturating_mul(b.wild.len().max(1));
        self.spend(a.len().min(b.len()) + wild + a.wild.len() * b.named.len() + b.wild.len() * a.named.len())?;
        a.conflict(b).map_or(Ok(()), |name| Err(Fault::Ambiguous(name)))
    }

    fn spend(&mut self, work: usize) -> Result<(), Fault> {
        self.work = self.work.saturating_add(work);
        if self.work > limits::SCHEMA_NAMES_COMPARED_MAX { Err(Fault::TooMuch) } else { Ok(()) }
    }

    fn sets(&mut self, particle: &'c Particle) -> Result<Sets<'c>, Fault> {
        let mut content = match &particle.term {
            Term::Element { id, name, ns } => {
                let leaf = self.leaf();
                let mut first = Names::default();
                first.named.insert((*ns, name), vec![leaf]);
                let members = self.elements.get(id.index()).map(|element| element.members.as_slice());
                for member in members.unwrap_or_default() {
                    if let Some(member) = self.elements.get(member.index()) {
                        first.named.insert((member.ns, &member.name), vec![leaf]);
                    }
                }
                self.spend(first.len())?;
                Sets { first, onward: Names::default() }
            }
            Term::Any(wildcard) => {
                let leaf = self.leaf();
                let first = Names { named: HashMap::new(), wild: vec![(leaf, &wildcard.allowed)] };
                Sets { first, onward: Names::default() }
            }
            Term::Choice(parts) | Term::All(parts) => {
                let mut all = Sets { first: Names::default(), onward: Names::default() };
                for part in parts {
                    let part = self.sets(part)?;
                    self.apart(&all.first, &part.first)?;
                    self.spend(part.first.len().min(all.first.len()) + part.onward.len().min(all.onward.len()) + 1)?;
                    all.first.absorb(part.first);
                    all.onward.absorb(part.onward);
                }
                all
            }
            Term::Sequence(parts) => self.sequence(parts)?,
        };
        if particle.max > 1 {
            self.apart(&content.onward, &content.first)?;
            if particle.min < particle.max || particle.term.is_hollow() {
                self.spend(content.first.len())?;
                content.onward.absorb(content.first.clone());
            }
        }
        Ok(content)
    }

    fn sequence(&mut self, parts: &'c [Particle]) -> Result<Sets<'c>, Fault> {
        let mut first = Names::default();
        let mut next = Names::default();
        let mut from_start = true;
        for particle in parts {
            let part = self.sets(particle)?;
            self.apart(&next, &part.first)?;
            self.spend(part.first.len())?;
            if from_start {
                first.absorb(part.first.clone());
            }
            if particle.is_emptiable() {
                next.absorb(part.first);
            } else {
                from_start = false;
                next = Names::default();
            }
            next.absorb(part.onward);
        }
        Ok(Sets { first, onward: next })
    }

    fn leaf(&mut self) -> usize {
        self.leaves += 1;
        self.leaves
    }
}

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    pub(super) fn check_unique_particles(&mut self, index: usize) {
        let Some(draft) = self.drafts.get(index) else { return };
        let (Some(particle), Some(at)) = (&draft.particle, draft.at) else { return };
        let mut check = Check { elements: &self.elements, leaves: 0, work: self.names_compared };
        let fault = check.sets(particle).err();
        self.names_compared = check.work;
        match fault {
            Some(Fault::Ambiguous(name)) => {
                let zh = format!("内容模型有歧义：{name} 可以属于不同的粒子");
                let en = format!("the content model is ambiguous: {name} can belong to different particles");
                self.breach(at, "cos-nonambig", zh, en);
            }
            Some(Fault::TooMuch) => {
                self.fail(at, "内容模型太大，无法检查歧义", "content models are too large to be checked for ambiguity");
            }
            None => {}
        }
    }
}
