//! What stands around linking and signing in with providers: a fresh sign-in, mails to the owner, quotas, and order among those
//! who change one account at once.

use diesel_async::SimpleAsyncConnection as _;
use quicksync::user::v1::{
    RedeemSignInRequest, SignInFailure, SignInIntent, Tokens, UnlinkIdentityRequest,
    finish_sign_in_response::Outcome,
};
use store::redis::{Redis, client};
use tonic::{Code, Status};
use user::Quota;

use crate::{
    federation::{VERIFIER, native},
    federation_fixture::{
        OTHER, TRUSTED, assert_failed, link, other, sign_in, start, start_with, trusted,
    },
    fixture::{Fixture, assert_refused, from, reason},
    mailbox::VERIFY,
};

const EMAIL: &str = "ada@example.org";
const ATTACKER: &str = "198.51.100.1";
const OWNER: &str = "203.0.113.7";
const ADDED: &str = "A way to sign in was added";
const REMOVED: &str = "A way to sign in was removed";
/// One second more than a sign-in is fresh.
const STALE_S: u64 = 10 * 60 + 1;

async fn unlink(user: &Fixture, tokens: &Tokens, provider_id: &str) -> Result<(), Status> {
    let identities = user.identities(tokens).await;
    let identity = identities
        .into_iter()
        .find(|identity| identity.provider_id == provider_id)
        .unwrap();
    let request = UnlinkIdentityRequest {
        identity_id: identity.identity_id,
    };
    let request = auth::testing::signed_in(&tokens.access_token, request);
    let answer = user.account.clone().unlink_identity(request).await;
    answer.map(drop)
}

#[tokio::test]
async fn linking_takes_a_fresh_sign_in() {
    let user = start().await;
    let ada = user.register("ada").await;
    user.advance(STALE_S);
    assert_refused(
        user.begin(link(OTHER, &ada.tokens)).await,
        Code::FailedPrecondition,
        "SIGN_IN_NOT_FRESH",
    );
    let fresh = user.login("ada").await;
    user.begin(link(OTHER, &fresh)).await.unwrap();
}

#[tokio::test]
async fn unlinking_takes_a_fresh_sign_in() {
    // An access token outlives the freshness of its sign-in.
    let user = start_with(|config| config.tokens.fresh_sign_in_s = 60).await;
    let ada = user.register("ada").await;
    let there = other().await.add(EMAIL, true).await;
    let outcome = user.outcome(link(OTHER, &ada.tokens), &there).await;
    assert!(matches!(outcome, Outcome::Linked(_)), "{outcome:?}");
    user.advance(61);
    assert_refused(
        unlink(&user, &ada.tokens, OTHER).await,
        Code::FailedPrecondition,
        "SIGN_IN_NOT_FRESH",
    );
    assert_eq!(user.identities(&ada.tokens).await.len(), 1);
    let fresh = user.login("ada").await;
    unlink(&user, &fresh, OTHER).await.unwrap();
}

#[tokio::test]
async fn the_owner_hears_by_mail_of_ways_in_that_come_and_go() {
    let user = start().await;
    let here = trusted().await.add(EMAIL, true).await;
    let there = other().await.add("ada@elsewhere.example", true).await;
    let tokens = user.signed_in(TRUSTED, &here).await;
    user.outcome(link(OTHER, &tokens), &there).await;
    let added = user.mail(EMAIL, ADDED).await;
    assert!(added.0.contains("The other one"), "{added:?}");
    user.advance(1);
    unlink(&user, &tokens, OTHER).await.unwrap();
    let removed = user.mail(EMAIL, REMOVED).await;
    assert!(removed.0.contains("The other one"), "{removed:?}");

    // Linked by the address alone, without anybody who is signed in.
    user.advance(1);
    let namesake = trusted().await.add(EMAIL, true).await;
    user.signed_in(TRUSTED, &namesake).await;
    let added = user.nth_mail(2, EMAIL, ADDED).await;
    assert!(added.0.contains("The trusted one"), "{added:?}");
}

#[tokio::test]
async fn who_claims_an_address_gets_no_mail_about_ways_in() {
    let user = start().await;
    let ada = user.register("ada").await;
    let there = other().await.add("ada@elsewhere.example", true).await;
    user.outcome(link(OTHER, &ada.tokens), &there).await;
    unlink(&user, &ada.tokens, OTHER).await.unwrap();
    // A later mail was put into the outbox after these would have been.
    user.advance(1);
    user.register("bob").await;
    user.mail("bob@example.org", VERIFY).await;
    let mut mails = user.mails();
    mails.retain(|mail| mail.is("ada@example.org", ADDED) || mail.is("ada@example.org", REMOVED));
    assert!(mails.is_empty(), "{mails:?}");
}

