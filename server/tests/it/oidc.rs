//! Sign-in at another service, as far as the database is concerned: who is found, who is added,
//! and that two sign-ins at once make one account. The protocol is tested in a browser.

use crate::given::{at, organization};
use crate::harness::{Database, on_each_database};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use openidconnect::core::{CoreHmacKey, CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm};
use openidconnect::{
    Audience, EmptyAdditionalClaims, EndUserEmail, IssuerUrl, Nonce, StandardClaims,
    SubjectIdentifier,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tokenscope::fault::Fault;
use tokenscope::oidc::{Departure, Refusal, Return, SignOn};
use tokenscope::permission::OrgRole;
use tokenscope::service::{Caller, Directory};
use tokenscope::time::{Instant, SECOND};
use tokenscope_server::config::{Oidc, Secret};
use tokenscope_server::service::{NewPerson, Service};
use tokio::task::JoinSet;

const SECRET: &str = "a secret of at least 32 characters";
const PASSWORD: &str = "correct horse battery";

fn now() -> Instant {
    at("2026-11-21T12:00:00Z")
}

on_each_database!(
    somebody_new_becomes_a_developer_once,
    two_first_sign_ins_at_once_make_one_account,
    an_account_is_found_by_its_email_and_then_by_its_subject,
    new_people_join_the_configured_organization,
    a_token_counts_until_it_expires,
);

/// The service: signs what it is asked for with the client's secret. A code names the person.
#[derive(Clone)]
struct Provider {
    url: String,
    nonces: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self { url, nonces: Arc::default() };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(|| async { Json(json!({ "keys": [] })) }))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        provider
    }

    fn settings(&self, organization: Option<&str>) -> Oidc {
        Oidc {
            issuer: self.url.clone(),
            client_id: "tokenscope".into(),
            client_secret: Some(Secret(SECRET.into())),
            domains: vec!["example.org".into()],
            name: "Test".into(),
            organization: organization.map(Into::into),
        }
    }

    /// Goes there and comes back as somebody.
    async fn visit(&self, service: &Service, subject: &str, email: &str) -> Result<Caller, Fault> {
        let Departure { kept, url } = service.depart().await?;
        assert!(url.starts_with(&format!("{}/authorize?", self.url)), "{url}");
        assert!(url.contains("code_challenge_method=S256") && !url.contains(&kept.verifier));
        let code = format!("{subject} {email}");
        self.nonces.lock().unwrap().insert(kept.verifier.clone(), kept.nonce.clone());
        let back = Return { state: kept.state.clone(), code: Some(code), error: None };
        service.arrive(kept, back).await
    }
}

