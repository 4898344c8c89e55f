//! Small questions to the machine: which tool is there, who are we, a random name, is a path open to others.

use std::{
    env,
    fs::{self, File, Permissions},
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result, bail};
use nix::{
    fcntl::{Flock, FlockArg},
    unistd::User,
};

/// The account that runs PostgreSQL where we are root, which PostgreSQL refuses to be.
const UNPRIVILEGED_USER: &str = "nobody";
const MODE_PUBLIC_DIR: u32 = 0o755;
const MODE_PRIVATE_FILE: u32 = 0o600;
const MODE_OTHERS_TRAVERSE: u32 = 0o001;
const REMOVALS_AT_ONCE: usize = 8;

/// The value of an environment variable, `None` when unset or empty.
#[expect(
    clippy::disallowed_methods,
    reason = "parts runs before and outside any service's configuration"
)]
pub(crate) fn environment(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where `tool` lies in `PATH` or in the folders for daemons, which an ordinary user's `PATH` lacks.
pub(crate) fn find_tool(tool: &str) -> Option<PathBuf> {
    let path = environment("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(tool))
        .find(|candidate| candidate.is_file())
}

/// Like [`find_tool`], or one line that says what to install.
pub(crate) fn require_tool(tool: &str, debian_package: &str) -> Result<PathBuf> {
    find_tool(tool).with_context(|| {
        format!("`{tool}` is missing: install it (Debian/Ubuntu: apt-get install {debian_package}) or run scripts/prerequisites.sh")
    })
}

/// The account to hand PostgreSQL over to; `None` when we are an ordinary user and may run it ourselves.
pub(crate) fn unprivileged_user() -> Result<Option<User>> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    let user = User::from_name(UNPRIVILEGED_USER)?.with_context(|| {
        format!("PostgreSQL cannot run as root and there is no user `{UNPRIVILEGED_USER}`")
    })?;
    Ok(Some(user))
}

/// Whether any user may pass through every folder above `path` (and `path` itself, where it exists).
pub(crate) fn traversable_by_all(path: &Path) -> bool {
    path.ancestors()
        .filter_map(|folder| fs::metadata(folder).ok())
        .all(|metadata| metadata.permissions().mode() & MODE_OTHERS_TRAVERSE != 0)
}

/// Creates `dir` and its parents; `dir` itself becomes readable to all whatever the umask is.
pub(crate) fn create_public_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    fs::set_permissions(dir, Permissions::from_mode(MODE_PUBLIC_DIR))
        .with_context(|| format!("cannot open {} to all users", dir.display()))
}

/// Writes a file that only its owner may read, and that has its whole content whenever it is read.
pub(crate) fn write_private(path: &Path, content: &str) -> Result<()> {
    let unfinished = path.with_added_extension("new");
    let write = || {
        fs::write(&unfinished, "")?;
        fs::set_permissions(&unfinished, Permissions::from_mode(MODE_PRIVATE_FILE))?;
        fs::write(&unfinished, content)?;
        fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Removes a file or a folder with all in it; fine when there is none.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let outcome = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => return Ok(()),
    };
    outcome.with_context(|| format!("cannot remove {}", path.display()))
}

/// [`remove`] of all that is in `folder`, several at a time: a disk that is told of each freed block takes its time for that, and
/// tests leave hundreds of databases.
pub(crate) fn remove_content(folder: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    let entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    thread::scope(|scope| {
        let removals: Vec<_> = entries
            .chunks(entries.len().div_ceil(REMOVALS_AT_ONCE).max(1))
            .map(|some| scope.spawn(|| some.iter().try_for_each(|path| remove(path))))
            .collect();
        removals
            .into_iter()
            .try_for_each(|removal| removal.join().expect("a removal does not panic"))
    })
}

/// Takes an exclusive lock that ends with the guard or the process. Blocks.
pub(crate) fn lock(path: &Path) -> Result<Flock<File>> {
    let file = File::options()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    match Flock::lock(file, FlockArg::LockExclusive) {
        Ok(guard) => Ok(guard),
        Err((_, errno)) => bail!("cannot lock {}: {errno}", path.display()),
    }
}

/// `bytes` random bytes as lower-case hexadecimal digits.
pub(crate) fn random_hex(bytes: usize) -> Result<String> {
    let mut random = vec![0_u8; bytes];
    File::open("/dev/urandom")?
        .read_exact(&mut random)
        .context("cannot read /dev/urandom")?;
    Ok(hex(&random))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Gives a file to `user`, who alone may read it then.
pub(crate) fn open_to(path: &Path, user: &User) -> Result<()> {
    std::os::unix::fs::chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
        .with_context(|| format!("cannot give {} to {}", path.display(), user.name))
}
