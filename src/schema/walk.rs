//! The check of one message: one pass over the scanner's tokens, one frame per open element.

mod text;

use std::borrow::Cow;
use std::collections::HashSet;

use super::builtin::ANY_SIMPLE;
use super::decode::too_long;
use super::explain::Jump;
use super::faults::{Faults, Finding, Report};
use super::keys::Keys;
use super::model::{Exact, Kind, Lack, Model, START, States, Step};
use super::names::NsId;
use super::rules;
use super::scanner::{Doctype, Scanner, Start, Stop, Token};
use super::set::SchemaSet;
use super::simple::SimpleId;
use super::sink::{ElementInfo, Sink};
use super::table::{Complex, Content, Element, ElementId, Labels, Process, TypeRef, Wildcard};
use crate::domain::limits;

/// What may stand in an open element.
#[derive(Clone, Copy)]
pub(super) enum Inside<'s> {
    Children(&'s Model),
    Text(SimpleId),
    Nothing,
    Nil,
}

/// An open element.
pub(super) struct Frame<'t, 's> {
    pub(super) local: &'t str,
    pub(super) element: Option<ElementId>,
    pub(super) inside: Inside<'s>,
    pub(super) mixed: bool,
    /// The leaf of the content model that matched last.
    pub(super) at: usize,
    /// Where its counters begin.
    pub(super) base: usize,
    /// Which of its kind; 0 if it cannot repeat.
    pub(super) index: u32,
    /// Byte of `<`.
    pub(super) start: usize,
    /// Byte after `>`.
    inner: usize,
    /// A fault about its text was reported.
    text_reported: bool,
}

pub(super) struct Walk<'t, 's, 'k, S: Sink> {
    pub(super) set: &'s SchemaSet,
    pub(super) scanner: Scanner<'t, 's>,
    pub(super) sink: &'k mut S,
    pub(super) frames: Vec<Frame<'t, 's>>,
    pub(super) slots: Vec<u32>,
    pub(super) faults: Faults<'t>,
    /// Open elements of a subtree that is not checked.
    pub(super) skip: usize,
    /// Text of the open element with simple content: the first piece, then all of them joined.
    piece: Option<&'t str>,
    joined: String,
    pub(super) jumps: Vec<Jump>,
    /// Wrong namespaces that were reported, with the right one.
    pub(super) excused: Vec<(NsId, NsId)>,
    pub(super) lacks: Vec<Lack>,
    /// Counters of the open elements whose models count in more than one way.
    states: Vec<States>,
    ids: HashSet<String>,
    id_references: Vec<(String, usize, String)>,
    root: Option<(String, String)>,
    /// `xsi:type` may give an undeclared root its type.
    typed_root: bool,
    /// The schema has identity constraints at all.
    keyed: bool,
    pub(super) keys: Keys<'t>,
}

/// What is checked.
#[derive(Clone, Copy)]
pub(super) enum Source<'t> {
    /// A message: strict.
    Message,
    /// A file of one's own with the unparsed entities that it declares; its DOCTYPE was read before, and `xsi:type` may
    /// give an undeclared root its type.
    Document(&'t HashSet<String>),
}

impl SchemaSet {
    /// Checks a message in one pass and hands what it holds to the sink.
    pub fn validate<S: Sink>(&self, text: &str, sink: &mut S) -> Report {
        self.walk(text, sink, Source::Message)
    }

    pub(super) fn walk<'t, S: Sink>(&self, text: &'t str, sink: &mut S, source: Source<'t>) -> Report {
        if text.len() > limits::MESSAGE_BYTES_MAX {
            return Report { root: None, faults: vec![too_long(text.len())], faults_total: 1 };
        }
        let (scanner, typed_root) = match source {
            Source::Message => (Scanner::new(text, &self.namespaces, Doctype::Refused), false),
            Source::Document(entities) => {
                (Scanner::new(text, &self.namespaces, Doctype::Skipped).with_entities(entities), true)
            }
        };
        let walk = Walk {
            set: self,
            scanner,
            sink,
            frames: Vec::with_capacity(16),
            slots: Vec::with_capacity(64),
            faults: Faults::new(text),
            skip: 0,
            piece: None,
            joined: String::new(),
            jumps: Vec::new(),
            excused: Vec::new(),
            lacks: Vec::new(),
            states: Vec::new(),
            ids: HashSet::new(),
            id_references: Vec::new(),
            root: None,
            typed_root,
            keyed: !self.constraints.is_empty(),
            keys: Keys::default(),
        };
        walk.run()
    }
}

