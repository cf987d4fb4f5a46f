//! A disk with a fault in the middle of an upload, for each fault and each protocol: the client hears
//! what is wrong, other uploads go on, and the upload comes to its end when the fault is gone.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use incoming_protocol::{Outcome, Protocol};
use incoming_server::serve::{Running, start_over};
use incoming_server::store::{Disk, Ground};
use tempfile::TempDir;
use tokio::task::LocalSet;

use super::folder;
use crate::common::chunks::arrived;
use crate::common::driver::{Content, Delivered, Errand, Line, ticket};
use crate::common::faulty::{Fault, Faulty};
use crate::common::{Backend, Reply, config, until};

const CHUNK: u64 = 64 * 1024;
const LARGE: u64 = 10 * CHUNK + 7;
const SMALL: u64 = 2 * CHUNK;

/// A server on a disk that can have a fault.
struct Stage {
    disk: Faulty,
    line: Line,
    backend: Backend,
    storage: PathBuf,
    running: Running,
    _folder: TempDir,
}

async fn stage() -> Stage {
    let folder = folder();
    let storage = folder.path().join("storage");
    let disk = Faulty::default();
    let ground = Ground { files: Arc::new(disk.clone()), ..Ground::default() };
    let store = Disk::open_with(&storage, ground).unwrap();
    let mut config = config(&storage);
    config.galileo_chunk_size = u32::try_from(CHUNK).unwrap();
    let running = start_over(config, Arc::new(store)).await.unwrap();
    let (line, backend) = (Line::to(running.address()), Backend::always(Reply::Done).await);
    Stage { disk, line, backend, storage, running, _folder: folder }
}

