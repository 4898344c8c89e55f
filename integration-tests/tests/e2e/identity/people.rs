//! People at the provider, and browsers in front of it.

use integration_tests::{
    client::{
        Person,
        browser::{Browser, Page},
        new_id,
    },
    mesh::{Mesh, provider},
};
use parts::openid_provider::Account;
use quicksync::user::v1::{
    GetMeRequest, GetMeResponse, Identity, ListIdentitiesRequest, RefreshRequest, RefreshResponse,
    Tokens, User,
};
use tokio::sync::Mutex;
use tonic::{Code, Status};

/// What the cookie is called where there is no TLS.
pub const REFRESH_COOKIE: &str = "quicksync-refresh";
const REFRESH: &str = "/quicksync.user.v1.AuthService/Refresh";
const GET_ME: &str = "/quicksync.user.v1.UserService/GetMe";

/// Somebody new at the provider of `mesh`, whose address nobody else has.
pub async fn account_at(mesh: &Mesh, name: &str, email_verified: bool) -> Account {
    let id = format!("{name}-{}", &new_id().simple().to_string()[..12]);
    let account = Account {
        email: format!("{id}@example.net"),
        id,
        email_verified,
        name: name.to_owned(),
    };
    add(mesh, account.clone()).await;
    account
}

/// Adds to what other tests have added.
pub async fn add(mesh: &Mesh, account: Account) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _turn = ONE_AT_A_TIME.lock().await;
    let mut accounts = mesh.provider().accounts().unwrap();
    accounts.push(account);
    mesh.provider().set_accounts(&accounts).unwrap();
}

/// The address that the button leads to.
pub fn start_url(mesh: &Mesh) -> String {
    format!("{}/auth/{}/start", mesh.origin(), provider::ID)
}

/// Goes through the whole sign-in; gives the page that it ends at.
pub async fn sign_in(mesh: &Mesh, browser: &Browser, account: &Account) -> Page {
    let chooser = chooser(mesh, browser.open(&start_url(mesh)).await.unwrap());
    browser
        .submit(&chooser, "account", &account.id)
        .await
        .unwrap()
}

/// The provider's page, where one chooses who to be.
pub fn chooser(mesh: &Mesh, page: Page) -> Page {
    assert_eq!(
        page.url.port_u16(),
        Some(mesh.provider().port()),
        "{}: {}",
        page.url,
        page.body
    );
    page
}

/// What a page does when it is loaded: an access token for the cookie. Panics where scripts could see the refresh token.
pub async fn refresh(mesh: &Mesh, browser: &Browser) -> Result<Tokens, Status> {
    let message = RefreshRequest::default();
    let answer = browser
        .call::<RefreshResponse>(&mesh.origin(), REFRESH, &message, None)
        .await?;
    let tokens = answer.message.tokens.unwrap();
    assert_eq!(tokens.refresh_token, "", "scripts see no refresh token");
    let cookie = browser.cookie(&mesh.origin(), REFRESH_COOKIE).unwrap();
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(!body.contains(&cookie.value), "nor do they find it");
    Ok(tokens)
}

/// Who the browser is signed in as.
pub async fn me(mesh: &Mesh, browser: &Browser) -> GetMeResponse {
    let tokens = refresh(mesh, browser).await.unwrap();
    let token = Some(tokens.access_token.as_str());
    let answer = browser
        .call::<GetMeResponse>(&mesh.origin(), GET_ME, &GetMeRequest {}, token)
        .await;
    answer.unwrap().message
}

/// The person behind the browser, for calls without it.
pub async fn person(mesh: &Mesh, browser: &Browser) -> Person {
    let user: Option<User> = me(mesh, browser).await.user;
    let tokens = refresh(mesh, browser).await.unwrap();
    Person::with_tokens(&mesh.gateway_url(), user, Some(tokens)).unwrap()
}

pub async fn identities(person: &Person) -> Vec<Identity> {
    let answer = person
        .accounts()
        .list_identities(ListIdentitiesRequest {})
        .await;
    answer.unwrap().into_inner().identities
}

#[track_caller]
pub fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, reason: &str) {
    let status = answer.unwrap_err();
    assert_eq!(
        (status.code(), ::mesh::status::reason_of(&status).as_deref()),
        (code, Some(reason)),
        "{status:?}"
    );
}
