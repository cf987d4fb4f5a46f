//! Refusals through proxies as they are by default, where they are installed.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::{Scene, cases};
use crate::common::PATIENCE;

/// A proxy that runs, and ends with this.
struct Proxy {
    address: SocketAddr,
    _child: Child,
    folder: TempDir,
}

/// A kind of proxy: its program, its arguments before the path of the settings, and the settings.
struct Kind {
    program: &'static str,
    arguments: &'static [&'static str],
    settings: fn(listen: SocketAddr, server: SocketAddr, folder: &Path) -> String,
}

impl Kind {
    /// `None`, with a word about it, where it is not installed.
    async fn start(&self, server: SocketAddr) -> Option<Proxy> {
        let folder = TempDir::new().unwrap();
        // Somebody else could take it in between, but nobody does.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let settings = folder.path().join("settings");
        std::fs::write(&settings, (self.settings)(address, server, folder.path())).unwrap();
        let spawned = Command::new(self.program)
            .args(self.arguments)
            .arg(&settings)
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap()))
            .envs(["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, folder.path())))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
            .kill_on_drop(true)
            .spawn();
        let child = match spawned {
            Ok(child) => child,
            Err(error) => {
                eprintln!("skipped: {} cannot be started here: {error}", self.program);
                return None;
            }
        };
        let proxy = Proxy { address, _child: child, folder };
        proxy.until_it_listens().await;
        Some(proxy)
    }

    async fn expect_refusals_to_pass(&self) {
        let scene = Scene::with(|_| {}).await;
        if let Some(proxy) = self.start(scene.server.running.address()).await {
            scene.expect_refused(cases().into_iter().step_by(4).collect(), proxy.address).await;
        }
    }
}

impl Proxy {
    async fn until_it_listens(&self) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).await.is_err() {
            let log = self.folder.path().join("log");
            let is_late = tokio::time::Instant::now() > deadline;
            assert!(!is_late, "it does not listen: {}", std::fs::read_to_string(log).unwrap());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

/// Only the limit of bodies, a megabyte, has to be lifted for uploads.
fn nginx(listen: SocketAddr, server: SocketAddr, folder: &Path) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {folder}/{name};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}client_max_body_size 0;\n\
         server {{ listen {listen}; location / {{ proxy_pass http://{server}; }} }}\n}}\n"
    )
}

fn caddy(listen: SocketAddr, server: SocketAddr, _: &Path) -> String {
    let port = listen.port();
    format!(
        "{{\nadmin off\nauto_https off\n}}\n\
         http://:{port} {{\nbind 127.0.0.1\nreverse_proxy {server}\n}}\n"
    )
}

/// It has no timeouts by default, and Debian's are these.
fn haproxy(listen: SocketAddr, server: SocketAddr, _: &Path) -> String {
    format!(
        "defaults\n mode http\n timeout connect 5000\n timeout client 50000\n timeout server 50000\n\
         frontend f\n bind {listen}\n default_backend b\nbackend b\n server s {server}\n"
    )
}

fn apache(listen: SocketAddr, server: SocketAddr, folder: &Path) -> String {
    let folder = folder.display();
    let modules: String = ["mpm_event", "authz_core", "proxy", "proxy_http"]
        .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
        .concat();
    format!(
        "{modules}ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid\n\
         ServerName 127.0.0.1\nListen {listen}\nErrorLog /dev/stderr\nProxyPass / http://{server}/\n"
    )
}

#[tokio::test]
async fn refusals_pass_through_nginx() {
    let kind = Kind { program: "nginx", arguments: &["-c"], settings: nginx };
    kind.expect_refusals_to_pass().await;
}

#[tokio::test]
async fn refusals_pass_through_caddy() {
    let arguments = &["run", "--adapter", "caddyfile", "--config"];
    let kind = Kind { program: "caddy", arguments, settings: caddy };
    kind.expect_refusals_to_pass().await;
}

#[tokio::test]
async fn refusals_pass_through_haproxy() {
    let kind = Kind { program: "haproxy", arguments: &["-db", "-f"], settings: haproxy };
    kind.expect_refusals_to_pass().await;
}

#[tokio::test]
async fn refusals_pass_through_apache() {
    let kind = Kind { program: "apache2", arguments: &["-X", "-f"], settings: apache };
    kind.expect_refusals_to_pass().await;
}
