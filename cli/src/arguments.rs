//! The command line.

mod account;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(crate) use account::{
    DeleteAccount, Email, Login, Password, Register, ResetPassword, Revoke, VerifyEmail,
};

/// Where `make up` puts the gateway.
pub(crate) const GATEWAY_DEFAULT: &str = "http://127.0.0.1:8080";

const EXAMPLES: &str = "\
Five minutes with two people:
  quicksync-cli --profile mia register mia --email mia@example.org
  quicksync-cli --profile bob register bob --email bob@example.org
  quicksync-cli --profile bob watch                      # in another terminal
  quicksync-cli --profile mia send @bob 'Hello, Bob!'
  quicksync-cli --profile bob history @mia

A CONVERSATION is @username, the title of a group, or an id.";

/// QuickSync in a terminal.
#[derive(Debug, Parser)]
#[command(name = "quicksync-cli", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where the gateway is [default: the one the profile signed in at, else that of `make up`]
    #[arg(
        long,
        global = true,
        env = "QUICKSYNC_GATEWAY",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) gateway: Option<String>,
    /// Which of your accounts: each profile is signed in for itself
    #[arg(
        long,
        global = true,
        env = "QUICKSYNC_PROFILE",
        hide_env_values = true,
        value_name = "NAME",
        default_value = "default"
    )]
    pub(crate) profile: String,
    /// Print JSON, one object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Where sign-ins are kept
    #[arg(
        long,
        global = true,
        env = "XDG_STATE_HOME",
        value_name = "DIR",
        hide = true
    )]
    pub(crate) state_home: Option<PathBuf>,
    /// Taken where there is no state home
    #[arg(long, global = true, env = "HOME", value_name = "DIR", hide = true)]
    pub(crate) home: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an account and sign in
    Register(Register),
    /// Sign in
    Login(Login),
    /// Sign out
    Logout,
    /// Show who is signed in
    Whoami,
    /// Where you are signed in: each sign-in is a session
    Sessions,
    /// End a session, or all the others
    Revoke(Revoke),
    /// What happened around your account: sign-ins, wrong passwords, changes
    Security {
        /// Events at most
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// Change the password; ends all other sessions
    Password(Password),
    /// Set a new password with a mailed link, where the old one is forgotten
    ResetPassword(ResetPassword),
    /// Change the e-mail address
    Email(Email),
    /// Prove the e-mail address with its mailed link
    VerifyEmail(VerifyEmail),
    /// Other accounts that one can sign in with, such as Google's
    Providers,
    /// Which of them are linked to your account
    Identities,
    /// Unlink one of them
    Unlink {
        /// Its id, as `quicksync-cli identities` shows it
        identity: String,
    },
    /// Erase your account; what you wrote stays, without your name
    DeleteAccount(DeleteAccount),
    /// Find people by the start of their username or of a word of their name
    Users {
        /// What to look for, such as "ada" or "lovel"
        query: String,
        /// People at most
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: usize,
    },
    /// List, begin and change conversations
    Chat {
        #[command(subcommand)]
        command: Chat,
    },
    /// Send a message
    Send {
        /// @username, the title of a group, or an id
        conversation: String,
        /// The text; several words are joined by spaces, "-" reads it from stdin
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Show what was said, and mark it read
    History {
        /// @username, the title of a group, or an id
        conversation: String,
        /// Messages at most
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
        /// Only messages before this sequence
        #[arg(long, value_name = "SEQUENCE")]
        before: Option<i64>,
        /// Leave it unread
        #[arg(long)]
        keep_unread: bool,
    },
    /// Show what happens as it happens, until Ctrl-C
    Watch {
        /// Only this conversation: @username, the title of a group, or an id
        conversation: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Chat {
    /// Your conversations, newest activity first
    List {
        /// Conversations at most
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// Begin, or find, the direct conversation with somebody
    Direct {
        /// Their username
        username: String,
    },
    /// Begin a group
    Group {
        /// Its title
        title: String,
        /// Usernames of the others
        usernames: Vec<String>,
        /// Members added later cannot read what was said before
        #[arg(long)]
        hide_history: bool,
    },
    /// Show or change who is in a group
    Members {
        #[command(subcommand)]
        command: Members,
    },
    /// Leave a group
    Leave {
        /// Its title or id
        conversation: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Members {
    /// Who is in it
    List {
        /// @username, the title of a group, or an id
        conversation: String,
    },
    /// Add people; the owner only
    Add {
        /// Title or id of the group
        conversation: String,
        /// Usernames
        #[arg(required = true)]
        usernames: Vec<String>,
    },
    /// Remove people; the owner only
    Remove {
        /// Title or id of the group
        conversation: String,
        /// Usernames
        #[arg(required = true)]
        usernames: Vec<String>,
    },
}
