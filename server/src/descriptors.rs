//! How many sockets and files the process may have open.

use crate::Config;

/// What is left for the rest: documents that are read and written, the log.
const RESERVE: u64 = 4;

/// The part that files of uploads get, which stay open between two chunks.
const OPEN_FILES: u64 = 8;

/// The part that calls to backends get at most.
const HANDOVERS: u64 = 8;

/// More are of no use.
const MOST_OPEN_FILES: usize = 4096;

/// A connection is a socket and a file that it is about to open.
const FOR_EACH: u64 = 2;

/// Raises the limit as far as the system lets us and keeps the connections below it: without a
/// descriptor left, uploads under way would fail instead of new ones having to wait. Returns how many
/// files of uploads may be open.
pub(crate) fn provide(config: &mut Config) -> usize {
    let limit = raise().unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files is not known");
        u64::MAX
    });
    clamp(config, limit)
}

#[cfg(unix)]
fn raise() -> std::io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}

#[cfg(not(unix))]
fn raise() -> std::io::Result<u64> {
    Ok(u64::MAX)
}

fn clamp(config: &mut Config, limit: u64) -> usize {
    let open_files = size(limit / OPEN_FILES).clamp(1, MOST_OPEN_FILES);
    let room = size((limit - limit / RESERVE) / FOR_EACH);
    config.max_handovers = config.max_handovers.min(size(limit / HANDOVERS)).max(1);
    let room = room.saturating_sub((open_files + config.max_handovers) / 2).max(1);
    if config.max_connections > room {
        tracing::warn!(
            wanted = config.max_connections,
            taken = room,
            open_files = limit,
            "max-connections is more than the limit of open files allows"
        );
        config.max_connections = room;
    }
    open_files
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clamped(max_connections: usize, limit: u64) -> (usize, usize, usize) {
        let mut config = Config::from_arguments(["incoming-server", "--storage", "s"]).unwrap();
        config.max_connections = max_connections;
        let open_files = clamp(&mut config, limit);
        (config.max_connections, open_files, config.max_handovers)
    }

    #[test]
    fn connections_files_of_uploads_and_calls_to_backends_stay_below_the_limit_of_open_files() {
        assert_eq!(clamped(4096, u64::MAX), (4096, 4096, 64));
        assert_eq!(clamped(4096, 20_000), (4096, 2500, 64));
        assert_eq!(clamped(4096, 1024), (288, 128, 64));
        assert_eq!(clamped(100, 1024), (100, 128, 64));
        assert_eq!(clamped(4096, 256), (64, 32, 32));
        assert_eq!(clamped(100, 0), (1, 1, 1));
    }
}
