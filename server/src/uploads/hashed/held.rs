//! Chunks in memory.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of all chunks that are on their way is in memory, in bytes.
const ROOM: usize = 256 << 20;

/// The room that all chunks share.
#[derive(Clone, Debug)]
pub(in crate::uploads) struct Room(Arc<Semaphore>);

/// What is in memory of a chunk. Its room is free again when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Held {
    pieces: Vec<Bytes>,
    room: Option<OwnedSemaphorePermit>,
}

impl Default for Room {
    fn default() -> Room {
        Room::of(ROOM)
    }
}

impl Room {
    pub(super) fn of(bytes: usize) -> Room {
        Room(Arc::new(Semaphore::new(bytes)))
    }
}

impl Held {
    /// Keeps bytes, if there is room for them.
    pub(super) fn keep(&mut self, bytes: &Bytes, room: &Room) -> bool {
        let Ok(length) = u32::try_from(bytes.len()) else { return false };
        let Ok(more) = Arc::clone(&room.0).try_acquire_many_owned(length) else { return false };
        match &mut self.room {
            Some(room) => room.merge(more),
            none => *none = Some(more),
        }
        self.pieces.push(bytes.clone());
        true
    }

    /// The bytes, whose room stays taken.
    pub(super) fn pieces(&self) -> Vec<Bytes> {
        self.pieces.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_as_long_as_there_is_room() {
        let (room, piece) = (Room::of(10), Bytes::from_static(b"abcd"));
        let (mut first, mut second) = (Held::default(), Held::default());
        assert!(first.keep(&piece, &room) && second.keep(&piece, &room));
        assert!(!first.keep(&piece, &room));
        assert_eq!(first.pieces().len(), 1);
        drop(second);
        assert!(first.keep(&piece, &room));
        drop(first);
        assert_eq!(room.0.available_permits(), 10);
    }
}
