//! Thousands of seeded schedules of faults, pauses and cancellations.
//!
//! `SCHEDULES=1000000 cargo test -p incoming-protocol --release --test schedules` runs more of
//! them, `SEED=n` one of them.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::environment::number;
use common::link::Weather;
use common::world::{Deed, Visit, World};
use common::{KIB, resumable_job, server, traits, verifications};
use incoming_protocol::{Protocol, Verification};

const DAY_MS: u64 = 86_400_000;
const LAST_FAULT_MS: u64 = 60_000;

#[test]
fn whatever_happens_a_file_arrives_whole_and_nothing_confirmed_is_sent_again() {
    let count = number("SCHEDULES").unwrap_or(10_000);
    let seeds = number("SEED").map_or(0..count, |seed| seed..seed + 1);
    for protocol in Protocol::ALL {
        for seed in seeds.clone() {
            let outcome = std::panic::catch_unwind(|| schedule(*protocol, seed));
            assert!(outcome.is_ok(), "{protocol:?} fails with SEED={seed}");
        }
    }
}

fn schedule(protocol: Protocol, seed: u64) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut weather = Weather::of(&mut dice);
    let size = [0, 1, dice.u64(0..200 * KIB), dice.u64(0..3000 * KIB)][dice.usize(0..4)];
    let chunk_kib = dice.u32(1..100);
    weather.let_trouble(&mut dice);
    if !traits(protocol).resumes {
        weather.let_live(size, u64::from(chunk_kib) * KIB);
    }
    let server = server(protocol, chunk_kib, dice.u64(0..20_000));
    let mut job = resumable_job(protocol, size);
    job.options.asks_id = dice.bool();
    if can_do_without_id(protocol) && dice.bool() {
        job.ticket = None;
    }
    let verifications = verifications(protocol);
    job.options.verify = verifications[dice.usize(..verifications.len())];
    if job.options.verify.is_some() {
        weather.let_damage(&mut dice);
    }
    let verify = job.options.verify;
    let mut world = World::seeded(protocol, job, server, weather, seed);
    let cancels = deeds(&mut world, &mut dice);
    world.start();
    world.run(DAY_MS);
    judge(protocol, &world, size, cancels);
    assert_that_it_is_verified(&world, verify);
    assert_that_silence_follows(&mut world);
}

fn deeds(world: &mut World, dice: &mut fastrand::Rng) -> bool {
    for _ in 0..dice.u32(0..6) {
        let time_ms = dice.u64(0..LAST_FAULT_MS);
        let deed = match dice.u8(0..16) {
            0 | 1 => Deed::Pause,
            2 => Deed::Online,
            3 => Deed::Crash,
            4 => Deed::Offline(dice.u64(0..200_000)),
            6 => Deed::PowerFailure,
            7 => Deed::Reload,
            5 => Deed::Sleep(dice.u64(0..200_000)),
            8 => Deed::Kill,
            9 => Deed::Hidden,
            10 | 11 => Deed::Visit(visit(dice)),
            _ => Deed::Cut,
        };
        if matches!(deed, Deed::Pause) {
            world.at(time_ms + dice.u64(0..3000), Deed::Unpause);
        }
        world.at(time_ms, deed);
    }
    if dice.u8(0..4) == 0 {
        world.at(0, Deed::Visit(visit(dice)));
    }
    world.at(LAST_FAULT_MS + 3000, Deed::Unpause);
    let cancels = dice.u8(0..5) == 0;
    if cancels {
        world.at(dice.u64(0..LAST_FAULT_MS), Deed::Cancel);
    }
    cancels
}

/// These make an identifier of their own.
fn can_do_without_id(protocol: Protocol) -> bool {
    !matches!(protocol, Protocol::Incoming)
}

fn visit(dice: &mut fastrand::Rng) -> Visit {
    Visit { for_ms: dice.u64(0..100_000), messages: dice.u32(0..60) }
}

fn judge(protocol: Protocol, world: &World, size: u64, cancels: bool) {
    let view = world.upload.view();
    if view.cancelled {
        assert!(cancels, "nobody cancelled");
        // A page that was just loaded does not know yet what there is to be cancelled.
        let is_unknown = world.reloads > 0 || world.connects == 0;
        let is_told = world.server.is_cancelled() || is_unknown;
        assert!(view.error.is_some() || is_told, "the server was told");
        return;
    }
    let is_refused = view.error.as_ref().is_some_and(|error| error.kind() == "rejected");
    // A page does not know that the one before has told the server to give up.
    let was_cancelled = cancels && world.reloads > 0 && world.server.is_cancelled();
    let has_lost = world.lost_bytes > 0 && is_told_nothing(protocol);
    if is_refused && (was_cancelled || has_lost) {
        return;
    }
    // What an earlier page has left damaged is found out by this one, and counts as well.
    let is_damaged = view.error.as_ref().is_some_and(|error| error.kind() == "checksum_mismatch");
    if is_damaged && world.reloads > 0 && world.damages + world.reloads > 2 {
        return;
    }
    assert!(view.finished, "{view:?}");
    assert!(world.offline_tries <= world.offline_tries_allowed, "{} tries", world.offline_tries);
    assert_eq!((world.server.stored(), world.server.deliveries()), (size, 1));
    let sent: u64 = world.sent.iter().map(|range| range.end - range.start).sum();
    let price = if traits(protocol).resumes { world.most_ahead } else { size };
    // A page that is loaded again does not know that what the server has is damaged.
    let unknown = if world.damages > 0 { world.reloads } else { 0 };
    let whole = u64::from(world.damages + unknown) * size;
    let pages = u64::from(world.connects + world.reloads) * price;
    let most = size + pages + whole + lost(protocol, world, size) + unkept(world, size);
    assert!(sent <= most, "{sent} bytes for {size}");
}

/// What it costs that a browser keeps nothing, or that another page was faster.
fn unkept(world: &World, size: u64) -> u64 {
    let starts = world.browser.unresumed + world.browser.finished_elsewhere;
    world.unsaved_bytes + u64::from(starts) * size
}

/// Its clients send nothing again that was confirmed to them, so that their server, when it has lost
/// some of it, can only refuse the rest.
fn is_told_nothing(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Resumable | Protocol::Flow)
}

/// What a server that lost something may cost: no more than that, or the whole file where the server
/// can only ask for all of it.
fn lost(protocol: Protocol, world: &World, size: u64) -> u64 {
    match protocol {
        Protocol::Resumable | Protocol::Flow | Protocol::FineUploader => {
            u64::from(world.power_failures) * size
        }
        Protocol::Incoming | Protocol::Galileo | Protocol::Robusto => world.lost_bytes,
    }
}

/// Whatever arrived damaged was noticed and sent again.
fn assert_that_it_is_verified(world: &World, verify: Option<Verification>) {
    let view = world.upload.view();
    if view.finished {
        assert!(!world.server.is_damaged(), "{view:?}");
        // What an earlier page has sent was not compared by this one.
        let may_be_unproven = world.reloads > 0 && verify == Some(Verification::Chunks);
        assert!(view.verified == verify || may_be_unproven && view.verified.is_none());
    }
    assert!(view.chunks_damaged <= u64::from(world.damages));
}

/// Late answers to an upload that is over change nothing.
fn assert_that_silence_follows(world: &mut World) {
    let (view, connects) = (world.upload.view(), world.connects);
    let notices = world.notices.len();
    world.run_until(world.now_ms + DAY_MS);
    assert_eq!((world.upload.view(), world.connects), (view, connects));
    assert_eq!(world.notices.len(), notices);
}
