use super::*;
use encoding_rs::{GB18030, GBK};

const ORDER: &str = include_str!("../../tests/golden/CEB311/valid.xml");

fn head() -> TransInfo {
    TransInfo {
        cop_msg_id: "MSG-1".to_owned(),
        sender_id: "DXPENT0000900001".to_owned(),
        receiver_ids: vec!["DXPSWX0000000001".to_owned()],
        creat_time: "2026-05-01T12:00:00+08:00".to_owned(),
        msg_type: "CEB311Message".to_owned(),
    }
}

fn way() -> SvNo {
    SvNo {
        msg_id: "12345678202605011200000000000001".to_owned(),
        sub_msg_id: Some("1".to_owned()),
        send_time: "2026-05-01T12:00:00".to_owned(),
        end_node: "00000001".to_owned(),
        sta_node: "00000002".to_owned(),
    }
}

fn schema() -> SchemaSet {
    carried().expect("the schemas compile")
}

fn rules(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let refused = unwrap(bytes, &schema()).expect_err("it is refused");
    refused.faults.iter().map(|fault| (fault.rule, fault.path.clone())).collect()
}

/// An envelope around the order, with its text changed.
fn changed(from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(dxp_msg(&head(), &AddInfo::default(), ORDER.as_bytes())).expect("UTF-8");
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn a_plain_message_is_left_as_it_is() {
    let plain = unwrap(ORDER.as_bytes(), &schema()).expect("it is no envelope");
    assert_eq!((plain.form, plain.text.as_ref(), plain.payload.as_ref()), (Form::Plain, ORDER, ORDER.as_bytes()));
    assert_eq!((plain.envelope, plain.data), (None, None));
    for odd in ["", "<", "<!DOCTYPE a><DxpMsg/>", "text", "</a>", "<a", "<!--", "<?xml version='1.0'?>"] {
        assert_eq!(unwrap(odd.as_bytes(), &schema()).expect("no envelope").form, Form::Plain, "{odd}");
    }
}

#[test]
fn what_is_written_is_read() {
    let more = AddInfo {
        file_name: Some("订单 <1>.xml".to_owned()),
        ic_card: Some("8910000000001".to_owned()),
        biz_keys: vec![("DealFlag".to_owned(), "a&b".to_owned()), ("RetType".to_owned(), "\"".to_owned())],
        encode: Some("UTF-8".to_owned()),
        rec_map_id: Some("7".to_owned()),
    };
    let bytes = dxp_msg(&head(), &more, ORDER.as_bytes());
    let read = unwrap(&bytes, &schema()).expect("it is valid");
    assert_eq!((read.form, read.text.as_ref()), (Form::Terminal, ORDER));
    let place = read.data.expect("it is UTF-8");
    assert_eq!(bytes[place].len(), ORDER.len().div_ceil(3) * 4);
    let envelope = read.envelope.expect("it has one");
    assert_eq!((envelope.trans_info, envelope.add_info, envelope.sv), (head(), more.clone(), None));

    let bytes = dxp_msg_sv(&way(), &head(), &more, ORDER.as_bytes());
    let read = unwrap(&bytes, &schema()).expect("it is valid");
    assert_eq!((read.form, read.text.as_ref()), (Form::Transport, ORDER));
    assert_eq!(read.envelope.expect("it has one").sv, Some(way()));
    let mut marked = b"\xEF\xBB\xBF".to_vec();
    marked.extend(&bytes);
    let with_mark = unwrap(&marked, &schema()).expect("it is valid");
    assert_eq!(with_mark.data.map(|place| place.start), read.data.map(|place| place.start + 3));
}

#[test]
fn white_space_in_base64_does_not_count() {
    let text = String::from_utf8(dxp_msg(&head(), &AddInfo::default(), ORDER.as_bytes())).expect("UTF-8");
    let at = text.find("<Data>").expect("it has data") + 6;
    let spaced = format!("{}\r\n  {}\t\n{}", &text[..at], &text[at..at + 76], &text[at + 76..]);
    assert_eq!(unwrap(spaced.as_bytes(), &schema()).expect("it is valid").text, ORDER);
}

#[test]
fn faults_of_the_envelope_have_their_places_in_it() {
    assert_eq!(
        rules(&changed("<MsgType>CEB311", "<MsgType>CEB621")),
        [("R-DXP-05", "/DxpMsg/TransInfo/MsgType".to_owned())]
    );
    assert_eq!(rules(&changed("<Data>", "<Data>*"))[0], ("XSD-TYPE", "/DxpMsg/Data".to_owned()));
    assert_eq!(rules(&changed("<Data>PD94", "<Data>PD9"))[0], ("XSD-TYPE", "/DxpMsg/Data".to_owned()));
    assert_eq!(rules(&changed("<ReceiverId>DXPSWX0000000001</ReceiverId>", ""))[0].0, "XSD-MISSING");
    let six = "<ReceiverId>A</ReceiverId>".repeat(6);
    assert_eq!(rules(&changed("<ReceiverId>DXPSWX0000000001</ReceiverId>", &six))[0].0, "XSD-TOO-MANY");
    assert_eq!(rules(&changed("chinaport.gov.cn/dxp", "chinaport.gov.cn/ceb")).len(), 1);
    assert_eq!(rules(&changed("<SenderId>DXP", "<SenderId>DXPDXP"))[0].0, "XSD-LENGTH");
    let refused = unwrap(&changed("<MsgType>CEB311", "<MsgType>CEB621"), &schema()).expect_err("refused");
    assert!(refused.by_envelope && refused.text.starts_with("<?xml"));
    assert_eq!(refused.envelope.map(|envelope| envelope.trans_info.cop_msg_id).as_deref(), Some("MSG-1"));
}

#[test]
fn a_transport_number_has_its_form() {
    for bad in
        ["1", "1234567820260501120000000000000", "1234567X202605011200000000000001", "12345678202613011200000000000001"]
    {
        let way = SvNo { msg_id: bad.to_owned(), ..way() };
        let bytes = dxp_msg_sv(&way, &head(), &AddInfo::default(), ORDER.as_bytes());
        assert_eq!(rules(&bytes), [("R-DXP-06", "/DxpMsgSv/SvNo/MsgId".to_owned())], "{bad}");
    }
}

#[test]
fn an_envelope_holds_no_envelope() {
    let inner = dxp_msg(&head(), &AddInfo::default(), ORDER.as_bytes());
    assert_eq!(rules(&dxp_msg(&head(), &AddInfo::default(), &inner))[0].0, "R-DXP-03");
    let inner = dxp_msg_sv(&way(), &head(), &AddInfo::default(), ORDER.as_bytes());
    assert_eq!(rules(&dxp_msg(&head(), &AddInfo::default(), &inner))[0].0, "R-DXP-03");
}

#[test]
fn chinese_encodings_are_decoded_and_must_be_what_they_are_said_to_be() {
    let declare = |label: &str| ORDER.replacen("UTF-8", label, 1);
    let stated = |label: &str| AddInfo { encode: Some(label.to_owned()), ..AddInfo::default() };
    let (gb18030, _, _) = GB18030.encode(Box::leak(declare("GB18030").into_boxed_str()));
    for more in [AddInfo::default(), stated("gb18030")] {
        let bytes = dxp_msg(&head(), &more, &gb18030);
        assert_eq!(unwrap(&bytes, &schema()).expect("it is valid").text, declare("GB18030"));
    }
    let refused = unwrap(&dxp_msg(&head(), &stated("UTF-8"), &gb18030), &schema()).expect_err("they differ");
    assert_eq!((refused.faults[0].rule, refused.by_envelope), ("R-DXP-04", true));
    assert_eq!(refused.faults[0].path, "/DxpMsg/AddInfo/IsText/@Encode");
    assert_eq!(rules(&dxp_msg(&head(), &stated("Shift_JIS"), ORDER.as_bytes()))[0].0, "R-DXP-04");

    // A message without a declaration is what the envelope says.
    let bare = ORDER.split_once("?>").expect("it has a declaration").1.trim_start();
    let (gbk, _, _) = GBK.encode(bare);
    assert_eq!(unwrap(&dxp_msg(&head(), &stated("GBK"), &gbk), &schema()).expect("it is valid").text, bare);
    let refused = unwrap(&dxp_msg(&head(), &AddInfo::default(), &gbk), &schema()).expect_err("it is not UTF-8");
    assert_eq!((refused.faults[0].rule, refused.by_envelope), ("XML-ENCODING", false));

    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(bare.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for more in [AddInfo::default(), stated("UTF-16")] {
        assert_eq!(unwrap(&dxp_msg(&head(), &more, &wide), &schema()).expect("it is valid").text, bare);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_opened_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let set = SCHEMA.get_or_init(schema);
        drop(unwrap(&bytes, set));
        let envelope = dxp_msg(&head(), &AddInfo::default(), &bytes);
        let wrapped = unwrap(&envelope, set);
        proptest::prop_assert!(bytes.is_empty() || wrapped.is_err() || wrapped.is_ok_and(|w| *w.payload == *bytes));
    }

    #[test]
    fn envelopes_with_changed_bytes_are_opened_or_refused(at in 0_usize..4000, byte in proptest::prelude::any::<u8>()) {
        let set = SCHEMA.get_or_init(schema);
        let mut bytes = dxp_msg_sv(&way(), &head(), &AddInfo::default(), ORDER.as_bytes());
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Err(refused) = unwrap(&bytes, set) {
            proptest::prop_assert!(!refused.faults.is_empty());
            proptest::prop_assert!(refused.faults.iter().all(|fault| fault.place.line >= 1));
        }
    }
}

static SCHEMA: std::sync::OnceLock<SchemaSet> = std::sync::OnceLock::new();

#[test]
fn too_much_data_is_refused_before_it_is_decoded() {
    let text = "A".repeat(crate::domain::limits::ENVELOPE_DATA_BYTES_MAX / 3 * 4 + 64);
    let bytes = dxp_msg(&head(), &AddInfo::default(), b"x");
    let bomb = String::from_utf8(bytes).expect("UTF-8").replace("<Data>eA==", &format!("<Data>{text}"));
    // Over the limit of a message as it is; nothing is decoded.
    assert_eq!(rules(bomb.as_bytes())[0].0, "XML-LIMIT");
}

#[test]
fn an_answer_is_the_same_for_the_same_values_and_valid() {
    let answer = DxpRep {
        receiver_id: "DXPENT0000900001".to_owned(),
        responses: vec![
            Response { code: code::SUCCESS.to_owned(), info: "好".repeat(400), ..Response::default() },
            Response {
                code: code::RECEIVER_UNKNOWN.to_owned(),
                info: "<&>\u{1}".to_owned(),
                note: "n".to_owned(),
                results: vec![("X".to_owned(), "2001".to_owned(), "info".to_owned())],
            },
        ],
        notice_date: "2026-05-01".to_owned(),
        original: head(),
    };
    let bytes = dxp_rep(&answer);
    assert_eq!(bytes, dxp_rep(&answer));
    let text = String::from_utf8(bytes).expect("UTF-8");
    let report = schema().validate(&text, &mut crate::schema::NoSink);
    assert!(report.is_valid(), "{:#?}", report.faults);
}
