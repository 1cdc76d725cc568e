use super::*;
use clap::Parser;

/// 2026-06-01 10:00:00 in China.
const NOW: Timestamp = Timestamp(1_780_279_200_000);

#[derive(clap::Parser)]
struct Command {
    #[command(flatten)]
    args: Args,
}

fn swx(line: &[&str]) -> (bool, String) {
    let mut out = Vec::new();
    let command = Command::try_parse_from([&["tables"], line].concat()).expect("right flags");
    let is_right = execute(&command.args, Paint::plain(), NOW, &mut out).expect("it runs");
    (is_right, String::from_utf8(out).expect("text"))
}

#[test]
fn every_table_is_listed_with_its_columns() {
    let (_, text) = swx(&["list"]);
    for table in TableName::ALL {
        assert!(text.contains(table.name()) && text.contains(table.title().0) && text.contains(table.title().1));
    }
    let (_, lines) = swx(&["list", "--json"]);
    let first: Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&first["table"], &first["number"]), (&json!("parameters"), &json!(1)));
}

#[test]
fn a_parameter_is_shown_as_of_a_day_with_its_meaning_and_source() {
    let (_, today) = swx(&["show", "parameters", "single_limit"]);
    assert!(today.starts_with("single_limit = 5000\n  单笔限额"), "{today}");
    assert!(today.contains("[2019-01-01 – ) [S] 财关税〔2018〕49号"), "{today}");
    let (_, before) = swx(&["show", "parameters", "single_limit", "--at", "2018-12-31"]);
    assert!(before.starts_with("single_limit = 2000\n"), "{before}");
    let (_, all) = swx(&["show", "parameters", "single_limit", "--all", "--json"]);
    assert_eq!(all.lines().count(), 2);
    assert!(!swx(&["show", "parameters", "no_such"]).0);
    assert!(Command::try_parse_from(["tables", "show", "parameters", "--at", "2026-02-30"]).is_err());
    assert!(Command::try_parse_from(["tables", "show", "no_such_table"]).is_err());
}

#[test]
fn an_exported_file_passes_its_check_in_both_encodings() {
    let folder = tempfile::tempdir().expect("a folder");
    for table in TableName::ALL {
        for encoding in [None, Some("--gbk")] {
            let path = folder.path().join(format!("{}.csv", table.name()));
            let file = path.to_str().expect("a path");
            let line: Vec<&str> = ["export", table.name(), "--out", file].into_iter().chain(encoding).collect();
            assert!(swx(&line).0);
            let (is_right, text) = swx(&["check", file]);
            assert!(is_right && text.contains("合格"), "{text}");
            assert_eq!(read_file(*table, &path).expect("read"), read_csv(*table, shipped_csv(*table)));
        }
    }
}

#[test]
fn a_wrong_file_is_refused_with_lines_and_columns() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rates.csv");
    let text = "\u{feff}currency,cny_per_100_units,effective_from,effective_to,mark,source\n\
                502,720,,,D,bank\nUSD,-1,,,D,bank\n";
    std::fs::write(&path, text).expect("written");
    let file = path.to_str().expect("a path");
    let (is_right, text) = swx(&["check", file, "--table", "exchange"]);
    assert!(!is_right);
    assert!(text.contains("rates.csv:3: currency：值不对，应为币制代码"), "{text}");
    assert!(text.contains("  cny_per_100_units: wrong value, expected a decimal of 0 or more"), "{text}");
    let (_, lines) = swx(&["check", file, "--table", "exchange", "--json"]);
    assert_eq!(lines.lines().count(), 2);
    let command = Command::try_parse_from(["tables", "check", file]).expect("right flags");
    assert!(execute(&command.args, Paint::plain(), NOW, &mut Vec::new()).is_err());
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert!(decode(b"\xFF\xFF\xFF").is_err());
    assert_eq!(decode("税".as_bytes()).expect("UTF-8"), "税");
    assert_eq!(decode(b"\xCB\xB0\xD4\xF2").expect("GBK"), "税则");
}
