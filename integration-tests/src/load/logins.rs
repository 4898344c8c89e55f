//! Many who sign in at once, and what everybody else notices of it: `GetMe` at a fixed rate, without them and with them.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use quicksync::user::v1::{
    GetMeRequest, LoginRequest, auth_service_client::AuthServiceClient,
    user_service_client::UserServiceClient,
};
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, transport::Channel};
use tonic_types::StatusExt as _;

use super::{
    Process, Target,
    cpu::resident_kib,
    latency::Latency,
    pace::Pace,
    people::{PASSWORD, Person, connect, register},
};

/// Head of the table whose rows `measure` prints.
pub const HEADER: &str =
    "| GetMe | calls | p50 ms | p99 | p99.9 | max |\n|---|---|---|---|---|---|";
/// Calls of `GetMe` per second: enough for a p99 after a few seconds, few enough to leave the machine idle.
const CALLS_PER_SECOND: u64 = 200;
const WARM_UP: Duration = Duration::from_secs(2);
/// How often the memory of the user service is read.
const MEMORY_INTERVAL: Duration = Duration::from_millis(50);

/// How sign-ins ended.
#[derive(Clone, Copy, Debug, Default)]
struct Outcomes {
    succeeded: u64,
    refused: u64,
}

/// Measures `GetMe` alone and while `at_once` people sign in again and again, and prints both.
pub async fn measure(target: &Target, at_once: usize, length: Duration) -> Result<()> {
    let mut connections = connect(&target.gateway, 2).await?;
    let (calls, sign_ins) = (connections.remove(0), connections.remove(0));
    let people = register(&calls, at_once).await?;
    let caller = people.first().context("somebody must sign in")?.clone();

    get_me(&calls, &caller, WARM_UP).await?;
    let alone = get_me(&calls, &caller, length).await?;
    println!("| alone | {} | {} |", alone.count(), alone.row());

    let before = resident_kib(&target.processes, "user")?;
    let stop = CancellationToken::new();
    let memory = tokio::spawn(most_memory(target.processes.clone(), stop.clone()));
    let mut signing_in = JoinSet::new();
    for person in people {
        signing_in.spawn(sign_in_until(sign_ins.clone(), person, stop.clone()));
    }
    get_me(&calls, &caller, WARM_UP).await?;
    let started = Instant::now();
    let amid = get_me(&calls, &caller, length).await?;
    let elapsed = started.elapsed() + WARM_UP;
    stop.cancel();
    println!(
        "| with {at_once} sign-ins at once | {} | {} |",
        amid.count(),
        amid.row()
    );

    let mut total = Outcomes::default();
    while let Some(outcomes) = signing_in.join_next().await {
        let outcomes = outcomes??;
        total.succeeded += outcomes.succeeded;
        total.refused += outcomes.refused;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let per_second = total.succeeded as f64 / elapsed.as_secs_f64();
    println!(
        "\n{per_second:.0} sign-ins per second succeeded; {} were told to come back. Memory of user: {} KiB before, {} KiB at most.",
        total.refused,
        before,
        memory.await??
    );
    Ok(())
}

/// Calls at a fixed rate, whatever the answers do.
async fn get_me(connection: &Channel, caller: &Person, length: Duration) -> Result<Latency> {
    let mut pace = Pace::new(CALLS_PER_SECOND, length);
    let caller = Arc::new(caller.clone());
    let mut calls = JoinSet::new();
    while let Some((_, due)) = pace.next().await {
        let mut users = UserServiceClient::new(connection.clone());
        let caller = Arc::clone(&caller);
        calls.spawn(async move {
            users.get_me(caller.request(GetMeRequest {})).await?;
            anyhow::Ok(due.elapsed())
        });
    }
    let mut latency = Latency::default();
    while let Some(took) = calls.join_next().await {
        latency.record(took??);
    }
    Ok(latency)
}

/// Signs in again as soon as there is an answer. Whoever is told to come back does so then.
async fn sign_in_until(
    connection: Channel,
    person: Person,
    stop: CancellationToken,
) -> Result<Outcomes> {
    let mut auth = AuthServiceClient::new(connection);
    let mut outcomes = Outcomes::default();
    while !stop.is_cancelled() {
        let request = LoginRequest {
            login: person.username.clone(),
            password: PASSWORD.to_owned(),
        };
        match auth.login(request).await {
            Ok(_) => outcomes.succeeded += 1,
            Err(status) if status.code() == Code::ResourceExhausted => {
                outcomes.refused += 1;
                let delay = status
                    .get_details_retry_info()
                    .and_then(|info| info.retry_delay)
                    .context("a refusal without RetryInfo")?;
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = sleep(delay) => {}
                }
            }
            Err(status) => bail!("a sign-in ended with {status}"),
        }
    }
    Ok(outcomes)
}

/// The most that the user service held at any time until `stop`, in KiB.
async fn most_memory(processes: Vec<Process>, stop: CancellationToken) -> Result<u64> {
    let mut most = 0;
    let mut ticks = interval(MEMORY_INTERVAL);
    while !stop.is_cancelled() {
        ticks.tick().await;
        most = most.max(resident_kib(&processes, "user")?);
    }
    Ok(most)
}
