//! What is verified arrives as it was sent, or nobody says so.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::link::Weather;
use common::world::{Deed, World};
use common::{KIB, job_for, resumable, server, verifications};
use incoming_protocol::{Error, Protocol, Verification};

const HOUR_MS: u64 = 3_600_000;
const SIZE: u64 = 2000 * KIB;

fn world(protocol: Protocol, verify: Option<Verification>, weather: Weather) -> World {
    let mut job = job_for(protocol, SIZE);
    job.options.verify = verify;
    let mut world = World::new(protocol, job, server(protocol, 64, 100), weather);
    world.start();
    world
}

fn damaging(most_damaged: u32) -> Weather {
    Weather { damaged_percent: 100, most_damaged, ..Weather::FINE }
}

fn for_those_that_verify(verify: Verification, check: impl Fn(Protocol)) {
    let verifies = |protocol: &Protocol| verifications(*protocol).contains(&Some(verify));
    Protocol::ALL.iter().copied().filter(verifies).for_each(check);
}

fn bytes_sent(world: &World) -> u64 {
    world.sent.iter().map(|range| range.end - range.start).sum()
}

#[test]
fn what_was_proven_is_said_at_the_end_and_costs_no_byte_more() {
    for protocol in Protocol::ALL.iter().copied() {
        for verify in verifications(protocol) {
            let mut world = world(protocol, verify, Weather::FINE);
            assert_eq!(world.upload.view().verified, None);
            world.run(HOUR_MS);
            let view = world.upload.view();
            assert!(view.finished, "{protocol:?} {verify:?}: {view:?}");
            assert_eq!((view.verified, view.chunks_damaged), (verify, 0));
            assert_eq!(bytes_sent(&world), SIZE);
        }
    }
}

#[test]
fn damage_that_nobody_looks_for_is_not_found_and_nothing_is_claimed() {
    for_those_that_verify(Verification::File, |protocol| {
        let mut world = world(protocol, None, damaging(1));
        world.run(HOUR_MS);
        assert!(world.upload.view().finished && world.server.is_damaged());
        assert_eq!(world.upload.view().verified, None);
    });
}

#[test]
fn a_damaged_chunk_is_sent_again_and_nothing_that_arrived() {
    for_those_that_verify(Verification::Chunks, |protocol| {
        let mut world = world(protocol, Some(Verification::Chunks), damaging(1));
        world.run(HOUR_MS);
        let view = world.upload.view();
        assert!(view.finished && !world.server.is_damaged(), "{protocol:?}: {view:?}");
        assert_eq!((view.verified, view.chunks_damaged), (Some(Verification::Chunks), 1));
        assert!(bytes_sent(&world) - SIZE <= world.most_ahead);
    });
}

#[test]
fn a_damaged_file_is_sent_again_as_a_whole() {
    for_those_that_verify(Verification::File, |protocol| {
        let mut world = world(protocol, Some(Verification::File), damaging(1));
        world.run(HOUR_MS);
        let view = world.upload.view();
        assert!(view.finished && !world.server.is_damaged(), "{protocol:?}: {view:?}");
        assert_eq!(view.verified, Some(Verification::File));
        assert_eq!((bytes_sent(&world), world.server.deliveries()), (2 * SIZE, 1));
    });
}

#[test]
fn what_is_damaged_every_time_is_given_up() {
    for protocol in Protocol::ALL.iter().copied() {
        for verify in verifications(protocol).into_iter().flatten() {
            let mut world = world(protocol, Some(verify), damaging(u32::MAX));
            world.run_until(HOUR_MS);
            let view = world.upload.view();
            let is_damage = matches!(view.error, Some(Error::ChecksumMismatch(_)));
            assert!(is_damage && view.verified.is_none(), "{protocol:?}: {view:?}");
            assert!(bytes_sent(&world) <= 3 * SIZE, "three times at most");
        }
    }
}

#[test]
fn a_file_that_is_hashed_slowly_is_compared_when_that_is_done() {
    for_those_that_verify(Verification::File, |protocol| {
        let slow = Weather { hashed_per_ms: 10, ..Weather::FINE };
        let mut world = world(protocol, Some(Verification::File), slow);
        world.run_until(100_000);
        let view = world.upload.view();
        assert!(!view.finished && view.error.is_none() && view.bytes_acked == SIZE, "{view:?}");
        assert!(!view.can_pause && !view.can_cancel, "the server has every byte");
        world.run(HOUR_MS);
        assert_eq!(world.upload.view().verified, Some(Verification::File), "{protocol:?}");
        assert_eq!(bytes_sent(&world), SIZE);
    });
}

#[test]
fn losses_and_pauses_leave_a_proof_whole() {
    for protocol in Protocol::ALL.iter().copied() {
        for verify in verifications(protocol).into_iter().flatten() {
            let weather = Weather { bytes_per_ms: 200, latency_ms: 50, ..damaging(1) };
            let mut world = world(protocol, Some(verify), weather);
            world.at(2000, Deed::Cut);
            world.at(5000, Deed::Pause);
            world.at(9000, Deed::Unpause);
            world.run(HOUR_MS);
            assert_eq!(world.upload.view().verified, Some(verify), "{protocol:?}");
            assert!(!world.server.is_damaged());
        }
    }
}

#[test]
fn a_server_that_says_nothing_ends_the_upload_with_an_error() {
    for (verify, words) in [
        (Verification::Chunks, "verification of chunks by this server"),
        (Verification::File, "verification of the file by this server"),
    ] {
        let mut job = job_for(Protocol::Resumable, SIZE);
        job.options.verify = Some(verify);
        let mut original = resumable::Server::default();
        original.pieces.verifies = false;
        let mut world = World::new(Protocol::Resumable, job, Box::new(original), Weather::FINE);
        world.start();
        world.run_until(HOUR_MS);
        let view = world.upload.view();
        assert_eq!(view.error, Some(Error::Unsupported(words.into())));
        assert_eq!(view.verified, None);
    }
}
