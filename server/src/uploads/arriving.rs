//! The end of an upload without a ticket: the file is made durable and put into the folder of
//! arrivals; then the backend is told, if there is one.
//!
//! The browser is answered when the file is in its place. It does not wait for the backend, and
//! could not do anything about one that fails; the server tries again instead.

use std::time::SystemTime;

use uuid::Uuid;

use super::{Backend, Document, FileInfo, Secret, State, Uploads};
use crate::arrivals::{Note, rfc3339};
use crate::store::StoreError;

impl Uploads {
    pub(super) fn backend_of_arrivals(&self) -> Backend {
        let Some(url) = &self.inner.backend_of_arrivals else { return Backend::nobody() };
        let secret = Secret::new(Uuid::new_v4().to_string());
        Backend { finish_url: url.clone(), secret, remove_when_finished: false }
    }

    /// Brings a file whose bytes are all there to its place. Doing it again does no harm. Whoever
    /// calls this holds the gate.
    pub(super) async fn arrive(&self, document: &Document) -> Result<(), StoreError> {
        let id = document.id;
        let (Some(arrival), Some(file)) = (&document.arrival, &document.file) else {
            return Err(StoreError::NotFound(id));
        };
        let inner = &self.inner;
        let is_here = inner.arrivals.has(arrival.file).await?;
        if !is_here {
            inner.store.open(id).await?.seal(file.size).await?;
        }
        // The file may have its place without its document after a power failure.
        if !is_here || inner.arrivals.known(arrival.file).await.is_err() {
            inner.arrivals.note(&note(arrival.file, &arrival.protocol, file)).await?;
        }
        if is_here {
            // Whoever put it there may not have come to the end of it.
            inner.arrivals.sync().await?;
        } else {
            inner.store.take_out(id, &inner.arrivals.path(arrival.file)).await?;
        }
        let is_over = document.backend.is_nobody();
        let state = if is_over { State::Finished } else { State::HandingOver };
        let updated = inner.update(id, |it| {
            it.state = state.clone();
            it.md5.clone_from(&document.md5);
        });
        let updated = updated.await?;
        tracing::info!(%id, file = %arrival.file, size = file.size, "file arrived");
        if !is_over {
            inner.backlog.add(&updated);
        }
        Ok(())
    }

    /// Lets a file whose connection is gone arrive if it has its place, and removes it otherwise.
    pub(super) async fn end_whole(&self, document: &Document) -> Result<(), StoreError> {
        if self.inner.has_arrived(document).await? {
            self.arrive(document).await
        } else {
            self.inner.remove(document.id).await
        }
    }
}