impl Stage {
    async fn errand(&self, protocol: Protocol, name: &str, size: u64) -> Errand {
        let seed = name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
        let mut errand = Errand::new(protocol, name, Content { seed, size });
        errand.chunk_size = Some(CHUNK);
        if protocol == Protocol::Incoming {
            errand.ticket = Some(ticket(&self.line, &self.backend.url()).await);
        }
        errand
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    fn expect_arrived(&self, errand: &Errand) {
        let path = match &errand.ticket {
            Some(ticket) => self.storage.join(ticket).join("data"),
            None => {
                let files = arrived(&self.storage.join("arrived"));
                let named = files.into_iter().filter(|file| file.note["name"] == errand.name);
                let paths: Vec<_> = named.map(|file| file.path).collect();
                assert_eq!(paths.len(), 1, "{errand:?}");
                paths[0].clone()
            }
        };
        assert!(errand.content.is_in(&path), "{errand:?}");
    }

    /// Runs small uploads of all protocols while the fault shows in the large one.
    async fn others_go_on(&self, large: Protocol) {
        until("the fault shows", || self.disk.strikes() > 0).await;
        for protocol in Protocol::ALL {
            let name = format!("beside-{}-{}", large.name(), protocol.name());
            let errand = self.errand(*protocol, &name, SMALL).await;
            let delivered = errand.run(&self.line, 1).await;
            assert_eq!(delivered.outcome, Outcome::Finished, "{errand:?}");
            self.expect_arrived(&errand);
        }
        self.disk.recover();
    }

    /// Uploads until that has come to an end; a person tries again after an error.
    async fn insist(&self, errand: &Errand) -> Vec<Delivered> {
        let mut tries = Vec::new();
        loop {
            let tried = errand.run(&self.line, 2).await;
            let is_finished = tried.outcome == Outcome::Finished;
            tries.push(tried);
            if is_finished {
                return tries;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What is left in the storage, in bytes, without what arrived and what waits for its backend.
    fn left(&self) -> u64 {
        let folders = std::fs::read_dir(&self.storage).unwrap().map(|entry| entry.unwrap().path());
        let data = folders.map(|folder| folder.join("data"));
        data.filter_map(|data| std::fs::metadata(data).ok()).map(|data| data.len()).sum()
    }
}

fn expect_words(fault: Fault, protocol: Protocol, is_beginning: bool, tries: &[Delivered]) {
    let expected = match (fault, protocol) {
        (Fault::Slow(_), _) => return,
        (Fault::Full, Protocol::Incoming) => "file system full?",
        (Fault::Full, _) => "disk of the server is full",
        (_, Protocol::Incoming) if is_beginning => "Couldn't send upload config",
        (_, Protocol::Incoming | Protocol::Galileo) => "closed with 1011",
        (_, Protocol::Robusto) => "Could not save file chunk",
        _ => "the server cannot store the chunk now, try again later",
    };
    let words: Vec<&String> = tries.iter().flat_map(|tried| &tried.words).collect();
    assert!(words.iter().any(|words| words.contains(expected)), "{fault:?}: {words:?}");
}

async fn survive(fault: Fault) {
    let stage = stage().await;
    for protocol in Protocol::ALL {
        let errand = stage.errand(*protocol, &format!("large-{}", protocol.name()), LARGE).await;
        stage.disk.strike_after(fault, LARGE / 2);
        let together = LocalSet::new();
        let both = async { tokio::join!(stage.insist(&errand), stage.others_go_on(*protocol)) };
        let (tries, ()) = together.run_until(both).await;
        expect_words(fault, *protocol, false, &tries);
        stage.expect_arrived(&errand);
        let resumes = !matches!(protocol, Protocol::Galileo | Protocol::Robusto);
        let repeated: u64 = tries.iter().map(|tried| tried.tally.repeated).sum();
        assert!(!resumes || repeated == 0, "{repeated} bytes of {errand:?}");
    }
    let kept = u64::try_from(Protocol::ALL.len()).unwrap() * SMALL + LARGE;
    until("nothing is left but what the backend has", || stage.left() == kept).await;
    let uploads = Protocol::ALL.len();
    println!("{fault:?}: {uploads} uploads came to their end, {} beside them", uploads * uploads);
}

#[tokio::test]
async fn a_full_disk_is_told_and_costs_no_upload() {
    survive(Fault::Full).await;
}

#[tokio::test]
async fn a_folder_that_may_not_be_written_costs_no_upload() {
    survive(Fault::Denied).await;
}

#[tokio::test]
async fn too_many_open_files_cost_no_upload() {
    survive(Fault::TooManyOpenFiles).await;
}

#[tokio::test]
async fn a_disk_that_fails_costs_no_upload() {
    survive(Fault::Broken).await;
}

#[tokio::test]
async fn a_slow_disk_costs_time_and_nothing_else() {
    survive(Fault::Slow(Duration::from_millis(40))).await;
}

/// Whoever begins on a full disk is told, leaves nothing, and begins when there is room.
#[tokio::test]
async fn what_cannot_begin_begins_when_there_is_room() {
    for fault in [Fault::Full, Fault::Denied, Fault::TooManyOpenFiles] {
        let stage = stage().await;
        for protocol in Protocol::ALL {
            let errand = stage.errand(*protocol, protocol.name(), SMALL).await;
            stage.disk.strike(fault);
            let recovering = async {
                until("the fault shows", || stage.disk.strikes() > 2).await;
                stage.disk.recover();
            };
            let (tries, ()) = tokio::join!(stage.insist(&errand), recovering);
            expect_words(fault, *protocol, true, &tries);
            stage.expect_arrived(&errand);
        }
        until("nothing is left but what the backend has", || stage.left() == SMALL).await;
    }
}

#[tokio::test]
async fn who_gives_up_on_a_full_disk_gives_the_room_back() {
    let stage = stage().await;
    let errand = stage.errand(Protocol::Incoming, "large", LARGE).await;
    stage.disk.strike_after(Fault::Full, LARGE / 2);
    let tried = errand.run(&stage.line, 3).await;
    assert!(matches!(tried.outcome, Outcome::Failed(_)), "{tried:?}");
    assert!(stage.left() > 0);
    let id = errand.ticket.unwrap();
    let url = format!("{}?id={id}", stage.url("/incoming/0.1/backend/cancel_upload"));
    let answer = reqwest::Client::new().post(url).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    assert_eq!(stage.left(), 0);
}
