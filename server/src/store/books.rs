//! The facts of the books: assignments, rates, policies, trials, lots, voids, transfers, unblocks.

use super::db::{DbError, Tx};
use crate::{args, statements};
use tokenscope::id::{OrgId, TeamId};

statements! {
    /// All assignment lines, in the order in which later ones correct earlier ones.
    ASSIGNMENT_LIST = "SELECT app_id, from_at, team_id FROM app_assignment WHERE org_id = $1
        ORDER BY app_id, from_at, recorded_at";
    /// An assignment line.
    ASSIGNMENT_ADD = "INSERT INTO app_assignment (org_id, app_id, from_at, recorded_at, team_id)
        VALUES ($1, $2, $3, $4, $5)";
    /// All rate lines.
    RATE_LIST = "SELECT api_id, variant_id, from_at, tokens, per, rounding, charge_failed
        FROM rate WHERE org_id = $1 ORDER BY api_id, variant_id, from_at";
    /// A rate line.
    RATE_ADD = "INSERT INTO rate (org_id, api_id, variant_id, from_at, tokens, per, rounding,
        charge_failed, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// All policy lines, in the order in which later ones correct earlier ones.
    POLICY_LIST = "SELECT team_id, from_at, policy, recorded_at FROM policy_line
        WHERE org_id = $1 ORDER BY team_id, from_at, recorded_at";
    /// A policy line.
    POLICY_ADD = "INSERT INTO policy_line (org_id, team_id, from_at, recorded_at, policy,
        belongs_to) VALUES ($1, $2, $3, $4, $5, $6)";
    /// All ends of trials, in the order in which they were recorded.
    TRIAL_LIST = "SELECT team_id, until_at, recorded_at, seen_at FROM trial_line
        WHERE org_id = $1 ORDER BY team_id, recorded_at";
    /// The end of a trial.
    TRIAL_ADD = "INSERT INTO trial_line (org_id, team_id, recorded_at, until_at, seen_at)
        VALUES ($1, $2, $3, $4, $5)";
    /// All owner lines of apps, in the order in which later ones correct earlier ones.
    OWNER_LIST = "SELECT app_id, from_at, user_id FROM app_owner WHERE org_id = $1
        ORDER BY app_id, from_at, recorded_at";
    /// An owner line.
    OWNER_ADD = "INSERT INTO app_owner (org_id, app_id, from_at, recorded_at, user_id)
        VALUES ($1, $2, $3, $4, $5)";
    /// All payer lines, in the order in which later ones correct earlier ones.
    PAYER_LIST = "SELECT from_at, payer FROM payer_line WHERE org_id = $1
        ORDER BY from_at, recorded_at";
    /// A payer line.
    PAYER_ADD = "INSERT INTO payer_line (org_id, from_at, recorded_at, payer)
        VALUES ($1, $2, $3, $4)";
    /// All assignments of products, in the order in which later ones correct earlier ones.
    PRODUCT_LIST = "SELECT user_id, api_id, from_at, assigned FROM product_assignment
        WHERE org_id = $1 ORDER BY user_id, api_id, from_at, recorded_at";
    /// An assignment of a product.
    PRODUCT_ADD = "INSERT INTO product_assignment (org_id, user_id, api_id, from_at, recorded_at,
        assigned) VALUES ($1, $2, $3, $4, $5, $6)";
    /// All closes, in the order in which they were recorded.
    CLOSE_LIST = "SELECT recorded_at, until_at FROM books_close WHERE org_id = $1
        ORDER BY recorded_at";
    /// A close.
    CLOSE_ADD = "INSERT INTO books_close (org_id, recorded_at, until_at) VALUES ($1, $2, $3)";
    /// The lots of a team.
    LOT_OF_TEAM = "SELECT lot_key, team_id, kind, pays_for, priority, granted, effective_at,
        expires_at, unit_cost, currency, reference, channel, belongs_to FROM lot
        WHERE org_id = $1 AND team_id = $2 ORDER BY lot_key";
    /// One lot.
    LOT_GET = "SELECT lot_key, team_id, kind, pays_for, priority, granted, effective_at,
        expires_at, unit_cost, currency, reference, channel, belongs_to FROM lot
        WHERE org_id = $1 AND lot_key = $2";
    /// A lot.
    LOT_ADD = "INSERT INTO lot (org_id, lot_key, team_id, kind, pays_for, priority, granted,
        effective_at, expires_at, unit_cost, currency, reference, channel, belongs_to,
        recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    /// When lots of a team were voided.
    VOID_OF_TEAM = "SELECT v.lot_key, v.at FROM lot_void v
        JOIN lot l ON l.org_id = v.org_id AND l.lot_key = v.lot_key
        WHERE v.org_id = $1 AND l.org_id = $1 AND l.team_id = $2 ORDER BY v.lot_key";
    /// When a lot was voided.
    VOID_GET = "SELECT at, belongs_to FROM lot_void WHERE org_id = $1 AND lot_key = $2";
    /// That a lot is void.
    VOID_ADD = "INSERT INTO lot_void (org_id, lot_key, at, belongs_to, recorded_at)
        VALUES ($1, $2, $3, $4, $5)";
    /// What a team gave away.
    TRANSFER_OF_TEAM = "SELECT lot_key, from_lot_key, at, amount FROM lot_transfer
        WHERE org_id = $1 AND from_team_id = $2 ORDER BY lot_key";
    /// What made a lot.
    TRANSFER_GET = "SELECT lot_key, from_lot_key, coalesce(belongs_to, at) AS at, amount
        FROM lot_transfer WHERE org_id = $1 AND lot_key = $2";
    /// When a lot was last given away from.
    TRANSFER_LAST = "SELECT max(at) AS at, max(coalesce(belongs_to, at)) AS asked
        FROM lot_transfer WHERE org_id = $1 AND from_lot_key = $2";
    /// A transfer.
    TRANSFER_ADD = "INSERT INTO lot_transfer (org_id, lot_key, from_lot_key, from_team_id, at,
        amount, belongs_to, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// When somebody unblocked a team.
    UNBLOCK_OF_TEAM = "SELECT at FROM unblock WHERE org_id = $1 AND team_id = $2 ORDER BY at";
    /// An unblock.
    UNBLOCK_ADD = "INSERT INTO unblock (org_id, team_id, at, belongs_to, recorded_at)
        VALUES ($1, $2, $3, $4, $5)";
}

