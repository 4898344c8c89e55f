//! Which accounts a provider opens, and which it does not.

use integration_tests::{
    client::{PASSWORD, Person, browser::Browser, unique_username},
    mesh::{self, Mesh, mails::token_of},
};
use parts::openid_provider::Account;
use quicksync::user::v1::{
    ChangePasswordRequest, RegisterRequest, RegisterResponse, UnlinkIdentityRequest,
    VerifyEmailRequest,
};
use tonic::Code;

use super::people::{
    self, REFRESH_COOKIE, account_at, add, assert_refused, chooser, identities, me, start_url,
};

const REGISTER: &str = "/quicksync.user.v1.AuthService/Register";

/// Registers in the browser, as the page of the gateway does.
async fn register(mesh: &Mesh, browser: &Browser, username: &str) -> RegisterResponse {
    let message = RegisterRequest {
        email: format!("{username}@example.org"),
        username: username.to_owned(),
        password: PASSWORD.to_owned(),
        ..RegisterRequest::default()
    };
    let answer = browser
        .call::<RegisterResponse>(&mesh.origin(), REGISTER, &message, None)
        .await;
    answer.unwrap().message
}

async fn prove(mesh: &Mesh, person: &Person, email: &str) {
    let link = mesh.mails().link(email, "verify-email").await.unwrap();
    let request = VerifyEmailRequest {
        token: token_of(&link).to_owned(),
    };
    person.auth().verify_email(request).await.unwrap();
}

/// Somebody at the provider who has the address of somebody here.
async fn same_address(mesh: &Mesh, person: &Person, email_verified: bool) -> Account {
    let username = &person.user.username;
    let account = Account {
        id: format!("same-{username}"),
        email: format!("{username}@example.org"),
        email_verified,
        name: "Same".to_owned(),
    };
    add(mesh, account.clone()).await;
    account
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_account_opens_the_same_door_until_it_is_unlinked() {
    let mesh = mesh::shared().await;
    let account = account_at(mesh, "Annie", false).await;
    let browser = Browser::default();
    let username = unique_username("ada");
    let registered = register(mesh, &browser, &username).await;
    assert_eq!(registered.tokens.unwrap().refresh_token, "");

    let url = format!("{}?intent=link", start_url(mesh));
    // Whoever was led here from elsewhere is asked first; the button is a page of this origin.
    let asked = browser.open(&url).await.unwrap();
    assert!(asked.redirects.is_empty(), "{:?}", asked.redirects);
    let page = chooser(mesh, browser.press(&asked, "Link it").await.unwrap());
    let end = browser.submit(&page, "account", &account.id).await.unwrap();
    assert_eq!(end.url.host(), Some("localhost"), "{}", end.body);
    let ada = people::person(mesh, &browser).await;
    assert_eq!(Some(&ada.user), registered.user.as_ref());
    let linked = identities(&ada).await;
    assert_eq!(
        (linked.len(), &*linked[0].provider_id, &*linked[0].email),
        (1, mesh::provider::ID, &*account.email)
    );

    let other = Browser::default();
    people::sign_in(mesh, &other, &account).await;
    assert_eq!(me(mesh, &other).await.user.as_ref(), Some(&ada.user));

    let request = UnlinkIdentityRequest {
        identity_id: linked[0].identity_id.clone(),
    };
    ada.accounts().unlink_identity(request).await.unwrap();
    assert!(identities(&ada).await.is_empty());
    let stranger = Browser::default();
    people::sign_in(mesh, &stranger, &account).await;
    assert_ne!(me(mesh, &stranger).await.user.as_ref(), Some(&ada.user));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_way_in_stays_until_there_is_another() {
    let mesh = mesh::shared().await;
    let account = account_at(mesh, "Katherine", true).await;
    let browser = Browser::default();
    people::sign_in(mesh, &browser, &account).await;
    let person = people::person(mesh, &browser).await;
    let request = UnlinkIdentityRequest {
        identity_id: identities(&person).await[0].identity_id.clone(),
    };
    let refused = person.accounts().unlink_identity(request.clone()).await;
    assert_refused(refused, Code::FailedPrecondition, "LAST_WAY_IN");

    let password = ChangePasswordRequest {
        old_password: String::new(),
        new_password: PASSWORD.to_owned(),
    };
    person.accounts().change_password(password).await.unwrap();
    person.accounts().unlink_identity(request).await.unwrap();
    let username = &person.user.username;
    let again = Person::login(&mesh.gateway_url(), username, PASSWORD).await;
    assert_eq!(again.unwrap().user_id, person.user_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proven_address_is_opened_by_a_trusted_provider_that_has_verified_it() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();
    let email = format!("{}@example.org", ada.user.username);
    prove(mesh, &ada, &email).await;
    let account = same_address(mesh, &ada, true).await;
    let browser = Browser::default();
    people::sign_in(mesh, &browser, &account).await;
    assert_eq!(me(mesh, &browser).await.user, Some(ada.user));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_provider_has_not_verified_opens_nothing() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();
    let email = format!("{}@example.org", ada.user.username);
    prove(mesh, &ada, &email).await;
    let account = same_address(mesh, &ada, false).await;
    let browser = Browser::default();
    let end = people::sign_in(mesh, &browser, &account).await;
    assert_eq!(end.status, 409, "{}", end.body);
    assert!(browser.cookie(&mesh.origin(), REFRESH_COOKIE).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_claims_an_address_does_not_wait_for_its_owner_to_sign_in() {
    let mesh = mesh::shared().await;
    let squatter = Person::register(&mesh.gateway_url(), "eve").await.unwrap();
    let owner = same_address(mesh, &squatter, true).await;
    let browser = Browser::default();
    people::sign_in(mesh, &browser, &owner).await;
    let me = me(mesh, &browser).await;
    assert_ne!(me.user, Some(squatter.user));
    assert_eq!(me.email, owner.email, "the owner has proven it");
}
