//! Why a signature does not verify, as far as it can be told: the usual mistakes are made again, and the one that
//! reproduces what was sent is named.

use super::algorithm::{Algorithm, DigestAlgorithm};
use super::canonical::{Declarations, Form, LineEnds};
use super::certificate::{Certificate, Certificates};
use super::failure::Failure;
use super::pass::{Pass, Wanted, pass};
use super::profile::{self, Profile};
use super::verify::{Policy, Verified, verify};
use crate::domain::Timestamp;

/// A mistake of a sender that explains what was sent, in Chinese and English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Permanent short name, for programs.
    pub id: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// All that can be said of a signature.
#[derive(Debug)]
pub struct Explanation {
    /// Good or not.
    pub result: Result<Verified, Failure>,
    /// Canonical bytes of the message without its signature.
    pub document: Vec<u8>,
    /// Canonical bytes of SignedInfo.
    pub signed_info: Vec<u8>,
    /// How the message is digested and signed, if it says so in the standard's way.
    pub algorithms: Option<(Algorithm, DigestAlgorithm)>,
    /// Digest computed here.
    pub digest_computed: Vec<u8>,
    /// Digest that was sent.
    pub digest_sent: Vec<u8>,
    /// Bytes of the signature value that was sent.
    pub value_sent: Vec<u8>,
    /// KeyName that was sent.
    pub key_name: Option<String>,
    /// Certificate that was sent, if it can be used.
    pub certificate_sent: Option<Certificate>,
    /// What the sender seems to have done.
    pub causes: Vec<Cause>,
}

/// Explains the signature of a message. `bytes` are the message as received, `text` the same decoded.
///
/// # Errors
/// If the text is no XML.
pub fn explain(
    bytes: &[u8],
    text: &str,
    certificates: &Certificates,
    policy: &Policy,
    at: Timestamp,
) -> Result<Explanation, Failure> {
    let found = pass(text, &Wanted::default()).map_err(|fault| super::verify::not_xml(&fault))?;
    let profile = profile::read(&found).ok();
    let result = verify(text, certificates, policy, at);
    let mut causes = Vec::new();
    let mut computed = Vec::new();
    let mut certificate_sent = None;
    if let Some(profile) = &profile {
        computed = profile.digest_algorithm.of(&found.document);
        let sent = profile.certificate.as_ref();
        certificate_sent = sent.and_then(|sent| Certificate::of_der(&sent.bytes).ok());
        if computed != profile.digest.bytes {
            causes.extend(digest_cause(bytes, text, profile, &found));
        }
        causes.extend(value_cause(text, profile, &found, certificates, certificate_sent.as_ref()));
        causes.extend(notes(profile));
    }
    Ok(Explanation {
        result,
        algorithms: profile.as_ref().map(|profile| (profile.algorithm, profile.digest_algorithm)),
        digest_computed: computed,
        digest_sent: profile.as_ref().map(|profile| profile.digest.bytes.clone()).unwrap_or_default(),
        value_sent: profile.as_ref().map(|profile| profile.value.bytes.clone()).unwrap_or_default(),
        key_name: profile.and_then(|profile| profile.key_name),
        certificate_sent,
        causes,
        document: found.document,
        signed_info: found.signed_info,
    })
}

fn cause(id: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Cause {
    Cause { id, zh: zh.into(), en: en.into() }
}

/// Bytes that a sender may have digested, made when they are tried.
struct Attempt<'a> {
    id: &'static str,
    zh: &'static str,
    en: &'static str,
    bytes: Box<dyn Fn() -> Vec<u8> + 'a>,
}

/// Tries the usual mistakes, and each of them with every digest algorithm.
fn digest_cause(bytes: &[u8], text: &str, profile: &Profile, found: &Pass) -> Option<Cause> {
    for attempt in attempts(bytes, text, found) {
        let tried = (attempt.bytes)();
        for algorithm in DigestAlgorithm::ALL {
            if algorithm.of(&tried) != profile.digest.bytes {
                continue;
            }
            let (mut zh, mut en) = (format!("摘要取自{}", attempt.zh), format!("the digest is that of {}", attempt.en));
            if algorithm != profile.digest_algorithm {
                let (used, named) = (algorithm.name(), profile.digest_algorithm.name());
                zh.push_str(&format!("，并且用的是 {used} 而 DigestMethod 写的是 {named}"));
                en.push_str(&format!(", made with {used} where DigestMethod names {named}"));
            }
            return Some(cause(attempt.id, zh, en));
        }
    }
    Some(cause(
        "changed",
        "没有一种常见错误能得出所送的摘要：报文很可能在签名之后被改动",
        "none of the usual mistakes gives the digest that was sent: the message was probably changed after it was signed",
    ))
}