/// A lot as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LotRow {
    /// The sender's id.
    pub lot_key: String,
    /// The team that has it.
    pub team_id: i64,
    /// Code of its kind.
    pub kind: String,
    /// Code of what it pays for.
    pub pays_for: String,
    /// Lower burns first.
    pub priority: i64,
    /// In micro-tokens.
    pub granted: i64,
    /// First usable instant.
    pub effective_at: i64,
    /// First instant of no more use.
    pub expires_at: Option<i64>,
    /// Millionths of the currency's unit for one token.
    pub unit_cost: Option<i64>,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// Order or contract number.
    pub reference: Option<String>,
    /// Through whom it was bought.
    pub channel: Option<String>,
    /// When it was to begin, where the books were closed by then.
    pub belongs_to: Option<i64>,
}

/// A rate line as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RateRow {
    /// The API.
    pub api_id: i64,
    /// The variant, 0 for none.
    pub variant_id: i64,
    /// From when on.
    pub from_at: i64,
    /// In micro-tokens per block.
    pub tokens: i64,
    /// Size of a block in micro-units.
    pub per: i64,
    /// Code of the rounding.
    pub rounding: String,
    /// Whether failed calls cost as much.
    pub charge_failed: i64,
}

/// A transfer: new lot, source lot, time, amount.
pub type TransferRow = (String, String, i64, i64);

/// What rating and access depend on, of a whole organization.
#[derive(Debug, Clone, Default)]
pub struct RuleRows {
    /// App, from, team.
    pub assignments: Vec<(i64, i64, Option<i64>)>,
    /// Rate lines.
    pub rates: Vec<RateRow>,
    /// Team (0 = organization), from, policy as JSON, recorded at.
    pub policies: Vec<(i64, i64, String, i64)>,
    /// Team, end, recorded at, seen from.
    pub trials: Vec<(i64, i64, i64, Option<i64>)>,
    /// App, from, owner.
    pub owners: Vec<(i64, i64, Option<i64>)>,
    /// From, code of who pays.
    pub payers: Vec<(i64, String)>,
    /// User, product, from, whether it is assigned.
    pub products: Vec<(i64, i64, i64, i64)>,
    /// Recorded at, first open instant.
    pub closes: Vec<(i64, i64)>,
}

