//! What mailed links do, and how an account ends.

use integration_tests::{
    client::{PASSWORD, Person, live::LiveStream},
    eventually::eventually,
    mesh::{self, Mesh, mails::token_of},
};
use quicksync::user::v1::{
    DeleteAccountRequest, GetMeRequest, GetUsersRequest, RefreshRequest,
    RequestPasswordResetRequest, ResetPasswordRequest, SearchUsersRequest, VerifyEmailRequest,
};
use tonic::Code;

use super::people::assert_refused;

const NEW_PASSWORD: &str = "eleven-quiet-lighthouses-58";

fn email_of(person: &Person) -> String {
    format!("{}@example.org", person.user.username)
}

async fn with_proven_address(mesh: &Mesh, stem: &str) -> Person {
    let person = Person::register(&mesh.gateway_url(), stem).await.unwrap();
    let link = mesh.mails().link(&email_of(&person), "verify-email").await;
    let request = VerifyEmailRequest {
        token: token_of(&link.unwrap()).to_owned(),
    };
    let answer = person.auth().verify_email(request).await.unwrap();
    assert_eq!(answer.into_inner().email, email_of(&person));
    person
}

async fn reset_token(mesh: &Mesh, person: &Person) -> String {
    let email = email_of(person);
    let request = RequestPasswordResetRequest {
        email: email.clone(),
    };
    person.auth().request_password_reset(request).await.unwrap();
    let link = mesh.mails().link(&email, "reset-password").await.unwrap();
    assert!(link.starts_with(&mesh.origin()), "{link}");
    token_of(&link).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_a_way_in_once_its_link_was_opened() {
    let mesh = mesh::shared().await;
    let url = mesh.gateway_url();
    let ada = Person::register(&url, "ada").await.unwrap();
    let email = email_of(&ada);
    let me = ada.users().get_me(GetMeRequest {}).await.unwrap();
    let me = me.into_inner();
    assert_eq!((&*me.email, &*me.pending_email), ("", &*email));
    let early = Person::login(&url, &email, PASSWORD).await;
    assert!(format!("{:#}", early.unwrap_err()).contains("password"));

    let link = mesh.mails().link(&email, "verify-email").await.unwrap();
    assert!(link.starts_with(&mesh.origin()), "{link}");
    let request = VerifyEmailRequest {
        token: token_of(&link).to_owned(),
    };
    ada.auth().verify_email(request.clone()).await.unwrap();

    let again = Person::login(&url, &email.to_uppercase(), PASSWORD).await;
    assert_eq!(again.unwrap().user_id, ada.user_id);
    let used = ada.auth().verify_email(request).await;
    assert_refused(used, Code::FailedPrecondition, "LINK_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_set_by_a_mailed_link_ends_all_sessions_and_streams() {
    let mesh = mesh::shared().await;
    let url = mesh.gateway_url();
    let ada = with_proven_address(mesh, "ada").await;
    let elsewhere = Person::login(&url, &ada.user.username, PASSWORD)
        .await
        .unwrap();
    let streams = [
        LiveStream::open(&ada).await.unwrap(),
        LiveStream::open(&elsewhere).await.unwrap(),
    ];
    let token = reset_token(mesh, &ada).await;

    let request = ResetPasswordRequest {
        token,
        new_password: NEW_PASSWORD.to_owned(),
    };
    ada.auth().reset_password(request.clone()).await.unwrap();

    for stream in &streams {
        stream
            .until("the stream is ended", |seen| {
                seen.endings.iter().any(|ending| ending == "SignedOut")
            })
            .await
            .unwrap();
    }
    for person in [&ada, &elsewhere] {
        let request = RefreshRequest {
            refresh_token: person.tokens.refresh_token.clone(),
        };
        let refused = person.auth().refresh(request).await;
        assert_refused(refused, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
        let refused = eventually("the access token is refused", async || {
            person.users().get_me(GetMeRequest {}).await.err()
        });
        let refused: Result<(), _> = Err(refused.await.unwrap());
        assert_refused(refused, Code::Unauthenticated, "SESSION_REVOKED");
    }
    Person::login(&url, &ada.user.username, PASSWORD)
        .await
        .unwrap_err();
    Person::login(&url, &ada.user.username, NEW_PASSWORD)
        .await
        .unwrap();
    let used = ada.auth().reset_password(request).await;
    assert_refused(used, Code::FailedPrecondition, "LINK_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_shows_as_deleted_and_what_it_wrote_stays() {
    let mesh = mesh::shared().await;
    let url = mesh.gateway_url();
    let ada = with_proven_address(mesh, "ada").await;
    let grace = Person::register(&url, "grace").await.unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    ada.send(&conversation, "farewell").await.unwrap();
    let stream = LiveStream::open(&ada).await.unwrap();

    let request = DeleteAccountRequest {
        password: PASSWORD.to_owned(),
    };
    ada.accounts().delete_account(request).await.unwrap();

    stream
        .until("the stream is ended", |seen| {
            seen.endings.iter().any(|ending| ending == "SignedOut")
        })
        .await
        .unwrap();
    let request = GetUsersRequest {
        user_ids: vec![ada.user.user_id.clone()],
    };
    let shown = grace.users().get_users(request).await.unwrap().into_inner();
    let [shown] = &shown.users[..] else {
        panic!("a deleted account is still shown: {shown:?}")
    };
    assert!(shown.is_deleted);
    assert_eq!((&*shown.username, &*shown.display_name), ("", ""));
    let search = SearchUsersRequest {
        query: ada.user.username.clone(),
        ..SearchUsersRequest::default()
    };
    let found = grace.users().search_users(search).await.unwrap();
    assert!(found.into_inner().users.is_empty());

    let history = eventually("what she wrote is in history", async || {
        let history = grace.history(&conversation).await.ok()?;
        (!history.is_empty()).then_some(history)
    });
    let history = history.await.unwrap();
    assert_eq!(
        (&*history[0].text, &history[0].sender_user_id),
        ("farewell", &ada.user.user_id)
    );
    for login in [&ada.user.username, &email_of(&ada)] {
        Person::login(&url, login, PASSWORD).await.unwrap_err();
    }
}
