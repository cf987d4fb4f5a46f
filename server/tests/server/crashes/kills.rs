//! The real program is killed at random moments while many uploads are under way.
//!
//! `KILLS=200 cargo test --release -p incoming-server --test server crashes::kills -- --nocapture`
//! is the long run; `SEED=n` replays one as far as timing lets it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use incoming_protocol::{Outcome, Protocol, Verification};
use tempfile::TempDir;
use tokio::task::{JoinHandle, LocalSet};

use super::report::Report;
use super::{chosen, seed};
use crate::common::chunks::arrived;
use crate::common::driver::{Content, Delivered, Errand, Line, Tally, ticket};
use crate::common::{Backend, Program, Reply};

/// How many uploads are under way at a time.
const AT_ONCE: u64 = 12;
/// What GalileoSend gets across between two kills.
const MOST_AT_ONE_GO: u64 = 200_000;
const MOST: u64 = 6_000_000;

/// What all uploaders share.
struct Crowd {
    line: Line,
    finish_url: String,
    seed: u64,
    numbers: Cell<u64>,
    is_over: Cell<bool>,
    delivered: RefCell<Vec<(Errand, Delivered)>>,
    report: RefCell<Report>,
}

fn errand(number: u64, seed: u64) -> Errand {
    let mut rng = Rng::with_seed(seed.wrapping_add(number));
    let protocol = Protocol::ALL[usize::try_from(number).unwrap() % Protocol::ALL.len()];
    let most = if protocol == Protocol::Galileo { MOST_AT_ONE_GO } else { MOST };
    let size = if rng.u8(..) < 10 { 0 } else { rng.u64(1..most) };
    let mut errand =
        Errand::new(protocol, &format!("{number}.bin"), Content { seed: rng.u64(..), size });
    errand.chunk_size = Some(rng.u64(32..256) * 1024);
    let compares_chunks = !matches!(protocol, Protocol::Galileo | Protocol::Robusto);
    errand.verify = match rng.u8(0..4) {
        0 => Some(Verification::File),
        1 if compares_chunks => Some(Verification::Chunks),
        _ => None,
    };
    errand
}

impl Crowd {
    async fn upload(&self) {
        while !self.is_over.get() {
            let number = self.numbers.replace(self.numbers.get() + 1);
            let mut errand = errand(number, self.seed);
            if errand.protocol == Protocol::Incoming {
                errand.ticket = Some(ticket(&self.line, &self.finish_url).await);
            }
            let delivered = errand.run(&self.line, self.seed ^ number).await;
            assert_eq!(delivered.outcome, Outcome::Finished, "{errand:?}");
            let (protocol, size) = (errand.protocol, errand.content.size);
            self.report.borrow_mut().count(protocol, size, &delivered.tally);
            self.delivered.borrow_mut().push((errand, delivered));
        }
    }
}

/// Kills the server again and again; the last one stays.
async fn keep_killing(crowd: &Crowd, storage: &Path, kills: u64) -> Program {
    let mut rng = Rng::with_seed(crowd.seed);
    let mut program = Program::start(storage).await;
    for _ in 0..kills {
        crowd.line.leads_to(program.address);
        tokio::time::sleep(Duration::from_millis(rng.u64(0..400))).await;
        program.kill().await;
        program = Program::start(storage).await;
    }
    crowd.line.leads_to(program.address);
    program
}

/// Where the files of tickets lie, as the backend was told.
fn told(backend: &mut Backend) -> HashMap<String, PathBuf> {
    let calls = backend.calls().into_iter();
    calls.map(|call| (call.of("id"), call.of("filename").into())).collect()
}

fn compare(delivered: &[(Errand, Delivered)], told: &HashMap<String, PathBuf>, storage: &Path) {
    let mut files: HashMap<String, Vec<PathBuf>> = HashMap::new();
    for file in arrived(&storage.join("arrived")) {
        files.entry(file.note["name"].as_str().unwrap().to_owned()).or_default().push(file.path);
    }
    for (errand, delivered) in delivered {
        let found = match &errand.ticket {
            Some(ticket) => vec![told[ticket].clone()],
            None => files.get(&errand.name).cloned().unwrap_or_default(),
        };
        // An answer that is lost costs GalileoSend the file, and the server has it twice.
        let is_once = found.len() == 1 || errand.protocol == Protocol::Galileo;
        assert!(!found.is_empty() && is_once, "{errand:?} arrived as {found:?}");
        assert!(found.iter().all(|path| errand.content.is_in(path)), "{errand:?} is damaged");
        assert_eq!(delivered.verified, errand.verify.filter(|_| delivered.verified.is_some()));
        expect_little_again(errand, &delivered.tally);
    }
}

/// What was confirmed is never sent again, and each attempt loses no more than what it had on its
/// way.
fn expect_little_again(errand: &Errand, tally: &Tally) {
    if errand.protocol == Protocol::Galileo {
        return;
    }
    let chunk = errand.chunk_size.unwrap_or_default();
    // Mr. Robusto asks whether the file is whole by sending a chunk once more.
    let asked = if errand.protocol == Protocol::Robusto { chunk * tally.attempts } else { 0 };
    assert!(tally.repeated <= asked, "{errand:?} {tally:?}");
    let window = if errand.protocol == Protocol::Incoming { 8 * 65_536 } else { 3 * 2 * chunk };
    let most = errand.content.size + asked + tally.attempts * window;
    assert!(tally.sent <= most, "{errand:?} {tally:?}");
}

async fn kill_and_finish(
    crowd: &Crowd,
    storage: &Path,
    kills: u64,
    uploaders: Vec<JoinHandle<()>>,
) -> Program {
    let last = keep_killing(crowd, storage, kills).await;
    crowd.is_over.set(true);
    for uploader in uploaders {
        let ended = tokio::time::timeout(Duration::from_secs(120), uploader).await;
        ended.expect("an upload is stuck").unwrap();
    }
    last
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_is_killed_again_and_again() {
    let (kills, seed) = (chosen("KILLS", 20), seed());
    let storage = TempDir::new().unwrap();
    let mut backend = Backend::always(Reply::Done).await;
    let crowd = Rc::new(Crowd {
        line: Line::default(),
        finish_url: backend.url(),
        seed,
        numbers: Cell::new(0),
        is_over: Cell::new(false),
        delivered: RefCell::default(),
        report: RefCell::default(),
    });
    let together = LocalSet::new();
    let uploaders: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let crowd = Rc::clone(&crowd);
            together.spawn_local(async move { crowd.upload().await })
        })
        .collect();
    let last = together.run_until(kill_and_finish(&crowd, storage.path(), kills, uploaders)).await;
    compare(&crowd.delivered.borrow(), &told(&mut backend), storage.path());
    println!("{kills} kills, every byte compared\n{}", crowd.report.borrow());
    last.kill().await;
}