/// Reads all rules of an organization.
///
/// # Errors
/// [`DbError`]
pub async fn rules(tx: &mut Tx, org: OrgId) -> Result<RuleRows, DbError> {
    Ok(RuleRows {
        assignments: tx.rows(ASSIGNMENT_LIST, args![org.0]).await?,
        rates: tx.rows(RATE_LIST, args![org.0]).await?,
        policies: tx.rows(POLICY_LIST, args![org.0]).await?,
        trials: tx.rows(TRIAL_LIST, args![org.0]).await?,
        owners: tx.rows(OWNER_LIST, args![org.0]).await?,
        payers: tx.rows(PAYER_LIST, args![org.0]).await?,
        products: tx.rows(PRODUCT_LIST, args![org.0]).await?,
        closes: tx.rows(CLOSE_LIST, args![org.0]).await?,
    })
}

/// The lots of a team and what happened to them.
#[derive(Debug, Clone, Default)]
pub struct LotRows {
    /// The lots.
    pub lots: Vec<LotRow>,
    /// Lot, time.
    pub voids: Vec<(String, i64)>,
    /// What the team gave away.
    pub transfers: Vec<TransferRow>,
    /// When it was unblocked.
    pub unblocks: Vec<(i64,)>,
}

/// Reads the lots of a team and what happened to them.
///
/// # Errors
/// [`DbError`]
pub async fn lots(tx: &mut Tx, org: OrgId, team: TeamId) -> Result<LotRows, DbError> {
    Ok(LotRows {
        lots: tx.rows(LOT_OF_TEAM, args![org.0, team.0]).await?,
        voids: tx.rows(VOID_OF_TEAM, args![org.0, team.0]).await?,
        transfers: tx.rows(TRANSFER_OF_TEAM, args![org.0, team.0]).await?,
        unblocks: tx.rows(UNBLOCK_OF_TEAM, args![org.0, team.0]).await?,
    })
}

/// Adds an assignment line.
///
/// # Errors
/// [`DbError`]
pub async fn add_assignment(
    tx: &mut Tx,
    org: OrgId,
    (app, from_at, team): (i64, i64, Option<i64>),
    recorded_at: i64,
) -> Result<(), DbError> {
    tx.run(ASSIGNMENT_ADD, args![org.0, app, from_at, recorded_at, team]).await?;
    Ok(())
}

/// Adds a rate line.
///
/// # Errors
/// [`DbError`]
pub async fn add_rate(
    tx: &mut Tx,
    org: OrgId,
    rate: &RateRow,
    recorded_at: i64,
) -> Result<(), DbError> {
    let args = args![
        org.0,
        rate.api_id,
        rate.variant_id,
        rate.from_at,
        rate.tokens,
        rate.per,
        rate.rounding.as_str(),
        rate.charge_failed,
        recorded_at,
    ];
    tx.run(RATE_ADD, args).await?;
    Ok(())
}

/// Adds a policy line; team 0 is the organization.
///
/// # Errors
/// [`DbError`]
pub async fn add_policy(
    tx: &mut Tx,
    org: OrgId,
    (team, from_at, policy): (i64, i64, &str),
    belongs_to: Option<i64>,
    recorded_at: i64,
) -> Result<(), DbError> {
    tx.run(POLICY_ADD, args![org.0, team, from_at, recorded_at, policy, belongs_to]).await?;
    Ok(())
}

/// Adds the end of a trial.
///
/// # Errors
/// [`DbError`]
pub async fn add_trial(
    tx: &mut Tx,
    org: OrgId,
    (team, until_at, seen_at): (i64, i64, Option<i64>),
    recorded_at: i64,
) -> Result<(), DbError> {
    tx.run(TRIAL_ADD, args![org.0, team, recorded_at, until_at, seen_at]).await?;
    Ok(())
}

/// Adds an owner line.
///
/// # Errors
/// [`DbError`]
pub async fn add_owner(
    tx: &mut Tx,
    org: OrgId,
    (app, from_at, user): (i64, i64, Option<i64>),
    recorded_at: i64,
) -> Result<(), DbError> {
    tx.run(OWNER_ADD, args![org.0, app, from_at, recorded_at, user]).await?;
    Ok(())
}

/// Adds a payer line.
///
/// # Errors
/// [`DbError`]
pub async fn add_payer(
    tx: &mut Tx,
    org: OrgId,
    (from_at, payer): (i64, &str),
    recorded_at: i64,
) -> Result<(), DbError> {
    tx.run(PAYER_ADD, args![org.0, from_at, recorded_at, payer]).await?;
    Ok(())
}

