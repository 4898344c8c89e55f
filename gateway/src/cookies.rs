//! The cookies of the gateway: what they are called and which attributes they have.
//!
//! ```text
//!                           refresh token                  sign-in under way
//! over https                __Host-quicksync-refresh       __Host-quicksync-sign-in
//! http on this machine      quicksync-refresh              quicksync-sign-in          without Secure
//! sent by a browser         only in requests that pages    also when another site leads the browser here,
//!                           of this site make (Strict)     as a provider does (Lax)
//! ```
//!
//! `__Host-` makes browsers hold that no other host, and nobody on the way, can set the cookie (RFC 6265bis, section
//! 4.1.3.2). No page can read either.

use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header::COOKIE};
use time::Duration;

/// The longest value that is taken for one of ours: a refresh token has a third of it.
const VALUE_BYTES_MAX: usize = 256;

/// What a cookie holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The refresh token.
    Refresh,
    /// What binds a sign-in at a provider to the browser that began it.
    SignIn,
}

/// Reads and writes the cookies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    is_secure: bool,
}

impl Cookies {
    /// For a gateway that browsers know by `public_origin`.
    pub(crate) fn new(public_origin: &str) -> Self {
        Self {
            is_secure: !public_origin.starts_with("http://"),
        }
    }

    /// The value that a browser sent. `None` also where it sent several of the name: one of them is from somebody who may
    /// not set it, and nothing tells which.
    pub(crate) fn read(self, kind: Kind, headers: &HeaderMap) -> Option<String> {
        let name = self.name(kind);
        // HTTP/2 may split the field (RFC 9113, section 8.2.3).
        let mut values = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .filter(|cookie| cookie.name() == name);
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        is_value(value.value()).then(|| value.value().to_owned())
    }

    /// `set-cookie` that makes a browser keep `value`, for `max_age` or until it is closed. `None` where it cannot stand in
    /// a cookie.
    pub(crate) fn set(
        self,
        kind: Kind,
        value: &str,
        max_age: Option<Duration>,
    ) -> Option<HeaderValue> {
        is_value(value).then(|| self.write(kind, value, max_age))
    }

    /// `set-cookie` that makes a browser forget.
    pub(crate) fn clear(self, kind: Kind) -> HeaderValue {
        self.write(kind, "", Some(Duration::ZERO))
    }

    fn write(self, kind: Kind, value: &str, max_age: Option<Duration>) -> HeaderValue {
        let mut cookie = Cookie::build((self.name(kind), value))
            .path("/")
            .http_only(true)
            .secure(self.is_secure)
            .same_site(match kind {
                Kind::Refresh => SameSite::Strict,
                Kind::SignIn => SameSite::Lax,
            });
        if let Some(max_age) = max_age {
            cookie = cookie.max_age(max_age.max(Duration::ZERO));
        }
        let mut value = HeaderValue::try_from(cookie.build().to_string())
            .expect("name, value and attributes are visible ASCII");
        value.set_sensitive(true);
        value
    }

    const fn name(self, kind: Kind) -> &'static str {
        match (kind, self.is_secure) {
            (Kind::Refresh, true) => "__Host-quicksync-refresh",
            (Kind::Refresh, false) => "quicksync-refresh",
            (Kind::SignIn, true) => "__Host-quicksync-sign-in",
            (Kind::SignIn, false) => "quicksync-sign-in",
        }
    }
}

/// Base64 of either alphabet and what JWTs have besides: no character that means something in a cookie.
fn is_value(text: &str) -> bool {
    (1..=VALUE_BYTES_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte))
}

#[cfg(test)]
mod tests;
