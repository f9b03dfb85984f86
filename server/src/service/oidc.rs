//! Sign-in at another service (OpenID Connect): authorization code with PKCE, state and nonce. The
//! service is asked when somebody signs in there, never before, so that a server starts without it.

use super::directory::{Account, add_account};
use super::{Service, commit, fault};
use crate::clock;
use crate::config::Oidc;
use crate::outbound::{Outbound, OutboundError};
use crate::store::db::Tx;
use crate::store::{identity, org, person};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims,
    CoreProviderMetadata,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, SignatureVerificationError, TokenResponse,
};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use tokenscope::fault::Fault;
use tokenscope::id::{OrgId, PersonId};
use tokenscope::oidc::{Departure, Kept, Refusal, Return, SignOn};
use tokenscope::permission::OrgRole;
use tokenscope::service::{Caller, Directory};
use tokenscope::time::{Instant, SECOND};

/// How long what the service says about itself is believed, in microseconds.
const KNOWN_FOR: i64 = 3600 * SECOND;
/// Most characters of a name.
const NAME_CHARS: usize = 128;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The sign-in service.
pub struct Provider {
    settings: Oidc,
    callback: String,
    outbound: Outbound,
    known: Mutex<Option<(CoreProviderMetadata, Instant)>>,
}

/// Somebody, as the service knows him.
struct Known {
    subject: String,
    email: String,
    name: String,
}

#[async_trait]
impl SignOn for Service {
    fn name(&self) -> Option<String> {
        self.parts.sign_on.get().map(|provider| provider.settings.name.clone())
    }

    async fn depart(&self) -> Result<Departure, Fault> {
        let provider = self.provider()?;
        let client = provider.client(self.clock().now(), false).await?;
        let kept = Kept {
            state: clock::random_secret(),
            nonce: clock::random_secret(),
            verifier: clock::random_secret(),
        };
        let verifier = PkceCodeVerifier::new(kept.verifier.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let (state, nonce) = (kept.state.clone(), kept.nonce.clone());
        let (url, ..) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".into()))
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(Departure { url: url.into(), kept })
    }

    async fn arrive(&self, kept: Kept, back: Return) -> Result<Caller, Fault> {
        let provider = self.provider()?;
        if back.state != kept.state {
            return Err(Refusal::Lost.fault());
        }
        let code = match (back.code, back.error.as_deref()) {
            (Some(code), None) => code,
            (_, Some("access_denied")) => return Err(Refusal::Cancelled.fault()),
            (_, error) => return Err(untrusted(&format!("no code: {error:?}"))),
        };
        let now = self.clock().now();
        let known = provider.who(code, &kept, now).await?;
        let person = self.person_of(provider, known, now).await?;
        self.caller(person).await
    }
}

impl Service {
    /// Offers sign-in at another service, which sends browsers back to this origin. The first call
    /// counts.
    pub fn offer_sign_on(&self, settings: Oidc, origin: &str) {
        let callback = format!("{origin}{}", crate::config::CALLBACK);
        let (outbound, known) = (Outbound::default(), Mutex::default());
        let provider = Provider { settings, callback, outbound, known };
        if self.parts.sign_on.set(provider).is_err() {
            tracing::warn!("a sign-in service is offered already");
        }
    }

    fn provider(&self) -> Result<&Provider, Fault> {
        let missing = || Fault::NotFound { what: "a sign-in service".into() };
        self.parts.sign_on.get().ok_or_else(missing)
    }

    /// The account of somebody: the one that was linked, else the one of his e-mail, else a new
    /// one.
    async fn person_of(
        &self,
        provider: &Provider,
        known: Known,
        now: Instant,
    ) -> Result<PersonId, Fault> {
        let issuer = provider.settings.issuer.as_str();
        let mut tx = self.read().await?;
        let linked = identity::get(&mut tx, issuer, &known.subject).await.map_err(fault::of)?;
        drop(tx);
        if let Some(person) = linked {
            return Ok(person);
        }
        let mut tx = self.write().await?;
        let there = person::by_email(&mut tx, &known.email).await.map_err(fault::of)?;
        let person = match there {
            Some(row) => PersonId(row.person_id),
            None => self.newcomer(&mut tx, provider, &known, now).await?,
        };
        identity::add(&mut tx, issuer, &known.subject, person, now).await.map_err(fault::of)?;
        commit(tx).await?;
        tracing::info!(%person, issuer, "an account was linked to a sign-in service");
        Ok(person)
    }

