//! The one form of signature that is taken: what stands in it, as words. Anything beside it is a failure.
//!
//! Source: specification 202205, signature; XML-Signature Syntax and Processing, W3C 2002-02-12, section 4.

use super::algorithm::{Algorithm, C14N, DigestAlgorithm, ENVELOPED};
use super::failure::{Failure, Reason};
use super::pass::{Element, Pass};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A value in base64 and its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Value {
    pub(super) bytes: Vec<u8>,
    pub(super) at: usize,
    /// It was written with white space in it.
    pub(super) spaced: bool,
}

/// What a signature of the standard's profile says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) algorithm: Algorithm,
    pub(super) digest_algorithm: DigestAlgorithm,
    pub(super) digest: Value,
    pub(super) value: Value,
    /// Places of SignatureMethod and DigestMethod.
    pub(super) algorithm_at: usize,
    pub(super) digest_algorithm_at: usize,
    /// Serial number that KeyName gives.
    pub(super) key_name: Option<String>,
    /// The first certificate in KeyInfo.
    pub(super) certificate: Option<Value>,
    /// Place of KeyInfo; that of the signature if there is none.
    pub(super) key_info_at: usize,
}

/// Reads the signature that the pass found.
pub(super) fn read(found: &Pass) -> Result<Profile, Failure> {
    let Some(signature) = found.elements.first() else {
        return Err(match found.signatures.first() {
            Some(at) => structure(
                *at,
                "签名不在根元素之下：ds:Signature 必须是根元素的直接子元素",
                "the signature is not under the root: ds:Signature must be a child of the root element",
            ),
            None => missing(found),
        });
    };
    if let Some(other) = found.signatures.get(1) {
        return Err(structure(
            *other,
            "报文有多个签名，只能有一个",
            "there is more than one signature; there must be one",
        ));
    }
    if found.too_large {
        return Err(structure(signature.at, "签名过大", "the signature is larger than the limit"));
    }
    if found.aside {
        return Err(structure(
            signature.at,
            "签名中不允许有注释或处理指令",
            "no comment and no processing instruction is allowed in a signature",
        ));
    }
    let tree = Tree(&found.elements);
    tree.only(0, &["Id"])?;
    let mut parts = tree.children(0);
    let signed_info = tree.expect(parts.next(), 0, "SignedInfo")?;
    let value = tree.expect(parts.next(), 0, "SignatureValue")?;
    let key_info = parts.next();
    if let Some(index) = key_info {
        tree.expect(Some(index), 0, "KeyInfo")?;
    }
    tree.end(parts.next())?;
    let (algorithm, algorithm_at, digest_algorithm, digest_algorithm_at, digest) = tree.signed_info(signed_info)?;
    tree.leaf(value, &["Id"])?;
    let value = tree.base64(value)?;
    let (key_name, certificate, key_info_at) = match key_info {
        Some(index) => tree.key_info(index)?,
        None => (None, None, signature.at),
    };
    Ok(Profile {
        algorithm,
        digest_algorithm,
        digest,
        value,
        algorithm_at,
        digest_algorithm_at,
        key_name,
        certificate,
        key_info_at,
    })
}

fn missing(found: &Pass) -> Failure {
    Failure::new(
        Reason::Missing,
        found.root_at,
        "签名信息为空：此报文必须有 ds:Signature",
        "there is no signature: this message needs a ds:Signature",
    )
    .expected("ds:Signature")
}

fn structure(at: usize, zh: impl Into<String>, en: impl Into<String>) -> Failure {
    Failure::new(Reason::Structure, at, zh, en).within("Signature").expected("SignedInfo, SignatureValue, KeyInfo")
}

fn reference(at: usize, zh: &str, en: &str) -> Failure {
    Failure::new(Reason::Reference, at, zh, en).within("Signature/SignedInfo/Reference")
}

/// The elements of a signature as a tree.
struct Tree<'p>(&'p [Element]);

