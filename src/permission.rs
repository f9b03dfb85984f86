//! Who may do what: the table of interface.md as data, asked by every route and server function.

use crate::id::TeamId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A role in the organization. Every member has at least [`OrgRole::Developer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrgRole {
    /// Sees own apps and own usage.
    Developer,
    /// Sees everything, decides budgets.
    Manager,
    /// Does everything.
    Admin,
}

/// A role in one team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeamRole {
    /// Uses products, sees team totals.
    Member,
    /// Reads the team's reports.
    Manager,
    /// Runs the team.
    SecondaryAdmin,
    /// Runs the team; exactly one.
    PrimaryAdmin,
}

macro_rules! role_names {
    ($type:ty: $($variant:ident = $name:literal),+) => {
        impl $type {
            /// The name that is stored and shown to programs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
            /// The role of that name.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
role_names!(OrgRole: Developer = "developer", Manager = "manager", Admin = "admin");
role_names!(TeamRole: Member = "member", Manager = "manager",
    SecondaryAdmin = "secondary_admin", PrimaryAdmin = "primary_admin");

/// What somebody wants to do; the rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See usage, balance, statement, explanations; export them.
    SeeUsage,
    /// See other people's names in usage.
    SeeNames,
    /// Create an app; edit, rotate, offer ownership.
    EditApps,
    /// Set an app's team.
    SetAppTeam,
    /// Invite, assign products, give roles below one's own.
    Invite,
    /// Ask for a budget or a request.
    AskBudget,
    /// Decide budgets and requests.
    DecideBudget,
    /// Purchase, void, policy.
    Purchase,
    /// Transfer and unblock.
    Transfer,
    /// Read rates, catalogue, imports, keys, settings, audit.
    ReadAdmin,
    /// Change rates, catalogue, corrections, close, imports, keys, settings.
    Administer,
    /// Saved views, alerts.
    SaveViews,
}

/// How far an action reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Not at all.
    None,
    /// What is his own: his apps, himself.
    Own,
    /// Only the totals of the team in which he has the role.
    TeamTotals,
    /// The team in which he has the role.
    Team,
    /// The organization.
    All,
}

use Reach::{All, None as No, Own, Team, TeamTotals};

/// One row: what developer, team member, team manager, team admin (secondary or primary),
/// organization manager and organization admin may do.
const TABLE: [(Action, [Reach; 6]); 12] = [
    (Action::SeeUsage, [Own, TeamTotals, Team, Team, All, All]),
    (Action::SeeNames, [No, No, Team, Team, All, All]),
    (Action::EditApps, [Own, No, No, Team, No, All]),
    (Action::SetAppTeam, [Own, No, No, Team, No, All]),
    (Action::Invite, [No, No, No, Team, No, All]),
    (Action::AskBudget, [Own, Own, Team, Team, All, All]),
    (Action::DecideBudget, [No, No, Team, Team, All, All]),
    (Action::Purchase, [No, No, No, No, No, All]),
    (Action::Transfer, [No, No, No, Team, No, All]),
    (Action::ReadAdmin, [No, No, No, No, All, All]),
    (Action::Administer, [No, No, No, No, No, All]),
    (Action::SaveViews, [Own, Own, Team, Team, All, All]),
];

/// All roles of one person in one organization. Several roles add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// Roles in the organization; empty for somebody who is no member.
    pub org: BTreeSet<OrgRole>,
    /// The role in each team.
    pub teams: BTreeMap<TeamId, TeamRole>,
}

impl Roles {
    /// How far the action reaches for these roles, over all teams.
    #[must_use]
    pub fn reach(&self, action: Action) -> Reach {
        let org = self.org.iter().map(|r| by_org_role(action, *r)).max().unwrap_or(No);
        let team = self.teams.values().map(|r| by_team_role(action, *r)).max().unwrap_or(No);
        org.max(team)
    }
    /// How far the action reaches within one team: `All` for the whole organization's roles.
    #[must_use]
    pub fn reach_in(&self, action: Action, team: TeamId) -> Reach {
        let org = self.org.iter().map(|r| by_org_role(action, *r)).max().unwrap_or(No);
        self.teams.get(&team).map_or(org, |r| org.max(by_team_role(action, *r)))
    }
    /// Whether the action may be done on anything of the organization.
    #[must_use]
    pub fn everywhere(&self, action: Action) -> bool {
        self.reach(action) == All
    }
    /// The teams in which the action reaches at least so far (none listed when it reaches all).
    pub fn teams_with(&self, action: Action, least: Reach) -> impl Iterator<Item = TeamId> {
        self.teams
            .iter()
            .filter(move |(_, role)| by_team_role(action, **role) >= least)
            .map(|(team, _)| *team)
    }
    /// Whether the person has any role at all.
    #[must_use]
    pub fn is_member(&self) -> bool {
        !self.org.is_empty()
    }
}

fn row(action: Action) -> [Reach; 6] {
    TABLE.iter().find(|(a, _)| *a == action).map_or([No; 6], |(_, row)| *row)
}
fn by_org_role(action: Action, role: OrgRole) -> Reach {
    row(action)[match role {
        OrgRole::Developer => 0,
        OrgRole::Manager => 4,
        OrgRole::Admin => 5,
    }]
}
fn by_team_role(action: Action, role: TeamRole) -> Reach {
    row(action)[match role {
        TeamRole::Member => 1,
        TeamRole::Manager => 2,
        TeamRole::SecondaryAdmin | TeamRole::PrimaryAdmin => 3,
    }]
}

/// What an API key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Send usage events.
    Ingest,
    /// Send usage events that bring their own `tokens`.
    IngestRated,
    /// Ask for decisions and holds.
    Check,
    /// Read what the key's owner may see.
    Read,
    /// Write facts.
    Admin,
}

role_names!(Scope: Ingest = "ingest", IngestRated = "ingest-rated", Check = "check",
    Read = "read", Admin = "admin");

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(org: &[OrgRole], teams: &[(i64, TeamRole)]) -> Roles {
        Roles {
            org: org.iter().copied().collect(),
            teams: teams.iter().map(|(t, r)| (TeamId(*t), *r)).collect(),
        }
    }

    #[test]
    fn every_action_has_exactly_one_row() {
        let actions: BTreeSet<Action> = TABLE.iter().map(|(a, _)| *a).collect();
        assert_eq!(actions.len(), TABLE.len());
    }

    #[test]
    fn roles_add_up_and_stay_in_their_team() {
        let person = roles(&[OrgRole::Developer], &[(1, TeamRole::Manager), (2, TeamRole::Member)]);
        assert_eq!(person.reach(Action::SeeUsage), Team);
        assert_eq!(person.reach_in(Action::SeeUsage, TeamId(1)), Team);
        assert_eq!(person.reach_in(Action::SeeUsage, TeamId(2)), TeamTotals);
        assert_eq!(person.reach_in(Action::SeeUsage, TeamId(3)), Own);
        assert_eq!(person.reach_in(Action::SeeNames, TeamId(3)), No);
        assert!(!person.everywhere(Action::SeeUsage));
        let seen: Vec<_> = person.teams_with(Action::SeeUsage, TeamTotals).collect();
        assert_eq!(seen, [TeamId(1), TeamId(2)]);
    }

    #[test]
    fn a_manager_reads_all_and_writes_nothing() {
        let manager = roles(&[OrgRole::Manager], &[]);
        assert!(manager.everywhere(Action::SeeUsage));
        assert!(manager.everywhere(Action::ReadAdmin));
        assert_eq!(manager.reach(Action::Administer), No);
        assert_eq!(manager.reach(Action::Purchase), No);
    }

    #[test]
    fn names_of_roles_and_scopes_read_back() {
        for role in [OrgRole::Developer, OrgRole::Manager, OrgRole::Admin] {
            assert_eq!(OrgRole::from_code(role.code()), Some(role));
        }
        assert_eq!(Scope::from_code("ingest-rated"), Some(Scope::IngestRated));
        assert_eq!(Scope::from_code("root"), None);
    }
}