fn attempts<'a>(bytes: &'a [u8], text: &'a str, found: &'a Pass) -> Vec<Attempt<'a>> {
    let form = move |document: Form| {
        let wanted = Wanted { document, ..Wanted::default() };
        move || pass(text, &wanted).map(|found| found.document).unwrap_or_default()
    };
    let signature = found.elements.first().map_or(0..0, |signature| signature.at..signature.end);
    let without = move |text: &str, range: std::ops::Range<usize>| -> Vec<u8> {
        let (before, after) = (text.get(..range.start).unwrap_or_default(), text.get(range.end..).unwrap_or_default());
        [before, after].concat().into_bytes()
    };
    let canonical = move |text: &str| super::pass::canonicalize(text).unwrap_or_default();
    // The signature and the white space before it, after it, on both sides.
    let (start, end) = (signature.start, signature.end);
    let head = text.get(..start).unwrap_or_default();
    let tail = text.get(end..).unwrap_or_default();
    let trimmed_start = head.trim_ascii_end().len();
    let trimmed_end = text.len() - tail.trim_ascii_start().len();
    let cut = move |range: std::ops::Range<usize>| {
        move || {
            let text = String::from_utf8(without(text, range.clone())).unwrap_or_default();
            canonical(&text)
        }
    };
    let declaration = text.trim_start_matches('\u{FEFF}');
    let declaration = if declaration.starts_with("<?xml") {
        text.find("?>").map_or(0, |end| text.len() - text.get(end + 2..).unwrap_or_default().trim_ascii_start().len())
    } else {
        0
    };
    let root_only = move |declarations| Form { declarations, ..Form::default() };
    let subtree = move |document: Form| {
        let wanted = Wanted { document, apex: found.first_child, ..Wanted::default() };
        move || pass(text, &wanted).map(|found| found.document).unwrap_or_default()
    };
    let make = |id, zh, en, bytes: Box<dyn Fn() -> Vec<u8> + 'a>| Attempt { id, zh, en, bytes };
    vec![
        make("other-digest", "规范化之后的报文", "the canonical message", Box::new(|| found.document.clone())),
        make(
            "raw",
            "原始字节（未做 C14N），含签名",
            "the raw bytes with the signature, without C14N",
            Box::new(|| bytes.to_vec()),
        ),
        make(
            "raw-unsigned",
            "去掉签名后的原始字节（未做 C14N）",
            "the raw bytes without the signature, without C14N",
            Box::new({
                let range = signature.clone();
                move || without(text, range.clone())
            }),
        ),
        make(
            "raw-unsigned-no-declaration",
            "去掉签名和 XML 声明后的原始字节（未做 C14N）",
            "the raw bytes without the signature and the XML declaration, without C14N",
            Box::new({
                let range = signature.clone();
                move || without(text, range.clone()).get(declaration..).unwrap_or_default().to_vec()
            }),
        ),
        make(
            "signature-kept",
            "含有签名的规范化报文（没有去掉 ds:Signature）",
            "the canonical message with the signature still in it",
            Box::new(move || canonical(text)),
        ),
        make(
            "comments",
            "带注释的规范化报文（C14N WithComments）",
            "the canonical message with its comments (C14N WithComments)",
            Box::new(form(Form { comments: true, ..Form::default() })),
        ),
        make(
            "cr-kept",
            "保留回车符 CR 的规范化报文",
            "the canonical message with its carriage returns kept",
            Box::new(form(Form { keep_line_ends: LineEnds::AsBytes, ..Form::default() })),
        ),
        make(
            "cr-as-reference",
            "回车符写成 &#xD; 的规范化报文",
            "the canonical message with its carriage returns as &#xD;",
            Box::new(form(Form { keep_line_ends: LineEnds::AsReferences, ..Form::default() })),
        ),
        make(
            "white-space-before-signature",
            "签名之前没有空白的报文：签名之后才加了换行或缩进",
            "the message without the white space before the signature: it was added after signing",
            Box::new(cut(trimmed_start..end)),
        ),
        make(
            "white-space-after-signature",
            "签名之后没有空白的报文：签名之后才加了换行",
            "the message without the white space after the signature: it was added after signing",
            Box::new(cut(start..trimmed_end)),
        ),
        make(
            "white-space-around-signature",
            "签名前后都没有空白的报文：签名之后才排版",
            "the message without white space around the signature: it was pretty-printed after signing",
            Box::new(cut(trimmed_start..trimmed_end)),
        ),
        make(
            "pretty-printed",
            "元素之间没有空白的报文：签名之后才排版",
            "the message without white space between elements: it was pretty-printed after signing",
            Box::new(form(Form { drop_blank: true, ..Form::default() })),
        ),
        make(
            "exclusive-c14n",
            "按 Exclusive C14N 规范化的报文",
            "the message in exclusive canonical form",
            Box::new(form(root_only(Declarations::InUse))),
        ),
        make(
            "no-namespaces",
            "没有命名空间声明的规范化报文",
            "the canonical message without namespace declarations",
            Box::new(form(root_only(Declarations::None))),
        ),
        make(
            "first-document",
            "第一张单证而不是整个报文",
            "the first document and not the whole message",
            Box::new(subtree(Form::default())),
        ),
        make(
            "first-document-no-scope",
            "第一张单证，并且缺少根元素上的命名空间声明",
            "the first document, without the namespace declarations of the root",
            Box::new(subtree(root_only(Declarations::OnTheTag))),
        ),
    ]
}

