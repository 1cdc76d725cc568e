use super::*;
use crate::domain::Place;

fn fault() -> Fault {
    Fault {
        place: Place { line: 2, column: 4, offset: 7 },
        path: "/CEB621Message/Inventory[1]/InventoryHead/currency".to_owned(),
        field_zh: "币制".to_owned(),
        field_en: "currency".to_owned(),
        rule: "R-INV-02",
        message_zh: "币制只能是 142".to_owned(),
        message_en: "currency must be 142".to_owned(),
        found: Some("<b>".to_owned()),
        expected: "142".to_owned(),
        official: -621_001,
    }
}

fn report(format: Format) -> String {
    let (faults, mut out) = ([fault()], Vec::new());
    let mut report = Report::new(format);
    let checked = Checked {
        file: "清单 1.xml",
        text: "<a>\n<c><b></c>",
        message_type: Some("CEB621"),
        edition: "202205",
        faults: &faults,
        total: 3,
    };
    report.file(&mut out, &checked).unwrap();
    report.file(&mut out, &Checked { file: "good.xml", faults: &[], total: 0, ..checked }).unwrap();
    report.end(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_page_shows_the_fault_and_lets_no_markup_through() {
    let page = report(Format::Html);
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("<mark>&lt;b&gt;</mark>") && !page.contains("<b>"), "{page}");
    assert!(page.contains("币制只能是 142") && page.contains("currency must be 142") && page.contains("-621001"));
    assert!(page.contains("共 3 处错误") && page.contains("另有 2 处未列出") && page.contains("合格，未发现错误"));
    assert_eq!(page.matches("<section>").count(), page.matches("</section>").count());
}

#[test]
fn sarif_names_rule_place_and_file() {
    let log: serde_json::Value = serde_json::from_str(&report(Format::Sarif)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "R-INV-02");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["region"], serde_json::json!({ "startLine": 2, "startColumn": 4 }));
    assert_eq!(place["artifactLocation"]["uri"], "%E6%B8%85%E5%8D%95%201.xml");
    assert_eq!(run["artifacts"].as_array().unwrap().len(), 2);
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!((rule["id"].as_str(), rule["shortDescription"]["text"].is_string()), (Some("R-INV-02"), true));
    assert_eq!(run["results"].as_array().unwrap().len(), 1);
}

#[test]
fn json_has_the_names_of_the_field_and_the_official_code() {
    let text = report(Format::Json);
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let fault = &first["faults"][0];
    assert_eq!(
        (&fault["field"], &fault["field_zh"], &fault["official"]),
        (&"currency".into(), &"币制".into(), &(-621_001).into())
    );
    assert_eq!(first["faults_total"], 3);
}
