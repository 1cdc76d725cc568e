//! Faults of well-formedness that more than one place finds.

use super::Stop;
use crate::schema::rules;

pub(in crate::schema) fn syntax(at: usize, zh: String, en: String) -> Stop {
    Stop { at, rule: rules::SYNTAX, zh, en, found: None, expected: String::new() }
}

pub(in crate::schema) fn illegal(at: usize, c: char) -> Stop {
    let code = u32::from(c);
    Stop {
        rule: rules::CHAR,
        found: Some(format!("U+{code:04X}")),
        ..syntax(at, format!("XML 不允许的字符 U+{code:04X}"), format!("character U+{code:04X} is not allowed in XML"))
    }
}

pub(super) fn unbound(at: usize, prefix: &str) -> Stop {
    Stop {
        rule: rules::PREFIX,
        found: Some(prefix.to_owned()),
        expected: format!("xmlns:{prefix}=\"…\""),
        ..syntax(at, format!("前缀 {prefix} 没有声明"), format!("prefix {prefix} is not declared"))
    }
}

pub(super) fn reserved(at: usize) -> Stop {
    Stop {
        rule: rules::PREFIX,
        ..syntax(
            at,
            "xml 和 xmlns 是保留的前缀和命名空间".into(),
            "xml and xmlns are reserved prefixes and namespaces".into(),
        )
    }
}

pub(super) fn repeated(at: usize, name: &str) -> Stop {
    Stop {
        found: Some(name.to_owned()),
        ..syntax(at, format!("属性 {name} 重复"), format!("attribute {name} is there twice"))
    }
}
