//! What of identity is away, and what goes on meanwhile.

use std::time::Duration;

use futures::future::try_join_all;
use integration_tests::{
    client::{Person, browser::Browser, live::LiveStream},
    eventually::within,
    mesh::{Mesh, Replica, Service},
};
use nix::sys::signal::Signal;
use quicksync::user::v1::GetMeRequest;
use tokio::time::Instant;
use tonic::Code;

use super::people::{self, REFRESH_COOKIE, account_at, chooser, me, start_url};
use crate::faults::{
    talk::{Manner, Talk},
    turn,
};

const EXCHANGE: usize = 60;
/// What user allows itself for a provider (8 s), and a machine under load.
const BOUND: Duration = Duration::from_secs(15);
/// How long a provider that was away is not asked again (10 s), and some more.
const PATIENCE: Duration = Duration::from_secs(40);
/// Sign-ins that must work one after the other: twice as many as there are replicas.
const IN_A_ROW: usize = 4;

async fn restart_user(mesh: &Mesh) {
    try_join_all(mesh.replicas(Service::User).map(Replica::restart))
        .await
        .unwrap();
}

/// Waits until one can sign in again, whichever replica of user is met: each asks the provider again in its own time.
async fn until_it_works(mesh: &Mesh) {
    let account = account_at(mesh, "Again", true).await;
    within(PATIENCE, "the provider is asked again by all", async || {
        for _ in 0..IN_A_ROW {
            let browser = Browser::default();
            let page = browser.open(&start_url(mesh)).await.ok()?;
            if page.url.port_u16() != Some(mesh.provider().port()) {
                return None;
            }
            browser.submit(&page, "account", &account.id).await.ok()?;
            browser.cookie(&mesh.origin(), REFRESH_COOKIE)?;
            // Calls go round, and a sign-in has two: with one more, another replica finishes the next.
            Browser::default().open(&start_url(mesh)).await.ok()?;
        }
        Some(())
    })
    .await
    .unwrap();
}

/// Opens the start of a sign-in: a page with 503 in bounded time.
async fn assert_unavailable(mesh: &Mesh) {
    let began = Instant::now();
    let page = Browser::default().open(&start_url(mesh)).await.unwrap();
    assert_eq!(page.status, 503, "{}: {}", page.url, page.body);
    assert!(page.body.contains('<'), "a page that helps: {}", page.body);
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_gone_or_silent_is_a_page_that_says_so_and_nothing_else_suffers() {
    let mesh = turn().await;
    let url = mesh.gateway_url();
    let [ada, grace] = Person::register_all(&url, ["ada", "grace"]).await.unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;

    mesh.provider().stop().await.unwrap();
    // What was known of it is forgotten.
    restart_user(&mesh).await;
    let talk = Talk::begin(&conversation, &[&ada, &grace], Manner::Undisturbed);
    assert_unavailable(&mesh).await;
    mesh.provider().start().await.unwrap();
    until_it_works(&mesh).await;

    // It takes connections and says nothing.
    mesh.provider().process().signal(Signal::SIGSTOP).unwrap();
    restart_user(&mesh).await;
    assert_unavailable(&mesh).await;
    Person::register(&url, "ada").await.unwrap();
    mesh.provider().process().signal(Signal::SIGCONT).unwrap();
    until_it_works(&mesh).await;

    talk.until_more(EXCHANGE).await;
    talk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_goes_away_in_the_middle_of_a_sign_in_is_a_page_too() {
    let mesh = turn().await;
    let account = account_at(&mesh, "Late", true).await;
    let browser = Browser::default();
    let page = chooser(&mesh, browser.open(&start_url(&mesh)).await.unwrap());
    let callback = browser
        .submit_up_to(&page, "account", &account.id, "/callback")
        .await
        .unwrap();
    mesh.provider().stop().await.unwrap();

    let began = Instant::now();
    let end = browser.follow(&page, &callback.to_string()).await.unwrap();

    assert!(
        end.status != 500 && end.url.host() == Some("localhost"),
        "{}: {}",
        end.status,
        end.body
    );
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    assert!(browser.cookie(&mesh.origin(), REFRESH_COOKIE).is_none());
    mesh.provider().start().await.unwrap();
    until_it_works(&mesh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_changes_its_keys_without_notice_is_believed_again() {
    let mesh = turn().await;
    let account = account_at(&mesh, "Keys", true).await;
    let browser = Browser::default();
    people::sign_in(&mesh, &browser, &account).await;
    let before = me(&mesh, &browser).await.user;
    // Its keys live as long as its process.
    mesh.provider().stop().await.unwrap();
    mesh.provider().start().await.unwrap();
    until_it_works(&mesh).await;
    let again = Browser::default();
    people::sign_in(&mesh, &again, &account).await;
    assert_eq!(me(&mesh, &again).await.user, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_talks_on_without_the_user_service() {
    let mesh = turn().await;
    let url = mesh.gateway_url();
    let [ada, grace] = Person::register_all(&url, ["ada", "grace"]).await.unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let stream = LiveStream::open(&grace).await.unwrap();
    let talk = Talk::begin(&conversation, &[&ada, &grace], Manner::Undisturbed);
    talk.until_more(EXCHANGE).await;

    for replica in mesh.replicas(Service::User) {
        replica.kill().await.unwrap();
    }
    talk.until_more(EXCHANGE).await;
    // Streams that are opened anew are let in as well.
    let opened_now = LiveStream::open(&ada).await.unwrap();
    talk.until_more(EXCHANGE).await;
    let refused = ada.refreshed().await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    try_join_all(mesh.replicas(Service::User).map(Replica::start))
        .await
        .unwrap();
    let refreshed = within(PATIENCE, "user answers again", async || {
        ada.refreshed().await.ok()
    });
    let refreshed = refreshed.await.unwrap();
    refreshed.users().get_me(GetMeRequest {}).await.unwrap();
    let transcript = talk.end().await;

    transcript
        .assert_live(&stream, &conversation, "the stream of all the time")
        .await;
    assert_eq!(stream.seen().connections, 1);
    assert_eq!(opened_now.seen().connections, 1);
}
