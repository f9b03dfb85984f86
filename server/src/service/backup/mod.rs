//! Backups: everything that cannot be made again, out of one snapshot while the program goes on,
//! in a file that every database takes.

mod format;

pub use format::{Contents, FormatError, Reader};

use super::{Service, audit, fault};
use crate::store::archive::{self, Table};
use crate::store::db::{Db, DbError, Tx};
use format::{Piece, Writer};
use std::io::{Read, Write};
use tokenscope::audit::Actor;
use tokenscope::fault::Fault;
use tokenscope::id::OrgId;

/// Rows of one page.
const PAGE: i64 = 2_000;

/// Why there is no backup, or why it was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The database.
    #[error(transparent)]
    Database(#[from] Fault),
    /// Something is there already.
    #[error(
        "the database is not empty: a backup is restored into an empty one, e.g. a new file or a \
         new database"
    )]
    NotEmpty,
}

impl From<DbError> for BackupError {
    fn from(error: DbError) -> Self {
        Self::Database(fault::of(error))
    }
}

/// Told now and then: the table and how many rows so far.
pub type Progress<'a> = &'a (dyn Fn(&str, u64) + Sync);

impl Service {
    /// Writes a backup of one instant.
    ///
    /// # Errors
    /// [`BackupError`]
    pub async fn back_up<W: Write + Send>(
        &self,
        to: W,
        progress: Progress<'_>,
    ) -> Result<(W, Contents), BackupError> {
        let made_at = self.clock().now().rfc3339();
        let mut writer = Writer::new(to, made_at)?;
        let mut tx = self.read().await?;
        let nobody = OrgId(0);
        let (mut rows, all) = (0, archive::tables());
        for table in all.iter().filter(|table| !table.of_org) {
            rows += copy(&mut tx, &mut writer, (table, nobody), (progress, rows)).await?;
        }
        for org in archive::organizations(&mut tx).await? {
            for table in all.iter().filter(|table| table.of_org) {
                rows += copy(&mut tx, &mut writer, (table, org), (progress, rows)).await?;
            }
        }
        Ok(writer.finish()?)
    }

    /// Restores a backup into an empty database: all of it or nothing. Read it to its end with
    /// [`check`] before.
    ///
    /// # Errors
    /// [`BackupError`]; then the database is as empty as before.
    pub async fn restore<R: Read + Send>(
        &self,
        mut reader: Reader<R>,
        progress: Progress<'_>,
    ) -> Result<Contents, BackupError> {
        let now = self.clock().now();
        let mut tx = self.write().await?;
        if !archive::is_empty(&mut tx).await? {
            return Err(BackupError::NotEmpty);
        }
        let mut place: Option<(&'static Table, OrgId)> = None;
        let mut organizations = Vec::new();
        while let Some(piece) = reader.piece()? {
            match piece {
                Piece::Begin(table, org) => {
                    let org = OrgId(org.unwrap_or(0));
                    place = Some((table, org));
                    organizations.extend((table.name == "org").then_some(org));
                }
                Piece::Rows(rows) => {
                    if let Some((table, org)) = place {
                        archive::write(&mut tx, table, org, &rows).await?;
                        progress(&table.name, reader.contents.rows);
                    }
                }
            }
        }
        for org in organizations {
            let content = serde_json::json!({ "made_at": reader.header.made_at });
            let subject = "organization".into();
            let entry = audit::Entry { action: "restored", subject, content };
            audit::append(&mut tx, org, Actor::Program, now, vec![entry]).await?;
        }
        tx.commit().await?;
        Ok(reader.contents)
    }
}

/// Whether a database has an organization or a person in it, whatever its tables are. One without
/// any table has none.
pub async fn is_occupied(db: &Db) -> bool {
    let Ok(mut tx) = db.read().await else { return false };
    matches!(archive::is_empty(&mut tx).await, Ok(false))
}

/// Reads a backup to its end and says what is in it.
///
/// # Errors
/// [`FormatError`]
pub fn check<R: Read>(from: R) -> Result<Contents, FormatError> {
    let mut reader = Reader::new(from)?;
    while reader.piece()?.is_some() {}
    Ok(reader.contents)
}

async fn copy<W: Write + Send>(
    tx: &mut Tx,
    writer: &mut Writer<W>,
    (table, org): (&'static Table, OrgId),
    (progress, before): (Progress<'_>, u64),
) -> Result<u64, BackupError> {
    writer.begin(table, table.of_org.then_some(org.0))?;
    let (mut last, mut rows) = (None, 0);
    loop {
        let page = archive::page(tx, table, org, last.as_ref(), PAGE).await?;
        let Some(end) = page.last() else { break };
        for row in &page {
            writer.row(row)?;
        }
        rows += u64::try_from(page.len()).unwrap_or(0);
        progress(&table.name, before + rows);
        last = Some(end.clone());
    }
    writer.end()?;
    Ok(rows)
}
