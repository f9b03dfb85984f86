//! The file of a backup: lines of JSON, compressed (gzip), the same from every database.
//!
//! - The first line says what it is: `{"tokenscope_backup": 1, "program": …, "made_at": …,
//!   "migrations": […]}`.
//! - Then for each table, of the directory or of one organization: `{"table": …, "org": …,
//!   "columns": […]}`, a line a row (an array), and `{"rows": …, "sha256": …}` over these rows.
//! - The last line says that it is complete: `{"sections": …, "rows": …, "sha256": …}` over the
//!   hashes of the sections.

use crate::store::archive::{self, Row, Table};
use crate::store::migrate::MIGRATIONS;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

/// The format this program writes and reads.
const FORMAT: u32 = 1;
/// Most bytes of a line: the longest is what a job is to do.
const LINE_MAX: u64 = 256 * 1024 * 1024;
/// Rows that are handed on at a time.
const ROWS: usize = 2_000;

/// Why a file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The disk.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something else than a backup.
    #[error("is no backup of Tokenscope")]
    Foreign,
    /// It ends before its end.
    #[error("ends early: it was not written or copied to its end")]
    Truncated,
    /// Another format or other tables.
    #[error("was made by {0}, whose tables are others: restore it with that version")]
    Version(String),
    /// It was changed after it was written.
    #[error("is damaged: {0}")]
    Damaged(String),
}

/// The first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Header {
    tokenscope_backup: u32,
    /// What made it.
    pub program: String,
    /// When, as RFC 3339.
    pub made_at: String,
    migrations: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    table: String,
    org: Option<i64>,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionEnd {
    rows: u64,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    sections: u64,
    rows: u64,
    sha256: String,
}

/// What a line can be.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Row(Row),
    Section(Section),
    SectionEnd(SectionEnd),
    End(End),
}

fn migrations() -> Vec<String> {
    MIGRATIONS.iter().map(|migration| migration.name.to_owned()).collect()
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Counts what a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Organizations.
    pub organizations: u64,
    /// Tables, those of each organization by themselves.
    pub sections: u64,
    /// Rows of all tables.
    pub rows: u64,
}

/// Writes a file.
pub struct Writer<W: Write> {
    out: GzEncoder<BufWriter<W>>,
    contents: Contents,
    section: (u64, Sha256),
    whole: Sha256,
}

impl<W: Write> Writer<W> {
    /// Writes the first line.
    ///
    /// # Errors
    /// [`FormatError::Io`]
    pub fn new(to: W, made_at: String) -> Result<Self, FormatError> {
        let out = GzEncoder::new(BufWriter::new(to), Compression::fast());
        let section = (0, Sha256::new());
        let contents = Contents::default();
        let mut writer = Self { out, contents, section, whole: Sha256::new() };
        let program = format!("tokenscope {}", env!("CARGO_PKG_VERSION"));
        let header =
            Header { tokenscope_backup: FORMAT, program, made_at, migrations: migrations() };
        writer.line(&header)?;
        Ok(writer)
    }
    fn line(&mut self, line: &impl Serialize) -> Result<String, FormatError> {
        let text = serde_json::to_string(line).map_err(io::Error::other)?;
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")?;
        Ok(text)
    }
    /// Begins a table.
    ///
    /// # Errors
    /// [`FormatError::Io`]
    pub fn begin(&mut self, table: &Table, org: Option<i64>) -> Result<(), FormatError> {
        self.contents.sections += 1;
        self.contents.organizations += u64::from(table.name == "org");
        self.section = (0, Sha256::new());
        let columns = table.columns().map(ToOwned::to_owned).collect();
        self.line(&Section { table: table.name.clone(), org, columns }).map(drop)
    }
    /// Writes a row.
    ///
    /// # Errors
    /// [`FormatError::Io`]
    pub fn row(&mut self, row: &Row) -> Result<(), FormatError> {
        let text = self.line(row)?;
        self.section.0 += 1;
        self.section.1.update(text);
        Ok(())
    }
    /// Ends a table.
    ///
    /// # Errors
    /// [`FormatError::Io`]
    pub fn end(&mut self) -> Result<(), FormatError> {
        let (rows, hasher) = std::mem::replace(&mut self.section, (0, Sha256::new()));
        let sha256 = hex(hasher);
        self.whole.update(&sha256);
        self.contents.rows += rows;
        self.line(&SectionEnd { rows, sha256 }).map(drop)
    }
    /// Writes the last line.
    ///
    /// # Errors
    /// [`FormatError::Io`]
    pub fn finish(mut self) -> Result<(W, Contents), FormatError> {
        let Contents { sections, rows, .. } = self.contents;
        let sha256 = hex(self.whole.clone());
        self.line(&End { sections, rows, sha256 })?;
        let inner = self.out.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((inner, self.contents))
    }
}

