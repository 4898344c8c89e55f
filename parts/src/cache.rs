//! The download cache: pinned files from Maven Central, checked and unpacked once for all working copies of this machine.
//!
//! The cache lies outside any working copy, in a folder whose name is a digest of what is pinned, so that a new pin never
//! meets old files. A folder is made complete beside it and then renamed: one that exists is whole.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use crate::{progress, system};

const POM: &str = include_str!("../pom.xml");
const CHECKSUMS: &str = include_str!("../checksums.sha256");
const ROOT_CACHE: &str = "/var/cache/quicksync/parts";
/// With its coordinates: a search for the short name hides that there is no network.
const PLUGIN_GOAL: &str =
    "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
pub(crate) const DIGEST_CHARS: usize = 12;

/// Where each part's programs are.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The jars of Apache Kafka, to be named as `DIR/*` in a class path.
    pub kafka_jars: PathBuf,
    /// The folder with PostgreSQL's `bin`, `lib` and `share`.
    pub postgres: PathBuf,
    /// The program of Redis; a server when it is started by the name `redis-server`.
    pub redis_server: PathBuf,
}

/// Names of this processor in the two packages that carry native programs.
struct Arch {
    postgres: &'static str,
    redis: &'static str,
}

fn arch() -> Result<Arch> {
    match std::env::consts::ARCH {
        "x86_64" => Ok(Arch {
            postgres: "amd64",
            redis: "linux-amd64",
        }),
        "aarch64" => Ok(Arch {
            postgres: "arm64v8",
            redis: "linux-arm64",
        }),
        other => bail!(
            "there is no pinned PostgreSQL for the processor `{other}`: parts run on x86_64 and aarch64"
        ),
    }
}

/// The folder of the cache: `QUICKSYNC_PARTS_CACHE`, else one of the system for root, else one of the user.
pub(crate) fn root() -> Result<PathBuf> {
    if let Some(dir) = system::environment("QUICKSYNC_PARTS_CACHE") {
        return Ok(PathBuf::from(dir));
    }
    if nix::unistd::geteuid().is_root() {
        return Ok(PathBuf::from(ROOT_CACHE));
    }
    let base = match system::environment("XDG_CACHE_HOME") {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(
            system::environment("HOME")
                .context("neither QUICKSYNC_PARTS_CACHE, XDG_CACHE_HOME nor HOME is set")?,
        )
        .join(".cache"),
    };
    Ok(base.join("quicksync/parts"))
}

/// Gives the programs, downloading what is missing. Many processes may ask at once: one downloads, the others wait.
pub async fn ensure() -> Result<Binaries> {
    let root = root()?;
    system::create_public_dir(&root)?;
    let digest = system::hex(&Sha256::digest([POM, CHECKSUMS].concat()));
    let dir = root.join(&digest[..DIGEST_CHARS]);
    // The second is the same program, which looks at its own name; Debian has it in a package without the daemon.
    let redis_server =
        system::find_tool("redis-server").or_else(|| system::find_tool("redis-check-rdb"));
    let own_redis = root.join(format!("redis-{}", &digest[..DIGEST_CHARS]));
    let complete = || dir.is_dir() && (redis_server.is_some() || own_redis.is_dir());
    if !complete() {
        let lock_path = root.join("lock");
        let _guard = tokio::task::spawn_blocking(move || system::lock(&lock_path)).await??;
        if !dir.is_dir() {
            let what =
                "downloading Apache Kafka and PostgreSQL from Maven Central (80 MB, only once)";
            progress::during(what, download_kafka_and_postgres(&dir)).await?;
        }
        if redis_server.is_none() && !own_redis.is_dir() {
            let what = "downloading Redis from Maven Central, because the system has no redis-server (30 MB, only once)";
            progress::during(what, download_redis(&own_redis)).await?;
        }
    }
    Ok(Binaries {
        kafka_jars: dir.join("kafka"),
        postgres: dir.join("postgres"),
        redis_server: redis_server.unwrap_or_else(|| own_redis.join("redis-server")),
    })
}

async fn download_kafka_and_postgres(dir: &Path) -> Result<()> {
    let work = Workspace::beside(dir)?;
    let postgres_jar = format!("embedded-postgres-binaries-linux-{}-", arch()?.postgres);
    let jars = work.fetch(&[]).await?;
    check(&jars, |name| {
        !name.starts_with("embedded-") || name.starts_with(&postgres_jar)
    })?;
    let postgres_jar = find(&jars, &postgres_jar)?;
    progress::say("unpacking PostgreSQL");
    let postgres = work.make_dir("postgres")?;
    unpack(&postgres_jar, "*.txz", &postgres).await?;
    fs::remove_file(&postgres_jar)?;
    fs::rename(&jars, work.path.join("kafka"))?;
    system::create_public_dir(&work.path.join("kafka"))?;
    work.publish(dir)
}