/// What explains a value that does not verify.
fn value_cause(
    text: &str,
    profile: &Profile,
    found: &Pass,
    filed: &Certificates,
    sent: Option<&Certificate>,
) -> Option<Cause> {
    let value = profile.value.bytes.as_slice();
    let every = || filed.iter().chain(sent);
    let fits = |bytes: &[u8]| every().any(|certificate| certificate.verifies(profile.algorithm, bytes, value));
    if filed.iter().any(|certificate| certificate.verifies(profile.algorithm, &found.signed_info, value)) {
        return None;
    }
    if sent.is_some_and(|sent| sent.verifies(profile.algorithm, &found.signed_info, value)) {
        return filed.iter().next().map(|filed| {
            cause(
                "other-certificate",
                format!("签名值是报文所带证书的，而备案的是 {}", filed.serial),
                format!("the value is one of the certificate in the message; the one filed is {}", filed.serial),
            )
        });
    }
    for algorithm in Algorithm::ALL {
        if every().any(|certificate| certificate.verifies(algorithm, &found.signed_info, value)) {
            let (used, named) = (algorithm.name(), profile.algorithm.name());
            let zh = format!("签名值是用 {used} 做的，而 SignatureMethod 写的是 {named}");
            return Some(cause(
                "other-algorithm",
                zh,
                format!("the value is made with {used}, SignatureMethod names {named}"),
            ));
        }
    }
    for (id, declarations, zh, en) in [
        (
            "signed-info-no-scope",
            Declarations::OnTheTag,
            "签名的是没有带上文命名空间声明的 SignedInfo",
            "SignedInfo was signed without the namespace declarations around it",
        ),
        (
            "signed-info-exclusive",
            Declarations::InUse,
            "签名的是按 Exclusive C14N 规范化的 SignedInfo",
            "SignedInfo was signed in exclusive canonical form",
        ),
    ] {
        let wanted = Wanted { signed_info: Form { declarations, ..Form::default() }, ..Wanted::default() };
        if pass(text, &wanted).is_ok_and(|found| fits(&found.signed_info)) {
            return Some(cause(id, zh, en));
        }
    }
    let signed_info = found.elements.get(1).and_then(|element| text.get(element.at..element.end)).unwrap_or_default();
    let hex: String = profile.digest.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(&profile.digest.bytes)
    };
    let hashed = profile.algorithm.digest().of(&found.signed_info);
    for (id, bytes, zh, en) in [
        (
            "signed-info-raw",
            signed_info.as_bytes(),
            "签名的是未规范化的 SignedInfo 原文",
            "SignedInfo was signed as it stands, without C14N",
        ),
        (
            "document-signed",
            &found.document,
            "签名的是报文本身而不是 SignedInfo",
            "the message was signed and not SignedInfo",
        ),
        (
            "digest-signed",
            &profile.digest.bytes,
            "签名的是摘要而不是 SignedInfo",
            "the digest was signed and not SignedInfo",
        ),
        (
            "digest-signed",
            hex.as_bytes(),
            "签名的是十六进制摘要而不是 SignedInfo",
            "the digest in hex was signed and not SignedInfo",
        ),
        (
            "digest-signed",
            base64.as_bytes(),
            "签名的是 base64 摘要而不是 SignedInfo",
            "the digest in base64 was signed and not SignedInfo",
        ),
        ("hashed-twice", &hashed, "SignedInfo 被摘要了两次", "SignedInfo was hashed twice"),
    ] {
        if fits(bytes) {
            return Some(cause(id, zh, en));
        }
    }
    if every().any(|certificate| certificate.verifies_with_id("", &found.signed_info, value)) {
        let (zh, en) = (
            "SM2 签名使用了空的用户标识，应为 1234567812345678",
            "the SM2 user id was empty; 1234567812345678 is needed",
        );
        return Some(cause("sm2-empty-user-id", zh, en));
    }
    Some(shape_cause(profile, &every().collect::<Vec<_>>()))
}

