//! Which account an identity opens.
//!
//! An identity is (issuer, subject). One that is known opens the account that it is linked to, whatever its address is now.
//! For one that is not known:
//!
//! | its address here | provider trusted and says verified | else |
//! |---|---|---|
//! | proven by an account | is linked to that account | must be linked by somebody signed in |
//! | claimed by accounts, proven by none | a new account, which has proven it | a new account, which claims it |
//! | not known, or none told | a new account, which has proven it | a new account, which claims it |
//!
//! A mere claim is worth nothing, on either side: who registers with somebody's address before they come keeps nothing that
//! they bring, and who makes an account at a careless provider gets into no account.

use diesel::result::Error as Query;
use diesel_async::AsyncPgConnection;
use runtime::{Clock, Random};
use time::OffsetDateTime;
use uuid::Uuid;

use super::provider::{Person, Provider};
use crate::{
    db::{
        identities::{Holder, Identity, NewIdentity, taken_usernames},
        live_sessions::LiveSession,
        users::{NewUser, User},
    },
    domain::{
        fold::{self, fold, fold_email},
        suggestion,
    },
    error::Error,
};

/// Identities that one account may have.
const IDENTITIES_MAX: usize = 20;
/// Random bytes of a username that nothing else has made unique.
const LAST_RESORT_BYTES: usize = 4;

/// Opens accounts to identities.
#[derive(Debug)]
pub(crate) struct Accounts {
    clock: Clock,
    random: Random,
    ways_in: WaysIn,
}

/// With what one can sign in today.
#[derive(Debug)]
pub(super) struct WaysIn {
    /// With a password, where the account has one.
    pub(super) passwords: bool,
    /// With these providers. Their ids may be given other names.
    pub(super) issuers: Vec<String>,
}

/// How a sign-in ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedIn {
    /// This account is open.
    To {
        user_id: Uuid,
        /// What opened it.
        identity_id: Uuid,
        /// How it came to be linked, where it was not before.
        news: Option<News>,
    },
    /// The account that has the address must be signed in to first.
    LinkRequired,
    /// The account that has the address has too many identities.
    TooMany,
}

/// What a sign-in changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The account is new.
    Made,
    /// The identity was linked by its address.
    Linked,
}

/// How the wish to link ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linked {
    /// It is linked.
    Now,
    /// It was linked to this account before.
    Before,
    /// It is linked to another account.
    Elsewhere,
    /// The session that wished it has ended.
    SignedOut,
    /// The account has too many.
    TooMany,
}

/// How the wish to unlink ends.
#[derive(Clone, Debug)]
pub(crate) enum Unlinked {
    /// It is not linked any longer.
    Now {
        /// Whose it is.
        provider_id: String,
    },
    /// The account has no such identity.
    Unknown,
    /// The account could not be opened any more.
    LastWayIn,
}

/// What the rules say about an identity that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    LinkTo(Uuid),
    LinkRequired,
    /// A new account, whose address is proven or claimed.
    Create {
        proven: bool,
    },
}

/// `vouched`: the provider is trusted and says that the address is verified. `owner`: who has proven it here.
fn rule(vouched: bool, owner: Option<Uuid>) -> Rule {
    match (owner, vouched) {
        (Some(owner), true) => Rule::LinkTo(owner),
        (Some(_), false) => Rule::LinkRequired,
        (None, proven) => Rule::Create { proven },
    }
}

impl Accounts {
    pub(super) fn new(clock: &Clock, random: &Random, ways_in: WaysIn) -> Self {
        Self {
            clock: clock.clone(),
            random: random.clone(),
            ways_in,
        }
    }

    /// Opens the account of an identity in the transaction of `connection`. Two who come at once as somebody new meet at an
    /// index: for one it is an error, after which it has to be tried again.
    pub(crate) async fn sign_in(
        &self,
        connection: &mut AsyncPgConnection,
        provider: &Provider,
        person: &Person,
    ) -> Result<SignedIn, Error> {
        let now = self.clock.now();
        let email = person.email.as_deref();
        if let Some(known) = hold_known(connection, provider.issuer(), &person.subject).await? {
            known.touch(connection, provider.id(), email, now).await?;
            return Ok(SignedIn::To {
                user_id: known.user_id,
                identity_id: known.id,
                news: None,
            });
        }
        let owner = match email {
            Some(email) => Holder::hold_by_email(connection, &fold_email(email)).await?,
            None => None,
        };
        let vouched = provider.is_trusted() && person.email_verified;
        let (user_id, news) = match rule(vouched, owner.map(|owner| owner.id)) {
            Rule::LinkRequired => return Ok(SignedIn::LinkRequired),
            Rule::LinkTo(owner) => {
                if Identity::of_user(connection, owner).await?.len() >= IDENTITIES_MAX {
                    return Ok(SignedIn::TooMany);
                }
                (owner, News::Linked)
            }
            Rule::Create { proven } => {
                let user_id = self.create(connection, person, proven, now).await?;
                (user_id, News::Made)
            }
        };
        let identity_id = self
            .insert(connection, provider, person, user_id, now)
            .await?;
        Ok(SignedIn::To {
            user_id,
            identity_id,
            news: Some(news),
        })
    }