async fn download_redis(dir: &Path) -> Result<()> {
    let work = Workspace::beside(dir)?;
    let jars = work.fetch(&["-Predis"]).await?;
    check(&jars, |name| name.starts_with("embedded-redis-"))?;
    let jar = find(&jars, "embedded-redis-")?;
    let pattern = format!("redis-server-*-{}", arch()?.redis);
    let unzip = system::require_tool("unzip", "unzip")?;
    run(Command::new(unzip)
        .args(["-q", "-j", "-o"])
        .arg(&jar)
        .arg(pattern)
        .arg("-d")
        .arg(&work.path))
    .await?;
    let server = find(&work.path, "redis-server-")?;
    fs::rename(server, work.path.join("redis-server"))?;
    fs::set_permissions(
        work.path.join("redis-server"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    fs::remove_dir_all(&jars)?;
    work.publish(dir)
}

/// A folder that becomes the wanted one by a rename, or is dropped.
struct Workspace {
    path: PathBuf,
}

impl Workspace {
    fn beside(dir: &Path) -> Result<Self> {
        let path = dir.with_extension("partial");
        system::remove(&path)?;
        system::create_public_dir(&path)?;
        Ok(Self { path })
    }

    fn make_dir(&self, name: &str) -> Result<PathBuf> {
        let dir = self.path.join(name);
        system::create_public_dir(&dir)?;
        Ok(dir)
    }

    /// Lets Maven copy the pinned artifacts with all they need into one folder.
    async fn fetch(&self, options: &[&str]) -> Result<PathBuf> {
        let maven = system::require_tool("mvn", "maven")?;
        system::require_tool("java", "openjdk-17-jre-headless")?;
        let pom = self.path.join("pom.xml");
        fs::write(&pom, POM)?;
        let jars = self.make_dir("jars")?;
        let mut command = Command::new(maven);
        command
            .args(["-q", "-B", "-C", "-Dstyle.color=never", "-f"])
            .arg(&pom)
            .args(options)
            .arg(format!("-Dpostgres.arch={}", arch()?.postgres))
            .args([PLUGIN_GOAL, "-DincludeScope=runtime"])
            .arg(format!("-DoutputDirectory={}", jars.display()));
        let output = command
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("cannot run mvn")?;
        ensure!(
            output.status.success(),
            "{}",
            explain_maven(&String::from_utf8_lossy(&output.stdout))
        );
        Ok(jars)
    }

    fn publish(self, dir: &Path) -> Result<()> {
        fs::remove_file(self.path.join("pom.xml"))?;
        fs::rename(&self.path, dir)
            .with_context(|| format!("cannot move {} into place", self.path.display()))
    }
}

/// One line for what Maven tells in twenty.
fn explain_maven(output: &str) -> String {
    const NETWORK: [&str; 7] = [
        "Unknown host",
        "UnknownHostException",
        "Connection refused",
        "Connect timed out",
        "Temporary failure in name resolution",
        "Network is unreachable",
        "No route to host",
    ];
    if NETWORK.iter().any(|sign| output.contains(sign)) {
        return "no network: cannot reach Maven Central (https://repo.maven.apache.org), which is needed once to download Kafka and \
                PostgreSQL; connect, or name a mirror or a proxy in ~/.m2/settings.xml, and repeat"
            .to_owned();
    }
    // A reset of colours may stand before the first one, whatever the style.
    let mut errors = output
        .lines()
        .filter_map(|line| Some(line.split_once("[ERROR] ")?.1));
    let error = errors
        .find(|error| !error.is_empty())
        .unwrap_or("it said nothing");
    format!("mvn could not download Kafka and PostgreSQL: {error}")
}

/// Compares all files of `dir` with the pinned list; of the list, those that `wanted` names must be there.
fn check(dir: &Path, wanted: impl Fn(&str) -> bool) -> Result<()> {
    let mut missing: std::collections::BTreeMap<&str, &str> = CHECKSUMS
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (name, sum))
        .collect();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .context("a jar has a name in UTF-8")?
            .to_owned();
        let Some(pinned) = missing.remove(name.as_str()) else {
            bail!("{name} was downloaded but is not in parts/checksums.sha256");
        };
        let actual = system::hex(&Sha256::digest(fs::read(&path)?));
        ensure!(
            actual == pinned,
            "{name} has SHA-256 {actual}, but parts/checksums.sha256 says {pinned}: do not use it"
        );
    }
    if let Some(name) = missing.keys().find(|name| wanted(name)) {
        bail!("{name} is in parts/checksums.sha256 but was not downloaded");
    }
    Ok(())
}

fn find(dir: &Path, prefix: &str) -> Result<PathBuf> {
    fs::read_dir(dir)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with(prefix))
        })
        .with_context(|| format!("there is no {prefix}... in {}", dir.display()))
}

/// Takes the one archive that `pattern` names out of `jar` and unpacks it into `into`.
async fn unpack(jar: &Path, pattern: &str, into: &Path) -> Result<()> {
    let unzip = system::require_tool("unzip", "unzip")?;
    system::require_tool("xz", "xz-utils")?;
    run(Command::new(unzip)
        .args(["-q", "-j", "-o"])
        .arg(jar)
        .arg(pattern)
        .arg("-d")
        .arg(into))
    .await?;
    let archive = fs::read_dir(into)?
        .flatten()
        .next()
        .context("the jar holds no archive")?
        .path();
    let tar = system::require_tool("tar", "tar")?;
    run(Command::new(tar)
        .args(["-xJ", "--no-same-owner", "-p", "-C"])
        .arg(into)
        .arg("-f")
        .arg(&archive))
    .await?;
    fs::remove_file(archive)?;
    Ok(())
}

async fn run(command: &mut Command) -> Result<()> {
    let program = command.as_std().get_program().to_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .with_context(|| format!("cannot run {}", program.display()))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} failed: {}",
        program.display(),
        errors.lines().next().unwrap_or("it said nothing")
    );
    Ok(())
}
