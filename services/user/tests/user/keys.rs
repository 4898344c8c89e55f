//! Signing keys: replicas agree, keys come before they sign and stay until their tokens have ended, and none can be read.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use auth::{Caller, KeySet, KeySource, Verifier};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diesel::{
    QueryableByName, sql_query,
    sql_types::{Bytea, Text},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config as Cases, TestRunner},
};
use quicksync::user::v1::{GetJwksRequest, GetMeRequest, RefreshRequest};
use runtime::{App as _, Clock, Command as _, Context};
use serde_json::Value;
use user::{App, Command, Config};

use crate::fixture::{Fixture, NOW, encryption_key, reason, registration};

const PATIENCE: Duration = Duration::from_secs(30);
const DAY_S: u64 = 24 * 60 * 60;
const LEAD_S: u64 = 300;
const TOKEN_S: u64 = 600;

fn swift(config: &mut Config) {
    config.keys.reload_interval_ms = 20;
    config.keys.rotation_interval_s = u32::try_from(DAY_S).unwrap();
}

/// Two replicas of one service.
async fn pair() -> [Fixture; 2] {
    let one = Fixture::with(swift).await;
    let two = one.again(|_| {}).await;
    [one, two]
}

async fn jwks(user: &Fixture) -> String {
    let answer = user.auth.clone().get_jwks(GetJwksRequest {}).await;
    answer.unwrap().into_inner().jwks_json
}

