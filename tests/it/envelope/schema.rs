//! The schemas of the envelopes against libxml2, and what the exchange writes against them.
//!
//! Needs `xmllint` (Debian: libxml2-utils). Without it the comparison says so and ends.

use super::{schema_set, wrapped};
use single_window::envelope::{self, AddInfo, DxpRep, Response, SvNo, TransInfo};
use single_window::schema::NoSink;
use std::path::Path;
use std::process::Command;

fn schema_file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/dxp").join(name)
}

/// Whether libxml2 finds a file valid; `None` if it is not installed.
pub(super) fn libxml2(schema: &str, text: &[u8]) -> Option<bool> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("m.xml");
    std::fs::write(&file, text).expect("written");
    let output = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(schema_file(schema))
        .arg(&file)
        .output()
        .ok()?;
    Some(output.status.success())
}

fn head() -> TransInfo {
    TransInfo {
        cop_msg_id: "M-1".to_owned(),
        sender_id: "DXPENT0000900001".to_owned(),
        receiver_ids: vec!["A".to_owned(), "B".to_owned()],
        creat_time: "2026-05-01T12:00:00.000+08:00".to_owned(),
        msg_type: "CEB311Message".to_owned(),
    }
}

fn samples() -> Vec<(&'static str, String)> {
    let more = AddInfo {
        file_name: Some("a.xml".to_owned()),
        ic_card: Some("8910000000001".to_owned()),
        biz_keys: vec![("DealFlag".to_owned(), "1".to_owned()), ("RetType".to_owned(), "2".to_owned())],
        encode: Some("GB18030".to_owned()),
        rec_map_id: Some("x".to_owned()),
    };
    let way = SvNo {
        msg_id: "12345678202605011200000000000001".to_owned(),
        sub_msg_id: Some("1".to_owned()),
        send_time: "2026-05-01T12:00:00".to_owned(),
        end_node: "00000001".to_owned(),
        sta_node: "12345678".to_owned(),
    };
    let answer = DxpRep {
        receiver_id: "DXPENT0000900001".to_owned(),
        responses: vec![
            Response { code: "0000".to_owned(), info: "好".to_owned(), ..Response::default() },
            Response {
                code: "2001".to_owned(),
                info: "?".to_owned(),
                note: "n".to_owned(),
                results: vec![("X".to_owned(), "2001".to_owned(), "<&>".to_owned())],
            },
        ],
        notice_date: "2026-05-01".to_owned(),
        original: head(),
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    vec![
        ("DxpMsg.xsd", text(envelope::dxp_msg(&head(), &more, b"<a/>"))),
        ("DxpMsg.xsd", text(wrapped(&head(), b"<a/>").to_vec())),
        ("DxpMsgSv.xsd", text(envelope::dxp_msg_sv(&way, &head(), &more, b"<a/>"))),
        ("DxpRep.xsd", text(envelope::dxp_rep(&answer))),
    ]
}

/// Changes that break an envelope, or just do not.
const CHANGES: [(&str, &str); 24] = [
    ("<Data>", "<Data> \n"),
    ("<CopMsgId>M-1</CopMsgId>", ""),
    ("<CopMsgId>M-1</CopMsgId>", "<CopMsgId></CopMsgId>"),
    ("<CopMsgId>", "<CopMsgId x='1'>"),
    ("<ReceiverId>A</ReceiverId><ReceiverId>B</ReceiverId>", ""),
    (
        "<ReceiverId>A</ReceiverId>",
        "<ReceiverId>A</ReceiverId><ReceiverId>A</ReceiverId><ReceiverId>A</ReceiverId><ReceiverId>A</ReceiverId>",
    ),
    (
        "<ReceiverId>A</ReceiverId>",
        "<ReceiverId>A</ReceiverId><ReceiverId>A</ReceiverId><ReceiverId>A</ReceiverId><ReceiverId>A</ReceiverId><ReceiverId>A</ReceiverId>",
    ),
    ("<SenderId>DXPENT0000900001", "<SenderId>DXPENT00009000012"),
    ("2026-05-01T12:00:00.000+08:00", "2026-05-01"),
    ("2026-05-01T12:00:00", "2026-13-01T12:00:00"),
    ("<MsgType>CEB311Message", "<MsgType>"),
    ("<Data>PGEvPg==", "<Data>"),
    ("<Data>PGEvPg==", "<Data>PGEvPg="),
    ("ver=\"1.0\"", "ver=\"1.1\""),
    ("ver=\"1.0\"", "ver=\"1.0\" Id=\"a1\""),
    (" ver=\"1.0\"", ""),
    ("http://www.chinaport.gov.cn/dxp", "http://www.chinaport.gov.cn/ceb"),
    ("<IcCard>8910000000001", "<IcCard>89100000000012"),
    (" name=\"DealFlag\"", ""),
    ("<FileName>a.xml</FileName>", "<FileName></FileName>"),
    ("<SubMsgId>1", "<SubMsgId>10"),
    ("<ResponseCode>0000", "<ResponseCode>0000000000"),
    ("<NoticeTime>2026-05-01", "<NoticeTime>2026-05-01T00:00:00"),
    ("<RecevierId>DXPENT0000900001</RecevierId>", ""),
];

#[test]
fn verdicts_on_envelopes_are_those_of_libxml2() {
    let set = schema_set();
    let ours = |text: &str| set.validate(text, &mut NoSink).is_valid();
    let (mut compared, mut refused) = (0, 0);
    for (schema, text) in samples() {
        assert!(ours(&text), "{schema} {text}");
        for changed in std::iter::once(text.clone()).chain(CHANGES.iter().map(|(from, to)| text.replacen(from, to, 1)))
        {
            let Some(theirs) = libxml2(schema, changed.as_bytes()) else {
                eprintln!("xmllint is not installed; nothing was compared");
                return;
            };
            assert_eq!(ours(&changed), theirs, "{schema}\n{changed}");
            compared += 1;
            refused += u32::from(!theirs);
        }
    }
    assert!(compared == 100 && refused > 30, "{compared} compared, {refused} refused");
}
