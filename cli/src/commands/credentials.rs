//! password, reset-password, email, verify-email, delete-account.

use quicksync::user::v1::{
    ChangeEmailRequest, ChangePasswordRequest, DeleteAccountRequest, RequestPasswordResetRequest,
    ResetPasswordRequest, SendVerificationEmailRequest, VerifyEmailRequest,
};
use serde_json::json;

use super::{Context, account::me};
use crate::{
    arguments::{DeleteAccount, Email, Password, ResetPassword, VerifyEmail},
    connection::{Gateway, request},
    failure::Failure,
    prompt::{ask, ask_new, ask_openly, read_password},
};

const NEW_PASSWORD: &str = "New password (8 characters or more): ";

pub(super) async fn change_password(
    context: &Context<'_>,
    arguments: &Password,
) -> Result<(), Failure> {
    let has_password = me(context).await?.has_password;
    let old_password = current_password(has_password, arguments.password_stdin, "Old password: ")?;
    let new_password = new_password(arguments.password_stdin)?;
    let message = ChangePasswordRequest {
        old_password,
        new_password,
    };
    let send = async |gateway: &Gateway, request| gateway.accounts().change_password(request).await;
    context.session.call_once(message, send).await?;
    let text = "the password is changed, and all other sessions are ended";
    done(context, text)
}

pub(super) async fn reset_password(
    context: &Context<'_>,
    arguments: ResetPassword,
) -> Result<(), Failure> {
    let session = &context.session;
    if let Some(link) = arguments.link {
        let message = ResetPasswordRequest {
            token: token_of(&link).to_owned(),
            new_password: new_password(arguments.password_stdin)?,
        };
        session
            .gateway
            .auth()
            .reset_password(request(message))
            .await
            .map_err(|status| session.failed(status))?;
        let text = "the password is set, and all sessions are ended: sign in with it";
        return done(context, text);
    }
    let email = arguments.address.unwrap_or_default();
    let message = RequestPasswordResetRequest {
        email: email.clone(),
    };
    session
        .gateway
        .auth()
        .request_password_reset(request(message))
        .await
        .map_err(|status| session.failed(status))?;
    done(
        context,
        &format!(
            "if an account has proven {email}, a mail with a link is on its way: `quicksync-cli reset-password --link LINK`"
        ),
    )
}

pub(super) async fn change_email(context: &Context<'_>, arguments: Email) -> Result<(), Failure> {
    let has_password = me(context).await?.has_password;
    let password = current_password(has_password, arguments.password_stdin, "Password: ")?;
    let message = ChangeEmailRequest {
        email: arguments.address.clone(),
        password,
    };
    let send = async |gateway: &Gateway, request| gateway.accounts().change_email(request).await;
    context.session.call_once(message, send).await?;
    done(
        context,
        &format!(
            "a mail to {} has a link: `quicksync-cli verify-email LINK` makes the address yours",
            arguments.address
        ),
    )
}

pub(super) async fn verify_email(
    context: &Context<'_>,
    arguments: VerifyEmail,
) -> Result<(), Failure> {
    let session = &context.session;
    let Some(link) = arguments.link else {
        let send = async |gateway: &Gateway, request| {
            gateway.accounts().send_verification_email(request).await
        };
        session
            .call_once(SendVerificationEmailRequest {}, send)
            .await?;
        return done(context, "the link is mailed once more");
    };
    let message = VerifyEmailRequest {
        token: token_of(&link).to_owned(),
    };
    let answer = session
        .gateway
        .auth()
        .verify_email(request(message))
        .await
        .map_err(|status| session.failed(status))?;
    let email = answer.into_inner().email;
    context.output.print(
        || format!("{email} is proven: you can sign in with it"),
        || json!({ "email": email }),
    )
}

pub(super) async fn delete_account(
    context: &Context<'_>,
    arguments: DeleteAccount,
) -> Result<(), Failure> {
    let me = me(context).await?;
    let username = me.user.unwrap_or_default().username;
    let typed = match arguments.confirm {
        Some(typed) => typed,
        None => ask_openly(
            &format!(
                "This cannot be undone. Type your username ({username}) to erase your account: "
            ),
            "--confirm USERNAME",
        )?,
    };
    if typed.trim_start_matches('@') != username {
        return Err(Failure::usage(format!(
            "{typed:?} is not your username ({username}): nothing was done"
        )));
    }
    let password = current_password(me.has_password, arguments.password_stdin, "Password: ")?;
    let send = async |gateway: &Gateway, request| gateway.accounts().delete_account(request).await;
    context
        .session
        .call_once(DeleteAccountRequest { password }, send)
        .await?;
    context.session.forget().await?;
    context.output.print(
        || format!("the account @{username} is erased"),
        || json!({ "username": username }),
    )
}

/// What proves that the owner asks; empty where the account has no password, where a fresh sign-in takes its place.
fn current_password(has_password: bool, from_stdin: bool, prompt: &str) -> Result<String, Failure> {
    match (has_password, from_stdin) {
        (false, _) => Ok(String::new()),
        (true, true) => read_password(),
        (true, false) => ask(prompt),
    }
}

fn new_password(from_stdin: bool) -> Result<String, Failure> {
    if from_stdin {
        read_password()
    } else {
        ask_new(NEW_PASSWORD)
    }
}

/// The token of a mailed link; a token alone is taken as it is.
fn token_of(link: &str) -> &str {
    let token = link.rsplit_once("token=").map_or(link, |(_, token)| token);
    token.split(['&', '#']).next().unwrap_or_default().trim()
}

fn done(context: &Context<'_>, text: &str) -> Result<(), Failure> {
    context
        .output
        .print(|| text.to_owned(), || json!({ "done": text }))
}
