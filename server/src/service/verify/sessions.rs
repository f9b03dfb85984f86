//! Daily products: the sessions of each user, chained by the rules of the core.

use super::rating::{Due, Price, name_of, price};
use super::{PAGE, Verifier};
use crate::store::db::DbError;
use crate::store::stored_event::StoredEvent;
use crate::store::verify;
use std::collections::BTreeMap;
use tokenscope::event::Status;
use tokenscope::id::{ApiId, TeamId, VariantId};
use tokenscope::lot::Class;
use tokenscope::rate::{Session, chain};
use tokenscope::time::Instant;
use tokenscope::tokens::Quantity;

/// Events whose charges are read at a time.
const BATCH: usize = 2_000;

/// Team, product, variant (0 for none).
type Key = (TeamId, i64, i64);

impl Verifier<'_> {
    /// Holds the charges of all sessions against their chains.
    pub(super) async fn sessions(&mut self) -> Result<(), DbError> {
        let apis = self.book.apis.keys().filter(|api| self.book.card.is_ever_daily(**api));
        let apis: Vec<i64> = apis.map(|api| api.0).collect();
        if apis.is_empty() {
            return Ok(());
        }
        let (mut after, mut seen) = ((i64::MIN, (i64::MIN, Vec::new())), 0);
        let mut of_user: Vec<StoredEvent> = Vec::new();
        loop {
            let page = verify::sessions(self.tx, self.org(), apis.clone(), after.clone(), PAGE);
            let page = page.await?;
            let Some(last) = page.last() else { break };
            after = (last.user_id, (last.at, last.digest.clone()));
            seen += u64::try_from(page.len()).unwrap_or(0);
            self.tell("sessions", seen);
            for event in page {
                if of_user.last().is_some_and(|last| last.user_id != event.user_id) {
                    self.user(std::mem::take(&mut of_user)).await?;
                }
                of_user.push(event);
            }
        }
        self.user(of_user).await
    }

    async fn user(&mut self, events: Vec<StoredEvent>) -> Result<(), DbError> {
        let mut keys: BTreeMap<Key, BTreeMap<Session, usize>> = BTreeMap::new();
        let mut due: BTreeMap<usize, Vec<Due>> = BTreeMap::new();
        for (place, event) in events.iter().enumerate() {
            // What is no session then was looked at with all other events.
            let Price::Session(team) = price(&self.book, event) else { continue };
            due.insert(place, Vec::new());
            if let Some(team) = team {
                let key = (team, event.api_id, event.variant_id);
                keys.entry(key).or_default().insert(session(event), place);
            }
        }
        for ((team, api, variant), list) in keys {
            let (sessions, places): (Vec<Session>, Vec<usize>) = list.into_iter().unzip();
            let variant = (variant != 0).then_some(VariantId(variant));
            let trial = self.book.trial(team);
            for charge in chain(&self.book.card, ApiId(api), variant, trial, &sessions) {
                let one = Due {
                    n: i64::from(charge.n),
                    at: charge.at.micros(),
                    team: team.0,
                    class: Class::Product,
                    amount: charge.amount.micro(),
                };
                if one.amount != 0 {
                    due.entry(places[charge.session]).or_default().push(one);
                }
            }
        }
        let all: Vec<(usize, Vec<Due>)> = due.into_iter().collect();
        for part in all.chunks(BATCH) {
            let digests = part.iter().map(|(place, _)| events[*place].digest.clone()).collect();
            let mut posted = self.posted(digests).await?;
            for (place, due) in part {
                let event = &events[*place];
                let found = posted.remove(&event.digest).unwrap_or_default();
                self.compare(&name_of(event), found, due.clone());
            }
        }
        Ok(())
    }
}

fn session(event: &StoredEvent) -> Session {
    Session {
        time: Instant::from_micros(event.at),
        source: event.source.clone(),
        id: event.external_id.clone(),
        quantity: event.quantity.map(Quantity::from_micro),
        status: if event.failed == 0 { Status::Success } else { Status::Failed },
    }
}
