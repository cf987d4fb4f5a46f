//! What JavaScript calls: numbers and addresses, so that no glue has to be downloaded.
//!
//! The bytes of lane `i` are put at `buffer() + i * buffer_size()`, then `update` is told how many
//! there are in each. The state of a lane is plain data of `lane_size()` bytes at `lane(i)`, which
//! JavaScript may copy out and in again.

#![expect(unsafe_code, reason = "memory that is shared with JavaScript")]

use core::array;
use core::cell::UnsafeCell;

use crate::lane::{Digest, Lane};
use crate::lanes::{LANES, Lanes};

/// Small enough to stay in the processor's cache between copying and hashing.
const BUFFER: usize = 128 * 1024;

struct Memory {
    lanes: Lanes,
    buffers: [[u8; BUFFER]; LANES],
    digest: Digest,
}

struct Shared(UnsafeCell<Memory>);

// SAFETY: an instance of the module is used by one thread.
unsafe impl Sync for Shared {}

static SHARED: Shared = Shared(UnsafeCell::new(Memory {
    lanes: Lanes::new(),
    buffers: [[0; BUFFER]; LANES],
    digest: [0; 16],
}));

fn memory() -> &'static mut Memory {
    // SAFETY: every function below takes it once and gives it back before it returns.
    unsafe { &mut *SHARED.0.get() }
}

/// Where the bytes of lane 0 go; those of the others follow.
#[unsafe(no_mangle)]
extern "C" fn buffer() -> *mut u8 {
    memory().buffers.as_mut_ptr().cast()
}

/// Bytes that one lane takes at a time.
#[unsafe(no_mangle)]
extern "C" fn buffer_size() -> usize {
    BUFFER
}

/// Where the state of a lane is.
#[unsafe(no_mangle)]
extern "C" fn lane(lane: usize) -> *mut Lane {
    memory().lanes.lane(lane)
}

/// Bytes of the state of a lane.
#[unsafe(no_mangle)]
extern "C" fn lane_size() -> usize {
    size_of::<Lane>()
}

/// Hashes what is in the buffers: so many bytes for each lane.
#[unsafe(no_mangle)]
extern "C" fn update(first: usize, second: usize, third: usize, fourth: usize) {
    let lengths = [first, second, third, fourth];
    let Memory { lanes, buffers, .. } = memory();
    lanes.update(array::from_fn(|lane| &buffers[lane][..lengths[lane]]));
}

/// Ends the message of a lane and returns where its digest is, until the next call.
#[unsafe(no_mangle)]
extern "C" fn finish(lane: usize) -> *const u8 {
    let memory = memory();
    memory.digest = memory.lanes.finish(lane);
    memory.digest.as_ptr()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
