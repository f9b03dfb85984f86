//! `user create`, `user reset` and `user reset-two-factor`

use super::args::{UserArgs, UserCommand};
use super::load::find_or_create;
use super::{Done, Failed, say};
use crate::clock;
use crate::config::Config;
use crate::service::{NewPerson, Outside, Service};
use tokenscope::account::RESET_MINUTES;
use tokenscope::fault::Fault;
use tokenscope::permission::{OrgRole, TeamRole};

/// How old events may be in an organization that is made here, in days.
const ACCEPT_WINDOW_DAYS: i64 = 400;

/// Runs a command about people.
pub async fn user(service: &Service, config: &Config, command: UserCommand) -> Done {
    match command {
        UserCommand::Create(args) => create(service, args).await,
        UserCommand::Reset { email } => reset(service, config, &email).await,
        UserCommand::ResetTwoFactor { email } => reset_two_factor(service, &email).await,
    }
}

async fn reset_two_factor(service: &Service, email: &str) -> Done {
    let was_on = service.reset_second_factor(email).await.map_err(|fault| match fault {
        Fault::NotFound { .. } => {
            Failed::input(format!("there is no person with the e-mail {email}"))
        }
        other => other.into(),
    })?;
    say(&match was_on {
        true => format!("the second factor of {email} is off: the password is enough to sign in"),
        false => format!("{email} has no second factor; nothing was changed"),
    });
    Ok(())
}

/// Prints a link for somebody who forgot his password, where no mails are sent.
async fn reset(service: &Service, config: &Config, email: &str) -> Done {
    service.meet(Outside { origin: config.origin(config.address), mailer: None });
    let link = service.reset_link_for(email).await?;
    say(&format!("link: {link}"));
    say(&format!("It is good once, for {RESET_MINUTES} minutes; earlier ones are good no more."));
    Ok(())
}

async fn create(service: &Service, args: UserArgs) -> Done {
    let role = OrgRole::from_code(&args.role).ok_or_else(|| {
        Failed::input(format!("--role `{}` must be developer, manager or admin", args.role))
    })?;
    let teams = args.teams.iter().map(|text| team_role(text)).collect::<Result<_, _>>()?;
    let (password, made) = password(&args)?;
    let zone = args.zone.as_deref();
    let (org, made_org) =
        find_or_create(service, &args.org, zone, Some(ACCEPT_WINDOW_DAYS)).await?;
    let email = args.email.clone();
    let person = NewPerson { email: args.email, name: args.name, password, role, teams };
    let shown = made.then(|| person.password.clone());
    let added = service.add_people(org, vec![person]).await;
    if made_org && added.is_err() {
        service.forget_if_empty(org).await?;
    }
    added?;
    say(&format!("user: {email}"));
    if let Some(password) = shown {
        say(&format!("password: {password}"));
    }
    Ok(())
}

fn team_role(text: &str) -> Result<(String, TeamRole), Failed> {
    let parts = text.split_once(':');
    let role = parts.and_then(|(slug, role)| Some((slug.to_owned(), TeamRole::from_code(role)?)));
    role.ok_or_else(|| {
        Failed::input(format!(
            "--team `{text}` must be SLUG:ROLE with member, manager, secondary_admin or \
             primary_admin"
        ))
    })
}

/// The password, and whether it was made here.
fn password(args: &UserArgs) -> Result<(String, bool), Failed> {
    if !args.password_stdin {
        return Ok((clock::random_secret()[..20].to_owned(), true));
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}
