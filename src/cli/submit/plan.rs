//! Which files to send, and where their receipts go.

use anyhow::Context;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// One message file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its receipts' path inside the receipts folder, without the endings.
    pub(super) receipt: PathBuf,
}

/// Every file named, and every `*.xml` under a folder named, in the order of names.
pub(super) fn jobs(paths: &[PathBuf]) -> anyhow::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    let mut taken = HashSet::new();
    for path in paths {
        let about = std::fs::metadata(path).with_context(|| format!("cannot read {} · 无法读取", path.display()))?;
        if about.is_dir() {
            let mut found = Vec::new();
            collect(path, &mut found)?;
            found.sort();
            for file in found {
                let inside = file.strip_prefix(path).unwrap_or(&file).with_extension("");
                jobs.push(Job { receipt: free_name(inside, &mut taken), path: file });
            }
        } else {
            let name = path.file_stem().map_or_else(|| PathBuf::from("message"), PathBuf::from);
            jobs.push(Job { receipt: free_name(name, &mut taken), path: path.clone() });
        }
    }
    Ok(jobs)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let problem = || format!("cannot read the folder {} · 无法读取文件夹", folder.display());
    for entry in std::fs::read_dir(folder).with_context(problem)? {
        let entry = entry.with_context(problem)?;
        let path = entry.path();
        // A link to a folder above would never end; links to files are followed.
        if entry.file_type().with_context(problem)?.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"))
            && !path.to_string_lossy().ends_with(".receipt.xml")
        {
            found.push(path);
        }
    }
    Ok(())
}

/// Two files of one name keep apart receipts.
fn free_name(wanted: PathBuf, taken: &mut HashSet<PathBuf>) -> PathBuf {
    let mut name = wanted.clone();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        let mut numbered = wanted.clone().into_os_string();
        numbered.push(format!("-{number}"));
        name = PathBuf::from(numbered);
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_in_order_and_names_do_not_collide() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["b.xml", "a.XML", "sub/c.xml", "notes.txt", "b.receipt.xml"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("it has a parent")).expect("create");
            std::fs::write(path, "<x/>").expect("write");
        }
        let all = jobs(&[folder.path().to_owned(), folder.path().join("b.xml")]).expect("plan");
        let names: Vec<String> = all.iter().map(|job| job.receipt.display().to_string()).collect();
        assert_eq!(names, ["a", "b", "sub/c", "b-2"]);
    }

    #[test]
    fn a_missing_path_is_named() {
        let error = jobs(&[PathBuf::from("/no/such/file.xml")]).expect_err("there is no such file");
        assert!(error.to_string().contains("/no/such/file.xml"));
    }
}
