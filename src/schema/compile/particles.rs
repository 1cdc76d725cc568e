//! Particles: references to elements and groups, wildcards, model groups, and how often they occur.

use super::super::model::{Particle, Term, UNBOUNDED};
use super::super::names::NS_NONE;
use super::grammar::digits;
use super::{At, Compiler, Component, Resolver};
use crate::domain::limits;

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// `minOccurs` and `maxOccurs`. Numbers beyond what any message can hold are all the same.
    pub(super) fn occurs(&mut self, at: At) -> (u32, u32) {
        let number = |value: &str| match digits(value) {
            "" => 0,
            digits => digits.parse::<u32>().map_or(UNBOUNDED - 1, |n| n.min(UNBOUNDED - 1)),
        };
        let min = self.attribute(at, "minOccurs").map_or(1, number);
        let max = match self.attribute(at, "maxOccurs") {
            None => 1,
            Some("unbounded") => UNBOUNDED,
            Some(value) => number(value),
        };
        if min > max {
            let zh = "minOccurs 大于 maxOccurs";
            self.breach(at, "p-props-correct.2.1", zh, "minOccurs is greater than maxOccurs");
        }
        (min, max)
    }

    /// The particle of an element, a wildcard, a model group or a reference to a group.
    pub(super) fn particle(&mut self, at: At) -> Option<Particle> {
        if self.particles_made >= limits::SCHEMA_PARTICLES_MAX
            || self.particle_depth >= limits::SCHEMA_PARTICLE_DEPTH_MAX
        {
            if self.particles_made < usize::MAX / 2 {
                let most = limits::SCHEMA_PARTICLES_MAX;
                let depth = limits::SCHEMA_PARTICLE_DEPTH_MAX;
                self.fail(
                    at,
                    format!("内容模型太大：最多 {most} 个粒子、{depth} 层"),
                    format!("content models are too large: at most {most} particles, {depth} deep"),
                );
                // Said once; nothing more is made.
                self.particles_made = usize::MAX / 2;
            }
            return None;
        }
        self.particles_made += 1;
        self.particle_depth += 1;
        let made = self.made_particle(at);
        self.particle_depth -= 1;
        made
    }

    fn made_particle(&mut self, at: At) -> Option<Particle> {
        let (min, max) = self.occurs(at);
        let term = match self.name(at) {
            "element" => self.element_term(at)?,
            "any" => Term::Any(self.wildcard(at)),
            "sequence" => Term::Sequence(self.particles(at)),
            "choice" => Term::Choice(self.particles(at)),
            "all" => Term::All(self.particles(at)),
            "group" => {
                let named = self.attribute(at, "ref")?.to_owned();
                let (ns, local) = self.qname(at, &named)?;
                let group = self.global(at, Component::Group, ns, &local)?;
                let term = self.group_particle(at, group)?.term;
                if matches!(term, Term::All(_)) && max != 1 {
                    let zh = "xs:all 只能出现一次";
                    self.breach(at, "cos-all-limited.1.2", zh, "xs:all can occur only once");
                }
                term
            }
            _ => return None,
        };
        Some(Particle { term, min, max })
    }

    fn particles(&mut self, at: At) -> Vec<Particle> {
        let mut made = Vec::new();
        for (child, _) in self.children(at) {
            let Some(particle) = self.particle(child) else { continue };
            if matches!(particle.term, Term::All(_)) {
                let zh = "xs:all 不能放在其他组里";
                self.breach(child, "cos-all-limited.1.2", zh, "xs:all cannot stand inside of another group");
            }
            if particle.max > 0 {
                made.push(particle);
            }
        }
        made
    }

    /// The content of a named group.
    pub(super) fn group_particle(&mut self, from: At, group: At) -> Option<Particle> {
        if self.group_stack.contains(&group) {
            self.breach(from, "mg-props-correct.2", "组引用了自己", "a group contains itself");
            return None;
        }
        self.group_stack.push(group);
        let inner = self.children(group).into_iter().next().and_then(|(child, _)| self.particle(child));
        self.group_stack.pop();
        inner
    }

    fn element_term(&mut self, at: At) -> Option<Term> {
        let id = if let Some(named) = self.attribute(at, "ref").map(str::to_owned) {
            let (ns, local) = self.qname(at, &named)?;
            let global = self.global(at, Component::Element, ns, &local)?;
            self.global_element(global)?
        } else if let Some(id) = self.element_made.get(&at) {
            // A group used twice: its elements are declared once.
            *id
        } else {
            let qualified = match self.attribute(at, "form") {
                Some(form) => form == "qualified",
                None => self.document(at).elements_qualified,
            };
            let ns = if qualified { self.document(at).target } else { NS_NONE };
            self.element(at, ns)?
        };
        let element = self.elements.get(id.index())?;
        Some(Term::Element { id, name: element.name.clone(), ns: element.ns })
    }
}
