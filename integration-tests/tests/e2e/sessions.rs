//! Ending a session, as people see it: its tokens and streams end everywhere, and nothing else does.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::{Duration, Instant};

use auth::Access;
use integration_tests::{
    client::{PASSWORD, Person, live::LiveStream},
    eventually::eventually,
    mesh::{self, Mesh, Service},
};
use quicksync::user::v1::{
    GetMeRequest, ListSessionsRequest, RefreshRequest, RevokeSessionRequest, Session, SignInMethod,
};
use tonic::{Code, Status};

use crate::{calls, faults};

/// What is promised is one second. Three, because the machine runs other tests at the same time; without the announcement
/// stream and token would go on for ten minutes.
const SOON: Duration = Duration::from_secs(3);
const ENDED: &str = "SignedOut";

async fn own_sessions(person: &Person) -> Vec<Session> {
    let answer = person
        .sessions()
        .list_sessions(ListSessionsRequest {})
        .await;
    answer.unwrap().into_inner().sessions
}

/// Signs in once more and gives the session too.
async fn another_client(mesh: &Mesh, ada: &Person) -> (Person, String) {
    let login = Person::login(&mesh.gateway_url(), &ada.user.username, PASSWORD).await;
    let phone = login.unwrap();
    let sessions = own_sessions(&phone).await;
    let session = sessions.into_iter().find(|session| session.is_current);
    (phone, session.unwrap().session_id)
}

async fn end_session(ada: &Person, session_id: String) {
    let request = RevokeSessionRequest { session_id };
    ada.sessions().revoke_session(request).await.unwrap();
}

async fn refresh(person: &Person) -> Result<(), Status> {
    let request = RefreshRequest {
        refresh_token: person.tokens.refresh_token.clone(),
    };
    person.auth().refresh(request).await.map(drop)
}

fn is_revoked(status: &Status) -> bool {
    let reason = ::mesh::status::reason_of(status).unwrap_or_default();
    (status.code(), reason.as_str()) == (Code::Unauthenticated, "SESSION_REVOKED")
}

/// Every method for people of this service, at this address. The body is of no account: the token comes first.
async fn assert_refused_everywhere(person: &Person, service: Service) {
    let for_people = calls::all()
        .iter()
        .filter(|method| method.service() == service && method.access == Access::User);
    let mut asked = 0;
    for method in for_people {
        let status = person.call(&method.path, Vec::new()).await.unwrap_err();
        assert!(is_revoked(&status), "{}: {status:?}", method.path);
        asked += 1;
    }
    assert!(asked >= 3, "{asked} methods of {service:?}");
}

async fn until_refused(person: &Person, what: &str) {
    eventually(what, async || {
        let outcome = person.users().get_me(GetMeRequest {}).await;
        outcome
            .is_err_and(|status| is_revoked(&status))
            .then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_from_another_loses_its_streams_and_tokens_on_every_service() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();
    let (phone, session_id) = another_client(mesh, &ada).await;
    let streams = [
        LiveStream::open(&phone).await.unwrap(),
        LiveStream::open(&phone).await.unwrap(),
    ];
    let staying = LiveStream::open(&ada).await.unwrap();

    let began = Instant::now();
    end_session(&ada, session_id).await;
    for stream in &streams {
        let is_ended = |endings: &[String]| endings.iter().any(|ending| ending == ENDED);
        let seen = stream.until("the stream is ended", |seen| is_ended(&seen.endings));
        seen.await.unwrap();
    }
    let ended = began.elapsed();
    println!("both streams had ended {ended:?} after their session was ended");
    assert!(ended < SOON, "{ended:?}");
    until_refused(&phone, "the gateway refuses the token").await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());

    let services = Service::ALL.into_iter();
    for service in services.filter(|service| *service != Service::Gateway) {
        assert_refused_everywhere(&phone, service).await;
        // The gateway is not trusted to have looked.
        for replica in mesh.replicas(service) {
            let direct = phone.at(&replica.url()).unwrap();
            eventually("the replica refuses the token", async || {
                let outcome = direct.call(some_method_of(service), Vec::new()).await;
                outcome
                    .is_err_and(|status| is_revoked(&status))
                    .then_some(())
            })
            .await
            .unwrap();
            assert_refused_everywhere(&direct, service).await;
        }
    }
    assert!(refresh(&phone).await.is_err());
    refresh(&ada).await.unwrap();
    assert_eq!(staying.seen().endings, Vec::<String>::new());
}

fn some_method_of(service: Service) -> &'static str {
    let mut methods = calls::all().iter();
    let found = methods.find(|method| method.service() == service && method.access == Access::User);
    &found.unwrap().path
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sees_where_one_is_signed_in() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();
    let (_, session_id) = another_client(mesh, &ada).await;
    let sessions = own_sessions(&ada).await;
    assert_eq!(sessions.len(), 2);
    for session in &sessions {
        assert_eq!(session.is_current, session.session_id != session_id);
        assert_eq!(session.method(), SignInMethod::Password);
        assert_eq!(session.address, "127.0.0.1", "as the gateway saw it");
        assert!(!session.device.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_an_access_token_outlives_its_session_and_a_refresh_token_does_not() {
    let mesh = faults::turn().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();
    let (phone, session_id) = another_client(&mesh, &ada).await;
    let stream = LiveStream::open(&phone).await.unwrap();

    mesh.parts().redis().stop().await.unwrap();
    end_session(&ada, session_id).await;
    assert!(refresh(&phone).await.is_err());
    let still_good = phone.users().get_me(GetMeRequest {}).await;
    still_good.unwrap();
    assert_eq!(stream.seen().endings, Vec::<String>::new());
    assert_eq!(own_sessions(&ada).await.len(), 1);

    // Back with nothing: user tells it again.
    mesh.parts().redis().wipe().unwrap();
    mesh.parts().redis().start().await.unwrap();
    until_refused(&phone, "the end of the session is told again").await;
    let is_ended = |endings: &[String]| endings.iter().any(|ending| ending == ENDED);
    let seen = stream.until("the stream is ended", |seen| is_ended(&seen.endings));
    seen.await.unwrap();
}