    /// A new developer without a password.
    async fn newcomer(
        &self,
        tx: &mut Tx,
        provider: &Provider,
        known: &Known,
        now: Instant,
    ) -> Result<PersonId, Fault> {
        let org_id = organization(tx, provider.settings.organization.as_deref()).await?;
        let mut lock = org::lock(tx, org_id, now).await.map_err(fault::of)?;
        // Two first sign-ins of one person: the lock lets the second one see the first.
        if let Some(row) = person::by_email(tx, &known.email).await.map_err(fault::of)? {
            return Ok(PersonId(row.person_id));
        }
        let account =
            Account { email: known.email.clone(), name: known.name.clone(), hash: String::new() };
        let person =
            add_account(tx, org_id, &mut lock, account, &[OrgRole::Developer], now).await?;
        lock.give_back(tx).await.map_err(fault::of)?;
        Ok(person)
    }
}

/// The organization that new people join.
async fn organization(tx: &mut Tx, slug: Option<&str>) -> Result<OrgId, Fault> {
    let found = match slug {
        Some(slug) => org::by_slug(tx, slug).await,
        None => identity::only_organization(tx).await,
    };
    found.map_err(fault::of)?.ok_or_else(|| {
        tracing::error!(
            oidc_organization = slug,
            "somebody new cannot be added: set oidc_organization to the slug of an organization"
        );
        Refusal::NoOrganization.fault()
    })
}

impl Provider {
    /// Exchanges a code and checks what the token says.
    async fn who(&self, code: String, kept: &Kept, now: Instant) -> Result<Known, Fault> {
        let client = self.client(now, false).await?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| untrusted(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(kept.verifier.clone()))
            .request_async(&self.outbound)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(error) => unreachable(&error),
                other => untrusted(&other),
            })?;
        let token = answer.id_token().ok_or_else(|| untrusted(&"no id_token"))?;
        let nonce = Nonce::new(kept.nonce.clone());
        let claims = match claims(&client, token, &nonce, now) {
            // The service may have a new key since it was asked.
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let client = self.client(now, true).await?;
                claims(&client, token, &nonce, now).cloned()
            }
            other => other.cloned(),
        };
        self.known(&claims.map_err(|error| untrusted(&error))?)
    }

    /// Who it is, where the service has verified his e-mail and its domain may sign in.
    fn known(&self, claims: &CoreIdTokenClaims) -> Result<Known, Fault> {
        let email = claims.email().map(|email| email.trim().to_lowercase());
        let email = email.filter(|_| claims.email_verified() == Some(true));
        let email = email.ok_or_else(|| Refusal::Unverified.fault())?;
        super::directory::check_email(&email).map_err(|_| Refusal::Unverified.fault())?;
        let (local, domain) = email.rsplit_once('@').unwrap_or_default();
        if !self.settings.domains.iter().any(|allowed| allowed == domain) {
            return Err(Refusal::Domain.fault());
        }
        let name = claims.name().and_then(|names| names.get(None)).map(|name| name.as_str());
        let plain: String = name.unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
        let name = match plain.trim() {
            "" => local,
            name => name,
        };
        let name = name.chars().take(NAME_CHARS).collect();
        Ok(Known { subject: claims.subject().as_str().to_owned(), name, email })
    }

    /// The protocol with what the service says about itself, anew where that is asked for.
    async fn client(&self, now: Instant, anew: bool) -> Result<Client, Fault> {
        let fresh = |at: Instant| (0..KNOWN_FOR).contains(&now.since(at));
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let metadata = match known {
            Some((metadata, at)) if fresh(at) && !anew => metadata,
            // Not under the lock: a slow service makes nobody wait for others.
            _ => {
                let metadata = self.discover().await?;
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                *known = Some((metadata.clone(), now));
                metadata
            }
        };
        let callback = RedirectUrl::new(self.callback.clone()).map_err(|e| fault::internal(&e))?;
        let secret = self.settings.client_secret.clone().map(|s| ClientSecret::new(s.0));
        let id = ClientId::new(self.settings.client_id.clone());
        let auth = auth_type(&metadata);
        let client = CoreClient::from_provider_metadata(metadata, id, secret);
        Ok(client.set_redirect_uri(callback).set_auth_type(auth))
    }

    async fn discover(&self) -> Result<CoreProviderMetadata, Fault> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone());
        let issuer = issuer.map_err(|error| fault::internal(&error))?;
        let found = CoreProviderMetadata::discover_async(issuer, &self.outbound).await;
        found.map_err(|error| match error {
            DiscoveryError::Request(error) => unreachable(&error),
            other => unreachable(&other),
        })
    }
}

impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.fetch(request))
    }
}

fn claims<'a>(
    client: &Client,
    token: &'a CoreIdToken,
    nonce: &Nonce,
    now: Instant,
) -> Result<&'a CoreIdTokenClaims, ClaimsVerificationError> {
    let now = DateTime::<Utc>::from_timestamp_micros(now.micros()).unwrap_or_default();
    let verifier = client.id_token_verifier().set_time_fn(move || now);
    token.claims(&verifier, nonce)
}

/// How the service wants the client's secret: in the header, unless it only takes the body.
fn auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let takes = |method| methods.is_some_and(|methods| methods.contains(&method));
    let in_body = takes(CoreClientAuthMethod::ClientSecretPost);
    let in_header = takes(CoreClientAuthMethod::ClientSecretBasic);
    if in_body && !in_header { AuthType::RequestBody } else { AuthType::BasicAuth }
}

fn unreachable(error: &dyn std::fmt::Display) -> Fault {
    tracing::warn!(%error, "the sign-in service does not answer as it should");
    Refusal::Unreachable.fault()
}

fn untrusted(error: &dyn std::fmt::Display) -> Fault {
    tracing::warn!(%error, "a sign-in elsewhere was refused");
    Refusal::Untrusted.fault()
}
