//! The CEB schema editions that the program carries, and editions from a folder.

use super::{Error, Resolver, SchemaSet};
use std::collections::HashMap;

/// Name of the edition in force unless another is chosen: the specification of May 2022.
pub const EDITION: &str = "202205";

/// Name of the edition before it: announcement no. 113 of 2018.
pub const EDITION_2018: &str = "2018";

/// Names of the editions that the program carries.
pub const EDITIONS: [&str; 2] = [EDITION, EDITION_2018];

/// Name of the file in a folder of schemas that says which file an include or import of another name means: rows of
/// `name,file`.
pub const CATALOGUE: &str = "catalogue.csv";

macro_rules! file {
    ($edition:literal, $name:literal) => {
        ($name, include_bytes!(concat!("../../schemas/", $edition, "/", $name)))
    };
}

/// Files of edition 202205 by name.
pub const FILES: &[(&str, &[u8])] = &[
    file!("202205", "CEB213Message.xsd"),
    file!("202205", "CEB214Message.xsd"),
    file!("202205", "CEB215Message.xsd"),
    file!("202205", "CEB216Message.xsd"),
    file!("202205", "CEB303Message.xsd"),
    file!("202205", "CEB304Message.xsd"),
    file!("202205", "CEB311Message.xsd"),
    file!("202205", "CEB312Message.xsd"),
    file!("202205", "CEB403Message.xsd"),
    file!("202205", "CEB404Message.xsd"),
    file!("202205", "CEB411Message.xsd"),
    file!("202205", "CEB412Message.xsd"),
    file!("202205", "CEB505Message.xsd"),
    file!("202205", "CEB506Message.xsd"),
    file!("202205", "CEB507Message.xsd"),
    file!("202205", "CEB508Message.xsd"),
    file!("202205", "CEB509Message.xsd"),
    file!("202205", "CEB510Message.xsd"),
    file!("202205", "CEB511Message.xsd"),
    file!("202205", "CEB512Message.xsd"),
    file!("202205", "CEB513Message.xsd"),
    file!("202205", "CEB514Message.xsd"),
    file!("202205", "CEB603Message.xsd"),
    file!("202205", "CEB604Message.xsd"),
    file!("202205", "CEB605Message.xsd"),
    file!("202205", "CEB606Message.xsd"),
    file!("202205", "CEB607Message.xsd"),
    file!("202205", "CEB608Message.xsd"),
    file!("202205", "CEB621Message.xsd"),
    file!("202205", "CEB622Message.xsd"),
    file!("202205", "CEB623Message.xsd"),
    file!("202205", "CEB624Message.xsd"),
    file!("202205", "CEB625Message.xsd"),
    file!("202205", "CEB626Message.xsd"),
    file!("202205", "CEB701Message.xsd"),
    file!("202205", "CEB702Message.xsd"),
    file!("202205", "CEB711Message.xsd"),
    file!("202205", "CEB712Message.xsd"),
    file!("202205", "CEB792Message.xsd"),
    file!("202205", "CEB816Message.xsd"),
    file!("202205", "CEB818Message.xsd"),
    file!("202205", "CEB900Message.xsd"),
    file!("202205", "ceb-types.xsd"),
    file!("202205", "xmldsig-core.xsd"),
];

/// Files of edition 2018 where they differ from those of 202205.
const FILES_2018: &[(&str, &[u8])] = &[
    file!("2018", "CEB303Message.xsd"),
    file!("2018", "CEB304Message.xsd"),
    file!("2018", "CEB403Message.xsd"),
    file!("2018", "CEB505Message.xsd"),
    file!("2018", "CEB506Message.xsd"),
    file!("2018", "CEB507Message.xsd"),
    file!("2018", "CEB509Message.xsd"),
    file!("2018", "CEB603Message.xsd"),
    file!("2018", "CEB604Message.xsd"),
    file!("2018", "CEB605Message.xsd"),
    file!("2018", "CEB606Message.xsd"),
    file!("2018", "CEB607Message.xsd"),
    file!("2018", "CEB621Message.xsd"),
    file!("2018", "CEB701Message.xsd"),
    file!("2018", "CEB792Message.xsd"),
];

