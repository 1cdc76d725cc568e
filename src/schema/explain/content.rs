//! Faults of roots, of content that must not be there, and of values.

use super::{NAMES_MAX, Name};
use crate::domain::limits;
use crate::schema::chars;
use crate::schema::faults::Finding;
use crate::schema::nearest::nearest;
use crate::schema::rules;
use crate::schema::scanner::Start;
use crate::schema::simple::{Problem, SimpleId};
use crate::schema::sink::Sink;
use crate::schema::table::{Complex, Element, Labels};
use crate::schema::walk::{Inside, Walk};

impl<'t, 's, S: Sink> Walk<'t, 's, '_, S> {
    /// A root element that no schema declares.
    #[cold]
    pub(in crate::schema) fn unknown_root(&mut self, start: Start<'t>) {
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
    pub(in crate::schema) fn no_children(&mut self, start: Start<'t>) {
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
    pub(in crate::schema) fn undeclared(&mut self, start: Start<'t>) {
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
    pub(in crate::schema) fn abstract_element(&mut self, start: Start<'t>, element: &'s Element) {
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
    pub(in crate::schema) fn abstract_type(&mut self, complex: &'s Complex) {
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
    pub(super) fn say(
        &mut self,
        at: usize,
        rule: &'static str,
        found: Option<&str>,
        zh: String,
        en: String,
        expected: String,
    ) {
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
    pub(in crate::schema) fn bad_value(&mut self, problem: &Problem, value: &str, at: usize) {
        for problem in std::iter::once(problem).chain(&problem.also) {
            let (zh, en) = (problem.zh.clone(), problem.en.clone());
            self.say(at, problem.rule, Some(value), zh, en, problem.expected.clone());
        }
    }

    #[cold]
    pub(in crate::schema) fn check_fixed(&mut self, ty: SimpleId, text: &str, fixed: &str, at: usize) {
        let (value, problem) = self.value_of(ty, text);
        let (wanted, _) = self.value_of(ty, fixed);
        if problem.is_none() && !self.set.simple.same(ty, &value, &wanted) {
            let (zh, en) = (format!("必须为固定值 {wanted}"), format!("must have the fixed value {wanted}"));
            self.say(at, rules::XSD_FIXED, Some(&value), zh, en, wanted.to_string());
        }
    }

    #[cold]
    pub(in crate::schema) fn repeated_id(&mut self, value: &str, at: usize) {
        let (zh, en) = (format!("的 ID {value} 重复"), format!("repeats the ID {value}"));
        self.say(at, rules::XSD_ID, Some(value), zh, en, String::new());
    }

    #[cold]
    pub(in crate::schema) fn stray_text(&mut self, at: usize, found: &str) {
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
}
