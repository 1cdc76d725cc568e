//! Particle Valid (Restriction), XSD 1.0 §3.9.6: whether a content model only narrows that of its base.

use super::super::model::{Particle, Term, UNBOUNDED};
use super::super::table::{ElementId, Ways, Wildcard};
use super::derive::strictness;
use super::wildcards::is_subset;
use super::{Compiler, Resolver};
use crate::domain::limits;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Sequence,
    Choice,
    All,
}

/// A particle without pointless groups, heads of substitution groups spelt out as choices.
#[derive(Debug)]
struct Part<'p> {
    min: u32,
    max: u32,
    term: PartTerm<'p>,
}

#[derive(Debug)]
enum PartTerm<'p> {
    Element(ElementId),
    Any(&'p Wildcard),
    Group(How, Vec<Part<'p>>),
}

/// The name of the broken constraint.
type Verdict = Result<(), &'static str>;

struct Comparison<'c, 'r, R: Resolver + ?Sized> {
    compiler: &'c Compiler<'r, R>,
    steps: usize,
}

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    /// The constraint that a particle breaks as a restriction of another.
    pub(super) fn particle_fault(&self, own: &Particle, base: &Particle) -> Option<&'static str> {
        if is_empty(own) {
            return (!base.is_emptiable()).then_some("cos-particle-restrict.a");
        }
        if is_empty(base) {
            return Some("cos-particle-restrict.b");
        }
        let mut comparison = Comparison { compiler: self, steps: 0 };
        let (own, base) = (comparison.part(own), comparison.part(base));
        comparison.compare(&own, &base, true).err()
    }
}

fn is_empty(particle: &Particle) -> bool {
    match &particle.term {
        Term::Element { .. } | Term::Any(_) => false,
        Term::Sequence(parts) | Term::Choice(parts) | Term::All(parts) => parts.is_empty(),
    }
}

fn how(term: &Term) -> Option<How> {
    match term {
        Term::Element { .. } | Term::Any(_) => None,
        Term::Sequence(_) => Some(How::Sequence),
        Term::Choice(_) => Some(How::Choice),
        Term::All(_) => Some(How::All),
    }
}

/// Looks through groups of one particle that occur once.
fn unwrapped(mut particle: &Particle) -> &Particle {
    while let (1, 1, [inner]) = (particle.min, particle.max, particle.term.parts()) {
        particle = inner;
    }
    particle
}

/// The parts of a group, pointless groups in it opened.
fn gather<'p>(outer: How, parts: &'p [Particle], found: &mut Vec<&'p Particle>) {
    for part in parts {
        let once = part.min == 1 && part.max == 1;
        match how(&part.term) {
            Some(inner) if once && inner == outer => gather(outer, part.term.parts(), found),
            Some(_) if once && part.term.parts().is_empty() => {}
            _ => found.push(part),
        }
    }
}

fn times(count: u32, each: u32) -> u32 {
    match (count, each) {
        (0, _) | (_, 0) => 0,
        (UNBOUNDED, _) | (_, UNBOUNDED) => UNBOUNDED,
        (count, each) => count.saturating_mul(each).min(UNBOUNDED - 1),
    }
}

fn plus(a: u32, b: u32) -> u32 {
    if a == UNBOUNDED || b == UNBOUNDED { UNBOUNDED } else { a.saturating_add(b).min(UNBOUNDED - 1) }
}

fn within(own: (u32, u32), base: (u32, u32)) -> bool {
    own.0 >= base.0 && (base.1 == UNBOUNDED || (own.1 != UNBOUNDED && own.1 <= base.1))
}

impl Part<'_> {
    fn range(&self) -> (u32, u32) {
        (self.min, self.max)
    }

    /// Effective Total Range, least and greatest.
    fn total(&self) -> (u32, u32) {
        match &self.term {
            PartTerm::Element(_) | PartTerm::Any(_) => (self.min, self.max),
            PartTerm::Group(How::Choice, parts) => {
                let min = parts.iter().map(|part| part.total().0).min().unwrap_or(0);
                let max = parts.iter().map(|part| part.total().1).max().unwrap_or(0);
                (times(self.min, min), times(self.max, max))
            }
            PartTerm::Group(How::Sequence | How::All, parts) => {
                let totals = parts.iter().map(Part::total);
                let (min, max) = totals.fold((0, 0), |sum, part| (plus(sum.0, part.0), plus(sum.1, part.1)));
                (times(self.min, min), times(self.max, max))
            }
        }
    }

    fn is_emptiable(&self) -> bool {
        self.total().0 == 0
    }
}

