//! The settings: one struct that is the command line, the environment and the file at once.
//!
//! A flag wins over its environment variable, that over the file, that over the default.

mod layers;
mod seconds;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::files::FileMode;
use crate::pace::Pace;
pub use layers::ConfigError;
use seconds::parse as seconds;

/// The companion server of incoming-uploader: takes files from browsers, hands them to a backend.
///
/// Every setting can be given as a flag, as an environment variable, or in the TOML file that
/// --config names, there under the name of the flag. Durations are in seconds.
#[derive(Clone, Debug, Parser, Serialize, Deserialize)]
#[command(name = "incoming-server", version)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::struct_excessive_bools)]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "INCOMING_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
    pub listen: String,

    /// Folder that holds the uploads, one folder each. Created when missing. Required.
    #[arg(long, env = "INCOMING_STORAGE", value_name = "DIR")]
    pub storage: Option<PathBuf>,

    /// Permissions of the files that the server makes, in octal; who may read them may look into their
    /// folders, too. A backend under another account needs more than 0600: 0640 if it is in the group
    /// of the files and copies them, 0660 if it moves them away. What the server notes about an upload
    /// stays private.
    #[arg(long, env = "INCOMING_FILE_MODE", value_name = "MODE", default_value = "0600")]
    pub file_mode: FileMode,

    /// TOML file with settings under the names of the flags.
    #[arg(long, env = "INCOMING_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Largest chunk a browser may send, in units of 1024 bytes. One chunk is held in memory for
    /// each connection.
    #[arg(long, env = "INCOMING_CHUNK_SIZE_KB", value_name = "KIB", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub chunk_size_kb: u32,

    /// How many chunks a browser may send ahead of the acknowledgements.
    #[arg(long, env = "INCOMING_SEND_AHEAD", value_name = "CHUNKS", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub send_ahead: u32,

    /// How long an upload may rest before it is dropped, in seconds.
    #[arg(long, env = "INCOMING_IDLE_EXPIRY", value_name = "SECONDS", default_value = "43200", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub idle_expiry: Duration,

    /// How long a finished upload is remembered, so that a browser that missed the end can still
    /// learn of it, in seconds.
    #[arg(long, env = "INCOMING_FINISHED_RETENTION", value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub finished_retention: Duration,

    /// How long chunks are kept of an upload that rests, in protocols whose browsers come back after
    /// days, in seconds.
    #[arg(long, env = "INCOMING_CHUNKS_RETENTION", value_name = "SECONDS", default_value = "604800", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub chunks_retention: Duration,

    /// How long a browser may be silent, also in the middle of a body or a message, and how long it
    /// may take to accept a message, in seconds.
    #[arg(long, env = "INCOMING_CONNECTION_TIMEOUT", value_name = "SECONDS", default_value = "58", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub connection_timeout: Duration,

    /// How long a browser may take to name its upload, and again to accept the terms, in seconds.
    #[arg(long, env = "INCOMING_HANDSHAKE_TIMEOUT", value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub handshake_timeout: Duration,

    /// The chunk size that GalileoSend clients are asked for, in bytes. They send one chunk at a time,
    /// so that larger ones are faster over a distance; one is held in memory for each connection.
    #[arg(long, env = "INCOMING_GALILEO_CHUNK_SIZE", value_name = "BYTES", default_value_t = 4 << 20,
          value_parser = clap::value_parser!(u32).range(1..=1 << 26))]
    pub galileo_chunk_size: u32,

    /// Folder for the files of protocols that have no tickets, each with a JSON document beside it.
    /// Created when missing. If not given: the folder `arrived` in the storage folder.
    #[arg(long, env = "INCOMING_ARRIVALS", value_name = "DIR")]
    pub arrivals: Option<PathBuf>,

    /// Lets whoever knows the address of a file that came without a ticket download it; Mr. Robusto
    /// tells the address to whoever knows the MD5 of the file. The demo does it always.
    #[arg(long, env = "INCOMING_SERVE_FILES", value_parser = clap::builder::FalseyValueParser::new())]
    pub serve_files: bool,

    /// Address of a backend that is told of each file of the protocols that have no tickets, as
    /// Incoming!! does. If not given: nobody is told.
    #[arg(long, env = "INCOMING_SIGNAL_FINISH_URL", value_name = "URL", hide_env_values = true)]
    pub signal_finish_url: Option<String>,

    /// How long the backend may take to answer a handover, in seconds.
    #[arg(long, env = "INCOMING_HANDOVER_TIMEOUT", value_name = "SECONDS", default_value = "55", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub handover_timeout: Duration,

    /// How long the backend may take from "wait" to finish_upload, in seconds.
    #[arg(long, env = "INCOMING_HANDOVER_CONFIRMATION", value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub handover_confirmation: Duration,

    /// How many backends are told at once of a file, or of a cancellation; of one address, half as many
    /// at most. Other files wait for their turn. Lowered when the process may not open that many files.
    #[arg(long, env = "INCOMING_MAX_HANDOVERS", value_name = "NUMBER", default_value_t = 64)]
    pub max_handovers: usize,

    /// Hosts that files may be handed over to, as HOST or HOST:PORT, separated by commas. Empty:
    /// any host.
    #[arg(long, env = "INCOMING_HANDOVER_HOSTS", value_name = "HOSTS", value_delimiter = ',')]
    pub handover_hosts: Vec<String>,

    /// Largest file that is taken, in bytes.
    #[arg(long, env = "INCOMING_MAX_FILE_SIZE", value_name = "BYTES", default_value_t = 1 << 50)]
    pub max_file_size: u64,

    /// Largest chunk of the protocols over HTTP, and largest file that comes in one request, in bytes.
    /// If not given: as large as the file.
    #[arg(long, env = "INCOMING_MAX_CHUNK_SIZE", value_name = "BYTES")]
    pub max_chunk_size: Option<u64>,

    /// How many uploads that are not finished may exist at once, tickets never used included.
    #[arg(long, env = "INCOMING_MAX_TICKETS", value_name = "NUMBER", default_value_t = 100_000)]
    pub max_tickets: usize,

    /// How many connections may be open at once; more wait until one ends. Lowered when the
    /// process may not open that many files.
    #[arg(long, env = "INCOMING_MAX_CONNECTIONS", value_name = "NUMBER", default_value_t = 4096)]
    pub max_connections: usize,

    /// How many connections one address may have open at once, IPv6 by /64; more are answered 429 or
    /// closed. Of a client behind a trusted proxy its requests under way are counted. 0: any number.
    /// By default 256, and any number from this machine itself, where proxies stand.
    #[arg(long, env = "INCOMING_MAX_CONNECTIONS_PER_ADDRESS", value_name = "NUMBER")]
    pub max_connections_per_address: Option<usize>,

    /// Proxies whose X-Forwarded-For is believed, as addresses or networks (10.0.0.0/8), separated
    /// by commas. Empty: nobody's.
    #[arg(long, env = "INCOMING_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',')]
    pub trusted_proxies: Vec<String>,

    /// How many requests a second one address may make; more are answered 429 with Retry-After. Each
    /// chunk is a request in some protocols: 8 KiB chunks at 100 MB/s are 12,000 a second. 0: any
    /// number.
    #[arg(long, env = "INCOMING_MAX_REQUEST_RATE", value_name = "NUMBER", default_value_t = 0)]
    pub max_request_rate: u32,

    /// How many requests an address may make at once after a rest, before its rate is limited. 0: as
    /// many as in a second.
    #[arg(long, env = "INCOMING_REQUEST_BURST", value_name = "NUMBER", default_value_t = 0)]
    pub request_burst: u32,

    /// How slow a body, a message or the reader of an answer may be on average, in bytes a second, not
    /// counting the first connection-timeout; slower ones are cut off. 0: as slow as it likes.
    #[arg(long, env = "INCOMING_MIN_RATE", value_name = "BYTES", default_value_t = 100)]
    pub min_rate: u32,

    /// How long the rest of a body is read that is refused, so that the refusal gets through proxies, in
    /// seconds. The body has to keep the min-rate meanwhile.
    #[arg(long, env = "INCOMING_REFUSED_BODY_TIMEOUT", value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub refused_body_timeout: Duration,

    /// How many bytes of messages that are not stored yet all WebSockets may hold together, not counting
    /// the first 16 KiB of each; beyond half of it only the oldest go on, the others have to wait.
    #[arg(
        long,
        env = "INCOMING_MAX_MESSAGE_MEMORY",
        value_name = "BYTES",
        default_value_t = 512 << 20
    )]
    pub max_message_memory: u64,

    /// How many uploads may be begun and not whole at once.
    #[arg(
        long,
        env = "INCOMING_MAX_OPEN_UPLOADS",
        value_name = "NUMBER",
        default_value_t = 100_000
    )]
    pub max_open_uploads: usize,

    /// How many bytes all files may have together that are not whole or not handed over. A file counts
    /// with all of its size from its beginning, so that what has begun finds room. If not given: as
    /// many as the disk takes.
    #[arg(long, env = "INCOMING_MAX_STORAGE", value_name = "BYTES")]
    pub max_storage: Option<u64>,

    /// Counts the files that have arrived in max-storage too, until somebody takes them out of their
    /// folder.
    #[arg(long, env = "INCOMING_COUNT_ARRIVED", value_parser = clap::builder::FalseyValueParser::new())]
    pub count_arrived: bool,

    /// The part of max-open-uploads and of max-storage that one address, IPv6 by /64, or one owner may
    /// hold, in percent. An owner is who the authorisation says in X-Upload-Owner. This machine itself
    /// has no share as long as no proxies are trusted. 100: all of it.
    #[arg(long, env = "INCOMING_SHARE", value_name = "PERCENT", default_value_t = 25,
          value_parser = clap::value_parser!(u8).range(1..=100))]
    pub share: u8,

    /// Address that is asked, with the headers of the request, whether a request of the protocols
    /// without tickets is let in: 2xx lets it in, 401 and 403 are passed on, all else is a 503. If
    /// not given: everybody is let in.
    #[arg(long, env = "INCOMING_AUTHORIZE_URL", value_name = "URL", hide_env_values = true)]
    pub authorize_url: Option<String>,

    /// How long the authorisation may take, in seconds.
    #[arg(long, env = "INCOMING_AUTHORIZE_TIMEOUT", value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub authorize_timeout: Duration,

    /// How long a request that was let in stands for others with the same headers and the same
    /// upload, in seconds. 0: each is asked for.
    #[arg(long, env = "INCOMING_AUTHORIZE_CACHE", value_name = "SECONDS", default_value = "30", value_parser = seconds::or_zero::parse)]
    #[serde(with = "seconds::or_zero")]
    pub authorize_cache: Duration,

    /// Largest body of a backend's request, in bytes.
    #[arg(long, env = "INCOMING_MAX_FORM_SIZE", value_name = "BYTES", default_value_t = 65536)]
    pub max_form_size: usize,

    /// Origins whose pages may upload besides those of this server and of cors-origins, separated by
    /// commas, or * for any. Empty: for Incoming!! any page that has a ticket, for the other
    /// protocols none. Programs that are no browsers name no origin and need none.
    #[arg(long, env = "INCOMING_ALLOWED_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    pub allowed_origins: Vec<String>,

    /// Origins whose pages may read answers of this server (CORS), separated by commas, or *.
    /// Empty: none. Uploads over WebSockets do not need it, allowed-origins is enough.
    #[arg(long, env = "INCOMING_CORS_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,

    /// Names under which the server answers, such as uploads.example.com, with or without a port,
    /// separated by commas; requests to others get a 421, but for /healthz. Empty: any. A page may give
    /// its own name the address of this server (DNS rebinding), and browsers take both for one then.
    #[arg(long, env = "INCOMING_HOSTS", value_name = "HOSTS", value_delimiter = ',')]
    pub hosts: Vec<String>,

    /// How long a client may take to send the head of a request, and be silent in the middle of a
    /// backend's form, in seconds.
    #[arg(long, env = "INCOMING_HEADER_TIMEOUT", value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub header_timeout: Duration,

    /// How long a stop may take until open connections are cut, in seconds.
    #[arg(long, env = "INCOMING_SHUTDOWN_TIMEOUT", value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    #[serde(with = "seconds")]
    pub shutdown_timeout: Duration,

    /// What is logged: a level (error, warn, info, debug, trace) or a filter as in RUST_LOG, which
    /// wins over this.
    #[arg(long, env = "INCOMING_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,

    /// How logs are written.
    #[arg(long, env = "INCOMING_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// Folder of the built package; incoming.js is served from it.
    #[arg(long, env = "INCOMING_PACKAGE", value_name = "DIR", default_value = "pkg")]
    pub package: PathBuf,

    /// Demo: serve a page and play its backend. Only on a loopback address.
    #[arg(long, env = "INCOMING_DEMO", value_parser = clap::builder::FalseyValueParser::new())]
    pub demo: bool,

    /// Folder of the demo's page.
    #[arg(long, env = "INCOMING_WWW", value_name = "DIR", default_value = "www")]
    pub www: PathBuf,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// How slow bodies and messages may come.
    pub(crate) fn pace(&self) -> Pace {
        Pace { patience: self.connection_timeout, min_rate: self.min_rate }
    }

    /// The largest WebSocket message that is accepted, in bytes.
    pub fn max_message_size(&self) -> usize {
        self.chunk_size_kb as usize * 1024 + 4096
    }

    /// The largest message of GalileoSend that is accepted, in bytes: some clients send the chunks
    /// that the original server took, whatever they are asked for.
    pub fn max_galileo_message_size(&self) -> usize {
        (self.galileo_chunk_size as usize).max(262_144) + 4096
    }

    /// The most bytes of a file that a request over HTTP may carry.
    pub fn max_request_size(&self) -> u64 {
        self.max_file_size.min(self.max_chunk_size.unwrap_or(u64::MAX))
    }

    /// The folder for the files of protocols that have no tickets.
    pub fn arrivals(&self) -> PathBuf {
        let storage = self.storage.clone().unwrap_or_default();
        self.arrivals.clone().unwrap_or_else(|| storage.join("arrived"))
    }
}
