//! Charges of closed books that are no more, and the tokens that came back for them.

use super::db::{Bulk, Column, DbError, Tx};
use crate::{args, statements};
use tokenscope::id::OrgId;
use tokenscope::lot::Class;

statements! {
    /// What came back for some events.
    RETURN_LIST = "SELECT team_id, at, digest, n, recorded_at, effective_at, class, amount,
        lot_key, reference, taken_back_at FROM charge_return
        WHERE org_id = $1 AND digest IN (SELECT unhex(value) FROM json_each($2))"
        | "SELECT team_id, at, digest, n, recorded_at, effective_at, class, amount,
        lot_key, reference, taken_back_at FROM charge_return
        WHERE org_id = $1 AND digest = ANY($2)";
    /// A charge that had come back is due again.
    RETURN_TAKE_BACK = "UPDATE charge_return SET taken_back_at = $7 WHERE org_id = $1
        AND team_id = $2 AND at = $3 AND digest = $4 AND n = $5 AND recorded_at = $6";
}

/// A charge that is no more, and the lot of its tokens.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReturnRow {
    /// The team.
    pub team_id: i64,
    /// When the charge counts.
    pub at: i64,
    /// Its event.
    pub digest: Vec<u8>,
    /// Which of the event's charges.
    pub n: i64,
    /// When it was recorded.
    pub recorded_at: i64,
    /// From when on the tokens are usable.
    pub effective_at: i64,
    /// Code of the class.
    pub class: String,
    /// In micro-tokens.
    pub amount: i64,
    /// Id of the lot.
    pub lot_key: String,
    /// The sender's id of the event.
    pub reference: String,
    /// When it was taken back.
    pub taken_back_at: Option<i64>,
}

/// All returns of some events, those taken back too.
///
/// # Errors
/// [`DbError`]
pub async fn list(
    tx: &mut Tx,
    org: OrgId,
    digests: Vec<Vec<u8>>,
) -> Result<Vec<ReturnRow>, DbError> {
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    tx.rows(RETURN_LIST, args![org.0, digests]).await
}

/// Adds returns.
///
/// # Errors
/// [`DbError`]
pub async fn add(tx: &mut Tx, org: OrgId, rows: &[ReturnRow]) -> Result<(), DbError> {
    macro_rules! ints {
        ($row:ident => $value:expr) => {
            Column::Ints(rows.iter().map(|$row| $value).collect())
        };
    }
    macro_rules! texts {
        ($row:ident => $value:expr) => {
            Column::Texts(rows.iter().map(|$row| $value.clone()).collect())
        };
    }
    let _: Vec<(i64,)> = tx
        .bulk(Bulk {
            table: "charge_return",
            org: org.0,
            columns: vec![
                ("team_id", ints!(r => r.team_id)),
                ("at", ints!(r => r.at)),
                ("digest", Column::Blobs(rows.iter().map(|r| r.digest.clone()).collect())),
                ("n", ints!(r => r.n)),
                ("recorded_at", ints!(r => r.recorded_at)),
                ("effective_at", ints!(r => r.effective_at)),
                ("class", texts!(r => r.class)),
                ("amount", ints!(r => r.amount)),
                ("lot_key", texts!(r => r.lot_key)),
                ("reference", texts!(r => r.reference)),
            ],
            on_conflict: "",
        })
        .await?;
    Ok(())
}

/// Takes a return back: its charge is due again.
///
/// # Errors
/// [`DbError`]
pub async fn take_back(
    tx: &mut Tx,
    org: OrgId,
    row: &ReturnRow,
    recorded_at: i64,
) -> Result<(), DbError> {
    let digest = row.digest.clone();
    let args = args![org.0, row.team_id, row.at, digest, row.n, row.recorded_at, recorded_at];
    tx.run(RETURN_TAKE_BACK, args).await?;
    Ok(())
}

impl ReturnRow {
    /// Its class.
    ///
    /// # Errors
    /// [`DbError::Damaged`]
    pub fn class(&self) -> Result<Class, DbError> {
        let damaged = || DbError::Damaged(format!("a return of class {}", self.class));
        Class::from_code(&self.class).ok_or_else(damaged)
    }
}