impl<'c, R: Resolver + ?Sized> Comparison<'c, '_, R> {
    fn part<'p>(&self, particle: &'p Particle) -> Part<'p>
    where
        'c: 'p,
    {
        let particle = unwrapped(particle);
        let (min, max) = (particle.min, particle.max);
        let term = match &particle.term {
            Term::Any(wildcard) => PartTerm::Any(wildcard),
            Term::Element { id, .. } => {
                let members = self.compiler.elements.get(id.index()).map(|element| element.members.as_slice());
                match members.unwrap_or_default() {
                    [] => PartTerm::Element(*id),
                    members => {
                        let all = std::iter::once(id).chain(members);
                        let each = all.map(|id| Part { min: 1, max: 1, term: PartTerm::Element(*id) });
                        PartTerm::Group(How::Choice, each.collect())
                    }
                }
            }
            Term::Sequence(parts) | Term::Choice(parts) | Term::All(parts) => {
                let how = how(&particle.term).unwrap_or(How::Sequence);
                let mut found = Vec::new();
                gather(how, parts, &mut found);
                PartTerm::Group(how, found.into_iter().map(|part| self.part(part)).collect())
            }
        };
        Part { min, max, term }
    }

    fn compare(&mut self, own: &Part<'_>, base: &Part<'_>, occurrence: bool) -> Verdict {
        self.steps += 1;
        if self.steps > limits::SCHEMA_COMPARISONS_MAX {
            return Err("limit");
        }
        let forbidden = Err("cos-particle-restrict.2");
        match (&own.term, &base.term) {
            (PartTerm::Element(a), PartTerm::Element(b)) => self.name_and_type(own, *a, base, *b),
            (PartTerm::Element(id), PartTerm::Any(wildcard)) => {
                if occurrence && !within(own.range(), base.range()) {
                    return Err("rcase-NSCompat.2");
                }
                let ns = self.compiler.elements.get(id.index()).map_or(0, |element| element.ns);
                if wildcard.takes(ns) { Ok(()) } else { Err("rcase-NSCompat.1") }
            }
            (PartTerm::Element(_), PartTerm::Group(How::Choice, parts)) => {
                self.recurse_lax(std::slice::from_ref(own), (1, 1), parts, base.range())
            }
            (PartTerm::Element(_), PartTerm::Group(How::Sequence | How::All, parts)) => {
                self.recurse(std::slice::from_ref(own), (1, 1), parts, base.range())
            }
            (PartTerm::Any(a), PartTerm::Any(b)) => {
                if occurrence && !within(own.range(), base.range()) {
                    return Err("rcase-NSSubset.1");
                }
                if !is_subset(&a.allowed, &b.allowed) {
                    return Err("rcase-NSSubset.2");
                }
                if strictness(a.process) < strictness(b.process) {
                    return Err("rcase-NSSubset.3");
                }
                Ok(())
            }
            (PartTerm::Any(_), PartTerm::Element(_) | PartTerm::Group(..)) => forbidden,
            (PartTerm::Group(_, parts), PartTerm::Any(_)) => {
                if occurrence && !within(own.total(), base.range()) {
                    return Err("rcase-NSRecurseCheckCardinality.2");
                }
                for part in parts {
                    if self.compare(part, base, false).is_err() {
                        return Err("rcase-NSRecurseCheckCardinality.1");
                    }
                }
                Ok(())
            }
            (PartTerm::Group(_, _), PartTerm::Element(_)) => forbidden,
            (PartTerm::Group(a, own_parts), PartTerm::Group(b, parts)) => match (a, b) {
                (How::All, How::All) | (How::Sequence, How::Sequence) => {
                    self.recurse(own_parts, own.range(), parts, base.range())
                }
                (How::Choice, How::Choice) => self.recurse_lax(own_parts, own.range(), parts, base.range()),
                (How::Sequence, How::All) => self.recurse_unordered(own_parts, own.range(), parts, base.range()),
                (How::Sequence, How::Choice) => self.map_and_sum(own_parts, own.range(), parts, base.range()),
                (How::All, How::Choice | How::Sequence) | (How::Choice, How::All | How::Sequence) => forbidden,
            },
        }
    }

    fn name_and_type(&self, own: &Part<'_>, a: ElementId, base: &Part<'_>, b: ElementId) -> Verdict {
        let elements = &self.compiler.elements;
        let (Some(made), Some(known)) = (elements.get(a.index()), elements.get(b.index())) else { return Ok(()) };
        if made.name != known.name || made.ns != known.ns {
            return Err("rcase-NameAndTypeOK.1");
        }
        if !within(own.range(), base.range()) {
            return Err("rcase-NameAndTypeOK.3");
        }
        if a == b {
            return Ok(());
        }
        if made.nillable && !known.nillable {
            return Err("rcase-NameAndTypeOK.2");
        }
        if let Some(fixed) = &known.fixed {
            let same = made.fixed.as_ref().is_some_and(|own| match known.ty {
                super::TypeRef::Simple(ty) => self.compiler.same_value(ty, own, fixed),
                super::TypeRef::Complex(_) => own == fixed,
            });
            if !same {
                return Err("rcase-NameAndTypeOK.4");
            }
        }
        if known.block.0 & !made.block.0 != 0 {
            return Err("rcase-NameAndTypeOK.6");
        }
        if self.compiler.derives_without(made.ty, known.ty, Ways::EXTENSION) {
            Ok(())
        } else {
            Err("rcase-NameAndTypeOK.7")
        }
    }

    /// Recurse: in order, all of the base that is left out emptiable.
    fn recurse(&mut self, own: &[Part<'_>], occurs: (u32, u32), base: &[Part<'_>], wanted: (u32, u32)) -> Verdict {
        if !within(occurs, wanted) {
            return Err("rcase-Recurse.1");
        }
        let mut rest = base.iter();
        for part in own {
            loop {
                let Some(against) = rest.next() else { return Err("rcase-Recurse.2") };
                if self.compare(part, against, true).is_ok() {
                    break;
                }
                if !against.is_emptiable() {
                    return Err("rcase-Recurse.2");
                }
            }
        }
        if rest.all(Part::is_emptiable) { Ok(()) } else { Err("rcase-Recurse.2") }
    }

    /// RecurseLax: in order, anything of the base may be left out.
    fn recurse_lax(&mut self, own: &[Part<'_>], occurs: (u32, u32), base: &[Part<'_>], wanted: (u32, u32)) -> Verdict {
        if !within(occurs, wanted) {
            return Err("rcase-RecurseLax.1");
        }
        let mut at = 0;
        for part in own {
            loop {
                let Some(against) = base.get(at) else { return Err("rcase-RecurseLax.2") };
                // The same alternative of the base may serve the next one too.
                if self.compare(part, against, true).is_ok() {
                    break;
                }
                at += 1;
            }
        }
        Ok(())
    }

    /// RecurseUnordered: each to another one of the base.
    fn recurse_unordered(
        &mut self,
        own: &[Part<'_>],
        occurs: (u32, u32),
        base: &[Part<'_>],
        wanted: (u32, u32),
    ) -> Verdict {
        if !within(occurs, wanted) {
            return Err("rcase-RecurseUnordered.1");
        }
        let mut free: Vec<&Part<'_>> = base.iter().collect();
        for part in own {
            let mut found = None;
            for (index, against) in free.iter().enumerate() {
                if self.compare(part, against, true).is_ok() {
                    found = Some(index);
                    break;
                }
            }
            match found {
                Some(index) => free.remove(index),
                None => return Err("rcase-RecurseUnordered.2"),
            };
        }
        if free.iter().all(|part| part.is_emptiable()) { Ok(()) } else { Err("rcase-RecurseUnordered.2") }
    }

    /// MapAndSum: a sequence of what a choice offers, not more often than it may be repeated.
    fn map_and_sum(&mut self, own: &[Part<'_>], occurs: (u32, u32), base: &[Part<'_>], wanted: (u32, u32)) -> Verdict {
        let count = u32::try_from(own.len()).unwrap_or(UNBOUNDED - 1);
        if !within((times(occurs.0, count), times(occurs.1, count)), wanted) {
            return Err("rcase-MapAndSum.2");
        }
        for part in own {
            let mut found = false;
            for against in base {
                if self.compare(part, against, true).is_ok() {
                    found = true;
                    break;
                }
            }
            if !found {
                return Err("rcase-MapAndSum.1");
            }
        }
        Ok(())
    }
}
