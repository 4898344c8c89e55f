//! A Redis that takes what it is asked and does not answer: nobody but who asked waits for it, and no session ends unheard.

use std::{fmt::Debug, pin::pin, sync::Arc};

use openidconnect::url::Url;
use parking_lot::Mutex;
use quicksync::user::v1::{
    ListProvidersRequest, LogoutRequest, Tokens, finish_sign_in_response::Outcome,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use user::Config;

use crate::{
    emails::{ask_again, change_email},
    federation::native,
    federation_fixture::{TRUSTED, start_with, trusted},
    fixture::{Account, Fixture, PASSWORD, registration},
    own_sessions::HOUR_MS,
};

/// Longer than any of these tests.
const LONG_MS: u64 = 60_000;

/// A way to Redis that falls silent where a test wants it to.
struct Way {
    url: Url,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    /// What is not carried on any more, nor anything after it.
    last: Mutex<Option<&'static str>>,
    is_silent: watch::Sender<bool>,
}

impl Way {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url = Url::parse(&parts::shared().await.redis_url()).unwrap();
        let shared = Arc::new(Shared {
            upstream: format!("{}:{}", url.host_str().unwrap(), url.port().unwrap()),
            last: Mutex::default(),
            is_silent: watch::Sender::new(false),
        });
        let address = listener.local_addr().unwrap();
        url.set_ip_host(address.ip()).unwrap();
        url.set_port(Some(address.port())).unwrap();
        let carrying = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&carrying).carry(client));
            }
        });
        Self { url, shared }
    }

    /// Goes this way with patience.
    fn lead(&self, redis: &mut store::redis::Config) {
        redis.url = self.url.as_str().into();
        redis.connect_timeout_ms = LONG_MS;
        redis.command_timeout_ms = LONG_MS;
    }

    fn fall_silent(&self) {
        self.shared.is_silent.send_replace(true);
    }

    fn fall_silent_at(&self, text: &'static str) {
        *self.shared.last.lock() = Some(text);
    }

    async fn until_silent(&self) {
        let mut is_silent = self.shared.is_silent.subscribe();
        is_silent.wait_for(|is_silent| *is_silent).await.unwrap();
    }

    /// Carries on, with what was held back.
    fn speak(&self) {
        *self.shared.last.lock() = None;
        self.shared.is_silent.send_replace(false);
    }
}

impl Shared {
    async fn carry(self: Arc<Self>, mut client: TcpStream) {
        let mut is_silent = self.is_silent.subscribe();
        let mut server = TcpStream::connect(&self.upstream).await.unwrap();
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        let up = async {
            let mut buffer = vec![0; 16 * 1024];
            while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                self.listen(&buffer[..read]);
                is_silent.wait_for(|is_silent| !is_silent).await.unwrap();
                if to_server.write_all(&buffer[..read]).await.is_err() {
                    break;
                }
            }
        };
        tokio::select! {
            () = up => {}
            _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
        }
    }

    fn listen(&self, bytes: &[u8]) {
        let said = String::from_utf8_lossy(bytes);
        if self.last.lock().is_some_and(|text| said.contains(text)) {
            self.is_silent.send_replace(true);
        }
    }
}

/// One connection to the database, which nobody may keep while Redis is asked.
fn narrow(way: &Way) -> impl FnOnce(&mut Config) {
    |config| {
        config.postgres.pool_max = 1;
        way.lead(&mut config.redis);
    }
}

/// Makes a call that waits for Redis to answer `last`, and looks that it keeps neither a connection nor an account meanwhile.
async fn keeps_nobody_waiting<T: Debug>(
    user: &Fixture,
    way: &Way,
    (last, tokens): (&'static str, &Tokens),
    call: impl Future<Output = T>,
) -> T {
    way.fall_silent_at(last);
    let mut call = pin!(call);
    let others = async {
        way.until_silent().await;
        user.me(tokens).await;
        let lock = "SELECT FROM users FOR UPDATE NOWAIT";
        user.execute(lock).await;
    };
    tokio::select! {
        biased;
        outcome = &mut call => panic!("Redis has not answered: {outcome:?}"),
        () = others => {}
    }
    way.speak();
    call.await
}

async fn signed_up(way: &Way) -> (Fixture, Account) {
    let user = Fixture::with(narrow(way)).await;
    let ada = user.register("ada").await;
    (user, ada)
}

#[tokio::test]
async fn registering_keeps_nobody_waiting_for_redis() {
    let way = Way::open().await;
    let (user, ada) = signed_up(&way).await;
    let register = async { user.register_as(registration("bob")).await.map(drop) };
    keeps_nobody_waiting(&user, &way, ("recipient:", &ada.tokens), register)
        .await
        .unwrap();
}

#[tokio::test]
async fn claiming_an_address_keeps_nobody_waiting_for_redis() {
    let way = Way::open().await;
    let (user, ada) = signed_up(&way).await;
    let change = change_email(&user, &ada, "lovelace@example.org", PASSWORD);
    keeps_nobody_waiting(&user, &way, ("recipient:", &ada.tokens), change)
        .await
        .unwrap();
}

#[tokio::test]
async fn asking_for_a_link_again_keeps_nobody_waiting_for_redis() {
    let way = Way::open().await;
    let (user, ada) = signed_up(&way).await;
    let again = ask_again(&user, &ada);
    keeps_nobody_waiting(&user, &way, ("recipient:", &ada.tokens), again)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_code_of_a_native_client_keeps_nobody_waiting_for_redis() {
    let way = Way::open().await;
    let user = start_with(narrow(&way)).await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let tokens = user.signed_in(TRUSTED, &ada).await;
    let callback = user.go(native(), Some(&ada)).await;
    let finish = user.finish(&callback);
    let answer = keeps_nobody_waiting(&user, &way, ("sign-in-code:", &tokens), finish).await;
    let outcome = answer.unwrap().outcome.unwrap();
    assert!(matches!(outcome, Outcome::Code(_)), "{outcome:?}");
}

#[tokio::test]
async fn the_end_of_a_session_is_announced_also_where_its_caller_hangs_up() {
    let user = Fixture::with(|config| config.tokens.revocation_interval_ms = HOUR_MS).await;
    let ada = user.register("ada").await;
    let way = Way::open().await;
    way.fall_silent();
    let waiting = user
        .again(|config| way.lead(&mut config.auth.revocations.redis))
        .await;
    let mut caller = waiting.auth.clone();
    let logout = caller.logout(LogoutRequest {
        refresh_token: ada.tokens.refresh_token.clone(),
    });
    let ended = user.eventually(async || {
        let ended = "SELECT count(*) AS n FROM sessions WHERE revoked_at IS NOT NULL";
        (user.number(ended).await == 1).then_some(())
    });
    tokio::select! {
        biased;
        outcome = logout => panic!("Redis has not answered: {outcome:?}"),
        () = ended => {}
    }
    // On the same connection: the service has heard before that nobody waits for the other call.
    let mut auth = waiting.auth.clone();
    auth.list_providers(ListProvidersRequest {}).await.unwrap();
    way.speak();
    user.until_revoked(&ada.tokens).await;
}
