//! Which account a provider's person gets into, rule by rule, and linking and unlinking by a signed-in person.

use quicksync::user::v1::{
    ListSecurityEventsRequest, LogoutRequest, SecurityEventKind, SignInFailure, Tokens,
    UnlinkIdentityRequest, finish_sign_in_response::Outcome,
};
use tonic::{Code, Status};

use crate::{
    federation_fixture::{OTHER, TRUSTED, assert_failed, link, other, sign_in, start, trusted},
    fixture::{Fixture, assert_refused, assert_violations, registration},
};

const EMAIL: &str = "ada@example.org";

async fn unlink(user: &Fixture, tokens: &Tokens, identity_id: &str) -> Result<(), Status> {
    let request = UnlinkIdentityRequest {
        identity_id: identity_id.to_owned(),
    };
    let request = auth::testing::signed_in(&tokens.access_token, request);
    user.account
        .clone()
        .unlink_identity(request)
        .await
        .map(drop)
}

async fn events(user: &Fixture, tokens: &Tokens) -> Vec<(i32, String)> {
    let request = ListSecurityEventsRequest::default();
    let request = auth::testing::signed_in(&tokens.access_token, request);
    let answer = user.sessions.clone().list_security_events(request).await;
    let events = answer.unwrap().into_inner().events;
    events
        .into_iter()
        .map(|event| (event.kind, event.provider_id))
        .collect()
}

#[tokio::test]
async fn a_trusted_provider_opens_the_account_that_has_proven_the_address() {
    let user = start().await;
    let first = trusted().await.add(EMAIL, true).await;
    let owner = user.signed_in(TRUSTED, &first).await;
    // Another account there with the same address, in other case.
    let second = trusted().await.add("ADA@example.org", true).await;
    let tokens = user.signed_in(TRUSTED, &second).await;
    assert_eq!(user.user_id(&tokens).await, user.user_id(&owner).await);
    assert_eq!(user.identities(&owner).await.len(), 2);
}

#[tokio::test]
async fn an_address_that_the_provider_has_not_verified_opens_nothing() {
    let user = start().await;
    let owner = trusted().await.add(EMAIL, true).await;
    user.signed_in(TRUSTED, &owner).await;
    let liar = trusted().await.add(EMAIL, false).await;
    let outcome = user.outcome(sign_in(TRUSTED), &liar).await;
    assert_failed(&outcome, SignInFailure::LinkRequired);

    // Where nobody has proven it, it is claimed and no more.
    let stranger = trusted().await.add("stranger@example.org", false).await;
    let tokens = user.signed_in(TRUSTED, &stranger).await;
    let me = user.me(&tokens).await;
    assert_eq!(
        (me.email.as_str(), me.pending_email.as_str()),
        ("", "stranger@example.org")
    );
}

#[tokio::test]
async fn a_provider_that_is_not_trusted_opens_nothing_by_address() {
    let user = start().await;
    let owner = trusted().await.add(EMAIL, true).await;
    user.signed_in(TRUSTED, &owner).await;
    let there = other().await.add(EMAIL, true).await;
    let outcome = user.outcome(sign_in(OTHER), &there).await;
    assert_failed(&outcome, SignInFailure::LinkRequired);

    let stranger = other().await.add("stranger@example.org", true).await;
    let tokens = user.signed_in(OTHER, &stranger).await;
    let me = user.me(&tokens).await;
    assert_eq!(
        (me.email.as_str(), me.pending_email.as_str()),
        ("", "stranger@example.org")
    );
}

#[tokio::test]
async fn who_registered_with_an_address_before_its_owner_came_gets_nothing_of_theirs() {
    let user = start().await;
    let mut request = registration("mallory");
    EMAIL.clone_into(&mut request.email);
    let mallory = user.register_as(request).await.unwrap();
    let ada = trusted().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &ada).await;
    let me = user.me(&tokens).await;
    assert_ne!(me.user.unwrap().user_id, mallory.user.user_id);
    assert_eq!(me.email, EMAIL);
    assert!(user.identities(&mallory.tokens).await.is_empty());
    assert_eq!(user.me(&mallory.tokens).await.email, "");
}

