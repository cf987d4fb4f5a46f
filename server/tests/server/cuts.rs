//! Ugly cuts, of every kind and over every protocol, in the middle of anything: the handshake, a head,
//! a form, a chunk. Every upload comes to its end with every byte, and nothing that was confirmed is
//! sent again.
//!
//! `CUTS=400 cargo test -p incoming-server --test server cuts:: -- --nocapture` is the long run, of so
//! many cuts for each protocol and each kind; `SEED=n` replays one as far as timing lets it.

use std::time::Duration;

use fastrand::Rng;
use incoming_protocol::{Outcome, Protocol};
use incoming_server::Config;

use crate::common::chunks::arrived;
use crate::common::driver::{Content, Delivered, Errand, Line, ticket};
use crate::common::environment::number;
use crate::common::relay::{Cut, How, Relay};
use crate::common::{Backend, PATIENCE, Reply, Server};
use crate::crashes::seed;

const CHUNK: u64 = 64 * 1024;
const SIZE: u64 = 8 * CHUNK + 5;
/// GalileoSend gets no file across that is cut each time: one cut for each file.
const SMALL: u64 = CHUNK + 5;
/// How many cuts an upload has to go through.
const CUTS_EACH: u64 = 20;

struct Scene {
    server: Server,
    backend: Backend,
    rng: Rng,
    number: u64,
}

async fn scene(change: impl FnOnce(&mut Config)) -> Scene {
    let server = Server::with(|config| {
        config.galileo_chunk_size = 16 * 1024;
        change(config);
    });
    let backend = Backend::always(Reply::Done).await;
    Scene { server: server.await, backend, rng: Rng::with_seed(seed()), number: 0 }
}

impl Scene {
    async fn errand(&mut self, protocol: Protocol) -> Errand {
        self.number += 1;
        let size = if protocol == Protocol::Galileo { SMALL } else { SIZE };
        let content = Content { seed: self.rng.u64(..), size };
        let mut errand = Errand::new(protocol, &format!("{}.bin", self.number), content);
        errand.chunk_size = Some(CHUNK);
        if protocol == Protocol::Incoming {
            let straight = Line::to(self.server.running.address());
            errand.ticket = Some(ticket(&straight, &self.backend.url()).await);
        }
        errand
    }

    /// Cuts in the first bytes of each connection.
    fn plan(&mut self, how: How, protocol: Protocol, count: u64) -> Vec<Cut> {
        let (count, most) =
            if protocol == Protocol::Galileo { (1, SMALL) } else { (count, 3 * CHUNK) };
        (0..count).map(|_| Cut { how, after: self.rng.u64(0..most) }).collect()
    }

    fn expect_arrived(&self, errand: &Errand, delivered: &Delivered) {
        assert_eq!(delivered.outcome, Outcome::Finished, "{errand:?} {:?}", delivered.words);
        let paths = match &errand.ticket {
            Some(ticket) => vec![self.server.data(ticket)],
            None => {
                let files = arrived(&self.server.storage().join("arrived")).into_iter();
                let named = files.filter(|file| file.note["name"] == errand.name);
                named.map(|file| file.path).collect()
            }
        };
        let is_once = paths.len() == 1 || errand.protocol == Protocol::Galileo;
        assert!(!paths.is_empty() && is_once, "{errand:?} arrived as {paths:?}");
        assert!(paths.iter().all(|path| errand.content.is_in(path)), "{errand:?} is damaged");
        let resumes = !matches!(errand.protocol, Protocol::Galileo | Protocol::Robusto);
        assert!(!resumes || delivered.tally.repeated == 0, "{errand:?} {:?}", delivered.tally);
    }

