//! What was found in messages, for people and programs: text, JSON, SARIF 2.1.0, HTML; Chinese and English. Pure
//! but for the writer that it is given.

mod excerpt;
mod html;
mod json;
mod sarif;
mod text;

pub(crate) use html::escaped;

use crate::domain::Fault;
use std::io::{self, Write};

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: each fault with its line and a mark under its place.
    Text,
    /// For programs: one JSON object per file and line.
    Json,
    /// For editors and code scanning: one SARIF 2.1.0 log.
    Sarif,
    /// For whom it concerns: one page that needs nothing else and can be mailed or printed.
    Html,
}

/// One message and what was found in it.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// Name of the file.
    pub file: &'a str,
    /// Its text, decoded.
    pub text: &'a str,
    /// Type of the message as `CEB621`; `None` if it could not be read.
    pub message_type: Option<&'a str>,
    /// Edition of the schema.
    pub edition: &'a str,
    /// Faults, in order of place.
    pub faults: &'a [Fault],
    /// How many there are; more than are listed if there were too many.
    pub total: usize,
}

/// A report over any number of files, written as they come.
#[derive(Debug)]
pub struct Report {
    format: Format,
    sarif: sarif::Log,
    pages: usize,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(format: Format) -> Report {
        Report { format, sarif: sarif::Log::default(), pages: 0 }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn file(&mut self, out: &mut dyn Write, checked: &Checked<'_>) -> io::Result<()> {
        match self.format {
            Format::Text => text::file(out, checked),
            Format::Json => json::file(out, checked),
            Format::Sarif => {
                self.sarif.add(checked);
                Ok(())
            }
            Format::Html => {
                if self.pages == 0 {
                    html::begin(out)?;
                }
                self.pages += 1;
                html::file(out, checked)
            }
        }
    }

    /// Writes what comes after the last file.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn end(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            Format::Text | Format::Json => Ok(()),
            Format::Sarif => self.sarif.write(out),
            Format::Html if self.pages == 0 => Ok(()),
            Format::Html => html::end(out),
        }
    }
}

/// Name of the field of a fault in Chinese, English, and as its tag.
fn field_names(fault: &Fault) -> (&str, &str, &str) {
    let step = fault.path.rsplit('/').next().unwrap_or_default();
    (&fault.field_zh, &fault.field_en, step.split('[').next().unwrap_or_default())
}

#[cfg(test)]
mod tests;