/// A part of a file.
pub enum Piece {
    /// A table begins.
    Begin(&'static Table, Option<i64>),
    /// Rows of it.
    Rows(Vec<Row>),
}

/// Reads a file, and refuses what is no whole backup that fits this program.
pub struct Reader<R: Read> {
    lines: BufReader<GzDecoder<R>>,
    /// The first line.
    pub header: Header,
    /// What was read so far.
    pub contents: Contents,
    open: Option<(&'static Table, u64, Sha256)>,
    whole: Sha256,
    done: bool,
}

fn next_line<R: Read>(lines: &mut BufReader<GzDecoder<R>>) -> Result<Option<Vec<u8>>, FormatError> {
    let mut text = Vec::new();
    let read = lines.by_ref().take(LINE_MAX).read_until(b'\n', &mut text);
    match read {
        Ok(0) => Ok(None),
        Ok(_) if text.ends_with(b"\n") => {
            text.pop();
            Ok(Some(text))
        }
        Ok(_) => Err(FormatError::Truncated),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(FormatError::Truncated),
        Err(e) => match e.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                Err(FormatError::Damaged(e.to_string()))
            }
            _ => Err(FormatError::Io(e)),
        },
    }
}

impl<R: Read> Reader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// [`FormatError`]
    pub fn new(from: R) -> Result<Self, FormatError> {
        let mut lines = BufReader::new(GzDecoder::new(from));
        let first = match next_line(&mut lines) {
            Ok(line) => line.ok_or(FormatError::Truncated)?,
            Err(FormatError::Damaged(_)) => return Err(FormatError::Foreign),
            Err(error) => return Err(error),
        };
        let header: Header = serde_json::from_slice(&first).map_err(|_| FormatError::Foreign)?;
        if header.tokenscope_backup != FORMAT || header.migrations != migrations() {
            return Err(FormatError::Version(header.program));
        }
        let (contents, whole) = (Contents::default(), Sha256::new());
        Ok(Self { lines, header, contents, open: None, whole, done: false })
    }

    fn damaged(&self, what: &str) -> FormatError {
        let place = self.open.as_ref().map_or("between tables", |(table, ..)| &table.name);
        FormatError::Damaged(format!("{what} ({place}, row {})", self.contents.rows + 1))
    }

    /// The next part; none behind the last line.
    ///
    /// # Errors
    /// [`FormatError`]
    pub fn piece(&mut self) -> Result<Option<Piece>, FormatError> {
        let mut rows = Vec::new();
        while !self.done {
            let line = next_line(&mut self.lines)?.ok_or(FormatError::Truncated)?;
            let wrong = |_| self.damaged("a line that is none of a backup");
            match serde_json::from_slice(&line).map_err(wrong)? {
                Line::Row(row) => {
                    self.take(&line, &row)?;
                    rows.push(row);
                    if rows.len() == ROWS {
                        return Ok(Some(Piece::Rows(rows)));
                    }
                }
                Line::Section(section) => {
                    let (table, org) = self.begin(section)?;
                    return Ok(Some(Piece::Begin(table, org)));
                }
                Line::SectionEnd(end) => {
                    self.close(&end)?;
                    if !rows.is_empty() {
                        return Ok(Some(Piece::Rows(rows)));
                    }
                }
                Line::End(end) => self.finish(&end)?,
            }
        }
        Ok(None)
    }

    fn take(&mut self, line: &[u8], row: &Row) -> Result<(), FormatError> {
        let Some((table, rows, hasher)) = self.open.as_mut() else {
            return Err(self.damaged("a row of no table"));
        };
        if row.len() != table.columns().count() {
            return Err(self.damaged("a row of another length"));
        }
        hasher.update(line);
        *rows += 1;
        self.contents.rows += 1;
        Ok(())
    }

    fn begin(&mut self, section: Section) -> Result<(&'static Table, Option<i64>), FormatError> {
        if self.open.is_some() {
            return Err(self.damaged("a table within a table"));
        }
        let known = archive::find(&section.table);
        let fits = |table: &&Table| {
            table.columns().eq(section.columns.iter().map(String::as_str))
                && table.of_org == section.org.is_some()
        };
        let table = known.filter(|table| fits(table));
        let table = table.ok_or_else(|| self.damaged("a table that is not known"))?;
        self.contents.sections += 1;
        self.contents.organizations += u64::from(table.name == "org");
        self.open = Some((table, 0, Sha256::new()));
        Ok((table, section.org))
    }

    fn close(&mut self, end: &SectionEnd) -> Result<(), FormatError> {
        let Some((table, rows, hasher)) = self.open.take() else {
            return Err(self.damaged("an end of no table"));
        };
        if rows != end.rows || hex(hasher) != end.sha256 {
            let what = format!("the rows of {} are not those that were written", table.name);
            return Err(FormatError::Damaged(what));
        }
        self.whole.update(&end.sha256);
        Ok(())
    }

    fn finish(&mut self, end: &End) -> Result<(), FormatError> {
        let Contents { sections, rows, .. } = self.contents;
        let sha256 = hex(self.whole.clone());
        let complete = (sections, rows) == (end.sections, end.rows) && sha256 == end.sha256;
        if self.open.is_some() || !complete {
            return Err(self.damaged("tables are missing"));
        }
        // What follows, and the checksum of the compression.
        match next_line(&mut self.lines)? {
            None => {
                self.done = true;
                Ok(())
            }
            Some(_) => Err(self.damaged("something behind the end")),
        }
    }
}
