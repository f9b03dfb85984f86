//! `backup` and `restore`.

use super::verify::{Ticker, report};
use super::{Failed, say};
use crate::clock;
use crate::service::Service;
use crate::service::backup::{BackupError, Contents, Reader, check};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Writes a backup. The file appears under its name once it is whole, readable by its owner alone.
pub async fn back_up(service: &Service, file: &Path) -> Result<ExitCode, Failed> {
    let named = |e: &dyn std::fmt::Display| Failed::new(format!("{}: {e}", file.display()));
    if file.exists() {
        return Err(Failed::input(format!(
            "{}: is there already and is not overwritten: choose another name",
            file.display()
        )));
    }
    let part = part_of(file);
    let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
    let out = out.map_err(|e| named(&e))?;
    let written = write(service, out).await;
    let kept =
        written.and_then(|contents| keep(&part, file).map(|()| contents).map_err(|e| e.into()));
    let contents = kept.map_err(|e: BackupOrIo| {
        let _ = fs::remove_file(&part);
        named(&e)
    })?;
    let bytes = fs::metadata(file).map_or(0, |meta| meta.len());
    say(&format!("{}: {}, {bytes} bytes", file.display(), told(&contents)));
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, thiserror::Error)]
enum BackupOrIo {
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

async fn write(service: &Service, out: File) -> Result<Contents, BackupOrIo> {
    let ticker = Ticker::new();
    let tell = |table: &str, rows: u64| ticker.tell(|| format!("backup: {rows} rows, {table}"));
    let done = service.back_up(out, &tell).await;
    ticker.clear();
    let (out, contents) = done?;
    out.sync_all()?;
    Ok(contents)
}

/// The name of the file while it is written, beside its place.
fn part_of(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.{}.part", clock::incident()))
}

/// Gives the file its name, unless another one got it meanwhile.
fn keep(part: &Path, file: &Path) -> io::Result<()> {
    match fs::hard_link(part, file) {
        Ok(()) => fs::remove_file(part)?,
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(e),
        // Not every file system knows a second name.
        Err(_) => fs::rename(part, file)?,
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Reads a backup to its end, restores it into an empty database, and verifies that.
pub async fn restore(service: &Service, file: &Path) -> Result<ExitCode, Failed> {
    let named = |e: &dyn std::fmt::Display| Failed::input(format!("{}: {e}", file.display()));
    let reader = Reader::new(open(file)?).map_err(|e| named(&e))?;
    let ticker = Ticker::new();
    let tell = |table: &str, rows: u64| ticker.tell(|| format!("restore: {rows} rows, {table}"));
    let restored = service.restore(reader, &tell).await;
    ticker.clear();
    let contents = restored.map_err(|e| named(&e))?;
    say(&format!("{}: restored {}", file.display(), told(&contents)));
    let report = report(service).await?;
    Ok(if report.count == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Refuses a file that is no whole backup, before a database is touched.
pub fn check_file(file: &Path) -> Result<(), Failed> {
    let checked = check(open(file)?);
    checked.map(drop).map_err(|e| Failed::input(format!("{}: {e}", file.display())))
}

fn open(file: &Path) -> Result<File, Failed> {
    File::open(file).map_err(|e| Failed::input(format!("{}: {e}", file.display())))
}

fn told(contents: &Contents) -> String {
    let Contents { organizations, rows, .. } = contents;
    let word = if *organizations == 1 { "organization" } else { "organizations" };
    format!("{organizations} {word}, {rows} rows")
}
