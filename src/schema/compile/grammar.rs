//! The form of schema files: what the schema for schemas (XSD 1.0, appendix A) allows in each element.
//!
//! Names of constraints that the recommendation leaves to the schema for schemas begin with `s4s-`, as in
//! other processors.

mod forms;
mod values;

use std::collections::HashSet;

use super::super::chars;
use super::Error;
use super::tree::Tree;
use forms::{Form, form};
pub(super) use values::digits;

/// Checks one file; returns all that is wrong with its form.
pub(super) fn check(tree: &Tree) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut ids = HashSet::new();
    let mut open = vec![(0usize, "")];
    while let Some((index, parent)) = open.pop() {
        if errors.len() >= super::ERRORS_MAX {
            break;
        }
        let node = tree.node(index);
        let Some(name) = node.name else { continue };
        let Some(form) = form(tree, index, name, parent) else { continue };
        attributes(tree, index, form, &mut ids, &mut errors);
        if matches!(name, "appinfo" | "documentation") {
            continue;
        }
        children(tree, index, form, &mut errors);
        if !chars::all_space(&node.text) {
            let zh = format!("{} 中不能有文字", node.shown);
            let en = format!("text is not allowed in {}", node.shown);
            errors.push(tree.error(index, "s4s-elt-character", zh, en));
        }
        open.extend(node.children.iter().map(|child| (*child, name)));
    }
    errors.sort_by_key(|error| (error.line, error.column));
    errors
}

fn attributes<'t>(tree: &'t Tree, index: usize, form: &Form, ids: &mut HashSet<&'t str>, errors: &mut Vec<Error>) {
    let node = tree.node(index);
    for attribute in &node.attributes {
        let name = attribute.name.as_str();
        if let Some(foreign) = name.strip_prefix('{') {
            if foreign.starts_with(super::super::names::URI_XSD) {
                let zh = format!("{} 没有属性 {name}", node.shown);
                let en = format!("{} has no attribute {name}", node.shown);
                errors.push(tree.error_at(attribute.at, "s4s-att-not-allowed", zh, en));
            }
            continue;
        }
        let value = attribute.value.trim_matches([' ', '\t', '\n', '\r']);
        if name == "id" {
            if !chars::is_ncname(value) || !ids.insert(value) {
                let zh = format!("id {value:?} 不合法或重复");
                let en = format!("id {value:?} is not a name, or is there twice");
                errors.push(tree.error_at(attribute.at, "s4s-att-invalid-value", zh, en));
            }
            continue;
        }
        match form.attributes.iter().find(|(known, ..)| *known == name) {
            None => {
                let zh = format!("此处的 {} 没有属性 {name}", node.shown);
                let en = format!("{} has no attribute {name} here", node.shown);
                errors.push(tree.error_at(attribute.at, "s4s-att-not-allowed", zh, en));
            }
            Some((_, kind)) if !values::fits(*kind, value) => {
                let zh = format!("属性 {name} 的值不对：{value}");
                let en = format!("{value:?} is no value of attribute {name}");
                errors.push(tree.error_at(attribute.at, "s4s-att-invalid-value", zh, en));
            }
            Some(_) => {}
        }
    }
    for needed in form.required {
        if tree.attribute(index, needed).is_none() {
            let zh = format!("{} 缺少属性 {needed}", node.shown);
            let en = format!("{} needs the attribute {needed}", node.shown);
            errors.push(tree.error(index, "s4s-att-must-appear", zh, en));
        }
    }
}

/// Walks the children along the slots of the form.
fn children(tree: &Tree, index: usize, form: &Form, errors: &mut Vec<Error>) {
    let node = tree.node(index);
    let mut slots = form.slots.iter();
    let mut slot = slots.next();
    let mut count = 0usize;
    let mut closed = false;
    for child in &node.children {
        let inner = tree.node(*child);
        let fits = inner.name.is_some_and(|name| {
            if closed {
                return false;
            }
            while let Some(open) = slot {
                if open.names.contains(&name) && count < open.max {
                    count += 1;
                    closed = matches!(name, "simpleContent" | "complexContent");
                    return true;
                }
                if count < open.min {
                    return false;
                }
                slot = slots.next();
                count = 0;
            }
            false
        });
        if !fits {
            let zh = format!("{} 中此处不能有 {}", node.shown, inner.shown);
            let en = format!("{} cannot stand here in {}", inner.shown, node.shown);
            errors.push(tree.error(*child, "s4s-elt-must-match", zh, en));
            return;
        }
    }
    let lacking = slot.filter(|open| count < open.min).or_else(|| slots.find(|open| open.min > 0));
    if let Some(lacking) = lacking {
        let wanted = lacking.names.join(" | ");
        let zh = format!("{} 不完整，缺少 {wanted}", node.shown);
        let en = format!("{} is not complete: {wanted} is missing", node.shown);
        errors.push(tree.error(index, "s4s-elt-must-match", zh, en));
    }
}
