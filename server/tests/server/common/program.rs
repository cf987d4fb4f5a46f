//! The real program.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

pub struct Program {
    pub child: Child,
    pub address: SocketAddr,
}

impl Program {
    pub async fn start(storage: &Path) -> Program {
        Program::with(storage, &[], Stdio::inherit()).await
    }

    /// With more arguments, and what it logs going elsewhere.
    pub async fn with(storage: &Path, more: &[&str], log: impl Into<Stdio>) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_incoming-server"));
        command.args(more).stderr(log);
        Program::run(command, storage).await
    }

    /// Started by a shell that sets limits before: `ulimit -n 100`.
    #[cfg(unix)]
    pub async fn limited(storage: &Path, limits: &str) -> Program {
        Program::limited_with(storage, limits, &[]).await
    }

    /// The same with more arguments.
    #[cfg(unix)]
    pub async fn limited_with(storage: &Path, limits: &str, more: &[&str]) -> Program {
        let program = env!("CARGO_BIN_EXE_incoming-server");
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{limits}; exec {program} --log off \"$@\""), "sh"])
            .args(more);
        Program::run(command, storage).await
    }

    async fn run(mut command: Command, storage: &Path) -> Program {
        let mut child = command
            .args(["--listen", "127.0.0.1:0", "--chunk-size-kb", "64", "--storage"])
            .arg(storage)
            .env("INCOMING_LOG", "warn")
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let address = line.strip_prefix("listening on http://").unwrap().trim_end_matches('/');
        Program { child, address: address.parse().unwrap() }
    }

    /// As `kill -9` does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