    /// Cuts uploads of all protocols until there were that many cuts for each.
    async fn cut(&mut self, how: How, stall_timeout: Duration, count: u64) {
        for protocol in Protocol::ALL {
            let (mut cuts, mut uploads) = (0, 0);
            while cuts < count {
                let plan = self.plan(how, *protocol, CUTS_EACH.min(count));
                let relay = Relay::start(self.server.running.address(), plan).await;
                let mut errand = self.errand(*protocol).await;
                errand.stall_timeout = stall_timeout;
                let line = Line::to(relay.address);
                let seed = self.rng.u64(..);
                let running = tokio::time::timeout(3 * PATIENCE, errand.run(&line, seed));
                let delivered = running.await.expect("the upload is stuck");
                self.expect_arrived(&errand, &delivered);
                cuts += relay.cuts();
                uploads += 1;
            }
            println!("{how:?}: {cuts} cuts of {uploads} uploads over {}", protocol.name());
        }
    }
}

#[tokio::test]
async fn connections_that_are_closed_cost_what_was_on_its_way() {
    let mut scene = scene(|_| {}).await;
    scene.cut(How::Close, PATIENCE, number("CUTS").unwrap_or(12)).await;
}

#[tokio::test]
async fn connections_that_are_reset_cost_what_was_on_its_way() {
    let mut scene = scene(|_| {}).await;
    scene.cut(How::Reset, PATIENCE, number("CUTS").unwrap_or(12)).await;
}

/// The server does not wait for ever for the rest of a chunk.
#[tokio::test]
async fn clients_that_fall_silent_are_ended_by_the_server() {
    let soon = Duration::from_millis(100);
    let mut scene = scene(|config| {
        config.connection_timeout = soon;
        config.handshake_timeout = soon;
        config.header_timeout = soon;
    })
    .await;
    scene.cut(How::Mute, PATIENCE, number("CUTS").unwrap_or(12) / 4).await;
}

/// Whoever comes back gets in although the server takes the old connection to be alive.
#[tokio::test]
async fn connections_that_freeze_lock_nobody_out() {
    let mut scene = scene(|_| {}).await;
    scene.cut(How::Freeze, Duration::from_millis(100), number("CUTS").unwrap_or(12) / 4).await;
}

#[tokio::test]
async fn a_server_that_is_stopped_in_the_middle_keeps_what_it_has_confirmed() {
    let stops = number("STOPS").unwrap_or(4);
    let scene = scene(|_| {}).await;
    let Scene { server, backend, mut rng, .. } = scene;
    let line = Line::to(server.running.address());
    let mut errands = Vec::new();
    for (number, protocol) in Protocol::ALL.iter().enumerate() {
        let small = *protocol == Protocol::Galileo;
        let size = if small { SMALL } else { 100 * CHUNK };
        let content = Content { seed: rng.u64(..), size };
        let mut errand = Errand::new(*protocol, &format!("{number}.bin"), content);
        errand.chunk_size = Some(CHUNK);
        if *protocol == Protocol::Incoming {
            errand.ticket = Some(ticket(&line, &backend.url()).await);
        }
        errands.push(errand);
    }
    let uploading = async {
        let [a, b, c, d, e, f] = &errands[..] else { panic!("six protocols") };
        tokio::join!(
            a.run(&line, 1),
            b.run(&line, 2),
            c.run(&line, 3),
            d.run(&line, 4),
            e.run(&line, 5),
            f.run(&line, 6)
        )
    };
    let stopping = async {
        let mut server = server;
        for _ in 0..stops {
            tokio::time::sleep(Duration::from_millis(rng.u64(0..100))).await;
            let folder = server.stop().await;
            server = Server::over(folder, |_| {}).await;
            line.leads_to(server.running.address());
        }
        server
    };
    let ((a, b, c, d, e, f), server) = tokio::join!(uploading, stopping);
    let scene = Scene { server, backend, rng, number: 0 };
    for (errand, delivered) in errands.iter().zip([a, b, c, d, e, f]) {
        scene.expect_arrived(errand, &delivered);
    }
    println!("{stops} stops under 6 uploads, every byte compared");
}
