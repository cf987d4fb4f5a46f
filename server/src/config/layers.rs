//! Lays the command line and the environment over the file, and the file over the defaults.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use tokio::sync::Semaphore;
use url::Url;

use super::Config;
use crate::clients::Proxies;

/// Why there are no settings to run with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The command line or the environment is wrong, or asks for help.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    /// The file cannot be read.
    #[error("cannot read the config file {path}: {cause}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is not TOML, or a value in it has the wrong type.
    #[error("the config file {path} is wrong: {cause}", path = .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: Box<toml::de::Error>,
    },
    /// The file holds a key that is no setting.
    #[error("the config file {path} has an unknown key: {key}", path = .path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// A value is out of bounds, or a required one is missing.
    #[error("{0}")]
    Invalid(String),
}

impl ConfigError {
    /// Says what is wrong, or the help that was asked for, and ends the process.
    pub fn exit(self) -> ! {
        if let ConfigError::Arguments(error) = self {
            error.exit()
        }
        eprintln!("error: {self}");
        std::process::exit(2)
    }
}

impl Config {
    /// The settings of this process.
    ///
    /// # Errors
    /// When flags, environment or file are wrong.
    pub fn from_environment() -> Result<Config, ConfigError> {
        Config::from_arguments(std::env::args_os())
    }

    /// The settings that a command line makes, its first word being the program's name.
    ///
    /// # Errors
    /// When flags, environment or file are wrong.
    pub fn from_arguments<I, T>(arguments: I) -> Result<Config, ConfigError>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        let matches = Config::command().try_get_matches_from(arguments)?;
        let flags = Config::from_arg_matches(&matches)?;
        let config = match flags.config.clone() {
            Some(path) => overlay(&matches, flags, &path)?,
            None => flags,
        };
        config.checked()
    }

    fn checked(self) -> Result<Config, ConfigError> {
        let invalid = |text: &str| Err(ConfigError::Invalid(text.to_owned()));
        if self.storage.is_none() {
            return invalid(
                "no storage folder: give --storage DIR, INCOMING_STORAGE, or storage in the config file",
            );
        }
        if !(1..=65536).contains(&self.chunk_size_kb) {
            return invalid("chunk-size-kb must be 1 to 65536");
        }
        if !(1..=1024).contains(&self.send_ahead) {
            return invalid("send-ahead must be 1 to 1024");
        }
        if !(1..=100).contains(&self.share) {
            return invalid("share must be 1 to 100");
        }
        if !(1..=1 << 26).contains(&self.galileo_chunk_size) {
            return invalid("galileo-chunk-size must be 1 to 67108864");
        }
        for (name, url) in
            [("signal-finish-url", &self.signal_finish_url), ("authorize-url", &self.authorize_url)]
        {
            let is_http = |url: &String| url.starts_with("http://") || url.starts_with("https://");
            if !url.as_ref().is_none_or(is_http) {
                return invalid(&format!("{name} must be an absolute http or https URL"));
            }
        }
        for (name, origins) in
            [("allowed-origins", &self.allowed_origins), ("cors-origins", &self.cors_origins)]
        {
            if let Some(found) = origins.iter().find(|origin| !is_origin(origin)) {
                return invalid(&format!(
                    "{name} must be origins as browsers name them, such as https://www.example.com or \
                     http://localhost:5000, or *; found {found:?}"
                ));
            }
        }
        Proxies::new(&self.trusted_proxies)
            .map_err(|error| ConfigError::Invalid(error.to_string()))?;
        if self.max_connections == 0 || self.max_connections > Semaphore::MAX_PERMITS {
            return invalid("max-connections must be at least 1");
        }
        if self.max_handovers == 0 {
            return invalid("max-handovers must be at least 1");
        }
        Ok(self)
    }
}

/// Whether a browser names a page so, or it stands for any: what no browser says would never match.
fn is_origin(text: &str) -> bool {
    let is_own = |url: Url| url.origin().is_tuple() && url.origin().ascii_serialization() == text;
    matches!(text, "" | "*" | "null") || Url::parse(text).is_ok_and(is_own) || has_own_scheme(text)
}

/// Extensions and apps have schemes of their own, of which nothing else is known.
fn has_own_scheme(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    !matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp")
        && Url::parse(text).is_ok()
        && !host.is_empty()
        && !host.contains('/')
}

/// Puts what the file says wherever neither a flag nor the environment said anything.
fn overlay(matches: &ArgMatches, flags: Config, path: &Path) -> Result<Config, ConfigError> {
    let malformed =
        |cause| ConfigError::Malformed { path: path.to_owned(), cause: Box::new(cause) };
    let text = std::fs::read_to_string(path)
        .map_err(|cause| ConfigError::Unreadable { path: path.to_owned(), cause })?;
    let file: toml::Table = toml::from_str(&text).map_err(malformed)?;
    let mut merged = toml::Table::try_from(&flags)
        .map_err(|error| ConfigError::Invalid(format!("cannot lay out the settings: {error}")))?;
    for (key, value) in file {
        let argument = argument_of(&key)
            .ok_or_else(|| ConfigError::UnknownKey { path: path.to_owned(), key: key.clone() })?;
        if !given(matches, &argument) {
            merged.insert(key, value);
        }
    }
    let config: Config = merged.try_into().map_err(malformed)?;
    Ok(Config { config: flags.config, ..config })
}

/// The argument behind a key of the file.
fn argument_of(key: &str) -> Option<String> {
    let command = Config::command();
    let found = command.get_arguments().find(|argument| argument.get_long() == Some(key))?;
    let known = !matches!(key, "config" | "help" | "version");
    known.then(|| found.get_id().to_string())
}

fn given(matches: &ArgMatches, argument: &str) -> bool {
    matches!(
        matches.value_source(argument),
        Some(ValueSource::CommandLine | ValueSource::EnvVariable)
    )
}
