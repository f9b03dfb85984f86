//! Browser sessions: tower-sessions over our own table. The cookie holds a random id, the table
//! its hash, so a copy of the database opens no session.

use super::client::{Agent, ClientAddress};
use super::router::App;
use crate::clock::Clock;
use crate::store::db::{Db, DbError, Tx};
use crate::store::session::{self, SessionRow};
use async_trait::async_trait;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use tokenscope::id::PersonId;
use tokenscope::service::{Caller, Directory};
use tokenscope::time::{Instant, SECOND};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::{Duration, OffsetDateTime};
use tower_sessions::session::{Id, Record};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore, session_store};

/// A session ends after so long without use,
const IDLE: Duration = Duration::hours(12);
/// and after so long in any case.
const ABSOLUTE: Duration = Duration::days(14);
/// Use is noted at most this often, so that looking at pages does not write.
const NOTED_EVERY: Duration = Duration::minutes(15);

const PERSON: &str = "person";
const SIGNED_IN_AT: &str = "signed_in_at";
const USED_AT: &str = "used_at";
const AGENT: &str = "agent";
const ADDRESS: &str = "address";

/// The table of sessions.
#[derive(Debug, Clone)]
pub struct Sessions {
    db: Db,
    clock: Clock,
}

/// The layer that reads and writes the cookie. With an https origin the cookie is bound to the
/// host and to secure connections; on plain http browsers would refuse such a cookie.
pub fn layer(app: &App) -> SessionManagerLayer<Sessions> {
    let secure = app.config.is_https();
    let name = if secure { "__Host-tokenscope" } else { "tokenscope" };
    let sessions = Sessions { db: app.service.db().clone(), clock: app.service.clock().clone() };
    SessionManagerLayer::new(sessions)
        .with_name(name)
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(IDLE))
}

fn hash(id: Id) -> Vec<u8> {
    Sha256::digest(id.0.to_be_bytes()).to_vec()
}

fn micros_of(time: Duration) -> i64 {
    time.whole_seconds().saturating_mul(SECOND)
}

fn micros(time: OffsetDateTime) -> i64 {
    time.unix_timestamp().saturating_mul(SECOND)
}

fn backend(error: DbError) -> session_store::Error {
    tracing::warn!(%error, "a session could not be read or written");
    session_store::Error::Backend("the database does not answer".into())
}

/// The hash of a session's id in hexadecimal digits: it names the session and opens nothing.
#[derive(Debug, Clone, Default)]
pub struct CurrentSession(pub Option<String>);

impl CurrentSession {
    /// The name; empty where there is no session.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
    fn of(session: &Session) -> Self {
        let hex = |id| hash(id).iter().map(|byte| format!("{byte:02x}")).collect();
        Self(session.id().map(hex))
    }
}

/// What the table holds of a session: all of it, and apart what lists of sessions show.
fn row(record: &Record) -> session_store::Result<SessionRow> {
    let content = serde_json::to_string(&record.data)
        .map_err(|e| session_store::Error::Encode(e.to_string()))?;
    let number = |name: &str| record.data.get(name).and_then(serde_json::Value::as_i64);
    let text = |name: &str| record.data.get(name)?.as_str().map(ToOwned::to_owned);
    let opened_at = number(SIGNED_IN_AT);
    let longest = opened_at.map(|at| at + micros_of(ABSOLUTE));
    let expires_at = micros(record.expiry_date);
    Ok(SessionRow {
        hash: hash(record.id),
        content,
        expires_at: longest.map_or(expires_at, |longest| expires_at.min(longest)),
        person_id: number(PERSON),
        opened_at,
        used_at: number(USED_AT),
        agent: text(AGENT),
        address: text(ADDRESS),
    })
}

