//! Pages for people whose sign-in needs them: small, without scripts, and with nothing that a stranger could put there.

use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
        RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
    },
};
use http_body_util::Full;
use tonic::body::Body;

use super::{
    query::{Query, is_address, start_path},
    trouble::{Advice, Trouble},
};
use crate::html::escaped;

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;color-scheme:light dark;margin:15vh auto;max-width:32rem;padding:0 1rem}\
a{display:inline-block;margin-right:1.5rem}";
/// Allows the style above, by its hash, and nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'sha256-gNlD08YNf2xMrgK53a+6UT/UkWTcxy7CGPHKwGNgp7U='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// Addresses here have secrets of sign-ins in them: nothing keeps the answers, and no other site learns where one was.
const PRIVATE: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("10");

/// A page in the making.
#[derive(Debug)]
pub(super) struct Page {
    advice: Advice,
    /// Label and address of each.
    links: Vec<(&'static str, String)>,
}

impl Page {
    /// Says what is wrong.
    pub(super) fn of(trouble: Trouble) -> Self {
        Self {
            advice: trouble.advice(),
            links: Vec::new(),
        }
    }

    /// Asks whether the person wants to link, since nothing proves it.
    pub(super) fn ask_to_link(provider_id: &str, return_to: &str) -> Self {
        let mut query = Query::default();
        query.set("intent", "link");
        query.set("return_to", return_to);
        let advice = Advice {
            status: StatusCode::OK,
            title: "Link another account to yours?",
            text: "You will be sent to the provider. The account that you choose there can sign in to yours from then on.",
            may_try_again: false,
        };
        Self {
            advice,
            links: vec![("Link it", start_path(provider_id, &query))],
        }
        .link("Not now", "/")
    }

    /// Asks whether the person has started the program that wants a session.
    pub(super) fn ask_for_program(provider_id: &str, query: &Query) -> Self {
        let advice = Advice {
            status: StatusCode::OK,
            title: "A program on this computer wants to sign in as you",
            text: "Go on only if you have started it yourself just now: it will be able to do here whatever you can.",
            may_try_again: false,
        };
        Self {
            advice,
            links: vec![("Go on", start_path(provider_id, query))],
        }
        .link("Cancel", "/")
    }

    /// With a way to begin again, where that may help.
    #[must_use]
    pub(super) fn try_again(self, address: &str) -> Self {
        if self.advice.may_try_again {
            self.link("Try again", address)
        } else {
            self
        }
    }

    /// With the way back.
    #[must_use]
    pub(super) fn back(self, address: &str) -> Self {
        self.link("Back", address)
    }

    fn link(mut self, label: &'static str, address: &str) -> Self {
        let address = if is_address(address) { address } else { "/" };
        self.links.push((label, address.to_owned()));
        self
    }

    /// The page itself.
    pub(super) fn into_response(self) -> Response<Body> {
        let status = self.advice.status;
        let mut response = Response::new(Body::new(Full::from(self.html())));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.extend(PRIVATE);
        headers.insert(CONTENT_TYPE, HTML);
        headers.insert(CONTENT_SECURITY_POLICY, POLICY);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(RETRY_AFTER, RETRY_AFTER_S);
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(ALLOW, HeaderValue::from_static("GET"));
            }
            _ => {}
        }
        response
    }

    fn html(&self) -> String {
        let Advice { title, text, .. } = self.advice;
        let links = self.links.iter().fold(String::new(), |links, link| {
            let (label, address) = link;
            links + "<a href=\"" + &escaped(address) + "\">" + label + "</a>"
        });
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title}</title><style>{STYLE}</style></head>\
             <body><main><h1>{title}</h1><p>{text}</p><p>{links}</p></main></body></html>\n"
        )
    }
}

/// Sends a browser to `address`; `None` where that is none.
pub(super) fn redirect(address: &str) -> Option<Response<Body>> {
    let location = HeaderValue::from_str(address).ok()?;
    if !is_address(address) {
        return None;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().extend(PRIVATE);
    response.headers_mut().insert(LOCATION, location);
    Some(response)
}

#[cfg(test)]
mod tests;