async fn discovery(State(provider): State<Provider>) -> Json<Value> {
    let url = &provider.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["HS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }))
}

async fn token(
    State(provider): State<Provider>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Json<Value> {
    assert_eq!(form["client_secret"], SECRET, "in the body, as the service wants it");
    let (subject, email) = form["code"].split_once(' ').unwrap();
    let nonce = provider.nonces.lock().unwrap().remove(&form["code_verifier"]);
    let instant = |at: Instant| chrono::DateTime::from_timestamp_micros(at.micros()).unwrap();
    let person = StandardClaims::new(SubjectIdentifier::new(subject.into()))
        .set_email(Some(EndUserEmail::new(email.into())))
        .set_email_verified(Some(true));
    let claims = CoreIdTokenClaims::new(
        IssuerUrl::new(provider.url.clone()).unwrap(),
        vec![Audience::new("tokenscope".into())],
        instant(now().plus(300 * SECOND)),
        instant(now()),
        person,
        EmptyAdditionalClaims {},
    )
    .set_nonce(nonce.map(Nonce::new));
    let key = CoreHmacKey::new(SECRET);
    let signed = CoreJwsSigningAlgorithm::HmacSha256;
    let token = CoreIdToken::new(claims, &key, signed, None, None).unwrap();
    Json(json!({ "access_token": "a", "token_type": "Bearer", "id_token": token.to_string() }))
}

/// Services that trust the provider, in a database with some organizations.
async fn offered(database: &Database, provider: &Provider, organization: Option<&str>) -> Service {
    let service = database.service(now()).await;
    service.offer_sign_on(provider.settings(organization), "http://127.0.0.1:3000");
    service
}

async fn somebody_new_becomes_a_developer_once(database: Database) {
    let provider = Provider::start().await;
    let service = offered(&database, &provider, None).await;
    assert_eq!(service.name().as_deref(), Some("Test"));
    let nowhere = provider.visit(&service, "1", "nia@example.org").await;
    assert_eq!(nowhere, Err(Refusal::NoOrganization.fault()));
    let org = service.create_organization(&organization("a", "UTC")).await.unwrap();
    let nia = provider.visit(&service, "1", "Nia@Example.org").await.unwrap();
    assert_eq!((nia.org, nia.email.as_str(), nia.name.as_str()), (org, "nia@example.org", "nia"));
    assert_eq!(nia.roles.org, BTreeSet::from([OrgRole::Developer]));
    assert!(nia.user.is_some(), "events that name the e-mail are hers");
    let again = provider.visit(&service, "1", "nia@example.org").await.unwrap();
    assert_eq!(again.person, nia.person);
    let empty = service.sign_in("nia@example.org", "", "192.0.2.1").await;
    assert!(matches!(empty, Err(Fault::Unauthenticated { .. })), "{empty:?}");
    let domain = provider.visit(&service, "1", "nia@example.com").await;
    assert_eq!(domain, Err(Refusal::Domain.fault()), "also for who was here before");
}

async fn two_first_sign_ins_at_once_make_one_account(database: Database) {
    let provider = Provider::start().await;
    let service = offered(&database, &provider, None).await;
    service.create_organization(&organization("a", "UTC")).await.unwrap();
    let mut visits = JoinSet::new();
    for _ in 0..4 {
        let (service, provider) = (offered(&database, &provider, None).await, provider.clone());
        visits.spawn(async move { provider.visit(&service, "1", "nia@example.org").await });
    }
    let people: Vec<_> = visits.join_all().await.into_iter().map(|c| c.unwrap().person).collect();
    assert!(people.iter().all(|person| *person == people[0]), "{people:?}");
}

async fn an_account_is_found_by_its_email_and_then_by_its_subject(database: Database) {
    let provider = Provider::start().await;
    let service = offered(&database, &provider, None).await;
    let org = service.create_organization(&organization("a", "UTC")).await.unwrap();
    let ann = NewPerson {
        email: "ann@example.org".into(),
        name: "Ann".into(),
        password: PASSWORD.into(),
        role: OrgRole::Manager,
        teams: vec![],
    };
    service.add_people(org, vec![ann]).await.unwrap();
    let ann = provider.visit(&service, "1", "ANN@example.org").await.unwrap();
    assert_eq!((ann.name.as_str(), ann.roles.org.len()), ("Ann", 2));
    let renamed = provider.visit(&service, "1", "ann.b@example.org").await.unwrap();
    assert_eq!((renamed.person, renamed.email.as_str()), (ann.person, "ann@example.org"));
    let other = provider.visit(&service, "2", "bob@example.org").await.unwrap();
    assert_ne!(other.person, ann.person);
    let password = service.sign_in("ann@example.org", PASSWORD, "192.0.2.1").await.unwrap();
    assert_eq!(password.done().unwrap().person, ann.person);
}

async fn new_people_join_the_configured_organization(database: Database) {
    let provider = Provider::start().await;
    let service = offered(&database, &provider, Some("b")).await;
    service.create_organization(&organization("a", "UTC")).await.unwrap();
    let missing = provider.visit(&service, "1", "nia@example.org").await;
    assert_eq!(missing, Err(Refusal::NoOrganization.fault()));
    let org = service.create_organization(&organization("b", "UTC")).await.unwrap();
    assert_eq!(provider.visit(&service, "1", "nia@example.org").await.unwrap().org, org);
    let unsaid = offered(&database, &provider, None).await;
    let several = provider.visit(&unsaid, "2", "bob@example.org").await;
    assert_eq!(several, Err(Refusal::NoOrganization.fault()));
    assert!(provider.visit(&unsaid, "1", "nia@example.org").await.is_ok(), "known already");
}

async fn a_token_counts_until_it_expires(database: Database) {
    let provider = Provider::start().await;
    let service = offered(&database, &provider, None).await;
    service.create_organization(&organization("a", "UTC")).await.unwrap();
    service.clock().set(now().plus(299 * SECOND));
    assert!(provider.visit(&service, "1", "nia@example.org").await.is_ok());
    service.clock().set(now().plus(301 * SECOND));
    let expired = provider.visit(&service, "1", "nia@example.org").await;
    assert_eq!(expired, Err(Refusal::Untrusted.fault()));
    let Departure { kept, .. } = service.depart().await.unwrap();
    let back = Return { state: "another".into(), code: Some("1 a".into()), error: None };
    assert_eq!(service.arrive(kept, back).await, Err(Refusal::Lost.fault()));
}