#[tokio::test]
async fn a_sign_in_and_an_unlinking_at_once_do_not_wait_for_each_other() {
    let user = start().await;
    let ada = trusted().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &ada).await;
    let user_id = user.user_id(&tokens).await;
    let callback = user.go(sign_in(TRUSTED), Some(&ada)).await;

    // As whoever unlinks or erases: the account first, then what belongs to it.
    let mut unlinking = user.database().await;
    let hold = format!("BEGIN; SELECT FROM users WHERE id = '{user_id}' FOR UPDATE");
    unlinking.batch_execute(&hold).await.unwrap();
    let unlinked = async {
        let waiting = "SELECT count(*) AS n FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        user.eventually(async || (user.number(waiting).await == 1).then_some(()))
            .await;
        let delete = format!("DELETE FROM identities WHERE user_id = '{user_id}'; COMMIT");
        unlinking.batch_execute(&delete).await
    };
    let (answer, unlinked) = tokio::join!(user.finish(&callback), unlinked);
    unlinked.unwrap();
    // The identity that it found is gone, so it looked again and found the address.
    match answer.unwrap().outcome.unwrap() {
        Outcome::Tokens(tokens) => assert_eq!(user.user_id(&tokens).await, user_id),
        other => panic!("not signed in: {other:?}"),
    }
}

#[tokio::test]
async fn a_provider_that_is_not_configured_any_more_is_no_way_in() {
    let user = start().await;
    let here = trusted().await.add(EMAIL, true).await;
    let there = other().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &here).await;
    user.outcome(link(OTHER, &tokens), &there).await;
    let without = user
        .again(|config| {
            config.providers.truncate(1);
            // What the provider is called is no matter: its identities work on.
            "renamed".clone_into(&mut config.providers[0].id);
        })
        .await;
    assert_refused(
        unlink(&without, &tokens, TRUSTED).await,
        Code::FailedPrecondition,
        "LAST_WAY_IN",
    );
    unlink(&without, &tokens, OTHER).await.unwrap();
}

#[tokio::test]
async fn sign_ins_begun_at_one_address_are_slowed_down() {
    let user = start_with(|config| {
        config.throttling.sign_in_starts_per_address = Quota {
            tries_max: 3,
            period_s: 60,
        };
    })
    .await;
    let begin = async |address: &str| {
        let request = from(address, sign_in(TRUSTED));
        user.federation.clone().start_sign_in(request).await
    };
    for _ in 0..3 {
        begin(ATTACKER).await.unwrap();
    }
    assert_refused(
        begin(ATTACKER).await,
        Code::ResourceExhausted,
        "TOO_MANY_ATTEMPTS",
    );
    begin(OWNER).await.unwrap();
    user.advance(20);
    begin(ATTACKER).await.unwrap();
}

#[tokio::test]
async fn guessing_codes_of_sign_ins_is_slowed_down() {
    let user = start().await;
    let guess = async |address: &str| {
        let request = RedeemSignInRequest {
            code: "a guess".to_owned(),
            code_verifier: "v".repeat(43),
        };
        let mut auth = user.auth.clone();
        reason(
            &auth
                .redeem_sign_in(from(address, request))
                .await
                .unwrap_err(),
        )
    };
    for _ in 0..30 {
        assert_eq!(guess(ATTACKER).await, "SIGN_IN_CODE_INVALID");
    }
    assert_eq!(guess(ATTACKER).await, "TOO_MANY_ATTEMPTS");
    assert_eq!(guess(OWNER).await, "SIGN_IN_CODE_INVALID");
}

#[tokio::test]
async fn a_code_is_no_good_once_what_it_was_made_for_is_unlinked() {
    let user = start().await;
    let here = trusted().await.add(EMAIL, true).await;
    let there = other().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &here).await;
    user.outcome(link(OTHER, &tokens), &there).await;
    let outcome = user.outcome(native(), &here).await;
    let Outcome::Code(code) = outcome else {
        panic!("no code: {outcome:?}");
    };
    unlink(&user, &tokens, TRUSTED).await.unwrap();

    let redeem = RedeemSignInRequest {
        code,
        code_verifier: VERIFIER.to_owned(),
    };
    let redeemed = user.auth.clone().redeem_sign_in(redeem).await;
    assert_refused(redeemed, Code::Unauthenticated, "SIGN_IN_CODE_INVALID");
    let sessions = "SELECT count(*) AS n FROM sessions";
    assert_eq!(user.number(sessions).await, 1);
}

#[tokio::test]
async fn a_sign_in_that_cannot_begin_is_not_remembered() {
    let user = start_with(|config| {
        "http://127.0.0.1:1".clone_into(&mut config.providers[0].issuer);
    })
    .await;
    let refused = user.begin(sign_in(TRUSTED)).await;
    assert_refused(refused, Code::Unavailable, "PROVIDER_UNAVAILABLE");
    let redis = Redis::new(&user.config.redis).unwrap();
    let mut keys = client::cmd("KEYS");
    keys.arg(redis.key("sign-in:*"));
    let kept: Vec<String> = redis.query(&keys).await.unwrap();
    assert!(kept.is_empty(), "{kept:?}");
}

#[tokio::test]
async fn a_failure_says_what_was_to_be_done() {
    let user = start().await;
    let ada = user.register("ada").await;
    for (request, intent) in [
        (sign_in(OTHER), SignInIntent::SignIn),
        (link(OTHER, &ada.tokens), SignInIntent::Link),
    ] {
        let callback = user.go(request, None).await;
        let answer = user.finish(&callback).await.unwrap();
        assert_eq!(answer.intent(), intent);
        assert_failed(&answer.outcome.unwrap(), SignInFailure::Denied);
        let replay = user.finish(&callback).await.unwrap();
        assert_eq!(replay.intent(), SignInIntent::Unspecified);
    }
}
