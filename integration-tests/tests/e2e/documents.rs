//! What the documents say is what the code does: files that they name are there, reasons are all listed, and what the README
//! tells a newcomer to type works.

mod metrics;

#[expect(dead_code, reason = "its `main` is for cargo run --example")]
#[path = "../../examples/send.rs"]
mod example;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use integration_tests::{
    client::{self, PASSWORD, Person},
    eventually::within,
    mesh::{self, programs},
};
use quicksync::user::v1::{RegisterRequest, auth_service_client::AuthServiceClient};
use tokio::process::Command;
use tonic::Code;

/// Where errors are made that leave a process.
const SOURCES: [&str; 3] = ["crates", "services", "gateway"];
/// Documents whose links and file names are checked.
const DOCUMENTS: [&str; 11] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/API.md",
    "docs/ARCHITECTURE.md",
    "docs/ERRORS.md",
    "docs/LOGGING.md",
    "docs/OPERATIONS.md",
    "docs/SECURITY.md",
    "docs/adr",
    "parts/README.md",
];
/// The README's part that is typed into a terminal.
const CLI_HEADING: &str = "## Five minutes with the terminal client";
/// The chat list waits 250 ms for what was answered before the call; a busy machine may need longer to store it.
const PATIENCE: Duration = Duration::from_secs(20);

fn read(path: impl AsRef<Path>) -> String {
    let path = programs::workspace().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files under `folder` whose name ends with `ending`, without folders of tests and of what is built or installed.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the project") {
        let path = entry.expect("an entry of a folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !matches!(&*name, "tests" | "target" | "node_modules") {
            found.extend(files(&path, ending));
        } else if name.ends_with(ending) && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
    found
}

fn is_reason(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Constants that are named as they read, and literals of several words that are no code of gRPC and no variable of the
/// environment.
fn reasons_of(source: &str) -> impl Iterator<Item = String> {
    let codes = |text: &str| {
        (0..=16).any(|code| format!("{:?}", Code::from_i32(code)).to_uppercase() == text)
    };
    source.lines().flat_map(move |line| {
        let is_code_name = line.trim_start().starts_with("Code::") && line.contains("=> \"");
        let mut reasons = Vec::new();
        for text in line.split('"').skip(1).step_by(2) {
            let is_constant = line.contains(&format!("const {text}: &str"));
            let is_literal = text.contains('_')
                && !is_code_name
                && !text.starts_with("QUICKSYNC_")
                && !text.starts_with("CARGO_")
                && !codes(&text.replace('_', ""));
            if is_reason(text) && (is_constant || is_literal) {
                reasons.push(text.to_owned());
            }
        }
        reasons
    })
}

/// First cells of the rows of tables, where they are one `WORD`.
fn listed(document: &str) -> BTreeSet<String> {
    let cells = document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    cells
        .map(|(cell, _)| cell.to_owned())
        .filter(|cell| is_reason(cell))
        .collect()
}

/// The blocks of code of one language.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let opened = document.split(fence.as_str()).skip(1);
    opened
        .filter_map(|rest| Some(rest.split_once("```")?.0))
        .collect()
}

#[test]
fn every_reason_is_listed_and_nothing_else() {
    let sources = SOURCES.iter().flat_map(|folder| {
        let folder = programs::workspace().join(folder);
        files(&folder, ".rs")
    });
    let given: BTreeSet<String> = sources
        .flat_map(|path| reasons_of(&read(path)).collect::<Vec<_>>())
        .collect();
    let listed = listed(&read("docs/ERRORS.md"));
    let missing: Vec<_> = given.difference(&listed).collect();
    let invented: Vec<_> = listed.difference(&given).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "docs/ERRORS.md does not list {missing:?}; nobody gives {invented:?}"
    );
}

