//! The real program under limits of the system.

use std::rc::Rc;

use incoming_protocol::{Outcome, Protocol};
use tempfile::TempDir;
use tokio::task::LocalSet;

use crate::common::chunks::arrived;
use crate::common::driver::{Content, Errand, Line, ticket};
use crate::common::{Backend, Program, Reply};

const SIZE: u64 = 300_000;

async fn errand(line: &Line, backend: &Backend, number: usize, size: u64) -> Errand {
    let protocol = Protocol::ALL[number % Protocol::ALL.len()];
    let content = Content { seed: number as u64, size };
    let mut errand = Errand::new(protocol, &format!("{number}.bin"), content);
    errand.chunk_size = Some(40_000);
    if protocol == Protocol::Incoming {
        errand.ticket = Some(ticket(line, &backend.url()).await);
    }
    errand
}

fn expect_arrived(errand: &Errand, storage: &TempDir) {
    let path = match &errand.ticket {
        Some(ticket) => storage.path().join(ticket).join("data"),
        None => {
            let files = arrived(&storage.path().join("arrived")).into_iter();
            let mut named = files.filter(|file| file.note["name"] == errand.name);
            named.next().expect("it arrived").path
        }
    };
    assert!(errand.content.is_in(&path), "{errand:?}");
}

#[tokio::test]
async fn uploads_wait_for_each_other_where_few_files_may_be_open() {
    let storage = TempDir::new().unwrap();
    let program = Program::limited(storage.path(), "ulimit -n 48").await;
    let (line, backend) = (Line::to(program.address), Backend::always(Reply::Done).await);
    let together = LocalSet::new();
    let shared = Rc::new((line, backend));
    let uploads = (0..36).map(|number| {
        let shared = Rc::clone(&shared);
        together.spawn_local(async move {
            let errand = errand(&shared.0, &shared.1, number, SIZE).await;
            let delivered = errand.run(&shared.0, number as u64).await;
            assert_eq!(delivered.outcome, Outcome::Finished, "{errand:?} {:?}", delivered.words);
            errand
        })
    });
    let uploads: Vec<_> = uploads.collect();
    let finished = async {
        for upload in uploads {
            expect_arrived(&upload.await.unwrap(), &storage);
        }
    };
    together.run_until(finished).await;
    println!("36 uploads at once with 48 open files, every byte compared");
}

/// The system refuses to let a file get longer: the same as a full disk, for one upload.
#[tokio::test]
async fn a_file_that_the_system_keeps_short_is_told_and_goes_on_when_it_may() {
    let storage = TempDir::new().unwrap();
    // In units of 512 bytes.
    let limits = format!("ulimit -f {}", SIZE / 512);
    let backend = Backend::always(Reply::Done).await;
    let program = Program::limited(storage.path(), &limits).await;
    let line = Line::to(program.address);
    let together = LocalSet::new();
    let outcome = together
        .run_until(async {
            let mut large = Vec::new();
            for number in 0..Protocol::ALL.len() {
                large.push(errand(&line, &backend, number, 2 * SIZE).await);
            }
            let small = errand(&line, &backend, 7, SIZE / 2).await;
            let stuck: Vec<_> = (10..)
                .zip(&large)
                .map(|(seed, errand)| {
                    let (errand, line) = (errand.clone(), line.clone());
                    tokio::task::spawn_local(async move {
                        let mut tries = Vec::new();
                        while tries.last().is_none_or(|outcome| *outcome != Outcome::Finished) {
                            let tried = errand.run(&line, seed).await;
                            tries.push(tried.outcome);
                            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                            if tries.len() == 1 {
                                let is_told =
                                    tried.words.iter().any(|words| words.contains("full"));
                                assert!(is_told, "{errand:?} {:?}", tried.words);
                            }
                        }
                    })
                })
                .collect();
            assert_eq!(small.run(&line, 1).await.outcome, Outcome::Finished);
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            program.kill().await;
            let program = Program::start(storage.path()).await;
            line.leads_to(program.address);
            for upload in stuck {
                upload.await.unwrap();
            }
            large.push(small);
            for errand in &large {
                expect_arrived(errand, &storage);
            }
            program
        })
        .await;
    outcome.kill().await;
    println!("6 files that could not get longer came to their end, 1 beside them");
}
