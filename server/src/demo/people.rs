//! The people and teams of the demo organization. All of them are invented.

use super::{DemoPerson, catalog};
use tokenscope::permission::{OrgRole, TeamRole};

/// What a team is there to show; there is one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Situation {
    /// Much is left.
    Healthy,
    /// 20 % or less is left.
    Low,
    /// In debt, with its grace still running.
    Grace,
    /// In debt for longer than its grace.
    Restricted,
}

impl Situation {
    /// One of each, in the order of the facts.
    pub(super) const ALL: [Self; 4] = [Self::Healthy, Self::Low, Self::Grace, Self::Restricted];

    /// Slug of the team.
    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::Healthy => "platform",
            Self::Low => "visualization",
            Self::Grace => "fabrication",
            Self::Restricted => "field-capture",
        }
    }
    /// Name of the team.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "Platform",
            Self::Low => "Visualization",
            Self::Grace => "Fabrication",
            Self::Restricted => "Field Capture",
        }
    }
    /// The daily products its members use, with weights.
    pub(super) const fn products(self) -> &'static [(&'static str, u64)] {
        match self {
            Self::Healthy => &[(catalog::AUTOCAD, 5), (catalog::REVIT, 3)],
            Self::Low => &[(catalog::REVIT, 4), (catalog::AUTOCAD, 2)],
            Self::Grace => &[(catalog::FUSION, 7), (catalog::AUTOCAD, 2)],
            Self::Restricted => &[(catalog::AUTOCAD, 1)],
        }
    }
    const fn place(self) -> usize {
        match self {
            Self::Healthy => 0,
            Self::Low => 1,
            Self::Grace => 2,
            Self::Restricted => 3,
        }
    }
}

const DEVELOPERS: [&str; 38] = [
    "Amara Okafor",
    "Bruno Keller",
    "Chiara Conti",
    "Dmitri Volkov",
    "Elena Petrova",
    "Farid Haddad",
    "Greta Lindqvist",
    "Hiro Nakamura",
    "Ines Duarte",
    "Jonas Weber",
    "Kavya Nair",
    "Liam Byrne",
    "Mei Tan",
    "Nadia Rahman",
    "Oskar Nowak",
    "Priya Menon",
    "Quentin Moreau",
    "Rosa Jimenez",
    "Samuel Osei",
    "Tomas Novak",
    "Umut Demir",
    "Vera Horvat",
    "Wanjiru Kamau",
    "Ximena Rojas",
    "Yuki Tanaka",
    "Zoltan Szabo",
    "Aiko Mori",
    "Benedikt Huber",
    "Camille Roy",
    "Daniel Ferreira",
    "Esther Mwangi",
    "Finn Larsen",
    "Giulia Romano",
    "Hanna Virtanen",
    "Ivan Kovac",
    "Julia Schmid",
    "Kenji Sato",
    "Lucia Prieto",
];

/// How many of the developers also belong to the next team.
const IN_TWO_TEAMS: usize = 3;

/// All people with an account: one admin, one manager and the developers.
pub(super) fn people() -> Vec<DemoPerson> {
    let leader = |email: &str, name: &str, org_role| DemoPerson {
        email: email.into(),
        name: name.into(),
        org_role,
        teams: Vec::new(),
    };
    let mut people = vec![
        leader("admin@example.com", "Alex Admin", OrgRole::Admin),
        leader("manager@example.com", "Morgan Manager", OrgRole::Manager),
    ];
    people.extend(DEVELOPERS.iter().enumerate().map(|(n, name)| DemoPerson {
        email: email(name),
        name: (*name).into(),
        org_role: OrgRole::Developer,
        teams: teams_of(n),
    }));
    people
}

/// The e-mails of a team's developers; the first is its primary admin.
pub(super) fn members(team: Situation) -> Vec<String> {
    let teams = Situation::ALL.len();
    let own = DEVELOPERS.iter().enumerate().filter(|(n, _)| n % teams == team.place());
    own.map(|(_, name)| email(name)).collect()
}

fn email(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase().replace(' ', "."))
}

fn teams_of(developer: usize) -> Vec<(String, TeamRole)> {
    let count = Situation::ALL.len();
    let team = |n: usize| Situation::ALL[n % count].slug().to_owned();
    let role = match developer / count {
        0 => TeamRole::PrimaryAdmin,
        1 => TeamRole::SecondaryAdmin,
        2 => TeamRole::Manager,
        _ => TeamRole::Member,
    };
    let mut teams = vec![(team(developer), role)];
    if developer + IN_TWO_TEAMS >= DEVELOPERS.len() {
        teams.push((team(developer + 1), TeamRole::Member));
    }
    teams
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn forty_people_and_one_primary_admin_a_team() {
        let people = people();
        let emails: BTreeSet<_> = people.iter().map(|p| &p.email).collect();
        assert_eq!((people.len(), emails.len()), (40, 40));
        for team in Situation::ALL {
            assert_eq!(Situation::ALL[team.place()], team);
            let roles = |role| {
                let has = |p: &&DemoPerson| p.teams.contains(&(team.slug().into(), role));
                people.iter().filter(has).map(|p| p.email.clone()).collect::<Vec<_>>()
            };
            assert_eq!(roles(TeamRole::PrimaryAdmin), [members(team)[0].clone()]);
            assert!(roles(TeamRole::Member).len() >= 5);
        }
    }
}
