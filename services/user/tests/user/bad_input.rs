//! Each RPC with each kind of bad field. Nothing is written by any of them.

use quicksync::user::v1::{
    GetUsersRequest, LoginRequest, LogoutRequest, RefreshRequest, RegisterRequest,
    SearchUsersRequest, UpdateProfileRequest,
};
use tonic::Code;

use crate::fixture::{Account, Fixture, PASSWORD, assert_violations, registration};

async fn register(
    user: &Fixture,
    change: impl FnOnce(&mut RegisterRequest),
) -> Result<(), tonic::Status> {
    let mut request = registration("ada");
    change(&mut request);
    user.register_as(request).await.map(drop)
}

#[tokio::test]
async fn register_names_each_bad_field() {
    let user = Fixture::start().await;
    assert_violations(
        user.register_as(RegisterRequest::default()).await.map(drop),
        &["email", "username", "password"],
    );
    for email in [
        "a",
        "no-at-sign",
        "two@at@signs",
        "spa ce@x",
        "nul\0@x",
        &format!("{}@x", "a".repeat(300)),
    ] {
        assert_violations(
            register(&user, |request| email.clone_into(&mut request.email)).await,
            &["email"],
        );
    }
    for username in ["ab", "-ada", "ada!", "ädä", "a\nb", &"a".repeat(33)] {
        assert_violations(
            register(&user, |request| username.clone_into(&mut request.username)).await,
            &["username"],
        );
    }
    for name in ["  ", "a\tb", "a\u{85}b", &"é".repeat(65)] {
        assert_violations(
            register(&user, |request| name.clone_into(&mut request.display_name)).await,
            &["display_name"],
        );
    }
    for password in [
        "short",
        "password123",
        &"x".repeat(129),
        &"x".repeat(100_000),
    ] {
        assert_violations(
            register(&user, |request| password.clone_into(&mut request.password)).await,
            &["password"],
        );
    }
    register(&user, |_| {})
        .await
        .expect("nothing was written before");
}

#[tokio::test]
async fn login_names_each_bad_field() {
    let mut user = Fixture::start().await;
    assert_violations(
        user.auth.login(LoginRequest::default()).await,
        &["login", "password"],
    );
    for (login, password, field) in [
        ("a".repeat(255), PASSWORD.to_owned(), "login"),
        ("a\0b".to_owned(), PASSWORD.to_owned(), "login"),
        ("ada".to_owned(), "x".repeat(129), "password"),
    ] {
        assert_violations(
            user.auth.login(LoginRequest { login, password }).await,
            &[field],
        );
    }
}

#[tokio::test]
async fn refresh_and_logout_name_a_bad_token() {
    let mut user = Fixture::start().await;
    for refresh_token in [String::new(), "x".repeat(129), "a\0b".to_owned()] {
        let refresh = RefreshRequest {
            refresh_token: refresh_token.clone(),
        };
        assert_violations(user.auth.refresh(refresh).await, &["refresh_token"]);
        assert_violations(
            user.auth.logout(LogoutRequest { refresh_token }).await,
            &["refresh_token"],
        );
    }
}

#[tokio::test]
async fn update_profile_names_a_bad_field() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    for name in [
        String::new(),
        " ".to_owned(),
        "a\0b".to_owned(),
        "x".repeat(65),
    ] {
        let request = UpdateProfileRequest {
            display_name: Some(name),
        };
        assert_violations(
            user.users.update_profile(ada.request(request)).await,
            &["display_name"],
        );
    }
}

#[tokio::test]
async fn get_users_names_bad_ids() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    let good = ada.user.user_id.clone();
    for (user_ids, field) in [
        (vec![], "user_ids"),
        (vec![good.clone(); 201], "user_ids"),
        (vec![good.clone(), "nonsense".to_owned()], "user_ids[1]"),
        (vec![good.replace('-', "")], "user_ids[0]"),
        (vec![String::new()], "user_ids[0]"),
    ] {
        assert_violations(
            user.users
                .get_users(ada.request(GetUsersRequest { user_ids }))
                .await,
            &[field],
        );
    }
}

#[tokio::test]
async fn search_users_names_each_bad_field() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    for (query, page_size, page_token, field) in [
        ("", 0, "", "query"),
        ("   ", 0, "", "query"),
        ("a\0", 0, "", "query"),
        (&"x".repeat(65), 0, "", "query"),
        ("a", -1, "", "page_size"),
        ("a", 51, "", "page_size"),
        ("a", 0, "nonsense", "page_token"),
        ("a", 0, "\u{1f389}", "page_token"),
    ] {
        let request = SearchUsersRequest {
            query: query.to_owned(),
            page_size,
            page_token: page_token.to_owned(),
        };
        assert_violations(
            user.users.search_users(ada.request(request)).await,
            &[field],
        );
    }
}

#[tokio::test]
async fn a_huge_body_is_turned_away() {
    let mut user = Fixture::start().await;
    let ada: Account = user.register("ada").await;
    let request = UpdateProfileRequest {
        display_name: Some("x".repeat(4 << 20)),
    };
    let status = user
        .users
        .update_profile(ada.request(request))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
}
