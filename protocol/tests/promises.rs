//! What every protocol promises: not only that files arrive, but at what cost.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::link::Weather;
use common::world::{Deed, Visit, World};
use common::{KIB, Traits, job_for, resumable_job, server, traits};
use incoming_protocol::{Notice, Outcome, Protocol};

const HOUR_MS: u64 = 3_600_000;

fn world(protocol: Protocol, size: u64, weather: Weather) -> World {
    let mut world =
        World::new(protocol, job_for(protocol, size), server(protocol, 64, 100), weather);
    world.start();
    world
}

fn for_all(check: impl Fn(Protocol)) {
    Protocol::ALL.iter().copied().for_each(check);
}

fn for_those_that(can: impl Fn(Traits) -> bool, check: impl Fn(Protocol)) {
    Protocol::ALL.iter().copied().filter(|protocol| can(traits(*protocol))).for_each(check);
}

/// What losses, pauses or crashes may cost in bytes sent again.
fn price(protocol: Protocol, world: &World, times: u64, size: u64) -> u64 {
    times * if traits(protocol).resumes { world.most_ahead } else { size }
}

fn bytes_sent(world: &World) -> u64 {
    world.sent.iter().map(|range| range.end - range.start).sum()
}

fn slow() -> Weather {
    Weather { bytes_per_ms: 200, latency_ms: 50, ..Weather::FINE }
}

#[test]
fn a_file_of_any_size_arrives_whole_and_every_byte_is_sent_once() {
    for_all(|protocol| {
        let edges = [0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 10 * KIB * KIB + 7];
        for size in edges {
            let mut world = world(protocol, size, Weather::FINE);
            world.run(HOUR_MS);
            assert!(world.upload.view().finished, "{size}");
            assert_eq!((world.server.stored(), world.server.deliveries()), (size, 1));
            assert_eq!(bytes_sent(&world), size);
        }
    });
}

#[test]
fn the_end_is_told_once_and_after_the_last_progress() {
    for_all(|protocol| {
        let mut world = world(protocol, 300 * KIB, Weather::FINE);
        world.run(HOUR_MS);
        world.run_until(HOUR_MS);
        assert_eq!(world.outcomes, [Outcome::Finished]);
        assert_eq!(world.notices.pop(), Some(Notice::Finished));
        assert!(world.notices.iter().all(|notice| *notice == Notice::Progress));
    });
}

#[test]
fn progress_goes_from_nothing_to_all_also_for_an_empty_file() {
    for_all(|protocol| {
        for size in [0, 100 * KIB] {
            let mut world = world(protocol, size, Weather::FINE);
            assert_eq!(world.upload.view().frac_complete.to_bits(), 0.0_f64.to_bits());
            world.run(HOUR_MS);
            assert_eq!(world.upload.view().frac_complete.to_bits(), 1.0_f64.to_bits());
        }
    });
}

#[test]
fn after_a_loss_only_what_was_on_its_way_is_sent_again() {
    for_all(|protocol| {
        let mut world = world(protocol, 2000 * KIB, slow());
        world.at(2000, Deed::Cut);
        world.at(5000, Deed::Cut);
        world.run(HOUR_MS);
        assert!(world.upload.view().finished);
        assert_eq!(world.losses, 2);
        let again = bytes_sent(&world) - 2000 * KIB;
        assert!(again <= price(protocol, &world, 2, 2000 * KIB), "{again} bytes again");
    });
}

#[test]
fn a_crash_of_the_server_costs_no_more_than_a_loss() {
    for_all(|protocol| {
        let mut world = world(protocol, 2000 * KIB, slow());
        world.at(3000, Deed::Crash);
        world.run(HOUR_MS);
        assert!(world.upload.view().finished);
        assert!(bytes_sent(&world) - 2000 * KIB <= price(protocol, &world, 1, 2000 * KIB));
    });
}

fn resuming(protocol: Protocol, size: u64, weather: Weather) -> World {
    let job = resumable_job(protocol, size);
    let mut world = World::new(protocol, job, server(protocol, 64, 100), weather);
    world.start();
    world
}

#[test]
fn after_a_reload_nothing_that_was_confirmed_is_sent_again() {
    for_all(|protocol| {
        let mut world = resuming(protocol, 2000 * KIB, slow());
        for time_ms in [3000, 6000, 6001, 9000] {
            world.at(time_ms, Deed::Reload);
        }
        world.run(HOUR_MS);
        assert!(world.upload.view().finished, "{protocol:?}: {:?}", world.upload.view());
        assert_eq!((world.server.stored(), world.server.deliveries()), (2000 * KIB, 1));
        let again = bytes_sent(&world) - 2000 * KIB;
        assert!(again <= price(protocol, &world, 4, 2000 * KIB), "{protocol:?}: {again}");
    });
}