/// Messages that edition 202205 was the first to have.
const NEW_IN_202205: [&str; 4] = ["CEB213Message.xsd", "CEB214Message.xsd", "CEB215Message.xsd", "CEB216Message.xsd"];

/// Files of a carried edition by name; `None` if there is no edition of that name.
#[must_use]
pub fn files(edition: &str) -> Option<Vec<(&'static str, &'static [u8])>> {
    match edition {
        EDITION => Some(FILES.to_vec()),
        EDITION_2018 => {
            let kept = FILES.iter().filter(|(name, _)| !NEW_IN_202205.contains(name));
            let older = kept.map(|(name, bytes)| {
                let changed = FILES_2018.iter().find(|(other, _)| other == name).map(|(_, bytes)| *bytes);
                (*name, changed.unwrap_or(bytes))
            });
            Some(older.collect())
        }
        _ => None,
    }
}

/// Compiles edition 202205.
///
/// # Errors
/// Mistakes in the schemas; a test sees to it that there are none.
pub fn carried() -> Result<SchemaSet, Vec<Error>> {
    compile_files(FILES)
}

/// Compiles a carried edition; `None` if there is none of that name.
///
/// # Errors
/// Mistakes in the schemas; a test sees to it that there are none.
#[must_use]
pub fn carried_edition(name: &str) -> Option<Result<SchemaSet, Vec<Error>>> {
    files(name).map(|files| compile_files(&files))
}

fn compile_files(files: &[(&str, &[u8])]) -> Result<SchemaSet, Vec<Error>> {
    let roots: Vec<&str> = files.iter().map(|(name, _)| *name).filter(|name| name.starts_with("CEB")).collect();
    SchemaSet::compile(files, &roots)
}

/// Compiles the files of one folder, each with what it includes and imports as a set of its own: published files
/// declare elements of one name differently for import and export. `files` are names and contents, the
/// [`CATALOGUE`] among them if there is one.
///
/// # Errors
/// Every mistake in the schemas or in the catalogue.
pub fn compile_folder(files: &[(String, Vec<u8>)]) -> Result<Vec<SchemaSet>, Vec<Error>> {
    let folder = Folder { files, other_names: catalogue(files)? };
    let (mut sets, mut errors) = (Vec::new(), Vec::new());
    for (name, _) in files.iter().filter(|(name, _)| name.to_lowercase().ends_with(".xsd")) {
        match SchemaSet::compile(&folder, &[name]) {
            Ok(set) => sets.push(set),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() { Ok(sets) } else { Err(errors) }
}

/// Local name of the root element of a text, read from its first tag; empty if it has none.
#[must_use]
pub fn root_name(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some((open, close)) = [("<?", "?>"), ("<!--", "-->")].into_iter().find(|(open, _)| rest.starts_with(open))
        else {
            break;
        };
        let Some((_, after)) = rest.get(open.len()..).and_then(|rest| rest.split_once(close)) else { return "" };
        rest = after;
    }
    let Some(tag) = rest.strip_prefix('<') else { return "" };
    let name = tag.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

/// Files of a folder, found by their own names or by those that the catalogue gives them.
struct Folder<'f> {
    files: &'f [(String, Vec<u8>)],
    other_names: HashMap<String, String>,
}

impl Resolver for Folder<'_> {
    fn resolve(&self, name: &str) -> Option<Vec<u8>> {
        let find = |name: &str| self.files.iter().find(|(own, _)| own == name).map(|(_, bytes)| bytes.clone());
        find(name).or_else(|| self.other_names.get(name).and_then(|own| find(own)))
    }
}

