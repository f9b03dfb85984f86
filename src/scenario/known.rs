//! What was known of a scenario at an instant.

use super::Scenario;
use crate::time::Instant;

impl Scenario {
    /// The same facts without those that were recorded later. Teams stay known by name.
    #[must_use]
    pub fn known_at(&self, at: Instant) -> Self {
        let mut known = self.clone();
        for team in self.team_names() {
            known.teams.entry(team.to_owned()).or_default();
        }
        let by = |recorded_at: Option<Instant>| recorded_at.is_none_or(|when| when <= at);
        known.policies.retain(|line| by(line.recorded_at));
        known.trials.retain(|line| by(line.recorded_at));
        known.rates.retain(|line| by(line.recorded_at));
        known.apps.retain(|line| by(line.recorded_at));
        known.owners.retain(|line| by(line.recorded_at));
        known.payers.retain(|line| by(line.recorded_at));
        known.products.retain(|line| by(line.recorded_at));
        known.lots.retain(|lot| by(lot.recorded_at));
        known.moves.retain(|moved| by(moved.recorded_at));
        known.voids.retain(|void| by(void.recorded_at));
        known.unblocks.retain(|unblock| by(unblock.recorded_at));
        known.notices.retain(|notice| notice.at <= at);
        known.holds.retain(|hold| hold.from <= at);
        for hold in &mut known.holds {
            hold.ended = hold.ended.filter(|end| end.at <= at);
        }
        known.closes.retain(|close| close.recorded_at() <= at);
        known.events.retain(|event| by(event.recorded_at));
        known.corrections.retain(|correction| by(correction.recorded_at));
        known
    }
}