#[test]
fn after_a_reload_that_found_nothing_on_its_way_every_byte_is_sent_once() {
    for_those_that(
        |can| can.resumes,
        |protocol| {
            let mut world = resuming(protocol, 2000 * KIB, slow());
            world.run_until(3000);
            world.at(3000, Deed::Pause);
            world.run_until(60_000);
            let (sent, confirmed) = (bytes_sent(&world), world.upload.confirmed().0);
            world.at(60_000, Deed::Reload);
            world.run(HOUR_MS);
            assert!(world.upload.view().finished && confirmed > 0);
            // Only a server of Incoming!! keeps the part of a chunk whose connection ended.
            assert!(bytes_sent(&world) - sent <= 2000 * KIB - confirmed, "{protocol:?}");
        },
    );
}

#[test]
fn a_page_that_dies_without_a_word_loses_no_more_than_its_last_second() {
    for_those_that(
        |can| can.resumes,
        |protocol| {
            let mut world = resuming(protocol, 2000 * KIB, slow());
            world.run_until(5000);
            let confirmed = world.upload.confirmed().0;
            world.run_until(6000);
            assert!(world.browser.kept().unwrap().bytes_acked >= confirmed && confirmed > 0);
            world.at(6000, Deed::Kill);
            world.run(HOUR_MS);
            assert!(world.upload.view().finished && world.server.deliveries() == 1);
            let again = bytes_sent(&world) - 2000 * KIB;
            assert!(again <= world.most_ahead + world.unsaved_bytes, "{protocol:?}: {again}");
            assert_eq!(world.browser.kept(), None, "nothing is left behind");
        },
    );
}

#[test]
fn a_page_that_had_to_wait_for_another_one_goes_on_where_that_has_got_to() {
    for_those_that(
        |can| can.resumes,
        |protocol| {
            let mut world = resuming(protocol, 2000 * KIB, Weather::FINE);
            world.at(0, Deed::Visit(Visit { for_ms: 50_000, messages: 20 }));
            world.run_until(49_000);
            let (view, sent) = (world.upload.view(), bytes_sent(&world));
            assert_eq!(view.state_msg, "waiting: another page is sending this file");
            assert!(sent > 0 && world.connects == 0);
            world.run(HOUR_MS);
            assert!(world.upload.view().finished && world.server.deliveries() == 1);
            let again = bytes_sent(&world) - 2000 * KIB;
            assert!(again <= world.unsaved_bytes, "{protocol:?}: {again}");
        },
    );
}

#[test]
fn nobody_is_asked_for_an_id_twice_whatever_happens_meanwhile() {
    for_all(|protocol| {
        let mut job = resumable_job(protocol, 2000 * KIB);
        job.options.asks_id = true;
        let late = Weather { ids_late_ms: 20_000, ..slow() };
        let mut world = World::new(protocol, job, server(protocol, 64, 100), late);
        world.start();
        for time_ms in (100..10_000).step_by(400) {
            world.at(time_ms, Deed::Pause);
            world.at(time_ms + 100, Deed::Unpause);
        }
        world.at(30_000, Deed::Cut);
        world.run(HOUR_MS);
        assert!(world.upload.view().finished);
        assert_eq!(world.browser.asked_for_id, 1, "{protocol:?}");
    });
}

#[test]
fn a_reload_at_any_moment_still_delivers_the_file_once() {
    for_all(|protocol| {
        for time_ms in (0..12_000).step_by(250) {
            let mut world = resuming(protocol, 700 * KIB, slow());
            world.at(time_ms, Deed::Reload);
            world.at(time_ms + 40, Deed::Cut);
            world.run(HOUR_MS);
            assert!(world.upload.view().finished, "{protocol:?} {time_ms}");
            assert_eq!((world.server.stored(), world.server.deliveries()), (700 * KIB, 1));
        }
    });
}

#[test]
fn a_server_that_has_forgotten_an_upload_gets_all_of_it_after_a_reload() {
    for_those_that(
        |can| can.resumes,
        |protocol| {
            let mut world = resuming(protocol, 2000 * KIB, slow());
            world.run_until(4000);
            let sent = bytes_sent(&world);
            world.forget(server(protocol, 64, 100));
            world.at(4000, Deed::Reload);
            world.run(HOUR_MS);
            assert!(world.upload.view().finished, "{protocol:?}: {:?}", world.upload.view());
            assert_eq!((world.server.stored(), world.server.deliveries()), (2000 * KIB, 1));
            // Where nobody can ask first, the first chunks show that nothing is there.
            let price = world.most_ahead;
            assert!(bytes_sent(&world) - sent <= 2000 * KIB + price, "{protocol:?}");
        },
    );
}

#[test]
fn a_pause_stops_everything_until_it_ends() {
    for_all(|protocol| {
        let mut world = world(protocol, 2000 * KIB, slow());
        world.run_until(2000);
        world.at(2000, Deed::Pause);
        world.run_until(2001);
        let (view, sent) = (world.upload.view(), world.sent.len());
        assert!(view.paused && view.can_pause && view.can_cancel);
        world.run_until(HOUR_MS / 2);
        assert_eq!(world.sent.len(), sent, "nothing is sent in a pause");
        world.at(HOUR_MS / 2, Deed::Unpause);
        world.run(HOUR_MS);
        assert!(world.upload.view().finished);
        assert!(bytes_sent(&world) - 2000 * KIB <= price(protocol, &world, 1, 2000 * KIB));
    });
}

