//! The folder of a sandbox: marked as one, so that nothing else is ever emptied.

use crate::config::Reset;
use crate::domain::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// The file that marks the folder; its last line is the day on which it was begun.
const MARK: &str = "SANDBOX";
const TEXT: &str = "Everything in this folder is of a sandbox: made up, and removed when it is reset.\n\
                    本文件夹为沙箱数据，均为演练内容，重置时将被删除。\n";
/// What a sandbox keeps; nothing else in the folder is touched.
const KEPT: [&str; 3] = ["ledger", "state", "keys"];

/// The folder of a sandbox.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Folder {
        Folder { path: path.to_owned() }
    }

    /// Makes the folder, or checks that it is one of a sandbox; empties one of another day if it is to be.
    ///
    /// # Errors
    /// [`io::Error`]; among them that the folder holds something and is not marked.
    pub(super) fn prepare(&self, reset: Reset, now: Timestamp) -> io::Result<()> {
        std::fs::create_dir_all(&self.path)?;
        let mark = match std::fs::read_to_string(self.path.join(MARK)) {
            Ok(mark) => mark,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if std::fs::read_dir(&self.path)?.next().is_some() {
                    return Err(io::Error::other(format!(
                        "it is not empty, and has no file {MARK}: is it a sandbox's?"
                    )));
                }
                return self.mark(now);
            }
            Err(error) => return Err(error),
        };
        let begun = mark.lines().last().unwrap_or_default();
        if reset == Reset::Daily && begun != now.ceb8() { self.empty(now) } else { Ok(()) }
    }

    /// Removes what the sandbox has kept. Only while it is not open.
    ///
    /// # Errors
    /// [`io::Error`].
    pub(super) fn empty(&self, now: Timestamp) -> io::Result<()> {
        if !self.path.join(MARK).is_file() {
            return Err(io::Error::other(format!("it has no file {MARK}: it is not emptied")));
        }
        for name in KEPT {
            match std::fs::remove_dir_all(self.path.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        // The day comes last: a start after a crash in between empties it again.
        self.mark(now)
    }

    fn mark(&self, now: Timestamp) -> io::Result<()> {
        std::fs::write(self.path.join(MARK), format!("{TEXT}{}\n", now.ceb8()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Timestamp {
        Timestamp::parse_ceb(day).expect("a day")
    }

    fn keep(folder: &Path) -> PathBuf {
        let file = folder.join("ledger").join("segment");
        std::fs::create_dir_all(folder.join("ledger")).expect("made");
        std::fs::write(&file, "x").expect("written");
        file
    }

    #[test]
    fn a_sandbox_of_another_day_is_emptied_only_if_it_is_to_be() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("sandbox");
        let folder = Folder::new(&path);
        folder.prepare(Reset::Daily, at("20260501")).expect("made");
        let file = keep(&path);
        std::fs::write(path.join("notes.txt"), "mine").expect("written");
        folder.prepare(Reset::Daily, at("20260501235959")).expect("the same day");
        folder.prepare(Reset::Never, at("20260502")).expect("never");
        assert!(file.exists());
        folder.prepare(Reset::Daily, at("20260502")).expect("another day");
        assert!(!file.exists() && path.join("notes.txt").exists(), "only what a sandbox keeps is removed");
        keep(&path);
        folder.prepare(Reset::Daily, at("20260502")).expect("its day is noted");
        assert!(file.exists());
    }

    #[test]
    fn a_folder_that_is_not_a_sandboxs_is_left_alone() {
        let root = tempfile::tempdir().expect("a folder");
        let file = keep(root.path());
        let folder = Folder::new(root.path());
        let error = folder.prepare(Reset::Daily, at("20260501")).expect_err("it holds a ledger");
        assert!(error.to_string().contains(MARK), "{error}");
        folder.empty(at("20260501")).expect_err("it is not marked");
        assert!(file.exists());
    }
}
