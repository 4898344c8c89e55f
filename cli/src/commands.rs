//! The commands, one file per group: ask, then print.

mod account;
mod chat;
mod credentials;
mod history;
mod identities;
mod people;
mod provider;
mod security;
mod send;
mod sessions;
mod watch;

use crate::{
    arguments::{Arguments, Chat, Command, Members},
    directory::Directory,
    failure::Failure,
    output::Output,
    session::Session,
};

/// What every command works with.
struct Context<'a> {
    session: Session,
    directory: Directory,
    output: &'a Output,
}

/// Does what the command line says.
pub(crate) async fn run(arguments: Arguments, output: &Output) -> Result<(), Failure> {
    let context = Context {
        session: Session::open(&arguments)?,
        directory: Directory::default(),
        output,
    };
    let context = &context;
    match arguments.command {
        Command::Register(register) => account::register(context, register).await,
        Command::Login(login) => account::login(context, login).await,
        Command::Logout => account::logout(context).await,
        Command::Whoami => account::whoami(context).await,
        Command::Sessions => sessions::list(context).await,
        Command::Revoke(revoke) => sessions::revoke(context, revoke).await,
        Command::Security { limit } => security::list(context, limit).await,
        Command::Password(password) => credentials::change_password(context, &password).await,
        Command::ResetPassword(reset) => credentials::reset_password(context, reset).await,
        Command::Email(email) => credentials::change_email(context, email).await,
        Command::VerifyEmail(verify) => credentials::verify_email(context, verify).await,
        Command::Providers => identities::providers(context).await,
        Command::Identities => identities::list(context).await,
        Command::Unlink { identity } => identities::unlink(context, identity).await,
        Command::DeleteAccount(delete) => credentials::delete_account(context, delete).await,
        Command::Users { query, limit } => people::search(context, &query, limit).await,
        Command::Chat { command } => run_chat(context, command).await,
        Command::Send { conversation, text } => send::send(context, &conversation, &text).await,
        Command::History {
            conversation,
            limit,
            before,
            keep_unread,
        } => {
            let page = history::Wanted {
                limit,
                before,
                keep_unread,
            };
            history::show(context, &conversation, page).await
        }
        Command::Watch { conversation } => watch::watch(context, conversation.as_deref()).await,
    }
}

async fn run_chat(context: &Context<'_>, command: Chat) -> Result<(), Failure> {
    match command {
        Chat::List { limit } => chat::list(context, limit).await,
        Chat::Direct { username } => chat::direct(context, &username).await,
        Chat::Group {
            title,
            usernames,
            hide_history,
        } => chat::group(context, &title, &usernames, hide_history).await,
        Chat::Leave { conversation } => chat::leave(context, &conversation).await,
        Chat::Members {
            command: Members::List { conversation },
        } => chat::members(context, &conversation).await,
        Chat::Members {
            command:
                Members::Add {
                    conversation,
                    usernames,
                },
        } => chat::add_members(context, &conversation, &usernames).await,
        Chat::Members {
            command:
                Members::Remove {
                    conversation,
                    usernames,
                },
        } => chat::remove_members(context, &conversation, &usernames).await,
    }
}