impl Sessions {
    async fn write(&self) -> session_store::Result<Tx> {
        self.db.write().await.map_err(backend)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let mut tx = self.write().await?;
        // 128 random bits: two equal ids are not to be expected, and would share nothing.
        if !session::add(&mut tx, row(record)?).await.map_err(backend)? {
            return Err(session_store::Error::Backend("a session's id is taken".into()));
        }
        tx.commit().await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let mut tx = self.write().await?;
        session::save(&mut tx, row(record)?).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let mut tx = self.db.read().await.map_err(backend)?;
        let now = self.clock.now().micros();
        let found = session::get(&mut tx, hash(*id), now).await.map_err(backend)?;
        let Some((content, expires_at)) = found else {
            return Ok(None);
        };
        let data = serde_json::from_str(&content)
            .map_err(|e| session_store::Error::Decode(e.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(expires_at / SECOND)
            .map_err(|e| session_store::Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut tx = self.write().await?;
        session::delete(&mut tx, hash(*id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

/// Deletes the sessions that are over, now and then.
pub async fn sweep(db: Db, clock: Clock) {
    let mut hourly = tokio::time::interval(std::time::Duration::from_secs(3600));
    loop {
        hourly.tick().await;
        let swept = async {
            let mut tx = db.write().await?;
            session::sweep(&mut tx, clock.now().micros()).await?;
            tx.commit().await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "old sessions could not be deleted");
        }
    }
}

/// From where a session is opened, for the list of sessions.
#[derive(Debug, Clone, Default)]
pub struct OpenedFrom {
    /// The client's address.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

impl FromRequestParts<App> for OpenedFrom {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, app).await?;
        let Agent(agent) = Agent::from_request_parts(parts, app).await?;
        Ok(Self { address, agent })
    }
}

/// Opens a session for somebody who just signed in, under a new id.
///
/// # Errors
/// [`tower_sessions::session::Error`] of the store.
pub async fn open(
    session: &Session,
    caller: &Caller,
    now: Instant,
    from: OpenedFrom,
) -> Result<(), tower_sessions::session::Error> {
    // A new id, so that one planted before the sign-in opens nothing.
    session.clear().await;
    session.cycle_id().await?;
    let person = caller.person.map_or(0, |person| person.0);
    session.insert(PERSON, person).await?;
    session.insert(AGENT, from.agent).await?;
    session.insert(ADDRESS, from.address).await?;
    session.insert(SIGNED_IN_AT, now.micros()).await?;
    session.insert(USED_AT, now.micros()).await
}

/// Who is signed in, in the extensions of the request.
#[derive(Debug, Clone, Default)]
pub struct SignedIn(pub Option<Caller>);

/// Finds out who is signed in, with his present roles, and ends sessions that are too old.
pub async fn identify(
    State(app): State<App>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = caller(&app, &session).await;
    let current = CurrentSession::of(&session);
    request.extensions_mut().insert(current);
    request.extensions_mut().insert(SignedIn(caller.clone()));
    let mut response = next.run(request).await;
    // For layers further out, which word an error in his language.
    response.extensions_mut().insert(SignedIn(caller));
    response
}

async fn caller(app: &App, session: &Session) -> Option<Caller> {
    let person: i64 = session.get(PERSON).await.ok()??;
    let signed_in: i64 = session.get(SIGNED_IN_AT).await.ok()??;
    let used: i64 = session.get(USED_AT).await.ok()?.unwrap_or(signed_in);
    let now = app.service.clock().now().micros();
    let seconds = |since: i64| Duration::seconds((now - since) / SECOND);
    let caller = match seconds(signed_in) < ABSOLUTE {
        true => app.service.caller(PersonId(person)).await,
        false => Err(tokenscope::fault::Fault::Unauthenticated { reason: "too old".into() }),
    };
    match caller {
        Ok(caller) => {
            if seconds(used) >= NOTED_EVERY {
                // Not noted is not lost: the next request notes it.
                let _ = session.insert(USED_AT, now).await;
            }
            Some(caller)
        }
        Err(tokenscope::fault::Fault::Unauthenticated { .. }) => {
            let _ = session.flush().await;
            None
        }
        Err(_) => None,
    }
}
