//! The settings of a sign-in service (OpenID Connect).

use super::{Config, ConfigError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Where the service sends browsers back to.
pub const CALLBACK: &str = "/login/oidc/callback";

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("***")
    }
}

/// A sign-in service whose settings can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oidc {
    /// Its address, which stands in every token.
    pub issuer: String,
    /// What it calls this program.
    pub client_id: String,
    /// How this program proves that; none = by PKCE alone.
    pub client_secret: Option<Secret>,
    /// The e-mail domains that may sign in, in lower case.
    pub domains: Vec<String>,
    /// What people call it.
    pub name: String,
    /// Slug of the organization that new people join; none = the only one there is.
    pub organization: Option<String>,
}

/// A list, or a text with commas.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Several(Vec<String>),
    Text(String),
}

pub(super) fn domains<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let all = match Listed::deserialize(from)? {
        Listed::Several(all) => all,
        Listed::Text(text) => text.split(',').map(ToOwned::to_owned).collect(),
    };
    let all = all.iter().map(|domain| domain.trim().to_lowercase());
    Ok(all.filter(|domain| !domain.is_empty()).collect())
}

impl Config {
    /// The sign-in service; none when there is no `oidc_issuer`.
    ///
    /// # Errors
    /// [`ConfigError::Oidc`] with the setting and what to do.
    pub fn oidc(&self) -> Result<Option<Oidc>, ConfigError> {
        let bad = |text: String| ConfigError::Oidc(text);
        let Some(issuer) = self.oidc_issuer.clone() else {
            let set = [
                ("oidc_client_id", self.oidc_client_id.is_some()),
                ("oidc_client_secret", self.oidc_client_secret.is_some()),
                ("oidc_domains", !self.oidc_domains.is_empty()),
                ("oidc_name", self.oidc_name.is_some()),
                ("oidc_organization", self.oidc_organization.is_some()),
            ];
            return match set.iter().find(|(_, set)| *set) {
                Some((name, _)) => Err(bad(format!(
                    "{name} is set, but oidc_issuer is not: set the address of the sign-in service"
                ))),
                None => Ok(None),
            };
        };
        let host = check_issuer(&issuer)?;
        let client_id = self.oidc_client_id.clone().filter(|id| !id.trim().is_empty());
        let client_id = client_id.ok_or_else(|| {
            bad("oidc_client_id is not set: it is what the sign-in service calls this program"
                .into())
        })?;
        if self.oidc_domains.is_empty() {
            let text = "oidc_domains is empty: list the e-mail domains that may sign in, \
                e.g. [\"example.com\"]";
            return Err(bad(text.into()));
        }
        if let Some(wrong) = self.oidc_domains.iter().find(|domain| !is_domain(domain)) {
            return Err(bad(format!("oidc_domains: `{wrong}` must be like example.com")));
        }
        if self.public_origin.is_none() && !self.address.ip().is_loopback() {
            let text = "public_origin is not set: the sign-in service sends people back to it";
            return Err(bad(text.into()));
        }
        Ok(Some(Oidc {
            issuer,
            client_id,
            client_secret: self.oidc_client_secret.clone(),
            domains: self.oidc_domains.clone(),
            name: self.oidc_name.clone().filter(|name| !name.trim().is_empty()).unwrap_or(host),
            organization: self.oidc_organization.clone(),
        }))
    }
}

/// The host of an issuer. Over plain http anybody on the way could sign in as anybody, so it is
/// taken from this machine alone.
fn check_issuer(issuer: &str) -> Result<String, ConfigError> {
    let bad = || {
        ConfigError::Oidc(format!(
            "oidc_issuer `{issuer}` must be like https://login.example.com, without ? and #; http \
             is taken on a loopback address only"
        ))
    };
    let url = url::Url::parse(issuer).map_err(|_| bad())?;
    let host = url.host_str().ok_or_else(bad)?.to_owned();
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let safe = url.scheme() == "https" || (url.scheme() == "http" && local);
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if safe && plain { Ok(host) } else { Err(bad()) }
}

fn is_domain(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-');
    text.contains('.') && text.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Config {
        Config {
            oidc_issuer: Some("https://login.example.com/tenant".into()),
            oidc_client_id: Some("tokenscope".into()),
            oidc_client_secret: Some(Secret("hush".into())),
            oidc_domains: vec!["example.com".into()],
            ..Config::default()
        }
    }

    fn refused(config: &Config, named: &str) {
        let error = config.oidc().unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }

    #[test]
    fn a_whole_configuration_can_be_used() {
        let oidc = whole().oidc().unwrap().unwrap();
        assert_eq!((oidc.name.as_str(), oidc.organization), ("login.example.com", None));
        assert_eq!(Config::default().oidc(), Ok(None));
        let here = Config { oidc_issuer: Some("http://127.0.0.1:9000".into()), ..whole() };
        assert!(here.oidc().unwrap().is_some());
    }

    #[test]
    fn half_a_configuration_is_refused_by_name() {
        refused(&Config { oidc_issuer: None, ..whole() }, "oidc_issuer");
        refused(&Config { oidc_client_id: None, ..whole() }, "oidc_client_id");
        refused(&Config { oidc_domains: vec![], ..whole() }, "oidc_domains");
        for bad in ["@example.com", "*.example.com", "example", "a b.example"] {
            refused(&Config { oidc_domains: vec![bad.into()], ..whole() }, "oidc_domains");
        }
        for bad in ["http://login.example.com", "login.example.com", "https://a/?b", "https://u@a"]
        {
            refused(&Config { oidc_issuer: Some(bad.into()), ..whole() }, "oidc_issuer");
        }
        let open = ([0, 0, 0, 0], 80).into();
        refused(&Config { address: open, allow_plain_http: true, ..whole() }, "public_origin");
    }

    #[test]
    fn the_secret_is_not_shown() {
        assert!(!whole().shown().unwrap().contains("hush"));
        assert!(!format!("{:?}", whole()).contains("hush"));
    }

    #[test]
    fn domains_are_a_list_or_a_text() {
        for text in [r#"{"d": ["A.example", "b.example"]}"#, r#"{"d": " a.example,B.EXAMPLE ,"}"#] {
            #[derive(Deserialize)]
            struct Only {
                #[serde(deserialize_with = "domains")]
                d: Vec<String>,
            }
            let read: Only = serde_json::from_str(text).unwrap();
            assert_eq!(read.d, ["a.example", "b.example"]);
        }
    }
}
