//! The configuration: built-in defaults, then a file, then `TOKENSCOPE_…` environment variables
//! and `DATABASE_URL`, then flags. Later ones win. Nothing else reads the environment.

mod oidc;

pub use oidc::{CALLBACK, Oidc, Secret};

use crate::mail::{self, MailError};
use crate::store::db::without_password;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The file that is read when it is there and no other is named.
const FILE: &str = "tokenscope.toml";

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub address: SocketAddr,
    /// `sqlite:FILE` or `postgres://…`.
    pub database_url: String,
    /// The origin that browsers see, e.g. `https://tokens.example.com`; none = plain http on the
    /// address itself.
    pub public_origin: Option<String>,
    /// Whether plain http may be used on other than loopback addresses.
    pub allow_plain_http: bool,
    /// Whether a proxy in front writes `X-Forwarded-For`.
    pub trust_forwarded_for: bool,
    /// The mail server, e.g. `smtp://user:password@host:587?tls=required` or `smtps://…`; none =
    /// no mails are sent.
    pub smtp_url: Option<String>,
    /// Whom mails are from, e.g. `Tokenscope <tokenscope@example.com>`.
    pub mail_from: Option<String>,
    /// A folder with the front end, instead of the embedded one.
    pub site: Option<PathBuf>,
    /// Whether pages load themselves again after a rebuild, for `cargo xtask dev`.
    pub dev_reload: bool,
    /// What is logged, e.g. `info` or `tokenscope_server=debug`.
    pub log: String,
    /// `text` or `json`.
    pub log_format: LogFormat,
    /// Address of a sign-in service (OpenID Connect), e.g. `https://login.example.com`.
    pub oidc_issuer: Option<String>,
    /// What it calls this program.
    pub oidc_client_id: Option<String>,
    /// How this program proves that.
    pub oidc_client_secret: Option<Secret>,
    /// The e-mail domains that may sign in there.
    #[serde(deserialize_with = "oidc::domains")]
    pub oidc_domains: Vec<String>,
    /// What people call it.
    pub oidc_name: Option<String>,
    /// Slug of the organization that new people join; none = the only one there is.
    pub oidc_organization: Option<String>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 3000)),
            database_url: "sqlite:tokenscope.db".into(),
            public_origin: None,
            allow_plain_http: false,
            trust_forwarded_for: false,
            smtp_url: None,
            mail_from: None,
            site: None,
            dev_reload: false,
            log: "info,sqlx=warn".into(),
            log_format: LogFormat::Text,
            oidc_issuer: None,
            oidc_client_id: None,
            oidc_client_secret: None,
            oidc_domains: Vec::new(),
            oidc_name: None,
            oidc_organization: None,
        }
    }
}

/// A configuration that cannot be used; each line names a setting and what to do.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("configuration: {0}")]
    Read(String),
    /// A named file is not there.
    #[error("configuration: there is no file {0}")]
    NoFile(String),
    /// The origin is none.
    #[error(
        "configuration: public_origin `{0}` must be like https://tokens.example.com, without a path"
    )]
    Origin(String),
    /// Passwords would travel readable.
    #[error(
        "configuration: {0} is no loopback address, and passwords would travel readable over plain \
         http. Put a TLS proxy in front and set public_origin (TOKENSCOPE_PUBLIC_ORIGIN) to its \
         https:// address, or set allow_plain_http = true (TOKENSCOPE_ALLOW_PLAIN_HTTP)"
    )]
    PlainHttp(SocketAddr),
    /// Nobody could sign in at the other service.
    #[error("configuration: {0}")]
    Oidc(String),
    /// Mails cannot be sent like this.
    #[error("configuration: {0} (TOKENSCOPE_SMTP_URL, TOKENSCOPE_MAIL_FROM)")]
    Mail(#[from] MailError),
}

