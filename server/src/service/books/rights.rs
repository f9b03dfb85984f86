//! Who may record which facts (interface.md, "May do"): admins all, and who runs a team transfers
//! and unblocks within his teams.

use super::Recorder;
use tokenscope::fact::Fact;
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

impl Recorder {
    /// Refuses a fact about teams that the caller does not run. A lot that is not there is his
    /// mistake like anybody's, and said so later.
    pub(super) async fn check_right(&mut self, caller: &Caller, fact: &Fact) -> Result<(), Fault> {
        if caller.roles.everywhere(Action::Administer) {
            return Ok(());
        }
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
