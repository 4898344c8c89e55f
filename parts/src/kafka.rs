//! One private Apache Kafka node: broker and controller in one process (`KRaft`).

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer as _},
};

use crate::{cache::Binaries, instance::Settings, ports, process::Process, system};

const START_PATIENCE: Duration = Duration::from_secs(90);
const STOP_PATIENCE: Duration = Duration::from_secs(30);
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
const LOG4J: &str = include_str!("../config/log4j2.properties");

/// A handle; clones speak of the same node.
#[derive(Clone, Debug)]
pub struct Kafka {
    process: Process,
    dir: PathBuf,
    jars: PathBuf,
    port: u16,
    controller_port: u16,
}

impl Kafka {
    pub(crate) fn new(
        settings: &Settings,
        binaries: &Binaries,
        port: u16,
        controller_port: u16,
    ) -> Self {
        let dir = settings.dir.join("kafka");
        Self {
            process: Process::new("kafka", &dir, settings.lifetime),
            dir,
            jars: binaries.kafka_jars.clone(),
            port,
            controller_port,
        }
    }

    /// The process behind it.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The loopback port of the broker.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The bootstrap address.
    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Starts it and waits until the broker is in its own metadata; fine when it runs already.
    pub async fn start(&self) -> Result<()> {
        if self.process.pid().is_none() {
            ports::require_free(self.port, "Kafka")?;
            ports::require_free(self.controller_port, "Kafka's controller")?;
            let this = self.clone();
            let java = tokio::task::spawn_blocking(move || this.prepare()).await??;
            self.process.spawn(self.command(&java))?;
        }
        self.process
            .ready(START_PATIENCE, || async {
                if ports::is_free(self.port) {
                    return false;
                }
                let brokers = self.brokers();
                tokio::task::spawn_blocking(move || answers(&brokers))
                    .await
                    .unwrap_or(false)
            })
            .await
    }

    /// Shuts down cleanly.
    pub async fn stop(&self) -> Result<()> {
        self.process
            .stop(Signal::SIGTERM, STOP_PATIENCE)
            .await
            .map(drop)
    }

    /// SIGKILL.
    pub async fn kill(&self) -> Result<()> {
        self.process.kill().await
    }

    /// [`Kafka::stop`], then [`Kafka::start`].
    pub async fn restart(&self) -> Result<()> {
        self.stop().await?;
        self.start().await
    }

    fn class_path(&self) -> String {
        format!("{}/*", self.jars.display())
    }

    fn command(&self, java: &PathBuf) -> Command {
        let mut command = Command::new(java);
        command
            .current_dir(&self.dir)
            .args([
                "-Xmx512m",
                "-Xms512m",
                // A collection of the young half stops everything for about 10 ms, however large it is: make it rare.
                "-Xmn320m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-Djava.awt.headless=true",
            ])
            .arg(format!(
                "-Dlog4j2.configurationFile={}",
                self.dir.join("log4j2.properties").display()
            ))
            .args(["-cp", &self.class_path(), "kafka.Kafka"])
            .arg(self.dir.join("server.properties"));
        command
    }

    /// Writes the configuration and, the first time, formats the storage.
    fn prepare(&self) -> Result<PathBuf> {
        let java = system::require_tool("java", "openjdk-17-jre-headless")?;
        let data = self.dir.join("data");
        fs::create_dir_all(&data).with_context(|| format!("cannot create {}", data.display()))?;
        fs::write(self.dir.join("log4j2.properties"), LOG4J)?;
        let properties = self.dir.join("server.properties");
        fs::write(&properties, self.properties())?;
        if data.join("meta.properties").is_file() {
            return Ok(java);
        }
        let mut command = Command::new(&java);
        command
            .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
            .arg(format!(
                "-Dlog4j2.configurationFile={}",
                self.dir.join("log4j2.properties").display()
            ))
            .args([
                "-cp",
                &self.class_path(),
                "kafka.tools.StorageTool",
                "format",
                "--ignore-formatted",
            ])
            .args(["-t", &cluster_id()?, "-c"])
            .arg(&properties);
        let output = command
            .stdin(Stdio::null())
            .output()
            .context("cannot run java")?;
        let errors = [output.stdout, output.stderr].concat();
        let errors = String::from_utf8_lossy(&errors);
        ensure!(
            !errors.contains("UnsupportedClassVersionError"),
            "{} is too old for Kafka 4: install Java 17 or newer (Debian/Ubuntu: apt-get install openjdk-17-jre-headless)",
            java.display()
        );
        ensure!(
            output.status.success(),
            "Kafka's storage could not be formatted: {}",
            errors.trim()
        );
        Ok(java)
    }

    fn properties(&self) -> String {
        let Self {
            port,
            controller_port,
            ..
        } = self;
        let lines = [
            "process.roles=broker,controller".to_owned(),
            "node.id=1".to_owned(),
            format!("controller.quorum.voters=1@127.0.0.1:{controller_port}"),
            "controller.listener.names=CONTROLLER".to_owned(),
            "inter.broker.listener.name=PLAINTEXT".to_owned(),
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned(),
            format!(
                "listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}"
            ),
            format!("advertised.listeners=PLAINTEXT://127.0.0.1:{port}"),
            format!("log.dirs={}", self.dir.join("data").display()),
            // Topics are made by whoever knows their partitions.
            "auto.create.topics.enable=false".to_owned(),
            // One node: the internal topics have one replica, and few partitions, so that a start touches few files.
            "offsets.topic.replication.factor=1".to_owned(),
            "offsets.topic.num.partitions=8".to_owned(),
            "transaction.state.log.replication.factor=1".to_owned(),
            "transaction.state.log.min.isr=1".to_owned(),
            "transaction.state.log.num.partitions=4".to_owned(),
            "share.coordinator.state.topic.replication.factor=1".to_owned(),
            "share.coordinator.state.topic.min.isr=1".to_owned(),
            "group.initial.rebalance.delay.ms=0".to_owned(),
            "group.consumer.min.session.timeout.ms=3000".to_owned(),
            "group.min.session.timeout.ms=3000".to_owned(),
            // Small machine, small node.
            "num.network.threads=2".to_owned(),
            "num.io.threads=4".to_owned(),
            "num.recovery.threads.per.data.dir=2".to_owned(),
            "log.cleaner.dedupe.buffer.size=16777216".to_owned(),
            "log.index.size.max.bytes=1048576".to_owned(),
            String::new(),
        ];
        lines.join("\n")
    }
}

/// What `kafka-storage random-uuid` gives: 16 random bytes in base64url, here 16 characters of which are already one.
fn cluster_id() -> Result<String> {
    // 22 characters that encode 16 bytes: the last may only be one of A, Q, g, w.
    Ok(format!("{}A", &system::random_hex(11)?[..21]))
}

fn answers(brokers: &str) -> bool {
    let consumer: Result<BaseConsumer, _> = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .create();
    consumer
        .and_then(|consumer| consumer.fetch_metadata(None, PROBE_TIMEOUT))
        .is_ok_and(|metadata| !metadata.brokers().is_empty())
}
