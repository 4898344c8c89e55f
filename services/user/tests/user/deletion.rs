//! Accounts that end.

use quicksync::user::v1::{
    DeleteAccountRequest, GetMeRequest, GetUsersRequest, LoginRequest, RefreshRequest,
    RegisterRequest, RequestPasswordResetRequest, ResetPasswordRequest, SearchUsersRequest, User,
    VerifyEmailRequest,
};
use tonic::{Code, Status};

use crate::{
    fixture::{Account, Fixture, PASSWORD, assert_refused, registration},
    mailbox::{RESET, VERIFY},
};

const EMAIL: &str = "ada@example.org";

async fn delete(user: &Fixture, account: &Account, password: &str) -> Result<(), Status> {
    let request = DeleteAccountRequest {
        password: password.to_owned(),
    };
    let mut client = user.account.clone();
    client
        .delete_account(account.request(request))
        .await
        .map(drop)
}

async fn seen(user: &Fixture, by: &Account, user_id: &str) -> User {
    let request = GetUsersRequest {
        user_ids: vec![user_id.to_owned()],
    };
    let answer = user.users.clone().get_users(by.request(request)).await;
    answer.unwrap().into_inner().users.remove(0)
}

#[tokio::test]
async fn a_deleted_account_is_nobody_and_its_names_are_free() {
    let mut user = Fixture::start().await;
    let (ada, bob) = (
        user.register_proven("ada").await,
        user.register("bob").await,
    );
    assert_refused(
        delete(&user, &ada, "wrong horse battery").await,
        Code::PermissionDenied,
        "BAD_CREDENTIALS",
    );
    delete(&user, &ada, PASSWORD).await.unwrap();

    let others_see = seen(&user, &bob, &ada.user.user_id).await;
    assert!(others_see.is_deleted);
    assert_eq!(
        (
            others_see.username.as_str(),
            others_see.display_name.as_str()
        ),
        ("", "")
    );
    assert_eq!(others_see.created_at, ada.user.created_at);
    let search = SearchUsersRequest {
        query: "ada".to_owned(),
        ..SearchUsersRequest::default()
    };
    let found = user.users.search_users(bob.request(search)).await.unwrap();
    assert!(found.into_inner().users.is_empty());

    for login in ["ada", EMAIL] {
        let request = LoginRequest {
            login: login.to_owned(),
            password: PASSWORD.to_owned(),
        };
        assert_refused(
            user.auth.login(request).await,
            Code::Unauthenticated,
            "BAD_CREDENTIALS",
        );
    }
    let refresh = RefreshRequest {
        refresh_token: ada.tokens.refresh_token.clone(),
    };
    assert_refused(
        user.auth.refresh(refresh).await,
        Code::Unauthenticated,
        "REFRESH_TOKEN_INVALID",
    );
    user.users
        .get_me(ada.request(GetMeRequest {}))
        .await
        .unwrap_err();

    user.advance(1);
    let next = user.register_as(registration("ada")).await.unwrap();
    assert_ne!(next.user.user_id, ada.user.user_id);
    let token = user.nth_mail(2, EMAIL, VERIFY).await.token();
    user.auth
        .verify_email(VerifyEmailRequest { token })
        .await
        .unwrap();
    assert!(seen(&user, &bob, &ada.user.user_id).await.is_deleted);
}

#[tokio::test]
async fn a_fresh_sign_in_stands_in_for_the_password() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await;
    user.advance(600);
    assert_refused(
        delete(&user, &ada, "").await,
        Code::FailedPrecondition,
        "SIGN_IN_NOT_FRESH",
    );
    let bob = user.register("bob").await;
    user.advance(599);
    delete(&user, &bob, "").await.unwrap();
    let ada = user.register("other").await;
    assert!(seen(&user, &ada, &bob.user.user_id).await.is_deleted);
}

#[tokio::test]
async fn nothing_of_the_person_is_left_in_any_table() {
    let mut user = Fixture::start().await;
    let request = RegisterRequest {
        email: "countess@ockham.example".to_owned(),
        display_name: "Augusta Byron".to_owned(),
        ..registration("lovelace1815")
    };
    let ada = user.register_as(request).await.unwrap();
    let token = user.mail("countess@ockham.example", VERIFY).await.token();
    user.auth
        .verify_email(VerifyEmailRequest { token })
        .await
        .unwrap();
    let id = &ada.user.user_id;
    user.execute(&format!(
        "INSERT INTO identities VALUES (gen_random_uuid(), '{id}', 'google', 'https://accounts.example', 'subject-1815', 'countess@ockham.example', now(), now());
         INSERT INTO security_events VALUES (gen_random_uuid(), '{id}', 'signed_in', now(), NULL, '203.0.113.18', 'Difference Engine', NULL);
         UPDATE sessions SET address = '203.0.113.18', device = 'Difference Engine'"
    ))
    .await;
    let request = RequestPasswordResetRequest {
        email: "countess@ockham.example".to_owned(),
    };
    user.auth.request_password_reset(request).await.unwrap();
    let reset = user.mail("countess@ockham.example", RESET).await.token();

    delete(&user, &ada, PASSWORD).await.unwrap();
    let everything = user.dump().await.to_lowercase();
    assert!(everything.contains(id), "the row stays");
    for personal in [
        "lovelace",
        "byron",
        "augusta",
        "countess",
        "ockham",
        "203.0.113.18",
        "engine",
        "subject-1815",
        "argon2",
    ] {
        assert!(
            !everything.contains(personal),
            "{personal} is left in {everything}"
        );
    }
    let request = ResetPasswordRequest {
        token: reset,
        new_password: "seven-green-bicycles".to_owned(),
    };
    assert_refused(
        user.auth.reset_password(request).await,
        Code::FailedPrecondition,
        "LINK_INVALID",
    );
}