#[test]
fn links_and_file_names_lead_somewhere() {
    let root = programs::workspace();
    let documents = DOCUMENTS.iter().flat_map(|name| {
        let path = root.join(name);
        if path.is_dir() {
            files(&path, ".md")
        } else {
            vec![path]
        }
    });
    let mut lost = Vec::new();
    for document in documents {
        let text = read(&document);
        let folder = document.parent().expect("a document lies in a folder");
        let links = text.split("](").skip(1);
        for link in links.filter_map(|rest| Some(rest.split_once(')')?.0)) {
            let target = link.split('#').next().unwrap_or_default();
            if !link.contains("://") && !folder.join(target).exists() {
                lost.push(format!("{}: {link}", document.display()));
            }
        }
        for name in text.split('`').skip(1).step_by(2) {
            let is_source = matches!(name.rsplit('.').next(), Some("rs" | "lua"));
            let is_file = name.contains('/') && is_source;
            if is_file && !name.contains(' ') && !root.join(name).is_file() {
                lost.push(format!("{}: {name}", document.display()));
            }
        }
    }
    assert!(lost.is_empty(), "named but not there:\n{}", lost.join("\n"));
}

/// `file::test` names of a document.
fn named_tests(document: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = document.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|name| name.split_once("::"))
        .filter(|(file, _)| Path::new(file).extension().is_some_and(|kind| kind == "rs"))
}

#[test]
fn every_requirement_of_the_asvs_has_a_test_that_is_there_or_a_reason() {
    let document = read("docs/SECURITY.md");
    let mut missing = Vec::new();
    for (file, test) in named_tests(&document) {
        let path = programs::workspace().join(file);
        let source = fs::read_to_string(path).unwrap_or_default();
        // The attribute of a test stands above it.
        let is_test = source
            .split_once(&format!("fn {test}("))
            .and_then(|(before, _)| before.rsplit("\n\n").next())
            .is_some_and(|above| above.contains("test"));
        if !is_test {
            missing.push(format!("{file}::{test}"));
        }
    }
    assert!(missing.is_empty(), "no such tests:\n{}", missing.join("\n"));

    let rows = document.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let is_requirement = cells[0].split('.').all(|part| part.parse::<u8>().is_ok());
        (is_requirement && cells.len() == 4).then(|| (cells[0].to_owned(), cells[3].to_owned()))
    });
    let mut numbers = BTreeSet::new();
    for (number, evidence) in rows {
        let is_shown = evidence.contains(".rs::") || evidence.contains("](");
        let has_reason = evidence.starts_with("Does not apply: ") || evidence.starts_with('`');
        assert!(is_shown || has_reason, "{number}: {evidence:?}");
        assert!(
            numbers.insert(number.clone()),
            "{number} stands there twice"
        );
    }
    // What chapters 6, 7, 9 and 10 of ASVS 5.0.0 ask at levels 1 and 2.
    let count = |chapter: &str| numbers.iter().filter(|n| n.starts_with(chapter)).count();
    let counts = ["6.", "7.", "9.", "10."].map(count);
    assert_eq!(counts, [35, 18, 7, 29]);
}

