//! Settings: a flag wins over the file, the file over the default.

use std::time::Duration;

use incoming_server::Config;
use tempfile::TempDir;

struct File {
    _folder: TempDir,
    path: String,
}

fn file(text: &str) -> File {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("incoming.toml");
    std::fs::write(&path, text).unwrap();
    File { path: path.to_str().unwrap().to_owned(), _folder: folder }
}

fn with(file: &File, flags: &[&str]) -> Result<Config, String> {
    let arguments = ["incoming-server", "--storage", "s", "--config", &file.path];
    let arguments = arguments.into_iter().chain(flags.iter().copied());
    Config::from_arguments(arguments).map_err(|error| error.to_string())
}

#[test]
fn the_defaults_are_those_of_the_original_but_for_larger_chunks() {
    let config = Config::from_arguments(["incoming-server", "--storage", "s"]).unwrap();
    assert_eq!(config.listen, "127.0.0.1:4000");
    assert_eq!((config.chunk_size_kb, config.send_ahead), (4096, 8));
    assert_eq!(config.idle_expiry, Duration::from_secs(12 * 3600));
    assert_eq!(config.connection_timeout, Duration::from_secs(58));
    assert_eq!(config.handshake_timeout, Duration::from_secs(15));
    assert_eq!(config.handover_timeout, Duration::from_secs(55));
    assert_eq!(config.handover_confirmation, Duration::from_secs(600));
    assert_eq!(config.chunks_retention, Duration::from_secs(7 * 24 * 3600));
    assert_eq!(config.galileo_chunk_size, 4 << 20);
    assert_eq!(config.arrivals(), std::path::Path::new("s").join("arrived"));
    assert_eq!(config.signal_finish_url, None);
    assert!(!config.demo && config.cors_origins.is_empty() && config.handover_hosts.is_empty());
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
    let file = file("send-ahead = 5\nchunk-size-kb = 512\nidle-expiry = 1.5\ndemo = true");
    let config = with(&file, &["--chunk-size-kb", "1024"]).unwrap();
    assert_eq!((config.send_ahead, config.chunk_size_kb), (5, 1024));
    assert_eq!(config.idle_expiry, Duration::from_millis(1500));
    assert!(config.demo);
    assert_eq!(config.handover_timeout, Duration::from_secs(55));
}

#[test]
fn lists_come_as_commas_or_as_a_toml_array() {
    let file = file("handover-hosts = [\"a\", \"b\"]");
    assert_eq!(with(&file, &[]).unwrap().handover_hosts, ["a", "b"]);
    let config = with(&file, &["--handover-hosts", "c,d"]).unwrap();
    assert_eq!(config.handover_hosts, ["c", "d"]);
}

#[test]
fn an_unknown_key_is_named() {
    for key in ["chunk-sise-kb", "config", "chunk_size_kb"] {
        let error = with(&file(&format!("{key} = 1")), &[]).unwrap_err();
        assert!(error.contains("unknown key") && error.ends_with(key), "{error}");
    }
}

#[test]
fn a_wrong_value_is_named() {
    for text in ["send-ahead = \"many\"", "idle-expiry = -1", "send-ahead", "send-ahead = 0"] {
        let error = with(&file(text), &[]).unwrap_err();
        let named = ["send-ahead", "seconds above 0", "expected"];
        assert!(named.iter().any(|name| error.contains(name)), "{error}");
    }
    let missing = File { path: "/nowhere/x.toml".to_owned(), ..file("") };
    assert!(with(&missing, &[]).unwrap_err().contains("/nowhere/x.toml"));
}

#[test]
fn the_mode_of_files_is_octal_on_the_command_line_and_in_the_file() {
    assert_eq!(with(&file(""), &[]).unwrap().file_mode.to_string(), "0600");
    let file = file("file-mode = \"0640\"");
    assert_eq!(with(&file, &[]).unwrap().file_mode.to_string(), "0640");
    assert_eq!(with(&file, &["--file-mode", "660"]).unwrap().file_mode.to_string(), "0660");
    for wrong in ["0777", "0400", "rw"] {
        let error = with(&file, &["--file-mode", wrong]).unwrap_err();
        assert!(error.contains("0640"), "{error}");
    }
}

#[test]
fn uploads_need_a_place() {
    let error = Config::from_arguments(["incoming-server"]).unwrap_err().to_string();
    assert!(error.contains("--storage"), "{error}");
}