/// What the mere length of a value says.
fn shape_cause(profile: &Profile, certificates: &[&Certificate]) -> Cause {
    let length = profile.value.bytes.len();
    let is_sm2 = profile.algorithm.is_sm2();
    if let Some(bits) = certificates.iter().find_map(|certificate| certificate.rsa_bits())
        && !is_sm2
        && length != bits.div_ceil(8)
    {
        let bytes = bits.div_ceil(8);
        let zh = format!("签名值有 {length} 字节，而证书的 RSA 密钥需要 {bytes} 字节：不是这张证书的密钥");
        let en = format!("the value has {length} bytes, the certificate's RSA key makes {bytes}: it is another key's");
        return cause("other-key", zh, en);
    }
    if is_sm2 && super::certificate::sm2_value(&profile.value.bytes).is_none() {
        let zh = format!("SM2 签名值既不是 64 字节的 r‖s 也不是 DER（{length} 字节）");
        return cause("sm2-form", zh, format!("the SM2 value is neither 64 bytes of r‖s nor DER ({length} bytes)"));
    }
    cause(
        "other-key",
        "没有一种常见错误能解释签名值：很可能是另一把密钥，或 SignedInfo 在签名之后被改动",
        "none of the usual mistakes explains the value: probably another key, or SignedInfo was changed after signing",
    )
}

/// What is taken and yet worth knowing.
fn notes(profile: &Profile) -> Vec<Cause> {
    let mut notes = Vec::new();
    if profile.algorithm == Algorithm::Sm2Sm3Alias {
        notes.push(cause(
            "alias",
            format!("SignatureMethod 使用了别名；标准写法是 {}", Algorithm::Sm2Sm3.uri()),
            format!("SignatureMethod is an alias; the standard has {}", Algorithm::Sm2Sm3.uri()),
        ));
    }
    if profile.algorithm.digest() != profile.digest_algorithm {
        let (algorithm, digest) = (profile.algorithm.name(), profile.digest_algorithm.name());
        let (zh, en) = (format!("{algorithm} 配 {digest} 不常见"), format!("{algorithm} with {digest} is unusual"));
        notes.push(cause("mixed-digest", zh, en));
    }
    if profile.algorithm.is_sm2() && profile.value.bytes.len() != 64 {
        notes.push(cause("sm2-der", "SM2 签名值是 DER 形式", "the SM2 value is in DER form"));
    }
    if profile.value.spaced || profile.certificate.as_ref().is_some_and(|certificate| certificate.spaced) {
        notes.push(cause("line-breaks", "base64 中有换行或空格", "there are line breaks or spaces in the base64"));
    }
    notes
}
