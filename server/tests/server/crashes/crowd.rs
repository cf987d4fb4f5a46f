//! Many uploads at a time over all protocols, and what became of them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use incoming_protocol::{Outcome, Protocol, Verification};
use tokio::task::{JoinHandle, LocalSet};

use super::report::Report;
use crate::common::chunks::arrived;
use crate::common::driver::{Content, Errand, Line, Tally, ticket};

/// How many uploads are under way at a time.
const AT_ONCE: u64 = 12;
/// What GalileoSend gets across between two failures.
const MOST_AT_ONE_GO: u64 = 200_000;

/// What all uploaders share.
pub struct Crowd {
    pub line: Line,
    pub report: RefCell<Report>,
    finish_url: String,
    seed: u64,
    /// The largest file, in bytes.
    most: u64,
    /// Whether the server may lose what it has confirmed, if only it says so.
    may_forget: bool,
    numbers: Cell<u64>,
    is_over: Cell<bool>,
    delivered: RefCell<Vec<Errand>>,
}

impl Crowd {
    pub fn new(seed: u64, finish_url: String, most: u64, may_forget: bool) -> Rc<Crowd> {
        Rc::new(Crowd {
            line: Line::default(),
            report: RefCell::default(),
            finish_url,
            seed,
            most,
            may_forget,
            numbers: Cell::new(0),
            is_over: Cell::new(false),
            delivered: RefCell::default(),
        })
    }

    /// Uploads file after file while something goes on, and then those that are under way.
    pub async fn upload_during<T>(self: &Rc<Crowd>, events: impl Future<Output = T>) -> T {
        let together = LocalSet::new();
        let uploader = |_| {
            let crowd = Rc::clone(self);
            together.spawn_local(async move { crowd.upload().await })
        };
        let uploaders: Vec<_> = (0..AT_ONCE).map(uploader).collect();
        together.run_until(self.until_all_are_done(events, uploaders)).await
    }

    async fn until_all_are_done<T>(
        &self,
        events: impl Future<Output = T>,
        uploaders: Vec<JoinHandle<()>>,
    ) -> T {
        let outcome = events.await;
        self.is_over.set(true);
        for uploader in uploaders {
            let ended = tokio::time::timeout(Duration::from_secs(120), uploader).await;
            ended.expect("an upload is stuck").unwrap();
        }
        outcome
    }

    async fn upload(&self) {
        while !self.is_over.get() {
            let number = self.numbers.replace(self.numbers.get() + 1);
            let mut errand = self.errand(number);
            if errand.protocol == Protocol::Incoming {
                errand.ticket = Some(ticket(&self.line, &self.finish_url).await);
            }
            self.deliver(&errand, number).await;
            self.delivered.borrow_mut().push(errand);
        }
    }

    fn errand(&self, number: u64) -> Errand {
        let mut rng = Rng::with_seed(self.seed.wrapping_add(number));
        let protocol = Protocol::ALL[usize::try_from(number).unwrap() % Protocol::ALL.len()];
        let most = if protocol == Protocol::Galileo { MOST_AT_ONE_GO } else { self.most };
        // What has one MD5 is one file to Mr. Robusto, whatever its names.
        let may_be_empty = protocol != Protocol::Robusto;
        let size = if rng.u8(..) < 10 && may_be_empty { 0 } else { rng.u64(1..most) };
        let content = Content { seed: rng.u64(..), size };
        let mut errand = Errand::new(protocol, &format!("{number}.bin"), content);
        errand.chunk_size = Some(rng.u64(32..256) * 1024);
        let compares_chunks = !matches!(protocol, Protocol::Galileo | Protocol::Robusto);
        errand.verify = match rng.u8(0..4) {
            0 => Some(Verification::File),
            1 if compares_chunks => Some(Verification::Chunks),
            _ => None,
        };
        errand
    }

    async fn deliver(&self, errand: &Errand, number: u64) {
        loop {
            let run = errand.run(&self.line, self.seed ^ number).await;
            self.report.borrow_mut().count(errand.protocol, &run.tally);
            let is_told = !matches!(
                errand.protocol,
                Protocol::Incoming | Protocol::Robusto | Protocol::Galileo
            );
            match run.outcome {
                Outcome::Finished => {
                    let is_proven = errand.verify != Some(Verification::File)
                        || run.verified == Some(Verification::File);
                    assert!(is_proven, "{errand:?}");
                    if !self.may_forget {
                        expect_little_again(errand, &run.tally);
                    }
                    return self
                        .report
                        .borrow_mut()
                        .delivered(errand.protocol, errand.content.size);
                }
                // A person would choose the file once more.
                Outcome::Failed(error) if self.may_forget && is_told => {
                    let words = error.to_string();
                    assert!(
                        words.contains("send the whole file again")
                            || words.contains("send it again"),
                        "{words}"
                    );
                    self.report.borrow_mut().begun_again(errand.protocol);
                }
                outcome => panic!("{outcome:?} of {errand:?}"),
            }
        }
    }

    /// Compares every byte of everything that was delivered so far.
    pub fn compare(&self, storage: &Path) -> usize {
        let mut files: HashMap<String, Vec<PathBuf>> = HashMap::new();
        for file in arrived(&storage.join("arrived")) {
            files
                .entry(file.note["name"].as_str().unwrap().to_owned())
                .or_default()
                .push(file.path);
        }
        let delivered = self.delivered.borrow();
        for errand in delivered.iter() {
            let found = match &errand.ticket {
                Some(ticket) => vec![storage.join(ticket).join("data")],
                None => files.get(&errand.name).cloned().unwrap_or_default(),
            };
            // An answer that is lost costs GalileoSend the file, and the server has it twice.
            let is_once = found.len() == 1 || errand.protocol == Protocol::Galileo;
            assert!(!found.is_empty() && is_once, "{errand:?} arrived as {found:?}");
            assert!(found.iter().all(|path| errand.content.is_in(path)), "{errand:?} is damaged");
        }
        delivered.len()
    }

    /// The tickets of what was delivered.
    pub fn tickets(&self) -> Vec<String> {
        self.delivered.borrow().iter().filter_map(|errand| errand.ticket.clone()).collect()
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
