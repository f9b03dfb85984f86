//! Whether a user may use a daily product, and whether a window of his is open.

use super::super::book::Book;
use super::priced::{Priced, Variant};
use crate::store::db::{DbError, Tx};
use crate::store::{check, names, stored_event};
use tokenscope::event::Status;
use tokenscope::id::{ApiId, AppId, TeamId};
use tokenscope::rate::{Session, chain};
use tokenscope::time::{DAY, Instant};
use tokenscope::tokens::Quantity;

/// What the database knows of a user and a daily product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// His number; none for one that nobody named before.
    pub user: Option<i64>,
    /// When the window ends that is open; none = none is.
    pub until: Option<Instant>,
    /// Whether this stays so while nothing is charged.
    pub lasting: bool,
}

impl Window {
    /// Whether it is open at an instant.
    pub fn is_open(&self, at: Instant) -> bool {
        self.until.is_some_and(|until| at < until)
    }
}

/// Looks for the open window of a call's user, product and price class in the team that would
/// pay.
pub async fn look(
    tx: &mut Tx,
    book: &Book,
    priced: &Priced,
    user: &str,
    at: Instant,
) -> Result<Window, DbError> {
    let known = names::users(tx, book.org, vec![user.to_owned()]).await?;
    let user = known.first().map(|(_, number)| *number);
    let nothing = Window { user, until: None, lasting: true };
    let (Some(user), Some(team), Some(api)) = (user, priced.team, priced.api) else {
        return Ok(nothing);
    };
    let variant = match priced.variant {
        Variant::None => 0,
        Variant::Known(id) => id.0,
        // Nobody used it yet.
        Variant::Unknown => return Ok(nothing),
    };
    let sought = check::Sought { team, user_id: user, api_id: api.0, variant_id: variant };
    if let Some(opened) = check::window_opened(tx, book.org, &sought, at).await? {
        let until = Instant::from_micros(opened).plus(DAY);
        return Ok(Window { until: Some(until), ..nothing });
    }
    // Windows that cost nothing leave no charge behind: those of a trial, and of a line without
    // a price.
    let in_trial = book.trial(team).is_some_and(|until| at.plus(-DAY) < until);
    if !in_trial && !book.card.is_ever_daily_for_nothing(api) {
        return Ok(nothing);
    }
    let until = chained(tx, book, (team, user, api), priced.variant, at).await?;
    Ok(Window { until, lasting: false, ..nothing })
}

/// The end of the open window, by all sessions of its key.
async fn chained(
    tx: &mut Tx,
    book: &Book,
    (team, user, api): (TeamId, i64, ApiId),
    variant: Variant,
    at: Instant,
) -> Result<Option<Instant>, DbError> {
    let mut sessions = Vec::new();
    for row in stored_event::sessions(tx, book.org, (vec![user], vec![api.0]), i64::MIN).await? {
        let time = Instant::from_micros(row.at);
        let payer = book.apps.get(&AppId(row.app_id)).and_then(|app| app.team_at(time));
        if payer != Some(team) || row.variant_id != variant.known().map_or(0, |v| v.0) {
            continue;
        }
        sessions.push(Session {
            time,
            source: row.source,
            id: row.external_id,
            quantity: row.quantity.map(Quantity::from_micro),
            status: if row.failed != 0 { Status::Failed } else { Status::Success },
        });
    }
    sessions.sort();
    let windows = chain(&book.card, api, variant.known(), book.trial(team), &sessions);
    let open = windows.iter().filter(|window| window.at <= at && at < window.at.plus(DAY));
    Ok(open.map(|window| window.at.plus(DAY)).max())
}
