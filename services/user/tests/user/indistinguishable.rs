//! Whether there is an account cannot be learned: not by words, which are compared whole, and not by time.
//!
//! Time: both kinds of call are made some hundreds of times, in random order, and compared by the chance that one of the first
//! kind took longer than one of the second (the Mann-Whitney statistic): 0.5 where nothing tells them apart, 1 where one always
//! takes longer. For 200 of each, chance alone strays from 0.5 by 0.029 (one standard deviation, whatever the times are), so
//! that 0.4 to 0.6 is three and a half of them: once in 2,000 measurements. The best of three counts, once in 10^10; a
//! difference that somebody could use (0.7 and more) fails all three but for once in 10^9. A busy machine slows both kinds
//! alike, since which is next is drawn by lot.
//!
//! Hashes take a millisecond here in place of thirty, so that what stands beside them is not drowned by them, while leaving one
//! out would still be seen at once.

use std::{
    fmt::Debug,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use quicksync::user::v1::{LoginRequest, RegisterRequest, RequestPasswordResetRequest};
use runtime::Random;
use tonic::Status;

use crate::fixture::{Fixture, from, registration};

/// Calls of both kinds together, in one measurement.
const CALLS: usize = 400;
const WARM_UP_CALLS: usize = 40;
const MEASUREMENTS: usize = 3;
const ALIKE: RangeInclusive<f64> = 0.4..=0.6;
/// People who have an account, and as many names that nobody has.
const PEOPLE: usize = 8;

/// Two kinds of call, by number: what the caller sees of both must be the same.
trait Pair {
    async fn call(&self, is_known: bool, number: usize);
}

/// The chance that one of `a` is larger than one of `b`.
fn larger_share(a: &[Duration], b: &[Duration]) -> f64 {
    let points = |x: &Duration| -> f64 {
        let halves = b.iter().map(|y| match x.cmp(y) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        });
        halves.sum()
    };
    let pairs = f64::from(u32::try_from(a.len() * b.len()).unwrap());
    a.iter().map(points).sum::<f64>() / pairs
}

async fn assert_alike(pair: &impl Pair) {
    let random = Random::system();
    let mut number = 0;
    let mut shares = Vec::new();
    for _ in 0..MEASUREMENTS {
        let mut times = [Vec::new(), Vec::new()];
        for call in 0..WARM_UP_CALLS + CALLS {
            let is_known = random.bytes::<1>()[0].is_multiple_of(2);
            let begun = Instant::now();
            pair.call(is_known, number).await;
            if call >= WARM_UP_CALLS {
                times[usize::from(is_known)].push(begun.elapsed());
            }
            number += 1;
        }
        let share = larger_share(&times[1], &times[0]);
        if ALIKE.contains(&share) {
            return;
        }
        shares.push(share);
    }
    panic!("the known one took longer with chances {shares:?}; 0.5 is alike");
}

/// Each call from another address, so that no quota is in the way.
fn address(number: usize) -> String {
    format!(
        "10.{}.{}.{}",
        number >> 16,
        (number >> 8) & 0xff,
        number & 0xff
    )
}

fn name(is_known: bool, number: usize) -> String {
    let kind = if is_known { "known" } else { "ghost" };
    format!("{kind}{}", number % PEOPLE)
}

async fn fixture() -> Fixture {
    let user = Fixture::with(|config| {
        config.passwords.memory_kib = 1_024;
        config.passwords.passes = 2;
    })
    .await;
    for number in 0..PEOPLE {
        user.register_proven(&name(true, number)).await;
    }
    user
}

/// What a client sees, but for when.
fn seen(status: &Status) -> impl PartialEq + Debug {
    let mut metadata = status.metadata().clone().into_headers();
    metadata.remove("date");
    let (code, message) = (status.code(), status.message().to_owned());
    (code, message, status.details().to_vec(), metadata)
}

struct Logins(Fixture);

impl Logins {
    async fn login(&self, is_known: bool, number: usize) -> Status {
        let request = LoginRequest {
            login: name(is_known, number),
            password: "not the password".to_owned(),
        };
        let request = from(&address(number), request);
        self.0.auth.clone().login(request).await.unwrap_err()
    }
}

impl Pair for Logins {
    async fn call(&self, is_known: bool, number: usize) {
        self.login(is_known, number).await;
    }
}

#[tokio::test]
async fn a_login_does_not_tell_whether_there_is_an_account() {
    let logins = Logins(fixture().await);
    let (known, unknown) = (logins.login(true, 0).await, logins.login(false, 1).await);
    assert_eq!(seen(&known), seen(&unknown));
    assert_alike(&logins).await;
}

struct Resets(Fixture);

impl Pair for Resets {
    async fn call(&self, is_known: bool, number: usize) {
        let email = format!("{}@example.org", name(is_known, number));
        let request = from(&address(number), RequestPasswordResetRequest { email });
        let answer = self.0.auth.clone().request_password_reset(request).await;
        // It has no fields: there is nothing that could differ.
        answer.unwrap();
    }
}

#[tokio::test]
async fn a_reset_does_not_tell_whether_there_is_an_account() {
    let user =
        Fixture::with(|config| config.throttling.resets_per_account.tries_max = 3_600_000).await;
    for number in 0..PEOPLE {
        user.register_proven(&name(true, number)).await;
    }
    assert_alike(&Resets(user)).await;
}

struct Registrations(Fixture);

impl Registrations {
    async fn register(&self, is_known: bool, number: usize) -> Vec<String> {
        let request = RegisterRequest {
            email: format!("{}@example.org", name(is_known, number)),
            ..registration(&format!("new{number:05}"))
        };
        let request = from(&address(number), request);
        let answer = self.0.auth.clone().register(request).await.unwrap();
        let answer = answer.into_inner();
        let (user, tokens) = (answer.user.unwrap(), answer.tokens.unwrap());
        // All that is not random in it.
        let ends = [
            tokens.access_token_expires_at,
            tokens.refresh_token_expires_at,
        ];
        vec![
            user.username.replace(&format!("{number:05}"), ""),
            format!("{:?} {ends:?}", user.created_at),
            format!(
                "{} {}",
                tokens.access_token.len(),
                tokens.refresh_token.len()
            ),
        ]
    }
}

impl Pair for Registrations {
    async fn call(&self, is_known: bool, number: usize) {
        self.register(is_known, number).await;
    }
}

#[tokio::test]
async fn a_registration_does_not_tell_whether_the_address_has_an_account() {
    let registrations = Registrations(fixture().await);
    let known = registrations.register(true, 90_000).await;
    assert_eq!(known, registrations.register(false, 90_001).await);
    assert_alike(&registrations).await;
}
