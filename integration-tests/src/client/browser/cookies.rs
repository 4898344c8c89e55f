//! Cookies as browsers keep and send them (RFC 6265bis), for hosts without subdomains.

use anyhow::{Context as _, Result, ensure};
use tonic::codegen::http::{Method, Uri};

/// To whom a cookie goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Only in requests that pages of its own site have begun.
    Strict,
    /// As Strict, and with navigations that come from elsewhere; what browsers take where a cookie does not say.
    Lax,
}

/// A cookie as it is kept.
#[derive(Clone, Debug)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Scripts do not see it.
    pub is_http_only: bool,
    /// It goes over TLS only.
    pub is_secure: bool,
    /// To whom it goes.
    pub same_site: SameSite,
    /// It goes with paths that begin so.
    pub path: String,
    /// Seconds that it is kept; `None` keeps it until the browser is closed.
    pub max_age: Option<i64>,
    host: String,
}

/// How near the page that began a request is to where it goes (Fetch Metadata, `sec-fetch-site`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    Nobody,
    SameOrigin,
    SameSite,
    CrossSite,
}

/// Who began a request, as far as cookies and servers depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    distance: Distance,
    is_own_site: bool,
    is_navigation: bool,
}

/// All cookies of one browser.
#[derive(Debug, Default)]
pub(super) struct Jar(Vec<Cookie>);

impl Way {
    /// By a link or form on a page, or by typing an address.
    pub(super) fn navigation(from: Option<&Uri>, to: &Uri) -> Self {
        Self {
            distance: from.map_or(Distance::Nobody, |from| distance(from, to)),
            is_own_site: from.is_none_or(|from| distance(from, to) < Distance::CrossSite),
            is_navigation: true,
        }
    }

    /// By a script.
    pub(super) fn script(origin: &Uri, to: &Uri) -> Self {
        Self {
            distance: distance(origin, to),
            is_own_site: distance(origin, to) < Distance::CrossSite,
            is_navigation: false,
        }
    }

    /// Once it has been elsewhere, it stays a foreign one.
    pub(super) fn redirected(self, from: &Uri, to: &Uri) -> Self {
        Self {
            distance: match self.distance {
                Distance::Nobody => Distance::Nobody,
                before => before.max(distance(from, to)),
            },
            // A typed address that leads over another site is no longer one's own.
            is_own_site: self.is_own_site && distance(from, to) < Distance::CrossSite,
            ..self
        }
    }

    /// What `sec-fetch-site` says.
    pub(super) fn site(self) -> &'static str {
        match self.distance {
            Distance::Nobody => "none",
            Distance::SameOrigin => "same-origin",
            Distance::SameSite => "same-site",
            Distance::CrossSite => "cross-site",
        }
    }
}

/// Ports are the same site, names and numbers of one machine are not.
fn distance(from: &Uri, to: &Uri) -> Distance {
    if from.scheme() != to.scheme() || from.host() != to.host() {
        Distance::CrossSite
    } else if from.port_u16() == to.port_u16() {
        Distance::SameOrigin
    } else {
        Distance::SameSite
    }
}

impl Jar {
    pub(super) fn find(&self, host: &str, name: &str) -> Option<&Cookie> {
        self.0
            .iter()
            .find(|cookie| cookie.host == host && cookie.name == name)
    }

    /// What goes with a request.
    pub(super) fn header(&self, host: &str, path: &str, way: Way, method: &Method) -> String {
        let goes = |cookie: &&Cookie| {
            let may = match cookie.same_site {
                SameSite::Strict => way.is_own_site,
                SameSite::Lax => way.is_own_site || (way.is_navigation && method == Method::GET),
            };
            may && cookie.host == host && path.starts_with(&cookie.path)
        };
        let cookies = self.0.iter().filter(goes);
        let pairs: Vec<_> = cookies
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        pairs.join("; ")
    }

    /// Takes a `Set-Cookie` that came over plain HTTP. An error where a browser would throw it away: tests want to know.
    pub(super) fn set(&mut self, host: &str, text: &str) -> Result<()> {
        let cookie = parse(host, text).with_context(|| format!("a browser refuses {text:?}"))?;
        self.0.retain(|kept| {
            kept.host != cookie.host || kept.name != cookie.name || kept.path != cookie.path
        });
        if cookie.max_age.is_none_or(|seconds| seconds > 0) {
            self.0.push(cookie);
        }
        Ok(())
    }
}

fn parse(host: &str, text: &str) -> Result<Cookie> {
    let mut fields = text.split(';').map(str::trim);
    let (name, value) = fields
        .next()
        .and_then(|pair| pair.split_once('='))
        .context("it has a name and a value")?;
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        is_http_only: false,
        is_secure: false,
        same_site: SameSite::Lax,
        path: "/".to_owned(),
        max_age: None,
        host: host.to_owned(),
    };
    for field in fields {
        let (key, value) = field.split_once('=').unwrap_or((field, ""));
        match key.to_ascii_lowercase().as_str() {
            "httponly" => cookie.is_http_only = true,
            "secure" => cookie.is_secure = true,
            "path" => value.clone_into(&mut cookie.path),
            "max-age" => cookie.max_age = Some(value.parse()?),
            "samesite" => {
                cookie.same_site = match value.to_ascii_lowercase().as_str() {
                    "strict" => SameSite::Strict,
                    "lax" => SameSite::Lax,
                    _ => anyhow::bail!("SameSite is Strict or Lax here"),
                };
            }
            // How one is taken back by who says no age.
            "expires" if value.contains("1970") => cookie.max_age = Some(0),
            "domain" => anyhow::bail!("cookies of one host name no domain"),
            _ => {}
        }
    }
    ensure!(!cookie.is_secure, "plain HTTP sets no Secure cookie");
    ensure!(
        !cookie.name.starts_with("__Host-"),
        "this name needs Secure"
    );
    Ok(cookie)
}

#[cfg(test)]
mod tests;
