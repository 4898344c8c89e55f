//! What the whole product does under load, measured from outside: through the gateway, with the stubs that anybody has.
//!
//! Owns the traffic, the clocks and the report; starting and stopping the mesh is the caller's. Everything runs on one machine and shares its
//! cores, this process included, so figures are for comparison within a run; `raw_kafka` gives the scale.

pub mod cpu;
mod fanout;
mod latency;
mod logins;
mod pace;
mod people;
mod raw_kafka;
mod rows;
mod traffic;

use std::time::Duration;

use anyhow::{Context as _, Result};

use cpu::Process;
use people::Room;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Length of each phase of traffic, in seconds.
    #[arg(long, default_value_t = 15)]
    pub seconds: u64,
    /// Open-loop rates in messages per second, each one phase.
    #[arg(long, value_delimiter = ',', default_value = "100,1000")]
    pub rates: Vec<u64>,
    /// Sends in flight at once in the closed loop; 0 leaves that phase out.
    #[arg(long, default_value_t = 128)]
    pub in_flight: usize,
    /// Direct conversations that the traffic is spread over.
    #[arg(long, default_value_t = 50)]
    pub conversations: usize,
    /// Numbers of streams of one conversation, each one phase.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000")]
    pub streams: Vec<usize>,
    /// Rows that messaging has to catch up on; 0 leaves that phase out.
    #[arg(long, default_value_t = 200_000)]
    pub rows: u64,
    /// People who sign in at once, again and again, while others go on; 0 leaves that phase out.
    #[arg(long, default_value_t = 200)]
    pub logins: usize,
}

/// A running mesh.
#[derive(Clone, Debug)]
pub struct Target {
    /// Address of the gateway, `http://host:port`.
    pub gateway: String,
    /// Address of the Kafka broker, `host:port`.
    pub kafka_brokers: String,
    /// Kafka name and epoch of the topic of conversations.
    pub conversations_topic: (String, u32),
    /// Admin addresses (`host:port`) of all messaging replicas.
    pub messaging_admin: Vec<String>,
    /// The processes whose CPU time and memory are read.
    pub processes: Vec<Process>,
}

/// Stops and starts messaging, for the phase that measures how fast it catches up.
pub trait Messaging {
    /// Ends every replica of messaging; returns when they are gone.
    fn stop(&mut self) -> impl Future<Output = Result<()>>;
    /// Starts them again; returns when they are ready, with the processes and the admin addresses they have now.
    fn start(&mut self) -> impl Future<Output = Result<(Vec<Process>, Vec<String>)>>;
}

/// Runs every phase and prints the report as Markdown.
pub async fn run(args: &Args, mut target: Target, messaging: &mut impl Messaging) -> Result<()> {
    println!("{}", cpu::machine());
    let length = Duration::from_secs(args.seconds);

    let room = Room::open(&target.gateway, args.conversations)
        .await
        .context("setting up people and conversations")?;
    println!("\n## Sending and live delivery\n");
    println!("{}", traffic::HEADER);
    traffic::warm_up(&target, &room).await?;
    let mut phases = Vec::new();
    for rate in &args.rates {
        phases.push(traffic::open_loop(&target, &room, *rate, length).await?);
    }
    if args.in_flight > 0 {
        phases.push(traffic::closed_loop(&target, &room, args.in_flight, length).await?);
    }

    println!("\n## The log alone\n\n{}", raw_kafka::HEADER);
    for rate in &args.rates {
        raw_kafka::measure(&target.kafka_brokers, *rate, length).await?;
    }

    println!("\n## CPU per message, in microseconds\n");
    cpu::print_table(&phases);

    if args.logins > 0 {
        println!("\n## Sign-ins\n\n{}", logins::HEADER);
        logins::measure(&target, args.logins, length).await?;
    }
    if args.rows > 0 {
        println!("\n## Rows\n");
        rows::measure(&mut target, messaging, args.rows).await?;
    }
    if !args.streams.is_empty() {
        println!("\n## Streams of one conversation\n\n{}", fanout::HEADER);
        for streams in &args.streams {
            fanout::measure(&target, *streams).await?;
        }
    }
    Ok(())
}