#[test]
fn the_readme_shows_the_examples_as_they_are() {
    let readme = read("README.md");
    let typescript = read("integration-tests/clients/node/examples/send.ts");
    assert_eq!(blocks(&readme, "ts"), [typescript]);

    let rust = read("integration-tests/examples/send.rs");
    let from = rust.find("use anyhow").expect("the example's first import");
    assert_eq!(blocks(&readme, "rust"), [&rust[from..]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_example_sends_a_message() {
    let gateway = mesh::shared().await.gateway_url();
    let people = Person::register_all(&gateway, ["ada", "grace"]).await;
    let [ada, grace] = people.expect("two people register");
    let text = "hello from the example";

    let (from, to) = (&ada.user.username, &grace.user.username);
    let sequence = example::send(&gateway, from, PASSWORD, to, text)
        .await
        .expect("the example runs");

    let conversation = grace.direct(ada.user_id).await.expect("their conversation");
    let history = grace.history(&conversation.conversation_id).await;
    let history = history.expect("history");
    let said: Vec<_> = history.iter().map(|m| (m.sequence, &*m.text)).collect();
    assert_eq!(said, [(sequence, text)]);
}

async fn register(gateway: &str, username: &str, password: &str) {
    let request = RegisterRequest {
        email: format!("{username}@example.org"),
        username: username.to_owned(),
        display_name: username.to_owned(),
        password: password.to_owned(),
    };
    let channel = client::connect(gateway).expect("the gateway's address");
    let answer = AuthServiceClient::new(channel).register(request).await;
    answer.expect("the accounts of the README register");
}

/// `echo PASSWORD | $cli ... login NAME ...` as name and password.
fn sign_in(line: &str) -> Option<(&str, &str)> {
    let (password, command) = line.strip_prefix("echo ")?.split_once(" | ")?;
    let name = command.split_once(" login ")?.1.split(' ').next()?;
    Some((name, password))
}

async fn run(line: &str, cli: &Path, gateway: &str, state: &Path) -> Option<()> {
    let output = Command::new("bash")
        .args(["-c", line])
        .env("cli", cli)
        .env("QUICKSYNC_GATEWAY", gateway)
        .env("XDG_STATE_HOME", state)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("bash is there");
    if !output.status.success() {
        eprintln!("{line}: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    Some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_work() {
    let gateway = mesh::shared().await.gateway_url();
    programs::build().await.expect("the programs build");
    let cli = programs::dir().expect("the folder of programs");
    let cli = cli.join("quicksync-cli");
    let state = tempfile::tempdir().expect("a folder");

    let readme = read("README.md");
    let (_, part) = readme.split_once(CLI_HEADING).expect("the CLI's part");
    let part = part.split("\n## ").next().unwrap_or_default();
    let lines = blocks(part, "sh").into_iter().flat_map(str::lines);
    // `watch` goes on until Ctrl-C; its own tests are in cli/tests.
    let commands = lines.filter(|line| line.contains("$cli") && !line.contains(" watch"));
    let mut count = 0;
    for line in commands {
        if let Some((name, password)) = sign_in(line) {
            register(&gateway, name, password).await;
        }
        within(PATIENCE, line, || run(line, &cli, &gateway, state.path()))
            .await
            .expect("a command of the README works");
        count += 1;
    }
    assert!(count > 5, "the README shows {count} commands");
}

/// What is typed in docs/API.md, by people of names that no other test has, and without waiting at the streams.
fn walk(gateway: &str) -> String {
    let document = read("docs/API.md");
    let lines = blocks(&document, "sh").concat();
    let walk = lines
        .replace(
            "GATEWAY=http://localhost:8080",
            &format!("GATEWAY={gateway}"),
        )
        .replace("\"ada\"", "\"ada-walks\"")
        .replace("query=grace", "query=grace-walks")
        .replace(
            "call -N",
            "timeout 5 curl -sS -N -H \"authorization: Bearer $TOKEN\"",
        );
    let walk = walk.lines().map(|line| {
        // Ended by the time that is over, as a person ends it.
        let end = if line.starts_with("timeout") {
            " || [ $? = 124 ]"
        } else {
            ""
        };
        format!("{line}{end}\n")
    });
    format!("set -eu -o pipefail\n{}", walk.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_walk_by_curl_works() {
    let gateway = mesh::shared().await.gateway_url();
    register(&gateway, "ada-walks", "analytical-engine-1843").await;
    register(&gateway, "grace-walks", "moth-in-the-relay-1947").await;
    let output = Command::new("bash")
        .args(["-c", &walk(&gateway)])
        .stdin(Stdio::null())
        .output()
        .await
        .expect("bash is there");
    let said = String::from_utf8_lossy(&output.stdout);
    let trouble = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{trouble}");
    for expected in [
        "\"displayName\":\"Ada Lovelace\"",
        "\"text\":\"Hello from curl\"",
        "{\"result\":{\"resumeToken\":",
        "\ndata: {\"resumeToken\":",
    ] {
        assert!(said.contains(expected), "{expected} is not in {said}");
    }
}