#[tokio::test]
async fn an_identity_opens_its_account_whatever_its_address_becomes() {
    let user = start().await;
    let mut ada = trusted().await.add(EMAIL, true).await;
    let before = user.signed_in(TRUSTED, &ada).await;
    let bob = trusted().await.add("bob@example.org", true).await;
    let other_account = user.signed_in(TRUSTED, &bob).await;
    // Even one that another account has proven.
    ada.email.clone_from(&bob.email);
    trusted().await.put(ada.clone()).await;
    let after = user.signed_in(TRUSTED, &ada).await;
    assert_eq!(user.user_id(&after).await, user.user_id(&before).await);
    assert_ne!(
        user.user_id(&after).await,
        user.user_id(&other_account).await
    );
    assert_eq!(user.identities(&after).await[0].email, bob.email);
    assert_eq!(user.me(&after).await.email, EMAIL, "what was proven stays");
}

#[tokio::test]
async fn the_same_address_at_two_providers_is_one_account_once_it_is_linked() {
    let user = start().await;
    let here = trusted().await.add(EMAIL, true).await;
    let there = other().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &here).await;
    user.advance(1);
    let outcome = user.outcome(link(OTHER, &tokens), &there).await;
    assert!(matches!(outcome, Outcome::Linked(_)), "{outcome:?}");
    let by_other = user.signed_in(OTHER, &there).await;
    assert_eq!(user.user_id(&by_other).await, user.user_id(&tokens).await);
    let linked: Vec<_> = user
        .identities(&tokens)
        .await
        .into_iter()
        .map(|identity| (identity.provider_id, identity.email))
        .collect();
    let expected = [TRUSTED, OTHER].map(|id| (id.to_owned(), EMAIL.to_owned()));
    assert_eq!(linked, expected);
}

#[tokio::test]
async fn linking_leaves_the_refresh_token_of_the_browser_good() {
    let user = start().await;
    let ada = user.register("ada").await;
    let there = other().await.add(EMAIL, true).await;
    for _ in 0..2 {
        let outcome = user.outcome(link(OTHER, &ada.tokens), &there).await;
        assert!(matches!(outcome, Outcome::Linked(_)), "{outcome:?}");
    }
    assert_eq!(user.identities(&ada.tokens).await.len(), 1);
}

#[tokio::test]
async fn an_identity_of_another_account_cannot_be_linked() {
    let user = start().await;
    let there = other().await.add(EMAIL, true).await;
    user.signed_in(OTHER, &there).await;
    let bob = user.register("bob").await;
    let outcome = user.outcome(link(OTHER, &bob.tokens), &there).await;
    assert_failed(&outcome, SignInFailure::LinkedElsewhere);
}

#[tokio::test]
async fn linking_takes_a_session_from_the_start_to_the_end() {
    let user = start().await;
    let ada = user.register("ada").await;
    let there = other().await.add(EMAIL, true).await;
    let mut nobody = link(OTHER, &ada.tokens);
    nobody.refresh_token = String::new();
    assert_refused(
        user.begin(nobody).await,
        Code::Unauthenticated,
        "REFRESH_TOKEN_INVALID",
    );

    let callback = user.go(link(OTHER, &ada.tokens), Some(&there)).await;
    let logout = LogoutRequest {
        refresh_token: ada.tokens.refresh_token.clone(),
    };
    user.auth.clone().logout(logout).await.unwrap();
    let answer = user.finish(&callback).await.unwrap();
    assert_failed(&answer.outcome.unwrap(), SignInFailure::SignedOut);
    let ended = user.begin(link(OTHER, &ada.tokens)).await;
    assert_refused(ended, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn an_account_has_twenty_identities_at_most() {
    let user = start().await;
    let first = trusted().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &first).await;
    for _ in 1..20 {
        let more = trusted().await.add(EMAIL, true).await;
        user.signed_in(TRUSTED, &more).await;
    }
    let surplus = trusted().await.add(EMAIL, true).await;
    for request in [sign_in(TRUSTED), link(TRUSTED, &tokens)] {
        let outcome = user.outcome(request, &surplus).await;
        assert_failed(&outcome, SignInFailure::TooManyIdentities);
    }
    assert_eq!(user.identities(&tokens).await.len(), 20);
}

#[tokio::test]
async fn the_last_way_into_an_account_cannot_be_unlinked() {
    let user = start().await;
    let here = trusted().await.add(EMAIL, true).await;
    let there = other().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &here).await;
    let only = user.identities(&tokens).await.remove(0);
    let last = unlink(&user, &tokens, &only.identity_id).await;
    assert_refused(last, Code::FailedPrecondition, "LAST_WAY_IN");

    user.outcome(link(OTHER, &tokens), &there).await;
    unlink(&user, &tokens, &only.identity_id).await.unwrap();
    let left = user.identities(&tokens).await;
    assert_eq!(left.len(), 1);
    let last = unlink(&user, &tokens, &left[0].identity_id).await;
    assert_refused(last, Code::FailedPrecondition, "LAST_WAY_IN");
}

