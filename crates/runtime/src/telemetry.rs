//! Logs: one line per event on stderr, for people or as JSON.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::{EnvFilter, filter::ParseError, fmt::MakeWriter};

use crate::config::{Log, LogFormat};

/// Installs the subscriber of the process. Once per process: a second call is an error, as is a filter that cannot be read.
pub fn init(service: &'static str, log: &Log) -> anyhow::Result<()> {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(&log.filter)?);
    let installed = match log.format {
        LogFormat::Human => builder
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr)
            .try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_writer(Named { service })
            .try_init(),
    };
    installed.map_err(|error| anyhow::anyhow!("cannot install the log subscriber: {error}"))
}

/// Reads the directives of a filter.
pub(crate) fn filter(directives: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder().parse(directives)
}

/// Puts the name of the service into each JSON line. A root span could do it too, but every call would pay for it.
#[derive(Clone, Copy, Debug)]
struct Named {
    service: &'static str,
}

impl<'a> MakeWriter<'a> for Named {
    type Writer = NamedLine<io::Stderr>;

    fn make_writer(&'a self) -> Self::Writer {
        NamedLine {
            service: self.service,
            inner: io::stderr(),
        }
    }
}

struct NamedLine<W> {
    service: &'static str,
    inner: W,
}

impl<W: Write> Write for NamedLine<W> {
    /// The subscriber hands over each line whole.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match line.strip_prefix(b"{") {
            Some(rest) => {
                let mut named = Vec::with_capacity(line.len() + 32);
                write!(named, "{{\"service\":\"{}\",", self.service)?;
                named.extend_from_slice(rest);
                self.inner.write_all(&named)?;
            }
            None => self.inner.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests;
