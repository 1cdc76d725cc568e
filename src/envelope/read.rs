//! Opening envelopes.

use super::{AddInfo, DXP_NAMESPACE, Envelope, charset};
use crate::domain::{Fault, Place, Timestamp, limits};
use crate::schema::{self, AttributeInfo, ElementId, ElementInfo, Places, SchemaSet, Sink};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::ops::Range;

/// Form in which a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Business node: the CEB message itself.
    Plain,
    /// Terminal node: DxpMsg.
    Terminal,
    /// Transport node: DxpMsgSv.
    Transport,
}

/// A message out of its envelope, or one that had none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwrapped<'a> {
    /// Form in which it was sent.
    pub form: Form,
    /// The CEB message as text. Faults of it are placed in this text.
    pub text: Cow<'a, str>,
    /// The CEB message in the bytes that its sender wrote: all bytes if there is no envelope.
    pub payload: Cow<'a, [u8]>,
    /// What the envelope says.
    pub envelope: Option<Box<Envelope>>,
    /// Where the base64 text stands in the received bytes; `None` without envelope, or if the envelope is not UTF-8.
    pub data: Option<Range<usize>>,
}

/// Why a message cannot be taken out of what was received.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refused {
    /// All faults, in order of place.
    pub faults: Vec<Fault>,
    /// Faults counted but not listed.
    pub omitted: u32,
    /// What could be read of the envelope; `None` if what was received is none.
    pub envelope: Option<Box<Envelope>>,
    /// True if the envelope itself is faulty; false if it is the message in it, or there is no envelope.
    pub by_envelope: bool,
    /// Text that the faults are placed in; empty if it could not be decoded.
    pub text: String,
}

/// Tells by the root element {namespace, local name} whether the bytes are an envelope, and opens it: checks it
/// against its schema (of [`super::carried`]), decodes its data once.
///
/// # Errors
/// [`Refused`]: the bytes or the data break their encoding, the envelope is against its schema or one of the rules
/// R-DXP-01 to R-DXP-06.
pub fn unwrap<'a>(bytes: &'a [u8], schema: &SchemaSet) -> Result<Unwrapped<'a>, Box<Refused>> {
    let text = schema::decode(bytes).map_err(|fault| Refused { faults: vec![*fault], ..Refused::default() })?;
    let form = form_of(&text);
    if form == Form::Plain {
        let payload = Cow::Borrowed(bytes);
        return Ok(Unwrapped { form, text, payload, envelope: None, data: None });
    }
    open(bytes, &text, form, schema).map_err(|mut refused| {
        if refused.text.is_empty() && refused.by_envelope {
            refused.text = text.into_owned();
        }
        refused
    })
}

fn form_of(text: &str) -> Form {
    // The name alone makes an envelope, so that a wrong namespace is told as such.
    match schema::root_name(text) {
        "DxpMsg" => Form::Terminal,
        "DxpMsgSv" => Form::Transport,
        _ => Form::Plain,
    }
}

fn open<'a>(bytes: &[u8], text: &str, form: Form, schema: &SchemaSet) -> Result<Unwrapped<'a>, Box<Refused>> {
    let mut reading = Reading { schema, found: Found::default(), key: None };
    let report = schema.validate(text, &mut reading);
    let mut found = reading.found;
    if form == Form::Transport {
        found.envelope.sv.get_or_insert_default();
    }
    let envelope = Box::new(std::mem::take(&mut found.envelope));
    let refused = |faults: Vec<Fault>, omitted: u32, by_envelope: bool| {
        let envelope = Some(envelope.clone());
        Box::new(Refused { faults, omitted, envelope, by_envelope, text: String::new() })
    };
    if !report.is_valid() {
        let omitted = report.faults_total.saturating_sub(report.faults.len());
        return Err(refused(report.faults, u32::try_from(omitted).unwrap_or(u32::MAX), true));
    }
    let mut faults = Vec::new();
    let place = |at: usize| Places::new(text).at(at);
    let root = if form == Form::Transport { "/DxpMsgSv/DxpMsg" } else { "/DxpMsg" };
    if let Some(sv) = envelope.sv.as_ref().filter(|sv| !is_transport_number(&sv.msg_id)) {
        let said = (
            "传输编号应为8位节点号、14位时间和10位序号".to_owned(),
            "MsgId is an 8-digit node id, a time of 14 digits and a sequence number of 10".to_owned(),
        );
        let path = "/DxpMsgSv/SvNo/MsgId";
        faults.push(fault(
            "R-DXP-06",
            place(found.msg_id),
            path,
            said,
            Some(&sv.msg_id),
            "[0-9]{8}yyyyMMddHHmmss[0-9]{10}",
        ));
    }
    let path = format!("{root}/Data");
    let data = match decode_data(&found.data_text) {
        Ok(data) => data,
        Err((rule, zh, en, expected)) => {
            faults.push(fault(rule, place(found.data.start), &path, (zh, en), None, &expected));
            return Err(refused(faults, 0, true));
        }
    };
    let stated = envelope.add_info.encode.as_deref().map(|label| (label, place(found.encode)));
    let inner = match charset::decode(&data, stated) {
        Ok(inner) => inner,
        Err(mut fault) => {
            // The statement is the envelope's; bytes that break their encoding are the message's.
            let by_envelope = fault.rule == charset::RULE || !faults.is_empty();
            if fault.rule == charset::RULE {
                fault.path = format!("{root}/AddInfo/IsText/@Encode");
            }
            faults.push(*fault);
            return Err(refused(faults, 0, by_envelope));
        }
    };
    let own = schema::root_name(&inner);
    if form_of(&inner) != Form::Plain {
        let said = ("信封内不得再有信封".to_owned(), "an envelope may not hold another one".to_owned());
        faults.push(fault("R-DXP-03", place(found.data.start), &path, said, Some(own), "CEBnnnMessage"));
    } else if own.starts_with(char::is_alphabetic) && own != envelope.trans_info.msg_type {
        let stated = &envelope.trans_info.msg_type;
        let said = (
            format!("报文类型[{stated}]与业务报文[{own}]不一致"),
            format!("MsgType {stated} is not the type of the message, {own}"),
        );
        faults.push(fault(
            "R-DXP-05",
            place(found.msg_type),
            &format!("{root}/TransInfo/MsgType"),
            said,
            Some(stated),
            own,
        ));
    }
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.place.offset);
        return Err(refused(faults, 0, true));
    }
    // Offsets in the text are offsets in the bytes if both are the same but for a byte order mark.
    let skipped = bytes.len().saturating_sub(text.len());
    let same = bytes.get(skipped..) == Some(text.as_bytes());
    let place = same.then(|| found.data.start + skipped..found.data.end + skipped);
    let text = Cow::Owned(inner.into_owned());
    Ok(Unwrapped { form, text, payload: Cow::Owned(data), envelope: Some(envelope), data: place })
}