fn catalogue(files: &[(String, Vec<u8>)]) -> Result<HashMap<String, String>, Vec<Error>> {
    let Some((_, bytes)) = files.iter().find(|(name, _)| name == CATALOGUE) else { return Ok(HashMap::new()) };
    let mut reader = csv::ReaderBuilder::new().has_headers(true).trim(csv::Trim::All).from_reader(bytes.as_slice());
    let mut names = HashMap::new();
    for (row, record) in (2..).zip(reader.records()) {
        let fail = |zh: &str, en: String| {
            let file = CATALOGUE.to_owned();
            vec![Error { file, line: row, column: 1, message_zh: zh.to_owned(), message_en: en }]
        };
        let record = record.map_err(|error| fail("目录文件无法读取", error.to_string()))?;
        let (Some(name), Some(file), 2) = (record.get(0), record.get(1), record.len()) else {
            return Err(fail("目录每行为：引用名,文件名", "a row is `name,file`".to_owned()));
        };
        if !files.iter().any(|(own, _)| own == file) {
            return Err(fail("目录所指文件不存在", format!("there is no file {file}")));
        }
        names.insert(name.to_owned(), file.to_owned());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ceb_roots(set: &SchemaSet) -> usize {
        set.roots().into_iter().filter(|id| set.name(*id).starts_with("CEB")).count()
    }

    #[test]
    fn every_message_of_the_edition_has_a_root_element() {
        let set = carried().expect("the schemas compile");
        assert_eq!(ceb_roots(&set), FILES.iter().filter(|(name, _)| name.starts_with("CEB")).count());
        let set = carried_edition(EDITION_2018).expect("carried").expect("the schemas compile");
        assert_eq!(ceb_roots(&set), 38);
        assert!(carried_edition("2017").is_none());
    }

    #[test]
    fn the_root_is_found_behind_a_prolog() {
        let prolog = "<?xml version='1.0'?>\n<!-- <a> --> <?pi <b>?>";
        assert_eq!(root_name(&format!("{prolog}<ceb:CEB311Message guid='1'>")), "CEB311Message");
        assert_eq!(root_name("<a/>"), "a");
        for text in ["", "a", "<!-- ", "<?xml", "<", "< a>"] {
            assert_eq!(root_name(text), "", "{text}");
        }
    }

    const SPACE: &str = "http://www.w3.org/2001/XMLSchema";

    fn schema(body: &str) -> Vec<u8> {
        format!("<xs:schema xmlns:xs='{SPACE}' xmlns:t='urn:t' targetNamespace='urn:t'>{body}</xs:schema>").into_bytes()
    }

    fn folder() -> Vec<(String, Vec<u8>)> {
        let head =
            |name: &str, ty: &str| format!("<xs:element name='{name}'/><xs:element name='Head' type='xs:{ty}'/>");
        let include = "<xs:include schemaLocation='终端.xsd'/><xs:element name='Outer'/>";
        vec![
            ("catalogue.csv".to_owned(), "name,file\n终端.xsd, 终端2022.xsd\n".as_bytes().to_vec()),
            ("进口.xsd".to_owned(), schema(&head("CEB311Message", "int"))),
            ("出口.xsd".to_owned(), schema(&head("CEB303Message", "string"))),
            ("终端2022.xsd".to_owned(), schema("<xs:element name='Inner'/>")),
            ("传输.xsd".to_owned(), schema(include)),
        ]
    }

    #[test]
    fn files_of_a_folder_are_sets_of_their_own_and_the_catalogue_leads_to_them() {
        let sets = compile_folder(&folder()).expect("it compiles");
        assert_eq!(sets.len(), 4);
        let has = |name: &str| sets.iter().filter(|set| set.root("urn:t", name).is_some()).count();
        assert_eq!((has("Head"), has("CEB303Message"), has("Inner"), has("Outer")), (2, 1, 2, 1));
    }

    #[test]
    fn a_catalogue_that_leads_nowhere_is_refused_with_its_row() {
        let mut files = folder();
        files[0].1 = "name,file\n终端.xsd,gone.xsd\n".as_bytes().to_vec();
        let errors = compile_folder(&files).unwrap_err();
        assert_eq!((errors[0].file.as_str(), errors[0].line), ("catalogue.csv", 2));
    }
}