/// Flags that go before everything else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overrides {
    /// `--address`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
    /// `--database-url`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with one line that says what to change.
    pub fn read(file: Option<&Path>, overrides: &Overrides) -> Result<Self, ConfigError> {
        if let Some(missing) = file.filter(|file| !file.is_file()) {
            return Err(ConfigError::NoFile(missing.display().to_string()));
        }
        // Addresses of other programs of the project share the prefix but are no settings.
        let ours = |name: &figment::value::UncasedStr| !name.starts_with("TEST_");
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        let file = file.unwrap_or_else(|| Path::new(FILE));
        if file.is_file() {
            figment = figment.merge(Toml::file_exact(file));
        }
        let figment = figment
            .merge(Env::prefixed("TOKENSCOPE_").filter(ours).filter(is_setting))
            .merge(Env::raw().only(&["DATABASE_URL"]))
            .merge(Serialized::defaults(overrides));
        let config: Self = figment.extract_lossy().map_err(|e| ConfigError::Read(one_line(&e)))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if let Some(origin) = &self.public_origin {
            let bad = || ConfigError::Origin(origin.clone());
            let url = url::Url::parse(origin).map_err(|_| bad())?;
            let plain = url.path() == "/" && url.query().is_none() && url.host().is_some();
            if !plain || !matches!(url.scheme(), "http" | "https") {
                return Err(bad());
            }
        }
        if !self.address.ip().is_loopback() && !self.is_https() && !self.allow_plain_http {
            return Err(ConfigError::PlainHttp(self.address));
        }
        self.oidc()?;
        if let Some(url) = &self.smtp_url {
            mail::check(url, self.mail_from.as_deref())?;
        }
        Ok(())
    }

    /// Whether browsers reach the program over https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_origin.as_ref().is_some_and(|origin| origin.starts_with("https://"))
    }

    /// The origin that browsers see when the program listens on this address.
    #[must_use]
    pub fn origin(&self, listening: SocketAddr) -> String {
        let plain = || format!("http://{listening}");
        self.public_origin.as_ref().map_or_else(plain, |o| o.trim_end_matches('/').to_owned())
    }

    /// As a file, with passwords hidden.
    ///
    /// # Errors
    /// [`ConfigError::Read`] when a value has no form in a file.
    pub fn shown(&self) -> Result<String, ConfigError> {
        let database_url = without_password(&self.database_url);
        let smtp_url = self.smtp_url.as_deref().map(without_password);
        let shown = Self { database_url, smtp_url, ..self.clone() };
        let json = serde_json::to_value(shown).map_err(|e| ConfigError::Read(e.to_string()))?;
        let mut text = String::new();
        for (name, value) in json.as_object().into_iter().flatten() {
            match value {
                serde_json::Value::Null => text.push_str(&format!("# {name} is not set\n")),
                value => text.push_str(&format!("{name} = {value}\n")),
            }
        }
        Ok(text)
    }
}

/// Variables that the build and test driver sets for the program it starts.
fn is_setting(name: &figment::value::UncasedStr) -> bool {
    !matches!(name.as_str().to_ascii_lowercase().as_str(), "bin" | "shared_data")
}

fn one_line(error: &figment::Error) -> String {
    let text = error.to_string().lines().collect::<Vec<_>>().join(" ");
    // The variable by the name it has outside.
    let variable = error.path.join(".");
    let said =
        format!("for key \"{}\" in `TOKENSCOPE_` environment variable(s)", variable.to_uppercase());
    text.replace(&said, &format!("in TOKENSCOPE_{}", variable.to_uppercase()))
        .replace("invalid socket address syntax", "an address must be like 127.0.0.1:3000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_beyond_this_machine_needs_a_word() {
        let open = Config { address: ([0, 0, 0, 0], 80).into(), ..Config::default() };
        assert!(matches!(open.check(), Err(ConfigError::PlainHttp(_))));
        assert!(Config { allow_plain_http: true, ..open.clone() }.check().is_ok());
        let https = Some("https://tokens.example.com".to_owned());
        let proxied = Config { public_origin: https, ..open };
        assert!(proxied.check().is_ok() && proxied.is_https());
    }

    #[test]
    fn an_origin_has_no_path() {
        for bad in ["tokens.example.com", "https://a/b", "ftp://a", "https://a?x"] {
            let config = Config { public_origin: Some(bad.into()), ..Config::default() };
            assert!(matches!(config.check(), Err(ConfigError::Origin(_))), "{bad}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let database_url = "postgres://u:secret@h/d".into();
        let smtp_url = Some("smtps://ann:secret@mail.example.com".into());
        let shown = Config { database_url, smtp_url, ..Config::default() }.shown().unwrap();
        assert!(!shown.contains(":secret") && shown.contains("address = \"127.0.0.1:3000\""));
    }
}