#[test]
fn every_setting_has_a_flag_an_environment_variable_and_an_explanation() {
    use clap::CommandFactory as _;
    for argument in Config::command().get_arguments().filter(|a| a.get_id() != "help") {
        let Some(flag) = argument.get_long().filter(|flag| *flag != "version") else { continue };
        let variable = format!("INCOMING_{}", flag.to_uppercase().replace('-', "_"));
        assert_eq!(argument.get_env().unwrap(), variable.as_str());
        assert!(argument.get_help().is_some(), "{flag}");
    }
}

#[test]
fn a_backend_of_arrivals_needs_an_absolute_http_address() {
    for (url, is_one) in [("https://a.example/x", true), ("a.example", false), ("/x", false)] {
        let arguments = ["incoming-server", "--storage", "s", "--signal-finish-url", url];
        assert_eq!(Config::from_arguments(arguments).is_ok(), is_one, "{url}");
    }
}

#[test]
fn an_authorisation_needs_an_absolute_http_address_and_proxies_addresses() {
    for (flag, value, is_one) in [
        ("--authorize-url", "http://127.0.0.1:1/may", true),
        ("--authorize-url", "127.0.0.1:1", false),
        ("--trusted-proxies", "10.0.0.0/8,::1,192.0.2.7", true),
        ("--trusted-proxies", "10.0.0.0/8,proxy.example", false),
        ("--authorize-cache", "0", true),
        ("--authorize-cache", "-1", false),
        ("--authorize-timeout", "0", false),
    ] {
        let arguments = ["incoming-server", "--storage", "s", flag, value];
        assert_eq!(Config::from_arguments(arguments).is_ok(), is_one, "{flag} {value}");
    }
}

#[test]
fn help_never_shows_an_address_that_may_hold_a_secret() {
    use clap::CommandFactory as _;
    for name in ["authorize-url", "signal-finish-url"] {
        let command = Config::command();
        let mut arguments = command.get_arguments();
        let argument = arguments.find(|argument| argument.get_long() == Some(name)).unwrap();
        assert!(argument.is_hide_env_values_set(), "{name}");
    }
}

#[test]
fn what_is_limited_can_be_set_in_the_file_too() {
    let file = file(
        "max-storage = 5\nmax-open-uploads = 6\nmax-connections-per-address = 7\n\
         max-request-rate = 8\nmin-rate = 0\nauthorize-cache = 0\ntrusted-proxies = [\"::1\"]",
    );
    let config = with(&file, &["--max-open-uploads", "9"]).unwrap();
    assert_eq!((config.max_storage, config.max_open_uploads), (Some(5), 9));
    assert_eq!((config.max_connections_per_address, config.max_request_rate), (Some(7), 8));
    assert_eq!((config.min_rate, config.authorize_cache), (0, Duration::ZERO));
    assert_eq!(config.trusted_proxies, ["::1"]);
}

#[test]
fn by_default_nobody_speaks_for_others_and_no_other_page_may_upload() {
    let config = Config::from_arguments(["incoming-server", "--storage", "s"]).unwrap();
    assert!(config.trusted_proxies.is_empty() && config.allowed_origins.is_empty());
    assert!(config.cors_origins.is_empty() && config.authorize_url.is_none());
    assert_eq!((config.max_request_rate, config.max_connections_per_address), (0, None));
    assert_eq!(
        (config.min_rate, config.max_open_uploads, config.max_storage),
        (100, 100_000, None)
    );
}

#[test]
fn the_settings_of_arrivals_come_from_the_file_too() {
    let file = file("arrivals = \"a\"\nchunks-retention = 9\ngalileo-chunk-size = 7");
    let config = with(&file, &["--galileo-chunk-size", "8"]).unwrap();
    assert_eq!(config.arrivals(), std::path::Path::new("a"));
    assert_eq!(config.chunks_retention, Duration::from_secs(9));
    assert_eq!(config.galileo_chunk_size, 8);
    assert!(with(&self::file("galileo-chunk-size = 0"), &[]).is_err());
}

#[test]
fn an_origin_that_no_browser_would_name_is_refused() {
    let nothing = file("");
    for flag in ["--allowed-origins", "--cors-origins"] {
        for wrong in ["http://a.example/", "a.example", "http://a.example/x", "http://A.example"] {
            let refused = with(&nothing, &[flag, wrong]).unwrap_err();
            assert!(refused.contains(&flag[2..]) && refused.contains(wrong), "{refused}");
        }
        for right in
            ["*", "null", "", "https://a.example", "http://[::1]:5000", "app://obsidian.md"]
        {
            with(&nothing, &[flag, right]).unwrap();
        }
    }
}
