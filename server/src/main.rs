//! The command: reads the settings, serves until it is told to stop.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use incoming_server::{Config, log, serve};

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(error) => error.exit(),
    };
    log::start(&config);
    match serve::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the server cannot run");
            ExitCode::FAILURE
        }
    }
}
