//! Gateways that are restarted one after the other, while clients of all kinds go on.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::{BoxFuture, join_all};
use http::StatusCode;
use tonic::{Code, transport::Channel};
use tonic_prost::ProstCodec;

use crate::{
    other_teams::{gateway_adjusted, place},
    support::{
        connect::{get, post},
        eventually,
        gateway::Gateway,
        soon,
        weather::{FOREVER, Forecast, GET_FORECAST, WATCH_FORECAST, Weather},
        web::{call, read},
    },
};

/// Long enough for a busy machine to send a call where it has decided to send it.
const LEAD: Duration = Duration::from_secs(2);
const GRACE: Duration = Duration::from_secs(5);
/// Calls of each kind that are made while nothing is restarted.
const CALLS_BETWEEN: usize = 20;

/// What a balancer knows, and what its clients have seen.
#[derive(Default)]
struct Balancer {
    healthy: Mutex<Vec<SocketAddr>>,
    turn: AtomicUsize,
    is_over: AtomicBool,
    failures: Mutex<Vec<String>>,
}

impl Balancer {
    fn pick(&self) -> SocketAddr {
        let healthy = self.healthy.lock().unwrap();
        healthy[self.turn.fetch_add(1, Ordering::Relaxed) % healthy.len()]
    }

    /// Calls until it is over; `make` says what went wrong.
    async fn call_again_and_again(
        &self,
        calls: &AtomicUsize,
        make: fn(SocketAddr) -> BoxFuture<'static, Result<(), String>>,
    ) {
        while !self.is_over.load(Ordering::Relaxed) {
            if let Err(failure) = make(self.pick()).await {
                self.failures.lock().unwrap().push(failure);
            }
            calls.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn start(weather: &Weather) -> Gateway {
    let text = weather.configuration("unmarked_access = 'public'");
    gateway_adjusted(&text, |config| {
        config.public.drain_lead_ms = LEAD.as_millis().try_into().unwrap();
        config.process.drain.grace_ms = GRACE.as_millis().try_into().unwrap();
    })
    .await
}

fn by_grpc_web(address: SocketAddr) -> BoxFuture<'static, Result<(), String>> {
    Box::pin(async move {
        let answer = call(GET_FORECAST, &place("Oslo")).answer(address).await;
        (answer.code() == Code::Ok)
            .then_some(())
            .ok_or_else(|| format!("{answer:?}"))
    })
}

fn by_connect(address: SocketAddr) -> BoxFuture<'static, Result<(), String>> {
    Box::pin(async move {
        let ask = || post(GET_FORECAST, "application/json", r#"{"name":"Oslo"}"#);
        for reply in [
            ask().reply(address).await,
            ask().reply_by_http2(address).await,
        ] {
            if reply.status != StatusCode::OK {
                return Err(format!("{reply:?}"));
            }
        }
        Ok(())
    })
}

fn by_grpc(address: SocketAddr) -> BoxFuture<'static, Result<(), String>> {
    Box::pin(async move {
        let failed = |error: &dyn std::fmt::Debug| format!("{error:?}");
        let channel = Channel::from_shared(format!("http://{address}")).unwrap();
        let channel = channel.connect().await.map_err(|error| failed(&error))?;
        let mut client = tonic::client::Grpc::new(channel);
        client.ready().await.map_err(|error| failed(&error))?;
        let codec = ProstCodec::<_, Forecast>::default();
        let request = tonic::Request::new(place("Oslo"));
        let answer = client.unary(request, GET_FORECAST.parse().unwrap(), codec);
        answer.await.map(drop).map_err(|status| failed(&status))
    })
}

/// A stream that its service never ends: it says when it is open, and gives the code that it ended with.
async fn stream(address: SocketAddr) -> impl Future<Output = (Code, String)> {
    let opened = call(WATCH_FORECAST, &place(FOREVER)).send(address).await;
    async {
        let answer = soon(read(opened)).await;
        assert_eq!(answer.messages.len(), 1);
        (answer.code(), answer.reason())
    }
}

/// Stops `gateway` as an operator does, whose balancer looks at its health.
async fn restart(gateway: Gateway, balancer: &Balancer, weather: &Weather) -> Gateway {
    let next = start(weather).await;
    balancer.healthy.lock().unwrap().push(next.address);
    let address = gateway.address;
    let stopping = gateway.stop();
    let leaving = async {
        while get(address, "/healthz", &[]).await.status == StatusCode::OK {}
        let mut healthy = balancer.healthy.lock().unwrap();
        healthy.retain(|other| *other != address);
    };
    tokio::join!(stopping, leaving);
    next
}

#[tokio::test]
async fn no_call_fails_while_gateways_are_restarted_one_after_the_other() {
    let weather = Weather::start().await;
    let (first, second) = (start(&weather).await, start(&weather).await);
    let balancer = Arc::new(Balancer::default());
    let addresses = [first.address, second.address];
    balancer.healthy.lock().unwrap().extend(addresses);
    let counts: [Arc<AtomicUsize>; 3] = Default::default();
    let kinds = [by_grpc_web, by_connect, by_grpc].into_iter();
    let clients: Vec<_> = kinds
        .zip(counts.clone())
        .map(|(kind, calls)| {
            let balancer = Arc::clone(&balancer);
            tokio::spawn(async move { balancer.call_again_and_again(&calls, kind).await })
        })
        .collect();
    let streams = join_all(addresses.map(stream)).await;
    let streams = tokio::spawn(join_all(streams));

    let called = async |more: usize| {
        let before: Vec<usize> = counts.iter().map(|n| n.load(Ordering::Relaxed)).collect();
        eventually("all clients have called", || {
            let pairs = counts.iter().zip(&before);
            pairs
                .into_iter()
                .all(|(n, before)| n.load(Ordering::Relaxed) >= before + more)
        })
        .await;
    };
    called(CALLS_BETWEEN).await;
    let first = restart(first, &balancer, &weather).await;
    called(CALLS_BETWEEN).await;
    let second = restart(second, &balancer, &weather).await;
    called(CALLS_BETWEEN).await;

    balancer.is_over.store(true, Ordering::Relaxed);
    for client in clients {
        soon(client).await.unwrap();
    }
    assert_eq!(*balancer.failures.lock().unwrap(), Vec::<String>::new());
    let ended = (Code::Unavailable, "SHUTTING_DOWN".to_owned());
    assert_eq!(soon(streams).await.unwrap(), [ended.clone(), ended]);
    drop((first, second));
}