#[test]
fn a_quick_pause_and_unpause_works() {
    for_all(|protocol| {
        let mut world = world(protocol, 2000 * KIB, slow());
        for time_ms in [0, 100, 101, 102, 1500, 1501, 3000] {
            world.at(time_ms, Deed::Pause);
            world.at(time_ms, Deed::Unpause);
        }
        world.run(HOUR_MS);
        assert!(world.upload.view().finished, "{:?}", world.upload.view());
        assert_eq!(world.server.deliveries(), 1);
    });
}

#[test]
fn a_pause_while_a_retry_is_pending_is_obeyed() {
    for_all(|protocol| {
        let mut world = world(protocol, 2000 * KIB, slow());
        world.at(2000, Deed::Cut);
        world.at(2052, Deed::Pause);
        world.run_until(HOUR_MS);
        assert!(world.upload.view().paused);
        assert_eq!(world.connects, 1);
    });
}

#[test]
fn a_cancelled_upload_is_gone_on_both_sides() {
    for_all(|protocol| {
        let mut world = world(protocol, 2000 * KIB, slow());
        world.at(2000, Deed::Cancel);
        world.run(HOUR_MS);
        let view = world.upload.view();
        assert!(view.cancelled && !view.cancelling && !view.can_cancel && view.error.is_none());
        assert_eq!(view.cancel_msg.as_deref(), Some("user ünhappy"));
        assert!(world.server.is_cancelled());
        assert_eq!(world.notices.last(), Some(&Notice::Cancelled));
    });
}

#[test]
fn a_paused_upload_can_be_cancelled_and_the_server_hears_of_it() {
    for_all(|protocol| {
        let mut world = world(protocol, 2000 * KIB, slow());
        world.at(2000, Deed::Pause);
        world.at(3000, Deed::Cancel);
        world.run(HOUR_MS);
        assert!(world.upload.view().cancelled && world.server.is_cancelled());
    });
}

#[test]
fn a_cancellation_that_cannot_be_told_says_so() {
    for_those_that(
        |can| can.tells_cancel,
        |protocol| {
            let nobody = Weather { refused_percent: 100, ..Weather::FINE };
            let mut world = world(protocol, 2000 * KIB, nobody);
            world.at(500, Deed::Cancel);
            world.run(HOUR_MS);
            let view = world.upload.view();
            assert!(view.cancelled && !world.server.is_cancelled());
            assert_eq!(view.error.map(|error| error.kind()), Some("lost"));
            assert!(world.notices.contains(&Notice::Failed));
            assert!(world.now_ms < 20_000, "nobody waits long for it");
        },
    );
}

#[test]
fn a_connection_on_which_nothing_moves_counts_as_lost() {
    for_all(|protocol| {
        let silent = Weather { dies_silently: true, ..slow() };
        let mut world = world(protocol, 2000 * KIB, silent);
        world.at(2000, Deed::Cut);
        world.run(HOUR_MS);
        assert!(world.upload.view().finished);
        assert!(world.now_ms > 20_000, "the stall was waited for");
        assert!(world.now_ms < 70_000);
    });
}

#[test]
fn the_network_coming_back_ends_a_wait() {
    for_all(|protocol| {
        let mut patient = job_for(protocol, 2000 * KIB);
        patient.options.retry.delays = vec![std::time::Duration::from_secs(3000)];
        let mut world = World::new(protocol, patient, server(protocol, 64, 100), slow());
        world.start();
        world.at(2000, Deed::Cut);
        world.at(4000, Deed::Online);
        world.run(HOUR_MS);
        assert!(world.upload.view().finished);
        assert!(world.now_ms < 20_000);
    });
}

#[test]
fn a_slow_backend_is_waited_for_over_losses_and_gets_the_file_once() {
    for_those_that(
        |can| can.hands_over,
        |protocol| {
            let slow_backend = server(protocol, 64, 600_000);
            let mut world =
                World::new(protocol, job_for(protocol, 300 * KIB), slow_backend, Weather::FINE);
            world.start();
            world.run_until(30_000);
            let view = world.upload.view();
            assert!(!view.can_pause && !view.can_cancel && !view.finished && view.connected);
            world.at(60_000, Deed::Cut);
            world.at(70_000, Deed::Pause);
            world.at(70_001, Deed::Cancel);
            world.run(HOUR_MS);
            assert!(world.upload.view().finished);
            assert_eq!(world.server.deliveries(), 1);
            assert_eq!(bytes_sent(&world), 300 * KIB);
        },
    );
}

#[test]
fn bytes_left_are_told_while_they_leave_and_not_when_they_are_queued() {
    for_all(|protocol| {
        let mut world = world(protocol, 400 * KIB, slow());
        world.run_until(400);
        let early = world.upload.view();
        assert!(early.bytes_tx < early.bytes_total && early.bytes_tx >= early.bytes_acked);
        world.run_until(1100);
        let later = world.upload.view();
        assert!(later.bytes_tx > early.bytes_tx && later.bytes_tx < later.bytes_total);
    });
}
