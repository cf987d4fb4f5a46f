//! How many sockets and files the process may have open.

use crate::Config;

/// What is left for the rest: documents that are read and written, calls to backends, the log.
const RESERVE: u64 = 4;

/// A connection is a socket and a file.
const FOR_EACH: u64 = 2;

/// Raises the limit as far as the system lets us and keeps the connections below it: without a
/// descriptor left, uploads under way would fail instead of new ones having to wait.
pub(crate) fn provide(config: &mut Config) {
    match raise() {
        Ok(limit) => clamp(config, limit),
        Err(error) => tracing::warn!(%error, "the limit of open files is not known"),
    }
}

#[cfg(unix)]
fn raise() -> std::io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}

#[cfg(not(unix))]
fn raise() -> std::io::Result<u64> {
    Ok(u64::MAX)
}

fn clamp(config: &mut Config, limit: u64) {
    let room = (limit - limit / RESERVE) / FOR_EACH;
    let room = usize::try_from(room).unwrap_or(usize::MAX).max(1);
    if config.max_connections > room {
        tracing::warn!(
            wanted = config.max_connections,
            taken = room,
            open_files = limit,
            "max-connections is more than the limit of open files allows"
        );
        config.max_connections = room;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clamped(max_connections: usize, limit: u64) -> usize {
        let mut config = Config::from_arguments(["incoming-server", "--storage", "s"]).unwrap();
        config.max_connections = max_connections;
        clamp(&mut config, limit);
        config.max_connections
    }

    #[test]
    fn connections_stay_below_the_limit_of_open_files() {
        assert_eq!(clamped(4096, u64::MAX), 4096);
        assert_eq!(clamped(4096, 20_000), 4096);
        assert_eq!(clamped(4096, 1024), 384);
        assert_eq!(clamped(100, 1024), 100);
        assert_eq!(clamped(100, 0), 1);
    }
}