/// Adds an assignment of a product: user, product, from, whether it is assigned.
///
/// # Errors
/// [`DbError`]
pub async fn add_product(
    tx: &mut Tx,
    org: OrgId,
    (user, api, from_at, assigned): (i64, i64, i64, bool),
    recorded_at: i64,
) -> Result<(), DbError> {
    tx.run(PRODUCT_ADD, args![org.0, user, api, from_at, recorded_at, assigned]).await?;
    Ok(())
}

/// Adds a close.
///
/// # Errors
/// [`DbError`]
pub async fn add_close(
    tx: &mut Tx,
    org: OrgId,
    until_at: i64,
    recorded_at: i64,
) -> Result<(), DbError> {
    tx.run(CLOSE_ADD, args![org.0, recorded_at, until_at]).await?;
    Ok(())
}

/// One lot.
///
/// # Errors
/// [`DbError`]
pub async fn lot(tx: &mut Tx, org: OrgId, key: &str) -> Result<Option<LotRow>, DbError> {
    tx.row(LOT_GET, args![org.0, key]).await
}

/// Adds a lot.
///
/// # Errors
/// [`DbError`]
pub async fn add_lot(
    tx: &mut Tx,
    org: OrgId,
    lot: LotRow,
    recorded_at: i64,
) -> Result<(), DbError> {
    let args = args![
        org.0,
        lot.lot_key,
        lot.team_id,
        lot.kind,
        lot.pays_for,
        lot.priority,
        lot.granted,
        lot.effective_at,
        lot.expires_at,
        lot.unit_cost,
        lot.currency,
        lot.reference,
        lot.channel,
        lot.belongs_to,
        recorded_at,
    ];
    tx.run(LOT_ADD, args).await?;
    Ok(())
}

/// When a lot was voided, and what instant that is about where the books were closed by then.
///
/// # Errors
/// [`DbError`]
pub async fn void_of(
    tx: &mut Tx,
    org: OrgId,
    lot: &str,
) -> Result<Option<(i64, Option<i64>)>, DbError> {
    tx.row(VOID_GET, args![org.0, lot]).await
}

/// Voids a lot.
///
/// # Errors
/// [`DbError`]
pub async fn add_void(
    tx: &mut Tx,
    org: OrgId,
    lot: &str,
    (at, belongs_to): (i64, Option<i64>),
    recorded_at: i64,
) -> Result<(), DbError> {
    tx.run(VOID_ADD, args![org.0, lot, at, belongs_to, recorded_at]).await?;
    Ok(())
}

/// The transfer that made a lot, with the time it was asked for.
///
/// # Errors
/// [`DbError`]
pub async fn transfer(tx: &mut Tx, org: OrgId, lot: &str) -> Result<Option<TransferRow>, DbError> {
    tx.row(TRANSFER_GET, args![org.0, lot]).await
}

/// When a part of the lot was last given away, and for when that was asked.
///
/// # Errors
/// [`DbError`]
pub async fn last_transfer(
    tx: &mut Tx,
    org: OrgId,
    lot: &str,
) -> Result<Option<(i64, i64)>, DbError> {
    let row: Option<(Option<i64>, Option<i64>)> = tx.row(TRANSFER_LAST, args![org.0, lot]).await?;
    Ok(row.and_then(|(at, asked)| at.zip(asked)))
}

/// Adds a transfer from a team; its new lot is added apart.
///
/// # Errors
/// [`DbError`]
pub async fn add_transfer(
    tx: &mut Tx,
    org: OrgId,
    from_team: i64,
    (lot, from_lot, at, amount): TransferRow,
    (belongs_to, recorded_at): (Option<i64>, i64),
) -> Result<(), DbError> {
    let args = args![org.0, lot, from_lot, from_team, at, amount, belongs_to, recorded_at];
    tx.run(TRANSFER_ADD, args).await?;
    Ok(())
}

/// Adds an unblock.
///
/// # Errors
/// [`DbError`]
pub async fn add_unblock(
    tx: &mut Tx,
    org: OrgId,
    (team, at): (i64, i64),
    (belongs_to, recorded_at): (Option<i64>, i64),
) -> Result<(), DbError> {
    tx.run(UNBLOCK_ADD, args![org.0, team, at, belongs_to, recorded_at]).await?;
    Ok(())
}

/// When a team was unblocked.
///
/// # Errors
/// [`DbError`]
pub async fn unblocks(tx: &mut Tx, org: OrgId, team: i64) -> Result<Vec<(i64,)>, DbError> {
    tx.rows(UNBLOCK_OF_TEAM, args![org.0, team]).await
}
