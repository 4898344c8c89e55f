//! Sign-in with an account elsewhere: in the browser, back over a loopback address (RFC 8252, section 7.3).
//!
//! ```text
//! browser: gateway /auth/ID/start --> provider --> gateway /auth/ID/callback --> 127.0.0.1:PORT ?code
//! here:    listen, verifier -----------------------------------------------------> RedeemSignIn(code, verifier)
//! ```
//!
//! The code alone is worth nothing: it is exchanged only with the verifier (RFC 7636), which never leaves this process before.

use std::{
    io::{IsTerminal, stderr},
    process::Stdio,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use quicksync::user::v1::RedeemSignInRequest;
use runtime::Random;
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use super::Context;
use crate::{
    arguments::Login, connection::request, failure::Failure, loopback::Loopback, profile::SignIn,
};

/// 43 characters in base64url, the least that RFC 7636 allows, and 256 bits.
const VERIFIER_BYTES: usize = 32;

/// What starts a browser, where there is one.
#[cfg(target_os = "macos")]
const OPENER: &str = "open";
#[cfg(not(target_os = "macos"))]
const OPENER: &str = "xdg-open";

/// A secret, and what may be known of it beforehand.
struct Proof {
    verifier: String,
    challenge: String,
}

impl Proof {
    fn new(random: &Random) -> Self {
        let verifier = URL_SAFE_NO_PAD.encode(random.bytes::<VERIFIER_BYTES>());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        Self {
            verifier,
            challenge,
        }
    }
}

/// Waits until the person has signed in with the browser, and keeps the sign-in.
pub(super) async fn sign_in(context: &Context<'_>, arguments: &Login) -> Result<SignIn, Failure> {
    let session = &context.session;
    let provider_id = arguments.provider.as_deref().unwrap_or_default();
    if !is_provider_id(provider_id) {
        return Err(Failure::usage(format!(
            "{provider_id:?} is no provider: see `quicksync-cli providers`"
        )));
    }
    let proof = Proof::new(&session.random);
    let loopback = Loopback::open(&session.random).await?;
    let url = start_url(
        session.gateway.url(),
        provider_id,
        &loopback.url(),
        &proof.challenge,
    );
    context
        .output
        .invite("Sign in with the browser at this address:", &url);
    // A program that calls this one shows the address itself.
    if !arguments.no_browser && stderr().is_terminal() {
        open_browser(&url);
    }
    let patience = Duration::from_secs(arguments.wait_seconds);
    let code = loopback.code(patience).await?;
    let message = RedeemSignInRequest {
        code,
        code_verifier: proof.verifier,
    };
    let answer = session
        .gateway
        .auth()
        .redeem_sign_in(request(message))
        .await
        .map_err(|status| session.failed(status))?;
    let answer = answer.into_inner();
    session.keep(answer.user, answer.tokens).await
}

/// As the proto has it.
fn is_provider_id(text: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(good)
}

fn start_url(gateway: &str, provider_id: &str, return_to: &str, challenge: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("return_to", return_to)
        .append_pair("code_challenge", challenge)
        .finish();
    format!("{gateway}/auth/{provider_id}/start?{query}")
}

/// Without one the person opens the address that was printed.
fn open_browser(url: &str) {
    let _ = Command::new(OPENER)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

#[cfg(test)]
mod tests;