#[tokio::test]
async fn of_two_unlinked_at_once_one_stays() {
    let user = start().await;
    let here = trusted().await.add(EMAIL, true).await;
    let there = other().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &here).await;
    user.outcome(link(OTHER, &tokens), &there).await;
    let both = user.identities(&tokens).await;
    let outcomes = tokio::join!(
        unlink(&user, &tokens, &both[0].identity_id),
        unlink(&user, &tokens, &both[1].identity_id),
    );
    assert_ne!(outcomes.0.is_ok(), outcomes.1.is_ok());
    assert_eq!(user.identities(&tokens).await.len(), 1);
}

#[tokio::test]
async fn what_happens_to_identities_is_told_to_their_owner() {
    let user = start().await;
    let here = trusted().await.add(EMAIL, true).await;
    let more = trusted().await.add(EMAIL, true).await;
    let there = other().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &here).await;
    user.advance(1);
    user.signed_in(TRUSTED, &more).await;
    user.advance(1);
    user.outcome(link(OTHER, &tokens), &there).await;
    user.advance(1);
    let linked = user.identities(&tokens).await;
    unlink(&user, &tokens, &linked[2].identity_id)
        .await
        .unwrap();
    let mut told = events(&user, &tokens).await;
    // Of one moment the order is not told.
    told.sort();
    let mut expected = [
        (SecurityEventKind::Registered, TRUSTED),
        (SecurityEventKind::SignedIn, TRUSTED),
        (SecurityEventKind::IdentityLinked, TRUSTED),
        (SecurityEventKind::SignedIn, TRUSTED),
        (SecurityEventKind::IdentityLinked, OTHER),
        (SecurityEventKind::IdentityUnlinked, OTHER),
    ]
    .map(|(kind, provider_id)| (i32::from(kind), provider_id.to_owned()));
    expected.sort();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn what_was_unlinked_opens_the_account_no_longer() {
    let user = start().await;
    let ada = user.register("ada").await;
    let there = other().await.add("ada@elsewhere.example", true).await;
    user.outcome(link(OTHER, &ada.tokens), &there).await;
    let linked = user.identities(&ada.tokens).await.remove(0);
    let bob = user.register("bob").await;
    let foreign = unlink(&user, &bob.tokens, &linked.identity_id).await;
    assert_refused(foreign, Code::NotFound, "IDENTITY_NOT_FOUND");
    assert_violations(
        unlink(&user, &bob.tokens, "nonsense").await,
        &["identity_id"],
    );

    unlink(&user, &ada.tokens, &linked.identity_id)
        .await
        .unwrap();
    let again = unlink(&user, &ada.tokens, &linked.identity_id).await;
    assert_refused(again, Code::NotFound, "IDENTITY_NOT_FOUND");
    let somebody = user.signed_in(OTHER, &there).await;
    assert_ne!(user.user_id(&somebody).await, ada.user.user_id);
}
