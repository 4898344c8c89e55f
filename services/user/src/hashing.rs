//! Password hashes, made and checked by a bounded number of threads: each hash takes tens of milliseconds of a CPU and 19 MiB
//! of memory, and must hold up neither the event loop nor the machine.

mod pool;

use std::{num::NonZero, sync::Arc};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use runtime::Random;

use crate::{
    config::Passwords,
    domain::{
        guessable::{Guessable, Hints},
        password::Password,
    },
};
use pool::{Pool, Refused};

/// Random bytes of a salt (RFC 9106 section 3.1).
const SALT_BYTES: usize = 16;

/// Makes and checks password hashes. Cloning gives the same pool.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    random: Random,
    pool: Pool,
    /// The hash of a password that nobody knows; see [`Hasher::verify`].
    decoy: Arc<str>,
}

/// No hash could be made or checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Too many wait already.
    #[error("too many sign-ins at once")]
    Busy,
    /// The parameters or a stored hash are broken.
    #[error("argon2 failed: {0}")]
    Argon2(String),
    /// The threads cannot be started.
    #[error("no thread for hashes")]
    Threads(#[source] std::io::Error),
    /// It panicked.
    #[error("a hashing thread gave no answer")]
    Lost,
}

/// What a check says. A hash with newer parameters keeps the salt, see [`are_of_one_password`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is not the password.
    Wrong,
    /// It is.
    Right,
    /// It is, and the stored hash has older parameters: store this one in its place.
    Outdated {
        /// The hash with today's parameters.
        new_hash: String,
    },
}

impl Hasher {
    /// With these bounds and parameters. Makes one hash, which takes a while.
    pub(crate) fn new(config: &Passwords, random: &Random) -> Result<Self, Error> {
        let parameters =
            Params::new(config.memory_kib, config.passes, config.lanes, None).map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        let threads = match config.concurrency_max {
            0 => all_cpus_but_one(),
            some => some,
        };
        let pool =
            Pool::start(threads, config.waiting_max, config.niceness).map_err(Error::Threads)?;
        let decoy = hash(&argon2, random, &random.bytes::<SALT_BYTES>())?;
        Ok(Self {
            argon2,
            random: random.clone(),
            pool,
            decoy: decoy.into(),
        })
    }

    /// The hash in PHC form, with a new salt, of a password that somebody chose, unless it is easily guessed with what is known
    /// of them. Judged in the same pool, as that takes a while too. Dropping the future lets a hash that runs come to its end.
    pub(crate) async fn hash_chosen(
        &self,
        password: Password,
        hints: Hints,
    ) -> Result<Result<String, Guessable>, Error> {
        let (argon2, random) = (self.argon2.clone(), self.random.clone());
        self.run(move || match password.judge(&hints) {
            Ok(()) => hash(&argon2, &random, password.as_bytes()).map(Ok),
            Err(guessable) => Ok(Err(guessable)),
        })
        .await
    }

    /// Whether `password` belongs to `stored`. Without a stored hash, which is what an unknown account has, it does the
    /// same work on a decoy, so that the two cannot be told apart by time.
    pub(crate) async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
    ) -> Result<Verdict, Error> {
        let (argon2, decoy) = (self.argon2.clone(), Arc::clone(&self.decoy));
        self.run(move || match stored {
            Some(stored) => verify(&argon2, &password, &stored),
            None => verify(&argon2, &password, &decoy).map(|_| Verdict::Wrong),
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match self.pool.run(work).await {
            Ok(done) => done,
            Err(Refused::Full) => Err(Error::Busy),
            Err(Refused::Lost) => Err(Error::Lost),
        }
    }
}

/// The one left is the event loop's: a hash fills the caches of its CPU however low its priority.
fn all_cpus_but_one() -> usize {
    let cpus = std::thread::available_parallelism().map_or(1, NonZero::get);
    (cpus - 1).max(1)
}

fn hash(argon2: &Argon2<'_>, random: &Random, password: &[u8]) -> Result<String, Error> {
    hash_with(argon2, &random.bytes::<SALT_BYTES>(), password)
}

fn hash_with(argon2: &Argon2<'_>, salt: &[u8], password: &[u8]) -> Result<String, Error> {
    argon2
        .hash_password_with_salt(password, salt)
        .map(|hash| hash.to_string())
        .map_err(failed)
}

fn verify(argon2: &Argon2<'_>, password: &Password, stored: &str) -> Result<Verdict, Error> {
    let parsed = PasswordHash::new(stored).map_err(failed)?;
    match argon2.verify_password(password.as_bytes(), &parsed) {
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(error) => Err(failed(error)),
        Ok(()) if is_current(argon2, &parsed) => Ok(Verdict::Right),
        Ok(()) => {
            let salt = parsed.salt.as_deref().unwrap_or_default();
            Ok(Verdict::Outdated {
                new_hash: hash_with(argon2, salt, password.as_bytes())?,
            })
        }
    }
}

/// Whether two stored hashes are of one choice of a password. Who chooses one gets a new salt, and a hash with newer
/// parameters keeps it: so who was proven by the hash before still is, and who knew the password before is not.
pub(crate) fn are_of_one_password(one: Option<&str>, other: Option<&str>) -> bool {
    let salt = |stored| PasswordHash::new(stored).ok().and_then(|hash| hash.salt);
    one == other
        || one
            .and_then(salt)
            .zip(other.and_then(salt))
            .is_some_and(|(one, other)| one == other)
}

fn is_current(argon2: &Argon2<'_>, stored: &PasswordHash) -> bool {
    let wanted = argon2.params();
    let same_parameters = Params::try_from(stored).is_ok_and(|found| {
        (found.m_cost(), found.t_cost(), found.p_cost())
            == (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
    });
    same_parameters && stored.algorithm.as_str() == Algorithm::Argon2id.as_str()
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Argon2(error.to_string())
}

#[cfg(test)]
mod tests;
