//! A refusal reaches whoever is refused, however large the body is that nobody wants.

mod proxies;
mod sender;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use incoming_server::Config;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::common::chunks::Cut;
use crate::common::{Hook, Server, answered, bytes};
use sender::Refused;

const SOON: Duration = Duration::from_millis(300);
/// More than anybody would read for nothing who closes after a while.
const LARGE: usize = 72 << 20;

/// Refuses for many reasons.
struct Scene {
    server: Server,
    hook: Hook,
}

impl Scene {
    async fn with(change: impl FnOnce(&mut Config)) -> Scene {
        let hook = Hook::saying("200 OK").await;
        let server = Server::with(|config| {
            config.authorize_url = Some(hook.url());
            config.authorize_cache = Duration::ZERO;
            (config.max_storage, config.max_chunk_size) = (Some(1000), Some(800));
            change(config);
        })
        .await;
        server.send(&Cut::new("held", &bytes(900), 450), 1).await;
        Scene { server, hook }
    }

    /// Expects the status of every refusal.
    async fn expect_refused(&self, cases: Vec<(&'static str, Refused)>, address: SocketAddr) {
        for (said, refused) in cases {
            self.hook.now_say(Some(said), "", "");
            let status = refused.send(address, LARGE).await;
            assert_eq!(status, refused.status, "{}", refused.what);
        }
    }
}

/// What the hook says, and what is refused then.
fn cases() -> Vec<(&'static str, Refused)> {
    let flow = "flowChunkNumber=1&flowTotalChunks=1&flowIdentifier=i&flowFilename=f";
    let fine = "/fineuploader?qquuid=u-1&qqfilename=f&qqtotalfilesize=500";
    let robusto = "/robusto?md5=d41d8cd98f00b204e9800998ecf8427e&name=f";
    let case = |said, what, status, target: String| (said, Refused::new(what, status, &target));
    let sized = |size| format!("/resumable?{flow}&flowChunkSize={size}&flowTotalSize={size}");
    vec![
        case("401 No", "resumable: 401", 401, sized(500)),
        case("403 No", "resumable: 403", 403, sized(500)),
        case("403 No", "fineuploader: 403", 403, fine.to_owned()),
        case("403 No", "robusto: 403", 403, robusto.to_owned()),
        case("500 Oh", "an unavailable hook: 503", 503, sized(500)),
        case("200 OK", "no parameters: 400", 400, "/resumable".to_owned()),
        case("200 OK", "a contradiction: 400", 400, sized(500) + "&flowIdentifier=j"),
        case("200 OK", "too large: 413", 413, sized(900)),
        case("200 OK", "resumable: 507", 507, sized(500)),
        case("200 OK", "fineuploader: 507", 507, fine.to_owned()),
        case("200 OK", "robusto: an error is a 200", 200, robusto.to_owned()),
        case("200 OK", "nothing there: 404", 404, "/nothing".to_owned()),
        case("200 OK", "a wrong method: 405", 405, "/healthz".to_owned()),
        ("200 OK", Refused::new("another origin: 403", 403, &sized(500)).of_other_page()),
    ]
}

#[tokio::test]
async fn a_refusal_is_heard_when_all_of_the_body_has_been_sent() {
    let scene = Scene::with(|_| {}).await;
    scene.expect_refused(cases(), scene.server.running.address()).await;
}

#[tokio::test]
async fn who_has_asked_for_too_much_or_under_a_wrong_name_hears_it_too() {
    let server =
        Server::with(|config| (config.max_request_rate, config.request_burst) = (1, 1)).await;
    server.client.get(server.url("/healthz")).send().await.unwrap();
    let too_many = Refused::new("too many requests: 429", 429, "/resumable");
    assert_eq!(too_many.send(server.running.address(), LARGE).await, 429);
    let server = Server::with(|config| config.hosts = vec!["b.example".to_owned()]).await;
    let misdirected = Refused::new("another name: 421", 421, "/resumable");
    assert_eq!(misdirected.send(server.running.address(), LARGE).await, 421);
    let backend = Refused::new("too large: 413", 413, "/incoming/0.1/backend/new_upload");
    let backend = backend.of_type("application/x-www-form-urlencoded");
    let server = Server::start().await;
    assert_eq!(backend.send(server.running.address(), LARGE).await, 413);
}

#[tokio::test]
async fn who_has_too_many_connections_hears_it_too() {
    let server = Server::with(|config| config.max_connections_per_address = Some(1)).await;
    let _browser = server.browser().await;
    let too_many = Refused::new("too many connections: 429", 429, "/resumable");
    assert_eq!(too_many.send(server.running.address(), LARGE).await, 429);
}

#[tokio::test]
async fn who_waits_for_leave_to_send_gets_the_refusal_instead_of_it() {
    let scene = Scene::with(|_| {}).await;
    for (said, refused) in cases() {
        scene.hook.now_say(Some(said), "", "");
        // A form has to be read to know what it means.
        if refused.what.contains("an error is a 200") {
            continue;
        }
        let mut stream = TcpStream::connect(scene.server.running.address()).await.unwrap();
        let head = refused.head("Expect: 100-continue\r\n", LARGE);
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = answered(&mut stream).await;
        let expected = format!("HTTP/1.1 {}", refused.status);
        assert!(answer.starts_with(&expected), "{}: {answer}", refused.what);
    }
}

#[tokio::test]
async fn a_refused_body_has_to_keep_the_pace_too() {
    let scene = Scene::with(|config| {
        (config.connection_timeout, config.min_rate) = (SOON, 1000);
    })
    .await;
    scene.hook.now_say(Some("403 No"), "", "not yours");
    let refused = Refused::new("403", 403, "/resumable");
    let mut stream = TcpStream::connect(scene.server.running.address()).await.unwrap();
    stream.write_all(refused.head("", LARGE).as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let trickling = async {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::future::pending::<()>().await;
    };
    let begun = Instant::now();
    let mut answer = Vec::new();
    tokio::select! {
        _ = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer) => {}
        () = trickling => {}
    }
    assert!(begun.elapsed() >= SOON, "the body is waited for");
    assert!(answer.starts_with(b"HTTP/1.1 403"), "it hears the refusal anyway");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_refused_body() {
    let scene = Scene::with(|config| config.shutdown_timeout = Duration::from_secs(600)).await;
    scene.hook.now_say(Some("403 No"), "", "not yours");
    let refused = Refused::new("403", 403, "/resumable");
    let mut stream = TcpStream::connect(scene.server.running.address()).await.unwrap();
    stream.write_all(refused.head("", LARGE).as_bytes()).await.unwrap();
    tokio::time::sleep(SOON).await;
    let stopping = tokio::spawn(scene.server.stop());
    assert!(answered(&mut stream).await.starts_with("HTTP/1.1 403"));
    stopping.await.unwrap();
}
