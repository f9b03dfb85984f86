//! Who one is here: name, e-mail, roles, teams.

use super::layout;
use crate::answer::{DrawnPage, Frame};
use crate::components::field::{Field, Kind};
use crate::components::form::{Form, common, problem};
use crate::drawn::site::{Asked, Drawn};
use crate::{routes, tr};
use leptos::prelude::*;
use tokenscope::account::Profile;
use tokenscope::fault::Fault;
use tokenscope::permission::{OrgRole, TeamRole};

/// The page `/account/profile`.
pub async fn page(asked: Asked) -> Result<DrawnPage, Fault> {
    let profile = asked.services.accounts.profile(asked.caller()?).await?;
    Ok(asked.draw(|asked| {
        let name = Field::new("name", tr!(profile.name), Kind::Text)
            .hint(tr!(profile.name_hint))
            .value(profile.name.clone())
            .autocomplete("name")
            .required();
        let form = Form {
            action: routes::PROFILE.into(),
            test_id: "profile-form",
            hidden: vec![("version", profile.version.to_string())],
            fields: vec![name.view(&asked.flash)],
            submit: tr!(form.save).to_owned(),
            ..Form::default()
        };
        let body = view! {
            {problem(&asked.flash, "", common)}
            {form.view()}
            {facts(profile)}
        };
        Drawn::new(tr!(profile.title), Frame::Form, layout(routes::PROFILE, body.into_any()))
    }))
}

/// What somebody else decides.
fn facts(profile: Profile) -> AnyView {
    let roles: Vec<_> = profile.roles.into_iter().map(org_role).collect();
    let roles = roles.join(tr!(profile.comma));
    let teams = if profile.teams.is_empty() {
        view! { {tr!(profile.no_teams)} }.into_any()
    } else {
        let line = |(team, role): (String, TeamRole)| {
            view! { <li>{tr!(profile.team, team = team, role = team_role(role))}</li> }
        };
        let teams: Vec<_> = profile.teams.into_iter().map(line).collect();
        view! { <ul>{teams}</ul> }.into_any()
    };
    let password = if profile.has_password {
        view! { <a href=routes::PASSWORD>{tr!(profile.change_password)}</a> }.into_any()
    } else {
        view! { {tr!(password.elsewhere)} }.into_any()
    };
    view! {
        <section class="section" aria-labelledby="facts-title">
            <h2 id="facts-title">{tr!(profile.facts)}</h2>
            <dl class="card facts" data-testid="profile-facts">
                <div><dt>{tr!(profile.email)}</dt><dd>{profile.email}</dd></div>
                <div><dt>{tr!(profile.organization)}</dt><dd>{profile.organization}</dd></div>
                <div><dt>{tr!(profile.roles)}</dt><dd>{roles}</dd></div>
                <div><dt>{tr!(profile.teams)}</dt><dd>{teams}</dd></div>
                <div><dt>{tr!(password.title)}</dt><dd>{password}</dd></div>
            </dl>
            <p class="hint">{tr!(profile.facts_hint)}</p>
        </section>
    }
    .into_any()
}

fn org_role(role: OrgRole) -> &'static str {
    match role {
        OrgRole::Developer => tr!(profile.developer),
        OrgRole::Manager => tr!(profile.manager),
        OrgRole::Admin => tr!(profile.admin),
    }
}

fn team_role(role: TeamRole) -> &'static str {
    match role {
        TeamRole::Member => tr!(profile.member),
        TeamRole::Manager => tr!(profile.manager),
        TeamRole::SecondaryAdmin => tr!(profile.secondary_admin),
        TeamRole::PrimaryAdmin => tr!(profile.primary_admin),
    }
}
