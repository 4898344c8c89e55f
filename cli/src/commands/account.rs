//! register, login, logout, whoami.

use std::io::{BufRead, IsTerminal, stdin};

use quicksync::user::v1::{GetMeRequest, LoginRequest, RegisterRequest};
use serde_json::json;

use super::Context;
use crate::{
    arguments::{Login, Register},
    connection::request,
    failure::Failure,
    profile::SignIn,
};

pub(super) async fn register(context: &Context<'_>, arguments: Register) -> Result<(), Failure> {
    let password = if arguments.password_stdin {
        read_password()?
    } else {
        let password = ask("Password (8 characters or more): ")?;
        if ask("Once more: ")? != password {
            return Err(Failure::usage("the passwords differ: nothing was done"));
        }
        password
    };
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
    print(context, "Welcome", &sign_in)
}

pub(super) async fn login(context: &Context<'_>, arguments: Login) -> Result<(), Failure> {
    let password = if arguments.password_stdin {
        read_password()?
    } else {
        ask("Password: ")?
    };
    let message = LoginRequest {
        login: arguments.login.trim_start_matches('@').to_owned(),
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
    let sign_in = session.keep(answer.user, answer.tokens).await?;
    print(context, "Signed in as", &sign_in)
}

pub(super) async fn logout(context: &Context<'_>) -> Result<(), Failure> {
    let sign_in = context.session.end().await?;
    print(context, "Signed out", &sign_in)
}

pub(super) async fn whoami(context: &Context<'_>) -> Result<(), Failure> {
    let send =
        async |gateway: &crate::connection::Gateway, request| gateway.users().get_me(request).await;
    let answer = context.session.call(GetMeRequest {}, send).await?;
    let user = answer.user.unwrap_or_default();
    let gateway = context.session.gateway.url();
    context.output.print(
        || format!("{} <{}> at {gateway}", crate::directory::full_name(&user), answer.email),
        || {
            json!({
                "user_id": user.user_id, "username": user.username, "display_name": user.display_name,
                "email": answer.email, "gateway": gateway,
            })
        },
    )
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

/// Asks on the terminal, without showing what is typed.
fn ask(prompt: &str) -> Result<String, Failure> {
    rpassword::prompt_password(prompt).map_err(|_| {
        Failure::usage("there is no terminal to ask for the password on: use --password-stdin")
    })
}

/// The first line of stdin, without its end.
fn read_password() -> Result<String, Failure> {
    if stdin().is_terminal() {
        return Err(Failure::usage(
            "--password-stdin reads the password from a pipe, but stdin is a terminal",
        ));
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
