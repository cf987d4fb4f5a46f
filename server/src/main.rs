//! The command: reads the settings, serves until it is told to stop.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Duration;

use incoming_server::{Config, log, serve};
use tokio::runtime::Runtime;

/// How long a disk may take to come to the end of what it does when the server has stopped.
const DISK_PATIENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(error) => error.exit(),
    };
    log::start(&config);
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the server cannot run");
            return ExitCode::FAILURE;
        }
    };
    let served = runtime.block_on(serve::run(config));
    // A disk that never answers must not keep the process; what it does can be cut anywhere.
    runtime.shutdown_timeout(DISK_PATIENCE);
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the server cannot run");
            ExitCode::FAILURE
        }
    }
}
