use std::{fs, net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{DumpFormat, Invalid, MASK, Problems, Process, Secret, Section, Sources, dump, load};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    process: Process,
    server: Server,
    url: Secret,
    endpoints: Vec<String>,
    title: Option<String>,
    is_strict: bool,
    ratio: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Server {
    listen: SocketAddr,
    bytes_max: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 1).into(),
            bytes_max: 10,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            process: Process::default(),
            // Not what `Server::default()` says.
            server: Server {
                bytes_max: 20,
                ..Server::default()
            },
            url: Secret::from("postgres://user:password@localhost"),
            endpoints: vec!["http://one".into()],
            title: None,
            is_strict: false,
            ratio: 0.5,
        }
    }
}

impl Section for Config {
    fn process(&self) -> &Process {
        &self.process
    }

    fn validate(&self, problems: &mut Problems) {
        problems.extend(
            "server",
            (self.server.bytes_max == 0).then(|| ("bytes_max", "must not be 0".to_owned())),
        );
        problems.check(self.ratio < 1.0, "ratio", "must be below 1");
    }
}

struct File {
    _folder: TempDir,
    path: PathBuf,
}

fn file(text: &str) -> File {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("chat.toml");
    fs::write(&path, text).unwrap();
    File {
        _folder: folder,
        path,
    }
}

fn sources(file: Option<&File>, environment: &[(&str, &str)], set: &[&str]) -> Sources {
    Sources {
        file: file.map(|file| file.path.clone()),
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        set: set.iter().map(|&assignment| assignment.into()).collect(),
    }
}

fn problems(sources: &Sources) -> Vec<String> {
    let Invalid { lines } = load::<Config>(sources).unwrap_err();
    lines
}

#[test]
fn without_any_source_the_defaults_hold() {
    let config: Config = load(&Sources::default()).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.url.expose(), "postgres://user:password@localhost");
}

#[test]
fn each_layer_is_stronger_than_the_one_before() {
    let file =
        file("[server]\nlisten = '127.0.0.1:2'\nbytes_max = 2\n[process.drain]\ngrace_ms = 2");
    let environment = [
        ("QUICKSYNC_SERVER__BYTES_MAX", "3"),
        ("QUICKSYNC_PROCESS__DRAIN__GRACE_MS", "3"),
    ];
    let config: Config = load(&sources(
        Some(&file),
        &environment,
        &["process.drain.grace_ms=4"],
    ))
    .unwrap();
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.server.bytes_max, 3);
    assert_eq!(config.process.drain.grace_ms, 4);
    assert_eq!(config.ratio.to_string(), "0.5");
}

#[test]
fn a_section_in_the_file_keeps_the_defaults_that_the_process_gave_it() {
    let file = file("[server]\nlisten = '127.0.0.1:2'");
    let config: Config = load(&sources(Some(&file), &[], &[])).unwrap();
    assert_eq!(config.server.bytes_max, 20);
}

#[test]
fn text_is_read_as_what_the_default_is() {
    let environment = [
        ("QUICKSYNC_URL", "12345"),
        ("QUICKSYNC_ENDPOINTS", "http://one, http://two"),
        ("QUICKSYNC_TITLE", "a title = with [signs]"),
        ("QUICKSYNC_IS_STRICT", "true"),
        ("QUICKSYNC_RATIO", "0.25"),
    ];
    let config: Config = load(&sources(None, &environment, &[])).unwrap();
    assert_eq!(config.url.expose(), "12345");
    assert_eq!(config.endpoints, ["http://one", "http://two"]);
    assert_eq!(config.title.as_deref(), Some("a title = with [signs]"));
    assert!(config.is_strict);
    let config: Config = load(&sources(
        None,
        &[],
        &["endpoints=[\"http://three\"]", "ratio=0", "url=a=b"],
    ))
    .unwrap();
    assert_eq!(config.endpoints, ["http://three"]);
    assert_eq!(config.url.expose(), "a=b");
}

#[test]
fn a_wrong_value_names_its_key_and_its_source() {
    let found = problems(&sources(
        None,
        &[("QUICKSYNC_SERVER__BYTES_MAX", "many")],
        &[],
    ));
    assert_eq!(
        found,
        ["server.bytes_max (QUICKSYNC_SERVER__BYTES_MAX): must be a number, not \"many\""]
    );
    let found = problems(&sources(None, &[], &["server.listen=nowhere"]));
    assert_eq!(
        found,
        ["server.listen (--set server.listen): invalid socket address syntax"]
    );
    let file = file("[server]\nlisten = 5");
    let found = problems(&sources(Some(&file), &[], &[]));
    assert!(
        found[0].starts_with(&format!(
            "server.listen ({}): invalid type",
            file.path.display()
        )),
        "{found:?}"
    );
}

