//! Arguments of the commands about one's own account.

#[derive(Debug, clap::Args)]
pub(crate) struct Register {
    /// 3 to 32 letters, digits, ".", "_" and "-"
    pub(crate) username: String,
    /// Your e-mail address; the mailed link proves it (see `verify-email`)
    #[arg(long)]
    pub(crate) email: String,
    /// The name that others see [default: the username]
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) name: String,
    /// Read the password from the first line of stdin
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Login {
    /// Username, or an e-mail address that was proven by its link
    #[arg(value_name = "LOGIN", required_unless_present = "provider")]
    pub(crate) name: Option<String>,
    /// Read the password from the first line of stdin
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Sign in with an account elsewhere, in the browser: one of `quicksync-cli providers`
    #[arg(long, value_name = "ID", conflicts_with_all = ["name", "password_stdin"])]
    pub(crate) provider: Option<String>,
    /// Only print the address, do not open the browser
    #[arg(long, requires = "provider")]
    pub(crate) no_browser: bool,
    /// Seconds until the sign-in in the browser must be done
    #[arg(
        long,
        requires = "provider",
        value_name = "N",
        default_value_t = 600,
        value_parser = clap::value_parser!(u64).range(1..=600)
    )]
    pub(crate) wait_seconds: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Password {
    /// Read the old and the new password from the first two lines of stdin; an account without one takes only the new one
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Email {
    /// The new address; it counts from when its link is opened
    pub(crate) address: String,
    /// Read the password from the first line of stdin
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyEmail {
    /// The mailed link, or the token in it
    #[arg(required_unless_present = "again")]
    pub(crate) link: Option<String>,
    /// Mail the link once more
    #[arg(long, conflicts_with = "link")]
    pub(crate) again: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ResetPassword {
    /// Where to mail the link
    #[arg(required_unless_present = "link")]
    pub(crate) address: Option<String>,
    /// The mailed link, or the token in it: asks for the new password and sets it
    #[arg(long, value_name = "LINK", conflicts_with = "address")]
    pub(crate) link: Option<String>,
    /// Read the new password from the first line of stdin
    #[arg(long, requires = "link")]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// Id of the session, as `quicksync-cli sessions` shows it
    #[arg(required_unless_present = "others")]
    pub(crate) session: Option<String>,
    /// All sessions but this one
    #[arg(long, conflicts_with = "session")]
    pub(crate) others: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DeleteAccount {
    /// Your username, in place of being asked to type it
    #[arg(long, value_name = "USERNAME")]
    pub(crate) confirm: Option<String>,
    /// Read the password from the first line of stdin
    #[arg(long)]
    pub(crate) password_stdin: bool,
}