    /// Links an identity to the account of a session in the transaction of `connection`. To be tried again like a sign-in.
    pub(crate) async fn link(
        &self,
        connection: &mut AsyncPgConnection,
        provider: &Provider,
        person: &Person,
        (user_id, session_id): (Uuid, Uuid),
    ) -> Result<Linked, Error> {
        let now = self.clock.now();
        let holder = Holder::hold(connection, user_id).await?;
        let session = LiveSession::hold(connection, session_id, user_id, now).await?;
        if holder.is_none() || session.is_none() {
            return Ok(Linked::SignedOut);
        }
        if let Some(known) = Identity::find(connection, provider.issuer(), &person.subject).await? {
            return Ok(if known.user_id == user_id {
                Linked::Before
            } else {
                Linked::Elsewhere
            });
        }
        if Identity::of_user(connection, user_id).await?.len() >= IDENTITIES_MAX {
            return Ok(Linked::TooMany);
        }
        self.insert(connection, provider, person, user_id, now)
            .await?;
        Ok(Linked::Now)
    }

    /// Unlinks an identity in the transaction of `connection`, unless it is the last way into the account. One of a provider
    /// that is not configured any more is no way, nor is a password where there are none.
    pub(crate) async fn unlink(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
        identity_id: Uuid,
    ) -> Result<Unlinked, Error> {
        let holder = Holder::hold(connection, user_id)
            .await?
            .ok_or(Error::AccountGone)?;
        let mut identities = Identity::of_user(connection, user_id).await?;
        let Some(at) = identities
            .iter()
            .position(|identity| identity.id == identity_id)
        else {
            return Ok(Unlinked::Unknown);
        };
        let identity = identities.swap_remove(at);
        let another_opens = identities
            .iter()
            .any(|other| self.ways_in.issuers.contains(&other.issuer));
        let password_opens = self.ways_in.passwords && holder.has_password;
        if !password_opens && !another_opens {
            return Ok(Unlinked::LastWayIn);
        }
        identity.delete(connection).await?;
        Ok(Unlinked::Now {
            provider_id: identity.provider_id,
        })
    }

    /// Says its id.
    async fn insert(
        &self,
        connection: &mut AsyncPgConnection,
        provider: &Provider,
        person: &Person,
        user_id: Uuid,
        now: OffsetDateTime,
    ) -> Result<Uuid, Error> {
        let identity = NewIdentity {
            id: self.random.uuid_v7(&self.clock),
            user_id,
            provider_id: provider.id(),
            issuer: provider.issuer(),
            subject: &person.subject,
            email: person.email.as_deref(),
            created_at: now,
            last_used_at: now,
        };
        identity.insert(connection).await?;
        Ok(identity.id)
    }

    /// A new account, without a password.
    async fn create(
        &self,
        connection: &mut AsyncPgConnection,
        person: &Person,
        proven: bool,
        now: OffsetDateTime,
    ) -> Result<Uuid, Error> {
        let username = self.username(connection, person).await?;
        let display_name =
            suggestion::display_name(person.name.as_deref()).unwrap_or_else(|| username.clone());
        let email = person.email.as_deref();
        let email_folded = email.filter(|_| proven).map(fold_email);
        let new = NewUser {
            id: self.random.uuid_v7(&self.clock),
            email: email.filter(|_| proven),
            email_folded: email_folded.as_deref(),
            pending_email: email.filter(|_| !proven),
            username: &username,
            username_folded: &fold(&username),
            display_name: &display_name,
            password_hash: None,
            created_at: now,
            updated_at: now,
        };
        let user = User::insert(connection, &new).await?;
        let terms = fold::search_terms(&username, &display_name);
        User::set_search_terms(connection, user.id, &terms).await?;
        Ok(user.id)
    }

    /// One that nobody has at the moment.
    async fn username(
        &self,
        connection: &mut AsyncPgConnection,
        person: &Person,
    ) -> Result<String, Error> {
        let random = u32::from_le_bytes(self.random.bytes::<LAST_RESORT_BYTES>());
        let suggestions = suggestion::usernames(
            person.name.as_deref(),
            person.email.as_deref(),
            &format!("{random:08x}"),
        );
        let folded: Vec<_> = suggestions.iter().map(|name| fold(name)).collect();
        let taken = taken_usernames(connection, &folded).await?;
        let free = suggestions
            .iter()
            .find(|name| !taken.contains(&fold(name)))
            .or(suggestions.last());
        free.cloned().ok_or(Error::UsernameTaken)
    }
}

/// Who has signed in before as this, held after their account. `CameSecond` where they were unlinked before they were held.
async fn hold_known(
    connection: &mut AsyncPgConnection,
    issuer: &str,
    subject: &str,
) -> Result<Option<Identity>, Error> {
    let Some(found) = Identity::find(connection, issuer, subject).await? else {
        return Ok(None);
    };
    Holder::hold(connection, found.user_id).await?;
    let held = Identity::hold(connection, issuer, subject).await?;
    let held = held.filter(|held| held.user_id == found.user_id);
    held.map(Some).ok_or(Error::CameSecond(Query::NotFound))
}

#[cfg(test)]
mod tests;