impl<'t, 's, S: Sink> Walk<'t, 's, '_, S> {
    fn run(mut self) -> Report {
        loop {
            match self.scanner.next() {
                Ok(Token::Start(start)) => self.start(start),
                Ok(Token::End { at, end }) => self.end(at, end),
                Ok(Token::Text { at, text, plain, blank }) => self.text(at, text, plain, blank),
                Ok(Token::CData { at, text, plain }) => self.cdata(at, text, plain),
                Ok(Token::Char { at, char }) => self.reference(at, char),
                Ok(Token::Eof) => break,
                Err(stop) => {
                    self.stopped(stop);
                    break;
                }
            }
        }
        self.check_references();
        self.faults.finish(self.root)
    }

    #[cold]
    fn stopped(&mut self, stop: Stop) {
        // The pass ends here, so this fault is worth a place beyond the limit.
        let path = self.path(None);
        self.faults.add(Finding {
            at: stop.at,
            path,
            labels: None,
            rule: stop.rule,
            zh: stop.zh,
            en: stop.en,
            found: stop.found.as_deref(),
            expected: stop.expected,
        });
    }

    #[inline]
    fn start(&mut self, start: Start<'t>) {
        if self.skip > 0 {
            self.skip += 1;
            return;
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root(start);
            return;
        };
        let Inside::Children(model) = frame.inside else {
            self.no_children(start);
            return;
        };
        let taken = if model.free {
            self.step_free(model, start)
        } else {
            let slots = self.slots.get_mut(frame.base..).unwrap_or_default();
            model.step(frame.at, slots, &Exact { ns: start.ns, local: start.local }, None)
        };
        let Some(leaf) = taken else {
            self.unexpected(model, start);
            return;
        };
        let Some(frame) = self.frames.last_mut() else { return };
        frame.at = leaf;
        let slots = self.slots.get_mut(frame.base..).unwrap_or_default();
        let index = model.occurrence(leaf, slots);
        let node = model.node(leaf);
        match &node.kind {
            Kind::Element(id) => {
                let mut id = *id;
                let is_head = *node.name == *start.local && node.ns == start.ns;
                if !is_head && !node.members.is_empty() {
                    let member = node.members.iter().find(|(name, ns, _)| **name == *start.local && *ns == start.ns);
                    id = member.map_or(id, |(_, _, member)| *member);
                }
                self.open(start, id, index);
            }
            Kind::Any(wildcard) => self.any(start, wildcard),
            Kind::Sequence | Kind::Choice | Kind::All => {}
        }
    }

    /// A step in a model that can count in more than one way.
    #[cold]
    fn step_free(&mut self, model: &'s Model, start: Start<'t>) -> Option<usize> {
        let depth = self.frames.len();
        let frame = self.frames.last()?;
        let (at, base) = (frame.at, frame.base);
        let slots = self.slots.get_mut(base..)?;
        let mut states = match self.states.pop_if(|states| states.depth == depth) {
            Some(states) => states,
            None => States { depth, all: vec![slots.to_vec()] },
        };
        match model.step_all(at, &mut states, &Exact { ns: start.ns, local: start.local }) {
            Step::Leaf(leaf) => {
                // One of them stands for all where a fault has to be explained.
                if let Some(first) = states.all.first() {
                    slots.copy_from_slice(first);
                }
                self.states.push(states);
                Some(leaf)
            }
            Step::Nowhere => {
                if let Some(first) = states.all.first() {
                    slots.copy_from_slice(first);
                }
                None
            }
            Step::TooMany => {
                let path = self.path(None);
                let most = limits::MODEL_STATES_MAX;
                self.faults.add(Finding {
                    at: start.at,
                    path,
                    labels: None,
                    rule: rules::LIMIT,
                    zh: format!("内容模型的计数方式超过 {most} 种"),
                    en: format!("the content model can be counted in more than {most} ways"),
                    found: None,
                    expected: String::new(),
                });
                None
            }
        }
    }

    fn root(&mut self, start: Start<'t>) {
        let uri = self.scanner.scope().uri(start.ns).to_owned();
        self.root = Some((uri, start.local.to_owned()));
        match self.set.roots.get(&(start.ns, Box::from(start.local))) {
            Some(id) => self.open(start, *id, 0),
            None if self.typed_root && self.has_type() => self.open_as(start, None, TypeRef::Complex(0), 0),
            None => self.unknown_root(start),
        }
    }

    /// Whether the open tag names its type.
    fn has_type(&self) -> bool {
        self.scanner.attributes().iter().any(|a| a.ns == super::names::NS_XSI && a.local == "type")
    }

    /// An element that a wildcard took.
    fn any(&mut self, start: Start<'t>, wildcard: &'s Wildcard) {
        if wildcard.process == Process::Skip {
            self.skip = 1;
            return;
        }
        if let Some(id) = self.set.roots.get(&(start.ns, Box::from(start.local))) {
            self.open(start, *id, 0);
            return;
        }
        if wildcard.process == Process::Strict && !self.has_type() {
            self.undeclared(start);
            self.skip = 1;
            return;
        }
        self.open_as(start, None, TypeRef::Complex(0), 0);
    }

    #[inline]
    pub(super) fn open(&mut self, start: Start<'t>, id: ElementId, index: u32) {
        let set = self.set;
        let element = set.elements.get(id.index()).expect("ids of elements come from this set");
        if element.is_abstract {
            self.abstract_element(start, element);
        }
        self.open_as(start, Some((id, element)), element.ty, index);
    }

    #[inline]
    fn open_as(&mut self, start: Start<'t>, element: Option<(ElementId, &'s Element)>, ty: TypeRef, index: u32) {
        let base = self.slots.len();
        let frame = Frame {
            local: start.local,
            element: element.map(|(id, _)| id),
            inside: Inside::Nothing,
            mixed: false,
            at: START,
            base,
            index,
            start: start.at,
            inner: start.end,
            text_reported: false,
        };
        self.frames.push(frame);
        if let Some((id, _)) = element {
            self.sink.start(ElementInfo { id, ns: start.ns, local: start.local, index }, start.at);
        }
        let (ty, nil) = if self.scanner.attributes().is_empty() {
            if let TypeRef::Complex(complex) = ty
                && self.complex(complex).attributes_required > 0
            {
                self.no_attributes(complex);
            }
            (ty, false)
        } else {
            self.attributes(element.map(|(_, element)| element), ty)
        };
        if self.keyed {
            let element = element.map(|(_, element)| element);
            if !self.keys.is_idle() || element.is_some_and(|element| !element.constraints.is_empty()) {
                self.keys_open(start, element, ty);
            }
        }
        let (inside, mixed) = match ty {
            TypeRef::Simple(id) => (Inside::Text(id), false),
            TypeRef::Complex(index) => {
                let complex = self.complex(index);
                if complex.is_abstract {
                    self.abstract_type(complex);
                }
                match &complex.content {
                    Content::Simple(id) => (Inside::Text(*id), false),
                    // With a fixed value there can be no elements (cvc-elt.5.2.2.1).
                    Content::Children(_)
                        if complex.mixed && element.is_some_and(|(_, element)| element.fixed.is_some()) =>
                    {
                        (Inside::Text(ANY_SIMPLE), false)
                    }
                    Content::Children(model) => {
                        self.slots.resize(base + model.slots, 0);
                        (Inside::Children(model), complex.mixed)
                    }
                    Content::Empty => (Inside::Nothing, complex.mixed),
                }
            }
        };
        if let Some(frame) = self.frames.last_mut() {
            frame.inside = if nil { Inside::Nil } else { inside };
            frame.mixed = mixed;
        }
        self.piece = None;
    }

    #[inline]
    pub(super) fn complex(&self, index: usize) -> &'s Complex {
        self.set.complexes.get(index).expect("indexes of complex types come from this set")
    }

    #[inline]
    fn end(&mut self, at: usize, end: usize) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let Some(frame) = self.frames.last() else { return };
        let (inside, element, base, leaf) = (frame.inside, frame.element, frame.base, frame.at);
        match inside {
            Inside::Text(ty) => self.value(ty, element, frame.inner..at),
            Inside::Children(model) => {
                let mut lacks = std::mem::take(&mut self.lacks);
                lacks.clear();
                model.finish(leaf, self.slots.get(base..).unwrap_or_default(), &mut lacks);
                if model.free {
                    let depth = self.frames.len();
                    let states = self.states.pop_if(|states| states.depth == depth);
                    if states.is_some_and(|states| model.may_finish(leaf, &states)) {
                        lacks.clear();
                    }
                }
                if !lacks.is_empty() {
                    self.missing_at_end(model, &lacks, at);
                }
                self.lacks = lacks;
            }
            Inside::Nothing | Inside::Nil => {}
        }
        if !self.keys.is_idle() {
            self.keys_end(inside);
        }
        self.slots.truncate(base);
        self.frames.pop();
        if !self.jumps.is_empty() {
            let depth = self.frames.len();
            self.jumps.retain(|jump| jump.depth <= depth);
        }
        if element.is_some() {
            self.sink.end(end);
        }
    }

    /// The path of the innermost open element, or of a name below it.
    pub(super) fn path(&self, below: Option<&str>) -> String {
        let mut path = String::new();
        for frame in &self.frames {
            path.push('/');
            path.push_str(frame.local);
            if frame.index > 0 {
                path.push_str(&format!("[{}]", frame.index));
            }
        }
        if let Some(name) = below {
            path.push('/');
            path.push_str(name);
        }
        path
    }

    /// The declaration of the innermost open element.
    pub(super) fn current(&self) -> Option<&'s Element> {
        let id = self.frames.last()?.element?;
        self.set.elements.get(id.index())
    }

    pub(super) fn current_labels(&self) -> Option<&'s Labels> {
        self.current().map(|element| &element.labels)
    }

    /// Whether a fault about text in the innermost element is the first one; marks it.
    pub(super) fn first_text_fault(&mut self) -> bool {
        self.frames.last_mut().is_some_and(|frame| !std::mem::replace(&mut frame.text_reported, true))
    }

    pub(super) fn value_of<'v>(
        &self,
        ty: SimpleId,
        raw: &'v str,
    ) -> (Cow<'v, str>, Option<Box<super::simple::Problem>>) {
        self.set.simple.check(ty, raw, self.scanner.scope())
    }
}
