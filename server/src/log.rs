//! Structured logs on standard error.

use std::io::{IsTerminal as _, Write as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Config, LogFormat};

/// Starts logging as the settings say; `RUST_LOG` wins over them.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_from_default_env()
        .or_else(|_| EnvFilter::try_new(&config.log))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // There is nobody else to tell, and who cannot be told must not end what is logged.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match config.log_format {
        LogFormat::Text => logs.finish().try_init(),
        LogFormat::Json => logs.json().finish().try_init(),
    };
    if let Err(error) = started {
        let _ = writeln!(std::io::stderr(), "no logs: {error}");
    }
}
