//! The whole life of a process, seen from outside: its arguments, logs, signals and exit codes.
#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, Command, Output, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A process that does nothing but live.
fn idle() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-idle"));
    command.env_clear().args(["--set", "password=hunter2"]);
    command
}

fn output(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    (
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

/// Starts it and waits until it listens.
fn running(command: &mut Command) -> (Child, BufReader<ChildStderr>, String) {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening") {
        line.clear();
        assert_ne!(
            log.read_line(&mut line).unwrap(),
            0,
            "it ended before it listened"
        );
    }
    (child, log, line)
}

fn tell(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

#[test]
fn asked_to_stop_it_drains_and_ends_clean() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let (mut child, mut log, line) = running(&mut idle());
        assert!(line.contains("grpc=127.0.0.1:0 admin=127.0.0.1:"), "{line}");
        tell(&child, signal);
        let mut rest = String::new();
        log.read_to_string(&mut rest).unwrap();
        assert!(
            rest.contains("draining") && rest.contains("ended"),
            "{rest}"
        );
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn asked_twice_it_ends_at_once() {
    let (mut child, mut log, _) = running(idle().args(["--set", "is_stubborn=true"]));
    tell(&child, Signal::SIGTERM);
    let mut line = String::new();
    while !line.contains("draining") {
        log.read_line(&mut line).unwrap();
    }
    tell(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn what_does_not_drain_in_time_is_cut_off() {
    let (mut child, _log, _) = running(idle().args([
        "--set",
        "is_stubborn=true",
        "--set",
        "process.drain.grace_ms=50",
    ]));
    tell(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(75));
}

#[test]
fn a_log_line_is_json_where_that_is_asked_for() {
    let (mut child, _log, line) = running(idle().env("QUICKSYNC_PROCESS__LOG__FORMAT", "json"));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (line["service"].as_str(), line["message"].as_str()),
        (Some("idle"), Some("listening"))
    );
    tell(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_configuration_is_dumped_without_secrets() {
    let (code, toml, _) = output(idle().arg("--dump-config"));
    assert_eq!(code, Some(0));
    assert!(
        toml.contains("password = \"********\"") && toml.contains("[process.drain]"),
        "{toml}"
    );
    let (_, json, _) = output(idle().arg("--dump-config=json"));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["process"]["drain"]["grace_ms"], 20_000);
}

#[test]
fn a_wrong_configuration_is_told_and_has_its_code() {
    let (code, _, told) = output(
        idle()
            .args(["--set", "password="])
            .env("QUICKSYNC_NOTHING", "1"),
    );
    assert_eq!(code, Some(78));
    assert!(
        told.contains("nothing (QUICKSYNC_NOTHING): no such key"),
        "{told}"
    );
    let (code, _, told) = output(idle().args(["--set", "password="]));
    assert_eq!(code, Some(78));
    assert_eq!(
        told,
        "quicksync-idle: the configuration is wrong:\n  password (--set password): must be set\n"
    );
}

#[test]
fn other_ways_to_end_have_their_codes() {
    assert_eq!(output(idle().arg("--nonsense")).0, Some(64));
    assert_eq!(output(idle().arg("migrate")).0, Some(0));
    let (code, help, _) = output(idle().arg("--help"));
    assert_eq!(code, Some(0));
    assert!(help.contains("Exit codes"), "{help}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("process.admin.listen={}", taken.local_addr().unwrap());
    let (code, _, told) = output(idle().args(["--set", &listen]));
    assert_eq!(code, Some(1));
    assert!(
        told.contains("process.admin.listen): Address already in use"),
        "{told}"
    );
}
