//! `serve`: everything put together.

use super::args::ServeArgs;
use super::demo::{self, Hold, Secrets};
use super::{Done, Failed, open, say};
use crate::clock;
use crate::config::Config;
use crate::demo::DemoSpec;
use crate::http::assets::Site;
use crate::http::router::{App, router};
use crate::http::{serve, session};
use crate::mail::Smtp;
use crate::service::{Mailer, Outside, Service};
use leptos::config::LeptosOptions;
use std::sync::Arc;
use tokenscope_app::routes::{SETUP, with_query};
use tokio::net::TcpListener;

/// Serves until the program is told to stop.
pub async fn serve(config: Config, args: ServeArgs) -> Done {
    // The port first: a used one is said before minutes of work.
    let listener = TcpListener::bind(config.address).await.map_err(|e| {
        Failed::new(format!(
            "cannot listen on {}: {e}. Choose another address with --address or \
             TOKENSCOPE_ADDRESS, e.g. 127.0.0.1:3001",
            config.address
        ))
    })?;
    let address = listener.local_addr()?;
    let site = Site::find(config.site.clone());
    let files = site.files().map_err(Failed::new)?;
    if matches!(site, Site::Absent) {
        tracing::warn!("no front end is embedded: pages come without style and script");
    }
    let (service, demo) = services(&config, &args).await?;
    let origin = config.origin(address);
    if let Some(oidc) = config.oidc()? {
        service.offer_sign_on(oidc, &origin);
    }
    tokio::spawn(service.clone().sweep_arrivals_hourly());
    let mailer = mailer(&config, &service)?;
    let send = mailer.clone().map(|smtp| Arc::new(smtp) as Arc<dyn Mailer>);
    service.meet(Outside { origin: origin.clone(), mailer: send });
    tokio::spawn(session::sweep(service.db().clone(), service.clock().clone()));
    tokio::spawn(service.clone().keep_house());
    tokio::spawn(service.clone().keep_working());
    tokio::spawn(service.clone().keep_watch());
    let leptos = LeptosOptions::builder().output_name("tokenscope").site_addr(address).build();
    let (config, process) = (Arc::new(config), clock::incident());
    let app = App { service: service.clone(), config, site, files, leptos, process };
    say(&format!("address: {origin}"));
    if let Some(token) = service.setup_token().await? {
        // On the console alone, never in the log: it opens the server.
        say(&format!("setup: {origin}{}", with_query(SETUP, [("token", token.as_str())])));
    }
    if let Some((secrets, _)) = &demo {
        greet(&origin, secrets);
    }
    tracing::info!(%address, "serving");
    serve::serve(listener, router(app)).await?;
    service.write_key_uses().await?;
    service.write_decisions().await;
    if let Some(mailer) = mailer {
        mailer.finish().await;
    }
    service.db().close().await;
    Ok(())
}

/// Who sends mails; none where no mail server is configured.
fn mailer(config: &Config, service: &Service) -> Result<Option<Smtp>, Failed> {
    let from = config.mail_from.as_deref();
    let smtp = config.smtp_url.as_deref().map(|url| Smtp::new(url, from, service.clock().clone()));
    smtp.transpose().map_err(|error| Failed::input(format!("configuration: {error}")))
}

async fn services(
    config: &Config,
    args: &ServeArgs,
) -> Result<(Service, Option<(Secrets, Hold)>), Failed> {
    if !args.demo {
        return Ok((open(config).await?, None));
    }
    let spec = DemoSpec { seed: 1, days: args.demo_days, events: args.demo_events };
    let (service, secrets, hold) = demo::prepare(config, &spec, args.fresh).await?;
    Ok((service, Some((secrets, hold))))
}

/// What a new user needs: an account and a first event to send.
fn greet(origin: &str, secrets: &Secrets) {
    let Secrets { user, password, ingest_key } = secrets;
    say(&format!("user: {user}"));
    say(&format!("password: {password}"));
    say(&format!("ingest key: {ingest_key}"));
    say("post a first event:");
    say(&format!(
        "  curl -sS {origin}/api/v1/events -H 'Authorization: Bearer {ingest_key}' \
         -H 'Content-Type: application/json' -d '{{\"source\": \"curl\", \"id\": \"'\"$(date \
         +%s%N)\"'\", \"team\": \"platform\", \"api\": \"model-derivative\", \"variant\": \
         \"complex\", \"quantity\": 100}}'"
    ));
    say("sign in with any demo account; all have this password. Stop with Ctrl-C.");
}