async fn published(user: &Fixture) -> BTreeSet<String> {
    let set: Value = serde_json::from_str(&jwks(user).await).unwrap();
    let keys = set["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// A new access token.
async fn token(user: &Fixture) -> String {
    static PEOPLE: AtomicU32 = AtomicU32::new(0);
    let number = PEOPLE.fetch_add(1, Ordering::Relaxed);
    let account = user.register(&format!("person{number}")).await;
    account.tokens.access_token
}

fn kid(token: &str) -> String {
    let head = URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    let head: Value = serde_json::from_slice(&head).unwrap();
    head["kid"].as_str().unwrap().to_owned()
}

/// As another service checks it that has just fetched the keys of this replica.
async fn verify(user: &Fixture, token: &str) -> Result<Caller, auth::Error> {
    let keys = KeySet::from_jwks_json(&jwks(user).await).unwrap();
    let config = auth::Config::default();
    Verifier::new(&config, KeySource::Static(keys), user.clock.clone())
        .verify(token)
        .await
}

/// Runs `quicksync-user rotate-keys`.
async fn rotate(user: &Fixture, now: bool) {
    let mut context = Context::for_tests();
    context.clock = user.clock.clone();
    let command = Command::RotateKeys { now };
    command.run(&user.config, &context).await.unwrap();
}

/// Polls until `condition` gives something.
async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let poll = async {
        loop {
            if let Some(value) = condition().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, poll)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"))
}

async fn assert_good_everywhere(replicas: &[Fixture; 2], token: &str) {
    for user in replicas {
        verify(user, token).await.unwrap();
        let me = auth::testing::signed_in(token, GetMeRequest {});
        user.users.clone().get_me(me).await.unwrap();
    }
}

async fn all_publish(replicas: &[Fixture; 2], what: &str, count: usize) -> BTreeSet<String> {
    eventually(what, async || {
        let (one, two) = (published(&replicas[0]).await, published(&replicas[1]).await);
        (one == two && one.len() == count).then_some(one)
    })
    .await
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    kid: String,
    #[diesel(sql_type = Text)]
    public_jwk: String,
    #[diesel(sql_type = Bytea)]
    sealed_private_key: Vec<u8>,
}

async fn rows(config: &Config) -> Vec<Row> {
    let mut connection = AsyncPgConnection::establish(config.postgres.url.expose())
        .await
        .unwrap();
    sql_query("SELECT kid, public_jwk, sealed_private_key FROM signing_keys ORDER BY signs_from")
        .load(&mut connection)
        .await
        .unwrap()
}

async fn change(config: &Config, statement: &str) {
    let mut connection = AsyncPgConnection::establish(config.postgres.url.expose())
        .await
        .unwrap();
    sql_query(statement).execute(&mut connection).await.unwrap();
}

async fn start_error(config: &Config) -> String {
    let outcome = App::build(config.clone(), Context::for_tests()).await;
    format!("{:#}", outcome.err().expect("it must not start"))
}

#[tokio::test]
async fn replicas_that_start_together_make_one_key_and_sign_with_it() {
    let (config, spool) = Fixture::prepare(swift).await;
    let starts =
        (0..4).map(|_| Fixture::serve(config.clone(), Clock::fixed(NOW), Arc::clone(&spool)));
    let replicas = futures::future::join_all(starts).await;
    assert_eq!(rows(&config).await.len(), 1);
    for user in &replicas {
        let token = token(user).await;
        assert_eq!(published(user).await, BTreeSet::from([kid(&token)]));
        for other in &replicas {
            verify(other, &token).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_rotation_goes_unnoticed() {
    let replicas = pair().await;
    let [one, two] = &replicas;
    let old_token = token(one).await;
    let old = kid(&old_token);

    one.advance(DAY_S - LEAD_S);
    let both = all_publish(&replicas, "the next key is published", 2).await;
    let new = both.iter().find(|kid| **kid != old).unwrap().clone();
    for user in &replicas {
        assert_eq!(kid(&token(user).await), old, "it does not sign yet");
    }

    one.advance(LEAD_S - 1);
    let last_of_old = token(two).await;
    assert_eq!(kid(&last_of_old), old);
    one.advance(1);
    for user in &replicas {
        let token = token(user).await;
        assert_eq!(kid(&token), new);
        assert_good_everywhere(&replicas, &token).await;
    }

    one.advance(TOKEN_S - 2);
    assert_good_everywhere(&replicas, &last_of_old).await;
    assert_eq!(published(one).await.len(), 2);
    one.advance(2 + 2 * 5);
    let left = all_publish(&replicas, "the old key is gone", 1).await;
    assert_eq!(left, BTreeSet::from([new]));
    assert_eq!(rows(&one.config).await.len(), 1);
}

#[tokio::test]
async fn a_key_on_command_is_published_before_it_signs() {
    let replicas = pair().await;
    let first = published(&replicas[0]).await;
    rotate(&replicas[0], false).await;
    rotate(&replicas[1], false).await;
    let both = all_publish(&replicas, "one more key is published, and only one", 2).await;
    replicas[0].advance(LEAD_S - 1);
    for user in &replicas {
        assert!(first.contains(&kid(&token(user).await)));
    }
    replicas[0].advance(1);
    for user in &replicas {
        let token = token(user).await;
        assert!(both.contains(&kid(&token)) && !first.contains(&kid(&token)));
        assert_good_everywhere(&replicas, &token).await;
    }
}

#[tokio::test]
async fn withdrawn_keys_are_worth_nothing_and_sessions_go_on() {
    let one = Fixture::with(|config| {
        swift(config);
        config.auth.leeway_s = 1;
    })
    .await;
    let two = one.again(|_| {}).await;
    let replicas = [one, two];
    let ada = replicas[0].register("ada").await.tokens;
    assert_good_everywhere(&replicas, &ada.access_token).await;

    rotate(&replicas[0], true).await;
    let left = all_publish(&replicas, "only the new key is published", 1).await;
    assert!(!left.contains(&kid(&ada.access_token)));
    for user in &replicas {
        assert!(matches!(
            verify(user, &ada.access_token).await,
            Err(auth::Error::Invalid("unknown key"))
        ));
        // Although it was verified, and remembered, before.
        let me = auth::testing::signed_in(&ada.access_token, GetMeRequest {});
        let refused = user.users.clone().get_me(me).await;
        assert_eq!(reason(&refused.unwrap_err()), "ACCESS_TOKEN_INVALID");
    }
    let refresh_token = ada.refresh_token;
    let request = RefreshRequest { refresh_token };
    let answer = replicas[1].auth.clone().refresh(request).await.unwrap();
    let fresh = answer.into_inner().tokens.unwrap().access_token;
    assert!(left.contains(&kid(&fresh)));
    assert_good_everywhere(&replicas, &fresh).await;
}

#[tokio::test]
async fn two_who_withdraw_at_once_leave_one_of_their_keys() {
    let user = Fixture::with(|config| {
        swift(config);
        config.auth.leeway_s = 1;
    })
    .await;
    let kids = async || -> BTreeSet<String> {
        rows(&user.config)
            .await
            .into_iter()
            .map(|row| row.kid)
            .collect()
    };
    let first = kids().await;
    let both_made = eventually("both have made a key", async || {
        let kids = kids().await;
        (kids.len() == 3).then_some(kids)
    });
    let (both_made, (), ()) = tokio::join!(both_made, rotate(&user, true), rotate(&user, true));
    let left = kids().await;
    assert_eq!(left.len(), 1);
    assert!(left.is_subset(&both_made) && left.is_disjoint(&first));
    eventually("it is the one that is published", async || {
        (published(&user).await == left).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_private_key_can_be_read_from_the_database() {
    /// Before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410).
    const PKCS8_HEAD: [u8; 11] = [0x02, 0x01, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4];
    let user = Fixture::with(swift).await;
    let rows = rows(&user.config).await;
    let [row] = &rows[..] else { panic!("one key") };
    assert!(!row.public_jwk.contains("\"d\""));
    assert_eq!(
        serde_json::from_str::<Value>(&row.public_jwk).unwrap()["kid"],
        *row.kid
    );
    let sealed = &row.sealed_private_key;
    let has = |part: &[u8]| sealed.windows(part.len()).any(|window| window == part);
    assert!(!has(&PKCS8_HEAD) && !has(b"PRIVATE"));
    for start in 0..sealed.len() {
        assert!(auth::Signer::from_pkcs8(&sealed[start..], "i", "a").is_err());
    }
}

#[tokio::test]
async fn another_encryption_key_is_one_clear_error_at_the_start() {
    let user = Fixture::with(swift).await;
    let kid = rows(&user.config).await.remove(0).kid;
    let mut config = user.config.clone();
    config.keys.encryption_keys = vec![encryption_key()];
    let text = start_error(&config).await;
    assert!(
        text.contains(&kid)
            && text.contains("keys.encryption_keys")
            && text.contains("quicksync-user rotate-keys --now"),
        "{text}"
    );
    assert_eq!(rows(&user.config).await.len(), 1, "nothing was changed");
    change(
        &user.config,
        "UPDATE signing_keys SET sealed_private_key = substr(sealed_private_key, 1, 60)",
    )
    .await;
    let text = start_error(&user.config).await;
    assert!(
        text.contains(&kid) && text.contains("was changed"),
        "{text}"
    );
}

#[tokio::test]
async fn the_encryption_key_can_be_changed_and_the_old_one_goes() {
    let user = Fixture::with(swift).await;
    let token = token(&user).await;
    let new = encryption_key();
    let with = |keys: Vec<_>| user.again(|config| config.keys.encryption_keys = keys);
    let old = user.config.keys.encryption_keys[0].clone();
    let before = rows(&user.config).await.remove(0).sealed_private_key;
    drop(with(vec![old.clone(), new.clone()]).await);
    assert_eq!(rows(&user.config).await[0].sealed_private_key, before);
    drop(with(vec![new.clone(), old]).await);
    assert_ne!(rows(&user.config).await[0].sealed_private_key, before);
    let alone = with(vec![new]).await;
    verify(&alone, &token).await.unwrap();
}

#[tokio::test]
async fn a_key_that_somebody_writes_into_the_database_is_not_published() {
    let replicas = pair().await;
    let private = auth::Signer::generate_pkcs8().unwrap();
    let forger = auth::Signer::from_pkcs8(&private, "quicksync", "quicksync").unwrap();
    let (kid, jwk) = (forger.kid(), forger.jwk_json());
    for user in &replicas {
        let statement = format!(
            "INSERT INTO signing_keys SELECT '{kid}', '{jwk}', sealed_private_key, created_at, signs_from \
             FROM signing_keys LIMIT 1 ON CONFLICT DO NOTHING"
        );
        change(&user.config, &statement).await;
    }
    // The next key is read after the forged one.
    replicas[0].advance(DAY_S - LEAD_S);
    let both = all_publish(&replicas, "the next key is published", 2).await;
    assert!(!both.contains(kid));
    assert_good_everywhere(&replicas, &token(&replicas[1]).await).await;
    replicas[0].advance(LEAD_S + TOKEN_S + 10);
    all_publish(&replicas, "the first key is gone", 1).await;
    assert_good_everywhere(&replicas, &token(&replicas[1]).await).await;
}

#[tokio::test]
async fn a_replica_that_can_open_no_key_any_longer_signs_nothing_and_makes_none_of_its_own() {
    let user = Fixture::with(|config| {
        swift(config);
        config.keys.publish_lead_s = 1;
    })
    .await;
    let before = published(&user).await;
    change(
        &user.config,
        "UPDATE signing_keys SET sealed_private_key = substr(sealed_private_key, 1, 60)",
    )
    .await;
    user.advance(3 * DAY_S);
    let mut number = 0;
    eventually("nothing is signed", async || {
        number += 1;
        let request = registration(&format!("person{number}"));
        let refused = user.register_as(request).await.err()?;
        assert_eq!(reason(&refused), "KEYS_UNAVAILABLE");
        Some(())
    })
    .await;
    assert_eq!(rows(&user.config).await.len(), 1);
    assert_eq!(published(&user).await, before, "tokens stay good");
}

/// Whatever is done to two replicas, each token that has not expired is good by the keys of either.
#[tokio::test]
async fn any_order_of_time_and_rotations_leaves_every_token_good() {
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Passes(u64),
        Rotates,
        Signs(usize),
    }
    let step = proptest::prop_oneof![
        3 => proptest::prop_oneof![1..20_u64, 100..400_u64, 0..2 * DAY_S].prop_map(Step::Passes),
        1 => proptest::strategy::Just(Step::Rotates),
        4 => (0..2_usize).prop_map(Step::Signs),
    ];
    let replicas = pair().await;
    let mut runner = TestRunner::new(Cases::default());
    let mut tokens: Vec<(String, time::OffsetDateTime)> = Vec::new();
    for number in 0..60 {
        let step = step.new_tree(&mut runner).unwrap().current();
        match step {
            Step::Passes(seconds) => replicas[0].advance(seconds),
            Step::Rotates => rotate(&replicas[1], false).await,
            Step::Signs(replica) => {
                let token = token(&replicas[replica]).await;
                let ends = replicas[0].clock.now() + time::Duration::seconds(600);
                tokens.push((token, ends));
            }
        }
        // Replicas read many times a lead; a clock that leaps must not leave them behind.
        settle(&replicas).await;
        let now = replicas[0].clock.now();
        tokens.retain(|(_, ends)| now < *ends - time::Duration::SECOND);
        for (token, ends) in &tokens {
            for user in &replicas {
                let verdict = verify(user, token).await;
                assert!(
                    verdict.is_ok(),
                    "step {number} {step:?}: a token that ends at {ends} is refused at {now}: {verdict:?}"
                );
            }
        }
    }
}

/// Waits until both replicas have read what there is after the clock moved.
async fn settle(replicas: &[Fixture; 2]) {
    let mut last = BTreeSet::new();
    eventually("both replicas publish what the table has", async || {
        let table: BTreeSet<_> = rows(&replicas[0].config)
            .await
            .into_iter()
            .map(|row| row.kid)
            .collect();
        let same = table == std::mem::replace(&mut last, table.clone());
        let (one, two) = (published(&replicas[0]).await, published(&replicas[1]).await);
        (same && one == table && two == table).then_some(())
    })
    .await;
}