fn note(id: Uuid, protocol: &str, file: &FileInfo) -> Note {
    Note {
        id,
        name: file.name.clone(),
        size: file.size,
        protocol: protocol.to_owned(),
        received: rfc3339(SystemTime::now()),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use bytes::Bytes;
    use futures_util::FutureExt as _;
    use incoming_protocol::Md5;
    use tempfile::TempDir;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::Config;
    use crate::files::{FileSystem, Native};
    use crate::store::{Disk, Ground};
    use crate::uploads::Holder;
    use crate::uploads::hashed::HashedPlan;

    /// A disk on which something cannot be done to the folder of arrivals for a while.
    #[derive(Debug, Default)]
    struct Trouble {
        refuses_names: AtomicBool,
        refuses_syncs: AtomicBool,
        refused: AtomicUsize,
        synced: AtomicUsize,
    }

    impl Trouble {
        fn check(&self, folder: Option<&Path>, refuses: &AtomicBool) -> io::Result<()> {
            let is_concerned = folder.is_some_and(|it| it.ends_with("arrived"));
            if is_concerned && refuses.load(Ordering::SeqCst) {
                self.refused.fetch_add(1, Ordering::SeqCst);
                return Err(io::Error::other("no"));
            }
            Ok(())
        }
    }

    impl FileSystem for Trouble {
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            if from.ends_with("data") {
                self.check(to.parent(), &self.refuses_names)?;
            }
            Native.rename(from, to)
        }

        fn sync_dir(&self, path: &Path) -> io::Result<()> {
            self.check(Some(path), &self.refuses_syncs)?;
            self.synced.fetch_add(usize::from(path.ends_with("arrived")), Ordering::SeqCst);
            Native.sync_dir(path)
        }
    }

    async fn stage(trouble: &Arc<Trouble>) -> (Uploads, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let storage = folder.path().to_str().unwrap();
        let config = Config::from_arguments(["incoming-server", "--storage", storage]).unwrap();
        let files: Arc<dyn FileSystem> = Arc::<Trouble>::clone(trouble);
        let disk = Disk::open_with(folder.path(), Ground { files, ..Ground::default() }).unwrap();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        (Uploads::new(Arc::new(disk), &config, tasks, stop).await.unwrap(), folder)
    }

    impl Uploads {
        async fn the_only_one(&self) -> Document {
            let listed = self.inner.store.list().await.unwrap();
            assert_eq!(listed.len(), 1, "it is not forgotten");
            self.inner.load(listed[0].id).await.unwrap().unwrap()
        }

        async fn expect_finished(&self) {
            let finished = async {
                while self.the_only_one().await.state != State::Finished {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(60), finished).await.expect("it finishes");
            assert!(self.inner.has_arrived(&self.the_only_one().await).await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_file_has_not_arrived_before_its_name_is_durable_and_is_not_forgotten_then() {
        let trouble = Arc::new(Trouble::default());
        let (uploads, _folder) = stage(&trouble).await;
        trouble.refuses_syncs.store(true, Ordering::SeqCst);
        let mut whole =
            uploads.receive("fineuploader", "a", Some(3), false, Holder::nobody()).await.unwrap();
        whole.append(Bytes::from_static(b"abc")).await.unwrap();
        whole.finish(None).await.unwrap_err();
        while trouble.refused.load(Ordering::SeqCst) < 2 {
            assert_eq!(uploads.the_only_one().await.state, State::Receiving);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let synced = trouble.synced.load(Ordering::SeqCst);
        trouble.refuses_syncs.store(false, Ordering::SeqCst);
        uploads.expect_finished().await;
        assert!(trouble.synced.load(Ordering::SeqCst) > synced);
    }

    fn plan() -> HashedPlan {
        let md5 = Md5::parse("4a7d1ed414474e4033ac29ccb8653d9b").unwrap();
        HashedPlan { md5, name: "a".to_owned(), index: 0, count: 1, holder: Holder::nobody() }
    }

    /// A file whose only chunk is there, and which was kept from arriving.
    async fn keep_from_arriving(uploads: &Uploads, trouble: &Trouble) {
        trouble.refuses_names.store(true, Ordering::SeqCst);
        let mut chunk = uploads.take_hashed(plan()).unwrap();
        chunk.append(Bytes::from_static(b"0000")).await.unwrap();
        chunk.finish().await.unwrap_err();
        assert_eq!(uploads.the_only_one().await.state, State::Receiving);
        trouble.refuses_names.store(false, Ordering::SeqCst);
    }

    #[tokio::test]
    async fn a_file_whose_chunks_are_all_there_arrives_also_when_nobody_waits_for_the_answer() {
        let trouble = Arc::new(Trouble::default());
        let (uploads, _folder) = stage(&trouble).await;
        keep_from_arriving(&uploads, &trouble).await;
        assert!(uploads.hashed(&plan().md5).now_or_never().is_none());
        uploads.expect_finished().await;
    }

    #[tokio::test]
    async fn a_file_whose_chunks_are_all_there_arrives_also_when_who_sends_one_gives_up() {
        let trouble = Arc::new(Trouble::default());
        let (uploads, _folder) = stage(&trouble).await;
        keep_from_arriving(&uploads, &trouble).await;
        let mut chunk = uploads.take_hashed(plan()).unwrap();
        let large = Bytes::from(vec![0; 5 << 20]);
        assert!(chunk.append(large).now_or_never().is_none());
        drop(chunk);
        uploads.expect_finished().await;
    }

    #[tokio::test]
    async fn a_file_that_begins_with_the_server_is_not_taken_for_one_that_was_left() {
        let (uploads, _folder) = stage(&Arc::default()).await;
        let mut whole =
            uploads.receive("galileo", "a", Some(3), false, Holder::nobody()).await.unwrap();
        uploads.resume().await;
        whole.append(Bytes::from_static(b"abc")).await.unwrap();
        whole.finish(None).await.unwrap();
        uploads.expect_finished().await;
    }
}
