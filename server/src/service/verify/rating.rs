//! What the charges of an event should be, by the rules of the core, and whether they are.

use super::super::book::Book;
use super::{Verifier, at, tokens};
use crate::store::charge::{self, NetRow};
use crate::store::charge_return::{self, ReturnRow};
use crate::store::db::DbError;
use crate::store::stored_event::StoredEvent;
use std::collections::{BTreeMap, BTreeSet};
use tokenscope::event::Status;
use tokenscope::id::{ApiId, AppId, TeamId, VariantId};
use tokenscope::lot::Class;
use tokenscope::rate::{Rating, Usage, rate};
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};

/// A charge that should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// Which of its event's.
    pub n: i64,
    /// Its own time.
    pub at: i64,
    /// The team.
    pub team: i64,
    /// What for.
    pub class: Class,
    /// In micro-tokens.
    pub amount: i64,
}

impl std::fmt::Display for Due {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (amount, class) = (tokens(self.amount), self.class.code());
        write!(f, "{amount} {class} tokens of team #{} at {}", self.team, at(self.at))
    }
}

/// What an event costs by itself.
pub enum Price {
    /// So much, or nothing.
    Single(Option<Due>),
    /// It is a session, rated with the others of its key.
    Session(Option<TeamId>),
    /// It cannot be rated under the rules there are.
    Never(String),
}

/// Prices and the instants at which books were opened.
pub struct Rater {
    opens: BTreeSet<i64>,
}

/// Of an event, what is charged and what came back.
#[derive(Default)]
pub struct Posted {
    charges: Vec<NetRow>,
    returns: Vec<ReturnRow>,
}

impl Rater {
    /// With the first open instants of all closes.
    pub const fn new(opens: BTreeSet<i64>) -> Self {
        Self { opens }
    }

    /// Whether books were opened at an instant.
    pub fn opened(&self, at: i64) -> bool {
        self.opens.contains(&at)
    }

    /// Whether a charge stands where one that is due may stand: at its own time, or where books
    /// were opened later.
    fn is(&self, row: &NetRow, due: &Due) -> bool {
        let place = match row.belongs_to {
            None => row.at == due.at,
            Some(own) => own == due.at && row.at > own && self.opens.contains(&row.at),
        };
        let Due { n, team, class, amount, .. } = *due;
        let same = (row.n, row.team_id, row.amount) == (n, team, amount);
        place && same && row.class == class.code()
    }
}

/// The class of a session's charges is that of products.
pub fn price(book: &Book, event: &StoredEvent) -> Price {
    let time = Instant::from_micros(event.at);
    let team = book.apps.get(&AppId(event.app_id)).and_then(|app| app.team_at(time));
    let usage = Usage {
        time,
        api: ApiId(event.api_id),
        variant: (event.variant_id != 0).then_some(VariantId(event.variant_id)),
        quantity: event.quantity.map(Quantity::from_micro),
        status: if event.failed == 0 { Status::Success } else { Status::Failed },
        tokens: event.own_tokens.map(Tokens::from_micro),
        has_user: event.user_id != 0,
    };
    let trial = team.and_then(|team| book.trial(team));
    match rate(&book.card, &usage, trial).map(|rated| rated.rating) {
        Err(error) => Price::Never(error.to_string()),
        Ok(Rating::Session) => Price::Session(team),
        Ok(Rating::Price(class, amount)) => {
            let due = |team: TeamId| Due {
                n: 0,
                at: event.at,
                team: team.0,
                class,
                amount: amount.micro(),
            };
            Price::Single(team.map(due).filter(|due| due.amount != 0))
        }
    }
}

impl Verifier<'_> {
    /// What is charged for some events, and what came back.
    pub(super) async fn posted(
        &mut self,
        digests: Vec<Vec<u8>>,
    ) -> Result<BTreeMap<Vec<u8>, Posted>, DbError> {
        let mut found: BTreeMap<Vec<u8>, Posted> = BTreeMap::new();
        let org = self.org();
        for row in charge_return::list(self.tx, org, digests.clone()).await? {
            if row.taken_back_at.is_none() {
                found.entry(row.digest.clone()).or_default().returns.push(row);
            }
        }
        for row in charge::net(self.tx, org, digests, 0).await? {
            found.entry(row.digest.clone()).or_default().charges.push(row);
        }
        Ok(found)
    }

    /// Holds what is charged for an event against what is due.
    pub(super) fn compare(&mut self, name: &str, posted: Posted, mut due: Vec<Due>) {
        let Posted { mut charges, returns } = posted;
        for back in returns {
            let place = charges.iter().position(|row| {
                (row.team_id, row.at, row.n, row.amount)
                    == (back.team_id, back.at, back.n, back.amount)
                    && row.class == back.class
            });
            match place {
                Some(place) => drop(charges.remove(place)),
                None => {
                    let stored = format!("{} tokens at {}", tokens(back.amount), at(back.at));
                    self.differs("charge_return", back.lot_key, stored, "no such charge");
                }
            }
        }
        for row in charges {
            match due.iter().position(|due| self.rater.is(&row, due)) {
                Some(place) => drop(due.remove(place)),
                None => {
                    let due = due.iter().position(|due| due.n == row.n).map(|n| due.remove(n));
                    let expected = due.map_or("nothing".to_owned(), |due| due.to_string());
                    let stored = format!(
                        "{} {} tokens of team #{} at {}",
                        tokens(row.amount),
                        row.class,
                        row.team_id,
                        at(row.at)
                    );
                    self.differs("charge", format!("{name} n {}", row.n), stored, expected);
                }
            }
        }
        for due in due {
            self.differs("charge", format!("{name} n {}", due.n), "nothing", due);
        }
    }
}

/// What people call an event.
pub fn name_of(event: &StoredEvent) -> String {
    format!("of the event {} / {}", event.source, event.external_id)
}
