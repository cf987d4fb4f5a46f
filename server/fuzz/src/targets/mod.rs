//! Whole requests, as far as they are requests: queries, forms, digests, cookies, methods.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use incoming_server::store::Memory;
use incoming_server::{Config, Services, app};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// What stands between one request and the next.
const NEXT: &[u8] = b"\n----\n";
/// After the head.
const BODY: &[u8] = b"\n\n";

/// Requests, one after the other, a line with method and target, lines
/// with headers, an empty one, the body.
pub fn requests(data: &[u8]) {
    GROUND.with_borrow_mut(|ground| {
        if ground.is_used_up() {
            *ground = Ground::new();
        }
        ground.runtime.block_on(ground.send(data));
    });
}

thread_local! {
    static GROUND: RefCell<Ground> = RefCell::new(Ground::new());
}

/// What costs too much to be made for each request.
struct Ground {
    runtime: Runtime,
    folder: TempDir,
    router: Router,
    /// How often it may be used before what it remembers is too much.
    uses: u32,
}

impl Ground {
    fn new() -> Ground {
        // Syncing what has arrived to a disk would take nearly all of the time.
        let in_memory = tempfile::tempdir_in("/dev/shm");
        let folder = in_memory.or_else(|_| tempfile::tempdir()).expect("a folder");
        let storage = folder.path().join("storage");
        let arguments = ["incoming-server", "--listen", "127.0.0.1:0", "--chunk-size-kb", "64"];
        let arguments =
            arguments.into_iter().chain(["--storage", storage.to_str().expect("a name")]);
        let config = Config::from_arguments(arguments).expect("settings");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let address = "127.0.0.1:4000".parse().expect("an address");
        let services = Services::new(config, Arc::new(Memory::default()), address);
        let services = runtime.block_on(services).expect("services");
        let router = app(&services).expect("routes");
        Ground { runtime, folder, router, uses: 1000 }
    }

    fn is_used_up(&mut self) -> bool {
        self.uses = self.uses.saturating_sub(1);
        self.uses == 0
    }

    async fn send(&self, data: &[u8]) {
        for part in split(data, NEXT) {
            if let Some(request) = request(part) {
                answer(&self.router, request).await;
            }
        }
        assert_only_arrivals(self.folder.path());
    }
}

fn request(part: &[u8]) -> Option<Request<Body>> {
    let mut head_and_body = split(part, BODY).into_iter();
    let head = std::str::from_utf8(head_and_body.next()?).ok()?;
    let body = head_and_body.collect::<Vec<_>>().join(BODY);
    let mut lines = head.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    request.body(Body::from(body)).ok()
}

async fn answer(router: &Router, request: Request<Body>) {
    let words = format!("{} {}", request.method(), request.uri());
    let response = router.clone().oneshot(request).await.expect("an answer");
    let is_failure = response.status() == StatusCode::INTERNAL_SERVER_ERROR;
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a whole answer");
    let body = String::from_utf8_lossy(&body);
    // Another request may have begun the same file in another cut, for which chunks had to go.
    assert!(!is_failure || body.contains("send the whole file again"), "{words}: {body}");
}

/// No name from outside is a path.
fn assert_only_arrivals(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        assert_eq!(name, "storage", "nothing lies beside it");
    }
}

fn split<'a>(data: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(by.len()).position(|window| window == by) {
        parts.push(&rest[..at]);
        rest = &rest[at + by.len()..];
    }
    parts.push(rest);
    parts
}
