//! register, login, logout, whoami.

use quicksync::user::v1::{GetMeRequest, GetMeResponse, LoginRequest, RegisterRequest};
use serde_json::json;

use super::{Context, provider};
use crate::{
    arguments::{Login, Register},
    connection::{Gateway, request},
    failure::Failure,
    profile::SignIn,
    prompt::{ask, ask_new, read_password},
};

pub(super) async fn register(context: &Context<'_>, arguments: Register) -> Result<(), Failure> {
    let password = if arguments.password_stdin {
        read_password()?
    } else {
        ask_new("Password (8 characters or more): ")?
    };
    let email = arguments.email.clone();
    let message = RegisterRequest {
        email: arguments.email,
        username: arguments.username,
        display_name: arguments.name,
        password,
    };
    let session = &context.session;
    let answer = session
        .gateway
        .auth()
        .register(request(message))
        .await
        .map_err(|status| session.failed(status))?;
    let answer = answer.into_inner();
    let sign_in = session.keep(answer.user, answer.tokens).await?;
    print(context, "Welcome", &sign_in)?;
    context.output.note(&format!(
        "a mail to {email} has a link that proves the address: until then sign in with the username"
    ));
    Ok(())
}

pub(super) async fn login(context: &Context<'_>, arguments: Login) -> Result<(), Failure> {
    let sign_in = if arguments.provider.is_some() {
        provider::sign_in(context, &arguments).await?
    } else {
        with_password(context, arguments).await?
    };
    print(context, "Signed in as", &sign_in)
}

async fn with_password(context: &Context<'_>, arguments: Login) -> Result<SignIn, Failure> {
    let login = arguments.name.unwrap_or_default();
    let password = if arguments.password_stdin {
        read_password()?
    } else {
        ask("Password: ")?
    };
    let message = LoginRequest {
        login: login.trim_start_matches('@').to_owned(),
        password,
    };
    let session = &context.session;
    let answer = session
        .gateway
        .auth()
        .login(request(message))
        .await
        .map_err(|status| session.failed(status))?;
    let answer = answer.into_inner();
    session.keep(answer.user, answer.tokens).await
}

pub(super) async fn logout(context: &Context<'_>) -> Result<(), Failure> {
    let sign_in = context.session.end().await?;
    print(context, "Signed out", &sign_in)
}

pub(super) async fn whoami(context: &Context<'_>) -> Result<(), Failure> {
    let answer = me(context).await?;
    let user = answer.user.clone().unwrap_or_default();
    let gateway = context.session.gateway.url();
    context.output.print(
        || format!("{}{} at {gateway}", crate::directory::full_name(&user), addresses(&answer)),
        || {
            json!({
                "user_id": user.user_id, "username": user.username, "display_name": user.display_name,
                "email": answer.email, "pending_email": answer.pending_email, "has_password": answer.has_password,
                "gateway": gateway,
            })
        },
    )
}

/// The account that is signed in, with what only its owner sees.
pub(super) async fn me(context: &Context<'_>) -> Result<GetMeResponse, Failure> {
    let send = async |gateway: &Gateway, request| gateway.users().get_me(request).await;
    context.session.call(GetMeRequest {}, send).await
}

/// ` <ada@example.org>`, and which address waits for its link.
fn addresses(me: &GetMeResponse) -> String {
    let proven = (&me.email, "");
    let pending = (&me.pending_email, ", not proven yet");
    let known = [proven, pending]
        .into_iter()
        .filter(|(email, _)| !email.is_empty());
    let known: Vec<String> = known
        .map(|(email, remark)| format!(" <{email}{remark}>"))
        .collect();
    known.concat()
}

fn print(context: &Context<'_>, what: &str, sign_in: &SignIn) -> Result<(), Failure> {
    let SignIn {
        gateway,
        user_id,
        username,
        display_name,
        ..
    } = sign_in;
    context.output.print(
        || format!("{what} {display_name} (@{username}), profile {}", context.session.profile.name()),
        || {
            json!({
                "user_id": user_id, "username": username, "display_name": display_name, "gateway": gateway,
                "profile": context.session.profile.name(),
            })
        },
    )
}
