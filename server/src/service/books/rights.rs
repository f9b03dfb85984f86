//! Who may record which facts (interface.md, "May do"): admins all, and who runs a team transfers
//! and unblocks within his teams.

use super::{Recorder, at_place};
use tokenscope::fact::{Fact, Recorded};
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::TeamId;
use tokenscope::permission::{Action, Reach, Scope};
use tokenscope::service::Caller;

const REFUSED: Fault = Fault::Forbidden { needs: Needs::Admin };

fn is_of_teams(fact: &Fact) -> bool {
    matches!(fact, Fact::Transfer { .. } | Fact::Unblock { .. })
}

/// Refuses, before anything is read, who could record none of the facts.
pub fn check_early(caller: &Caller, facts: &[Fact]) -> Result<(), Fault> {
    let admin = caller.roles.everywhere(Action::Administer);
    let runs_a_team = caller.roles.reach(Action::Transfer) >= Reach::Team;
    let may = admin || (runs_a_team && !facts.is_empty() && facts.iter().all(is_of_teams));
    if may && caller.has_scope(Scope::Admin) { Ok(()) } else { Err(REFUSED) }
}

/// Of a fact that was recorded by itself, says its place in the whole.
fn placed(fault: Fault, n: usize) -> Fault {
    match fault {
        Fault::Invalid { mut fields } => {
            for field in &mut fields {
                let name = field.field.strip_prefix("0.").unwrap_or(&field.field);
                field.field = format!("{n}.{name}");
            }
            Fault::Invalid { fields }
        }
        Fault::Conflict { reason } => {
            let plain = reason.strip_prefix("fact 0: ").unwrap_or(&reason);
            Fault::Conflict { reason: format!("fact {n}: {plain}") }
        }
        other => other,
    }
}

impl Recorder {
    /// Records facts of somebody who may record each of them.
    pub(super) async fn record_allowed(
        &mut self,
        caller: &Caller,
        facts: Vec<Fact>,
    ) -> Result<Recorded, Fault> {
        if caller.roles.everywhere(Action::Administer) {
            return self.record_all(facts).await;
        }
        let mut recorded = Recorded::default();
        for (n, fact) in facts.into_iter().enumerate() {
            self.check_right(caller, &fact).await.map_err(|fault| at_place(fault, n))?;
            let one = self.record_all(vec![fact]).await.map_err(|fault| placed(fault, n))?;
            recorded.new += one.new;
            recorded.unchanged += one.unchanged;
        }
        Ok(recorded)
    }

    /// Refuses a fact about teams that the caller does not run. A lot that is not there is his
    /// mistake like anybody's, and said so.
    async fn check_right(&mut self, caller: &Caller, fact: &Fact) -> Result<(), Fault> {
        let runs = |team: TeamId| caller.roles.reach_in(Action::Transfer, team) >= Reach::Team;
        let may = match fact {
            Fact::Unblock { team, .. } => self.book.team(team).is_some_and(runs),
            Fact::Transfer { lot, to, .. } => {
                let to = self.book.team(to).is_some_and(runs);
                to && runs(TeamId(self.find_lot(lot).await?.team_id))
            }
            _ => false,
        };
        if may { Ok(()) } else { Err(REFUSED) }
    }
}
