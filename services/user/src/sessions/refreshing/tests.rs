//! The database does what the model of `domain/refresh/model.rs` does, so what is shown of that holds for this.

use auth::Client;
use diesel_async::SimpleAsyncConnection;
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use runtime::{Clock, Random};
use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::{
    announcer::Announcer,
    audit::{self, Audit},
    config::Tokens,
    db::MIGRATIONS,
    domain::refresh::model::{Answer, Family},
    keys::Ring,
    sessions::{Method, SignIn},
};

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
const PERSON: Uuid = Uuid::from_u128(1);
const STORIES: usize = 60;

/// Somebody waits for so many seconds, and then shows a token: the newest, or one that was given so many before it.
type Showing = (u64, usize);

/// Two honest clients, late messages and thieves all look like this.
fn stories() -> impl Strategy<Value = Vec<Showing>> {
    let pause = prop_oneof![3 => 0..=4_u64, 1 => 5..=20_u64, 1 => Just(600_u64)];
    // Mostly among the newest, or each story would end with its third showing.
    let back = prop_oneof![3 => Just(0_usize), 2 => 0..3_usize, 1 => 0..20_usize];
    vec((pause, back), 1..40)
}

fn sessions(clock: &Clock) -> Sessions {
    let revocations = auth::revocations::Config {
        is_enabled: false,
        ..auth::revocations::Config::default()
    };
    let config = Tokens::default();
    let random = Random::system();
    let (audit, _) = Audit::new(clock, &random, audit::Metrics::default());
    Sessions::new(
        Ring::with_one_key(NOW),
        Announcer::new(&revocations, &config, clock).unwrap().0,
        audit,
        &config,
        clock,
        &random,
    )
}

async fn database() -> AsyncPgConnection {
    let name = parts::unique("user_refresh");
    let url = parts::shared().await.create_database(&name).await.unwrap();
    store::postgres::migrate(&url.as_str().into(), MIGRATIONS)
        .await
        .unwrap();
    let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
    let person = format!(
        "INSERT INTO users (id, username, username_folded, display_name, created_at, updated_at)
           VALUES ('{PERSON}', 'ada', 'ada', 'Ada', now(), now())"
    );
    connection.batch_execute(&person).await.unwrap();
    connection
}

/// Shows a token; a new one is remembered.
async fn show(
    sessions: &Sessions,
    connection: &mut AsyncPgConnection,
    given: &mut Vec<String>,
    number: usize,
) -> Answer {
    match sessions
        .refresh(connection, &given[number], &Client::default())
        .await
    {
        Ok(Refreshed::Tokens(tokens)) => {
            given.push(tokens.refresh_token);
            Answer::Token(given.len() - 1)
        }
        Ok(Refreshed::Revoked(_)) | Err(Error::RefreshTokenInvalid) => Answer::Refused,
        Err(Error::RefreshedTooOften) => Answer::Wait,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn the_database_answers_as_the_model_does() {
    let clock = Clock::fixed(NOW);
    let (sessions, mut connection) = (sessions(&clock), database().await);
    let client = Client::default();
    let sign_in = SignIn {
        client: &client,
        method: Method::Password,
    };
    let mut runner = TestRunner::deterministic();
    let mut revoked = 0;
    for _ in 0..STORIES {
        let story = stories().new_tree(&mut runner).unwrap().current();
        let first = sessions.begin(&mut connection, PERSON, sign_in).await;
        let mut given = vec![first.unwrap().tokens.refresh_token];
        let mut family = Family::new(clock.now());
        for (index, &(pause_s, back)) in story.iter().enumerate() {
            clock.advance(std::time::Duration::from_secs(pause_s));
            let number = given.len() - 1 - back % given.len();
            let expected = family.show(number, clock.now());
            let answer = show(&sessions, &mut connection, &mut given, number).await;
            assert_eq!(answer, expected, "showing {index} of {story:?}");
        }
        if family.is_revoked() {
            revoked += 1;
            for number in 0..given.len() {
                let answer = show(&sessions, &mut connection, &mut given, number).await;
                assert_eq!(answer, Answer::Refused, "token {number} of {story:?}");
            }
        }
    }
    assert!(
        (5..STORIES - 5).contains(&revoked),
        "{revoked} of {STORIES}"
    );
}
