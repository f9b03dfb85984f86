//! `key create` and `key revoke`

use super::args::KeyCommand;
use super::{Done, Failed, organization, say};
use crate::service::{Service, program};
use std::collections::BTreeSet;
use tokenscope::permission::Scope;
use tokenscope::service::Keys;

/// Runs a command about API keys.
pub async fn key(service: &Service, command: KeyCommand) -> Done {
    match command {
        KeyCommand::Create { org, name, scopes } => {
            let org = organization(service, &org).await?;
            let scopes = scopes.iter().map(|s| scope(s)).collect::<Result<BTreeSet<_>, _>>()?;
            let key = service.create(&program(org), &name, scopes).await?;
            say(&key);
        }
        KeyCommand::Revoke { org, key } => {
            let org = organization(service, &org).await?;
            service.revoke_key(&program(org), &key).await?;
            say("the key is taken back");
        }
    }
    Ok(())
}

fn scope(text: &str) -> Result<Scope, Failed> {
    Scope::from_code(text.trim()).ok_or_else(|| {
        Failed::input(format!(
            "the scope `{text}` is none of ingest, ingest-rated, check, read, admin"
        ))
    })
}
