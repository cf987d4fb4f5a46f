use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{Instant, sleep};

use super::*;
use crate::memory::Memory;

const SIZE: usize = 100_000;
const PACE: Pace = Pace { patience: Duration::from_secs(60), min_rate: 100 };

fn pair(memory: &Memory) -> (DuplexStream, Frames<DuplexStream>) {
    let (ours, theirs) = duplex(1 << 20);
    let share = memory.share();
    (ours, Frames::new(theirs, Activity::default(), 1 << 20, share, PACE))
}

/// A piece of a message, which is masked with zeros.
fn piece(first: u8, size: usize) -> Vec<u8> {
    let mut bytes = vec![first, 0xff];
    bytes.extend_from_slice(&(size as u64).to_be_bytes());
    bytes.resize(bytes.len() + 4 + size, 0);
    bytes
}

const WHOLE: u8 = 0x82;
const BEGUN: u8 = 0x02;
const GOES_ON: u8 = 0x00;
const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];

/// What is read until there is an error, and the fault.
async fn read(frames: &mut Frames<DuplexStream>) -> (usize, Fault) {
    let mut buffer = vec![0; 1 << 16];
    let mut all = 0;
    loop {
        match frames.read(&mut buffer).await {
            Ok(bytes) => all += bytes,
            Err(error) => return (all, *error.get_ref().unwrap().downcast_ref().unwrap()),
        }
    }
}

#[tokio::test]
async fn nothing_of_the_next_frame_is_handed_on_with_one() {
    let (mut ours, mut frames) = pair(&Memory::new(1 << 30, 1));
    let sizes = [0, 1, 100, 300, SIZE];
    let all: Vec<_> = sizes.iter().map(|size| piece(WHOLE, *size)).collect();
    ours.write_all(&all.concat()).await.unwrap();
    let mut buffer = vec![0; 2 * SIZE];
    for frame in all {
        let mut read = Vec::new();
        while read.is_empty() || !frames.is_between_messages() {
            let bytes = frames.read(&mut buffer).await.unwrap();
            read.extend_from_slice(&buffer[..bytes]);
        }
        assert_eq!(read, frame);
    }
}

#[tokio::test]
async fn pieces_are_too_large_together_and_pings_between_them_do_not_count() {
    let (mut ours, mut frames) = pair(&Memory::new(1 << 30, 1));
    frames.allow(SIZE as u64);
    let pieces = [piece(BEGUN, SIZE - 1), PING.to_vec(), piece(GOES_ON, 1)];
    let fits = pieces.concat();
    ours.write_all(&[&fits[..], &piece(GOES_ON, 1)].concat()).await.unwrap();
    assert_eq!(read(&mut frames).await, (fits.len(), Fault::TooLarge));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_to_a_halt_ends_soon_whatever_else_comes() {
    for begun in [piece(BEGUN, SIZE), piece(WHOLE, SIZE)[..SIZE - 1000].to_vec()] {
        let (mut ours, mut frames) = pair(&Memory::new(1 << 30, 1));
        ours.write_all(&begun).await.unwrap();
        let is_between = begun[0] == BEGUN;
        let pinging = async {
            loop {
                sleep(Duration::from_secs(1)).await;
                // A byte of the frame that is not whole, or a ping between two.
                let more = if is_between { &PING[..] } else { &[0] };
                let _ = ours.write_all(more).await;
            }
        };
        let begun_at = Instant::now();
        let (_, fault) = tokio::select! {
            read = read(&mut frames) => read,
            () = pinging => unreachable!("it never ends"),
        };
        assert_eq!(fault, Fault::TooSlow);
        assert!(begun_at.elapsed() < 2 * PACE.patience, "{:?}", begun_at.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_line_may_take_hours() {
    let (mut ours, mut frames) = pair(&Memory::new(1 << 30, 1));
    let message = piece(WHOLE, SIZE);
    let sending = async {
        for bytes in message.chunks(100) {
            sleep(Duration::from_millis(950)).await;
            ours.write_all(bytes).await.unwrap();
        }
    };
    let mut read = vec![0; message.len()];
    let (received, ()) = tokio::join!(frames.read_exact(&mut read), sending);
    assert_eq!(received.unwrap(), message.len());
}

#[tokio::test(start_paused = true)]
async fn who_holds_memory_and_hardly_sends_gives_way_to_who_waits() {
    let memory = Memory::new(2 * SIZE as u64, SIZE as u64);
    let (mut ours, mut resting) = pair(&memory);
    ours.write_all(&piece(WHOLE, SIZE)[..SIZE]).await.unwrap();
    let (mut other, mut waiting) = pair(&memory);
    other.write_all(&piece(WHOLE, SIZE)).await.unwrap();
    let wait = async {
        // It does no harm as long as nobody waits.
        sleep(PACE.patience / 2).await;
        let mut buffer = vec![0; SIZE + 14];
        waiting.read_exact(&mut buffer).await
    };
    let rest = async {
        let (_, fault) = read(&mut resting).await;
        drop(resting);
        fault
    };
    let begun = Instant::now();
    let (fault, waited) = tokio::join!(rest, wait);
    assert_eq!((fault, waited.unwrap()), (Fault::InTheWay, SIZE + 14));
    assert!(begun.elapsed() >= PACE.patience / 2 && begun.elapsed() < PACE.patience);
}