#[test]
fn an_unknown_key_is_an_error_in_every_layer() {
    let file = file("[server]\nlissen = '127.0.0.1:2'");
    let found = problems(&sources(Some(&file), &[], &[]));
    let expected = format!(
        "server.lissen ({}): no such key; there are: listen, bytes_max",
        file.path.display()
    );
    assert_eq!(found, [expected]);
    let found = problems(&sources(None, &[("QUICKSYNC_SERVR__LISTEN", "x")], &[]));
    assert!(
        found[0].starts_with("servr (QUICKSYNC_SERVR__LISTEN): no such key; there are: process"),
        "{found:?}"
    );
    let found = problems(&sources(None, &[], &["server.listen.port=1"]));
    assert!(
        found[0].starts_with("server.listen (--set server.listen.port): "),
        "{found:?}"
    );
}

#[test]
fn what_cannot_be_read_as_a_source_is_an_error() {
    assert!(
        problems(&sources(None, &[], &["server.listen"]))[0].contains("must be written KEY=VALUE")
    );
    assert!(problems(&sources(None, &[], &["server=1"]))[0].contains("is a section"));
    assert!(problems(&sources(None, &[], &["=1"]))[0].contains("not a key"));
    let broken = file("[server");
    assert!(problems(&sources(Some(&broken), &[], &[]))[0].starts_with("--config "));
    let missing = Sources {
        file: Some("/nowhere/chat.toml".into()),
        ..Sources::default()
    };
    assert_eq!(
        problems(&missing),
        ["--config /nowhere/chat.toml: cannot be read: No such file or directory (os error 2)"]
    );
}

#[test]
fn validation_tells_everything_at_once() {
    let set = [
        "ratio=1.5",
        "server.bytes_max=0",
        "process.drain.grace_ms=0",
        "process.log.filter=chat=loud",
    ];
    let found = problems(&sources(None, &[], &set));
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(
        found[0],
        "process.drain.grace_ms (--set process.drain.grace_ms): must be 1 to 3600000 milliseconds"
    );
    assert!(found[1].starts_with("process.log.filter (--set process.log.filter): "));
    assert_eq!(found[2], "ratio (--set ratio): must be below 1");
    assert_eq!(
        found[3],
        "server.bytes_max (--set server.bytes_max): must not be 0"
    );
}

#[test]
fn values_that_cannot_be_read_are_all_told_at_once() {
    let environment = [("QUICKSYNC_RATIO", "much"), ("QUICKSYNC_IS_STRICT", "very")];
    assert_eq!(
        problems(&sources(None, &environment, &["nonsense"])).len(),
        3
    );
}

#[test]
fn variables_of_the_command_line_tools_are_no_keys() {
    let environment = [
        ("QUICKSYNC_GATEWAY", "http://127.0.0.1:8090"),
        ("QUICKSYNC_PROFILE", "ada"),
        ("QUICKSYNC_GATEWAY_PORT", "8090"),
    ];
    let config: Config = load(&sources(None, &environment, &[])).unwrap();
    assert_eq!(config, Config::default());
    let unknown = [("QUICKSYNC_GATEWAYS", "http://127.0.0.1:8090")];
    assert_eq!(problems(&sources(None, &unknown, &[])).len(), 1);
}

#[test]
fn a_secret_is_masked_wherever_it_is_shown() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret} {secret:?}"), format!("{MASK} {MASK}"));
    for format in [DumpFormat::Toml, DumpFormat::Json] {
        let text = dump(&Config::default(), format).unwrap();
        assert!(text.contains(MASK) && !text.contains("password"), "{text}");
    }
    // Whoever feeds a dump back would use the mask as a password.
    let found = problems(&sources(None, &[], &["url=********"]));
    assert!(found[0].contains("is the mask"), "{found:?}");
}

#[test]
fn a_dump_can_be_read_again() {
    let config = Config {
        url: Secret::default(),
        ..Config::default()
    };
    let file = file(&dump(&config, DumpFormat::Toml).unwrap());
    let read: Config = load(&sources(Some(&file), &[], &[])).unwrap();
    assert_eq!(read, config);
}