type Undecodable = (&'static str, String, String, String);

/// Decodes base64 whose white space does not count. The size is looked at before anything is decoded.
fn decode_data(text: &str) -> Result<Vec<u8>, Undecodable> {
    let max = limits::ENVELOPE_DATA_BYTES_MAX;
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = packed.len() / 4 * 3;
    if bytes > max.saturating_add(2) {
        let (zh, en) = (format!("业务报文过大：{bytes} 字节"), format!("the message has {bytes} bytes, too many"));
        return Err(("R-DXP-02", zh, en, format!("..{max}")));
    }
    let not_base64 = || {
        let (zh, en) = ("业务报文不是合法的base64".to_owned(), "the data is not base64".to_owned());
        ("R-DXP-01", zh, en, "base64".to_owned())
    };
    let data = STANDARD.decode(&packed).map_err(|_| not_base64())?;
    if data.is_empty() { Err(not_base64()) } else { Ok(data) }
}

/// True for an 8-digit node id, yyyymmddhh24miss and a 10-digit sequence number.
fn is_transport_number(number: &str) -> bool {
    number.len() == 32
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && number.get(8..22).is_some_and(|time| Timestamp::parse_ceb(time).is_some())
}

pub(super) fn fault(
    rule: &'static str,
    place: Place,
    path: &str,
    (message_zh, message_en): (String, String),
    found: Option<&str>,
    expected: &str,
) -> Fault {
    Fault {
        place,
        path: path.to_owned(),
        field_zh: String::new(),
        field_en: String::new(),
        rule,
        message_zh,
        message_en,
        found: found.map(|found| found.chars().take(limits::FOUND_CHARS_MAX).collect()),
        expected: expected.to_owned(),
        official: 0,
    }
}

/// What one pass over an envelope takes out of it.
#[derive(Default)]
struct Found {
    envelope: Envelope,
    /// Text of Data, and its bytes.
    data_text: String,
    data: Range<usize>,
    /// Where values begin that a rule looks at.
    msg_type: usize,
    msg_id: usize,
    encode: usize,
}

struct Reading<'s> {
    schema: &'s SchemaSet,
    found: Found,
    /// Name of the business key that is open.
    key: Option<String>,
}

impl Sink for Reading<'_> {
    fn start(&mut self, element: ElementInfo<'_>, _at: usize) {
        if element.local == "Key" {
            self.key = Some(String::new());
        }
    }

    fn attribute(&mut self, attribute: AttributeInfo<'_>, value: &str) {
        match attribute.local {
            "Encode" => {
                self.found.envelope.add_info.encode = Some(value.to_owned());
                self.found.encode = attribute.raw.start;
            }
            "name" => {
                if let Some(key) = &mut self.key {
                    value.clone_into(key);
                }
            }
            _ => {}
        }
    }

    fn leaf(&mut self, element: ElementId, value: &str, raw: Range<usize>) {
        // Signatures have elements of their own; schemas may leave local elements without a namespace.
        if !matches!(self.schema.namespace(element), DXP_NAMESPACE | "") {
            return;
        }
        let found = &mut self.found;
        let Envelope { trans_info, add_info, sv } = &mut found.envelope;
        let AddInfo { file_name, ic_card, biz_keys, rec_map_id, .. } = add_info;
        let text = || value.to_owned();
        match self.schema.name(element) {
            "CopMsgId" => trans_info.cop_msg_id = text(),
            "SenderId" => trans_info.sender_id = text(),
            "ReceiverId" => trans_info.receiver_ids.push(text()),
            "CreatTime" => trans_info.creat_time = text(),
            "MsgType" => {
                trans_info.msg_type = text();
                found.msg_type = raw.start;
            }
            "Data" => {
                found.data_text = text();
                found.data = raw;
            }
            "FileName" => *file_name = Some(text()),
            "IcCard" => *ic_card = Some(text()),
            "Key" => biz_keys.push((self.key.take().unwrap_or_default(), text())),
            "RecMapId" => *rec_map_id = Some(text()),
            "MsgId" => {
                sv.get_or_insert_default().msg_id = text();
                found.msg_id = raw.start;
            }
            "SubMsgId" => sv.get_or_insert_default().sub_msg_id = Some(text()),
            "SendTime" => sv.get_or_insert_default().send_time = text(),
            "EndNode" => sv.get_or_insert_default().end_node = text(),
            "StaNode" => sv.get_or_insert_default().sta_node = text(),
            _ => {}
        }
    }
}