impl<'p> Tree<'p> {
    fn get(&self, index: usize) -> &'p Element {
        static NOTHING: Element = Element {
            depth: 0,
            known: false,
            local: String::new(),
            attributes: Vec::new(),
            text: String::new(),
            at: 0,
            end: 0,
        };
        self.0.get(index).unwrap_or(&NOTHING)
    }

    fn children(&self, index: usize) -> impl Iterator<Item = usize> + use<'p> {
        let depth = self.get(index).depth;
        let below = self.0.iter().enumerate().skip(index + 1).take_while(move |(_, element)| element.depth > depth);
        below.filter(move |(_, element)| element.depth == depth + 1).map(|(index, _)| index)
    }

    /// The next child has to be of that name.
    fn expect(&self, child: Option<usize>, parent: usize, local: &str) -> Result<usize, Failure> {
        let parent = self.get(parent);
        let Some(index) = child else {
            let (zh, en) =
                (format!("{} 中缺少 {local}", parent.local), format!("{local} is missing in {}", parent.local));
            return Err(structure(parent.at, zh, en).expected(local));
        };
        let element = self.get(index);
        if element.known && element.local == local {
            return Ok(index);
        }
        let (zh, en) = (
            format!("{} 中此处应为 {local}，实际是 {}", parent.local, element.local),
            format!("{local} is needed here in {}, not {}", parent.local, element.local),
        );
        Err(structure(element.at, zh, en).found(&element.local).expected(local))
    }

    /// There may be nothing more.
    fn end(&self, child: Option<usize>) -> Result<(), Failure> {
        let Some(index) = child else { return Ok(()) };
        let element = self.get(index);
        let (zh, en) = (format!("签名中不允许有 {}", element.local), format!("{} is not allowed here", element.local));
        Err(structure(element.at, zh, en).found(&element.local))
    }

    /// Only these attributes, and no text but white space.
    fn only(&self, index: usize, attributes: &[&str]) -> Result<(), Failure> {
        let element = self.get(index);
        if let Some((name, _)) = element.attributes.iter().find(|(name, _)| !attributes.contains(&name.as_str())) {
            let (zh, en) = (
                format!("{} 不允许有属性 {name}", element.local),
                format!("{} may not have the attribute {name}", element.local),
            );
            return Err(structure(element.at, zh, en).found(name));
        }
        if self.children(index).next().is_some() && !element.text.trim_ascii().is_empty() {
            let (zh, en) = (format!("{} 中有多余的文字", element.local), format!("there is text in {}", element.local));
            return Err(structure(element.at, zh, en));
        }
        Ok(())
    }

    fn leaf(&self, index: usize, attributes: &[&str]) -> Result<(), Failure> {
        self.only(index, attributes)?;
        self.end(self.children(index).next())
    }

    fn attribute(&self, index: usize, name: &str) -> Option<&'p str> {
        self.get(index).attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The `Algorithm` of a method element without parameters.
    fn algorithm(&self, index: usize) -> Result<&'p str, Failure> {
        self.leaf(index, &["Algorithm"])?;
        let element = self.get(index);
        if !element.text.trim_ascii().is_empty() {
            return Err(structure(element.at, "算法元素必须为空", "an algorithm element must be empty"));
        }
        self.attribute(index, "Algorithm").ok_or_else(|| {
            let (zh, en) = (format!("{} 缺少 Algorithm", element.local), format!("{} has no Algorithm", element.local));
            structure(element.at, zh, en).expected("Algorithm")
        })
    }

    fn unknown(&self, index: usize, uri: &str, expected: &[&str]) -> Failure {
        let element = self.get(index);
        let (zh, en) = (
            format!("{} 使用了不接受的算法", element.local),
            format!("{} names an algorithm that is not taken", element.local),
        );
        let failure = Failure::new(Reason::Algorithm, element.at, zh, en);
        failure.within(&format!("Signature/SignedInfo/{}", element.local)).found(uri).expected(expected.join(" | "))
    }

    fn signed_info(&self, index: usize) -> Result<(Algorithm, usize, DigestAlgorithm, usize, Value), Failure> {
        self.only(index, &["Id"])?;
        let mut parts = self.children(index);
        let c14n = self.expect(parts.next(), index, "CanonicalizationMethod")?;
        let uri = self.algorithm(c14n)?;
        if uri != C14N {
            return Err(self.unknown(c14n, uri, &[C14N]));
        }
        let method = self.expect(parts.next(), index, "SignatureMethod")?;
        let uri = self.algorithm(method)?;
        let all = Algorithm::ALL.map(Algorithm::uri);
        let algorithm = Algorithm::of_uri(uri).ok_or_else(|| self.unknown(method, uri, &all))?;
        let first = self.expect(parts.next(), index, "Reference")?;
        if let Some(other) = parts.next() {
            self.expect(Some(other), index, "Reference")?;
            let (zh, en) = ("只能有一个 Reference", "there must be one Reference only");
            return Err(reference(self.get(other).at, zh, en));
        }
        let (digest_algorithm, digest_at, digest) = self.reference(first)?;
        Ok((algorithm, self.get(method).at, digest_algorithm, digest_at, digest))
    }

    fn reference(&self, index: usize) -> Result<(DigestAlgorithm, usize, Value), Failure> {
        let element = self.get(index);
        match self.attribute(index, "URI") {
            Some("") => {}
            other => {
                let (zh, en) = (
                    "Reference 的 URI 必须为空，即签署整个报文",
                    "Reference must have an empty URI: the whole message is signed",
                );
                return Err(reference(element.at, zh, en).found(other.unwrap_or("(no URI)")).expected("URI=\"\""));
            }
        }
        self.only(index, &["URI", "Id"])?;
        let mut parts = self.children(index);
        let transforms = self.expect(parts.next(), index, "Transforms")?;
        self.transforms(transforms)?;
        let method = self.expect(parts.next(), index, "DigestMethod")?;
        let uri = self.algorithm(method)?;
        let all = DigestAlgorithm::ALL.map(DigestAlgorithm::uri);
        let algorithm = DigestAlgorithm::of_uri(uri).ok_or_else(|| self.unknown(method, uri, &all))?;
        let value = self.expect(parts.next(), index, "DigestValue")?;
        self.end(parts.next())?;
        self.leaf(value, &[])?;
        let value = self.base64(value)?;
        if value.bytes.len() != algorithm.bytes() {
            let (zh, en) = (
                format!("DigestValue 长度不对：{} 字节，应为 {}", value.bytes.len(), algorithm.bytes()),
                format!("DigestValue has {} bytes, {} are needed", value.bytes.len(), algorithm.bytes()),
            );
            let failure = Failure::new(Reason::Encoding, value.at, zh, en);
            return Err(failure.within("Signature/SignedInfo/Reference/DigestValue"));
        }
        Ok((algorithm, self.get(method).at, value))
    }

    /// The enveloped-signature transform, and perhaps the canonical form that applies anyway.
    fn transforms(&self, index: usize) -> Result<(), Failure> {
        self.only(index, &[])?;
        let mut count = 0;
        for (number, child) in self.children(index).enumerate() {
            self.expect(Some(child), index, "Transform")?;
            let uri = self.attribute(child, "Algorithm").unwrap_or_default();
            let wanted = if number == 0 { ENVELOPED } else { C14N };
            if uri != wanted || number > 1 {
                let (zh, en) = (
                    "只允许 enveloped-signature 转换（其后可有同一 C14N）",
                    "only the enveloped-signature transform is allowed (and the same C14N after it)",
                );
                return Err(reference(self.get(child).at, zh, en).found(uri).expected(ENVELOPED));
            }
            self.algorithm(child)?;
            count += 1;
        }
        if count == 0 {
            let (zh, en) = ("缺少 enveloped-signature 转换", "the enveloped-signature transform is missing");
            return Err(reference(self.get(index).at, zh, en).expected(ENVELOPED));
        }
        Ok(())
    }

    /// KeyName and the first certificate; everything else in KeyInfo says nothing here.
    fn key_info(&self, index: usize) -> Result<(Option<String>, Option<Value>, usize), Failure> {
        let named = |index: usize, local: &str| self.get(index).known && self.get(index).local == local;
        let name = self.children(index).find(|child| named(*child, "KeyName"));
        let name = name.map(|child| self.get(child).text.trim_ascii().to_owned()).filter(|name| !name.is_empty());
        let mut data = self.children(index).filter(|child| named(*child, "X509Data"));
        let certificate = data.find_map(|data| self.children(data).find(|child| named(*child, "X509Certificate")));
        let certificate = certificate.map(|certificate| self.base64(certificate)).transpose()?;
        Ok((name, certificate, self.get(index).at))
    }

    fn base64(&self, index: usize) -> Result<Value, Failure> {
        let element = self.get(index);
        let mut text = element.text.clone();
        text.retain(|c| !matches!(c, ' ' | '\t' | '\r' | '\n'));
        let bytes = STANDARD.decode(&text).map_err(|error| {
            let (zh, en) =
                (format!("{} 不是合法的 base64", element.local), format!("{} is not base64: {error}", element.local));
            Failure::new(Reason::Encoding, element.at, zh, en).within(&format!("Signature/…/{}", element.local))
        })?;
        if bytes.is_empty() {
            let (zh, en) = (format!("{} 为空", element.local), format!("{} is empty", element.local));
            return Err(Failure::new(Reason::Encoding, element.at, zh, en));
        }
        Ok(Value { bytes, at: element.at, spaced: text.len() != element.text.trim_ascii().len() })
    }
}
