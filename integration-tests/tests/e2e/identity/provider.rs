//! Sign-in with an account at a provider, in a browser.

use integration_tests::{
    client::browser::{Browser, SameSite},
    mesh,
};
use quicksync::user::v1::{
    ListProvidersRequest, ListProvidersResponse, LogoutRequest, LogoutResponse, RefreshRequest,
    RefreshResponse,
};

use super::people::{self, REFRESH_COOKIE, account_at, chooser, me, refresh, start_url};

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_with_a_provider_and_its_scripts_never_see_the_refresh_token() {
    let mesh = mesh::shared().await;
    let account = account_at(mesh, "Katherine", true).await;
    let browser = Browser::default();

    let end = people::sign_in(mesh, &browser, &account).await;

    let origin = mesh.origin();
    assert_eq!(end.url.to_string(), format!("{origin}/"), "{}", end.body);
    let cookie = browser.cookie(&origin, REFRESH_COOKIE).unwrap();
    assert!(cookie.is_http_only);
    assert_eq!(cookie.same_site, SameSite::Strict);
    assert_eq!(cookie.path, "/");
    assert!(!end.body.contains(&cookie.value));
    let addresses = end.redirects.iter().map(ToString::to_string);
    assert!(
        addresses
            .into_iter()
            .all(|url| !url.contains(&cookie.value))
    );

    let me = me(mesh, &browser).await;
    assert_eq!(me.user.unwrap().display_name, account.name);
    assert_eq!((me.email, me.has_password), (account.email, false));
    let next = browser.cookie(&origin, REFRESH_COOKIE).unwrap();
    assert_ne!(next.value, cookie.value, "each refresh takes a new one");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_at_the_provider_is_the_same_person_here() {
    let mesh = mesh::shared().await;
    let account = account_at(mesh, "Dorothy", true).await;
    let [here, there] = [Browser::default(), Browser::default()];
    people::sign_in(mesh, &here, &account).await;
    people::sign_in(mesh, &there, &account).await;
    assert_eq!(me(mesh, &here).await.user, me(mesh, &there).await.user);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_for_pages_of_the_gateway_alone() {
    let mesh = mesh::shared().await;
    let account = account_at(mesh, "Mary", true).await;
    let browser = Browser::default();
    people::sign_in(mesh, &browser, &account).await;
    let origin = mesh.origin();
    let before = browser.cookie(&origin, REFRESH_COOKIE).unwrap();

    // A page of another port is of the same site, so that its requests carry the cookie.
    for foreign in ["http://localhost:1", "http://attacker.example"] {
        for method in ["Refresh", "Logout"] {
            let path = format!("/quicksync.user.v1.AuthService/{method}");
            let answer = browser
                .call_from::<RefreshResponse>(
                    foreign,
                    &origin,
                    &path,
                    &RefreshRequest::default(),
                    None,
                )
                .await;
            answer.unwrap_err();
        }
    }
    let after = browser.cookie(&origin, REFRESH_COOKIE).unwrap();
    assert_eq!(after.value, before.value);
    refresh(mesh, &browser).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_takes_the_cookie_away() {
    let mesh = mesh::shared().await;
    let account = account_at(mesh, "Gladys", true).await;
    let browser = Browser::default();
    people::sign_in(mesh, &browser, &account).await;
    let origin = mesh.origin();
    let path = "/quicksync.user.v1.AuthService/Logout";
    let message = LogoutRequest::default();
    browser
        .call::<LogoutResponse>(&origin, path, &message, None)
        .await
        .unwrap();
    assert!(browser.cookie(&origin, REFRESH_COOKIE).is_none());
    refresh(mesh, &browser).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_at_the_provider_lands_on_a_page_and_is_not_signed_in() {
    let mesh = mesh::shared().await;
    let browser = Browser::default();
    let page = chooser(mesh, browser.open(&start_url(mesh)).await.unwrap());
    let end = browser.submit(&page, "cancel", "yes").await.unwrap();
    assert_eq!(end.url.host(), Some("localhost"), "{}", end.url);
    assert!(end.status < 500, "{}: {}", end.status, end.body);
    assert!(end.body.contains('<'), "a page that helps: {}", end.body);
    assert!(browser.cookie(&mesh.origin(), REFRESH_COOKIE).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_began_in_another_browser_is_not_finished_in_this_one() {
    let mesh = mesh::shared().await;
    let account = account_at(mesh, "Attacker", true).await;
    let [attacker, victim] = [Browser::default(), Browser::default()];
    let page = chooser(mesh, attacker.open(&start_url(mesh)).await.unwrap());
    let callback = attacker
        .submit_up_to(&page, "account", &account.id, "/callback")
        .await
        .unwrap();

    let end = victim.follow(&page, &callback.to_string()).await.unwrap();

    assert!(victim.cookie(&mesh.origin(), REFRESH_COOKIE).is_none());
    assert!(end.status < 500, "{}: {}", end.status, end.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_does_not_come_out_on_a_page_of_others() {
    let mesh = mesh::shared().await;
    for elsewhere in [
        "https://attacker.example/",
        "//attacker.example/",
        "/\\attacker.example",
        "http://127.0.0.1.attacker.example/",
    ] {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("return_to", elsewhere)
            .finish();
        let url = format!("{}?{query}", start_url(mesh));
        let page = Browser::default().open(&url).await.unwrap();
        assert_eq!(page.status, 400, "{elsewhere}: {}", page.url);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_which_providers_there_are() {
    let mesh = mesh::shared().await;
    let path = "/quicksync.user.v1.AuthService/ListProviders";
    let message = ListProvidersRequest {};
    let answer = Browser::default()
        .call::<ListProvidersResponse>(&mesh.origin(), path, &message, None)
        .await;
    let providers = answer.unwrap().message.providers;
    let told: Vec<_> = providers
        .iter()
        .map(|provider| (&*provider.provider_id, &*provider.display_name))
        .collect();
    assert_eq!(told, [(mesh::provider::ID, mesh::provider::DISPLAY_NAME)]);
}
