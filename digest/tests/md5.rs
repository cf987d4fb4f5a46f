//! Every way through the lanes gives the digests of the crate `md-5`, and those of the standard.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, missing_docs, reason = "tests")]

use fastrand::Rng;
use incoming_digest::{Digest, LANES, Lane, Lanes};
use md5::{Digest as _, Md5};

const VECTORS: [(&str, &str); 7] = [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    (
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "d174ab98d277d9f5a5611c2c9f419d9f",
    ),
    (
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a",
    ),
];

fn hex(digest: Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn expected(message: &[u8]) -> Digest {
    Md5::digest(message).into()
}

fn random(rng: &mut Rng, length: usize) -> Vec<u8> {
    std::iter::repeat_with(|| rng.u8(..)).take(length).collect()
}

type Cuts<'a> = std::vec::IntoIter<&'a [u8]>;

/// Cuts a message at random places, also into nothing.
fn cut<'a>(rng: &mut Rng, mut message: &'a [u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while !message.is_empty() {
        let limit = if rng.bool() { message.len() } else { message.len().min(130) };
        let (part, others) = message.split_at(rng.usize(..=limit));
        parts.push(part);
        message = others;
    }
    parts
}

/// Hashes any number of messages in four lanes, each lane taking the next when it is free.
fn in_lanes(rng: &mut Rng, messages: &[Vec<u8>]) -> Vec<Digest> {
    let mut lanes = Lanes::new();
    let mut waiting = (0..messages.len()).rev().collect::<Vec<_>>();
    let mut busy: [Option<(usize, Cuts<'_>)>; LANES] = Default::default();
    let mut digests = vec![Digest::default(); messages.len()];
    loop {
        let mut parts: [&[u8]; LANES] = [&[]; LANES];
        for (lane, part) in parts.iter_mut().enumerate() {
            if busy[lane].is_none() {
                let next = waiting.pop();
                busy[lane] = next.map(|i| (i, cut(rng, &messages[i]).into_iter()));
            }
            let Some((message, cuts)) = &mut busy[lane] else { continue };
            if let Some(next) = cuts.next() {
                *part = next;
            } else {
                digests[*message] = lanes.finish(lane);
                busy[lane] = None;
            }
        }
        if busy.iter().all(Option::is_none) && waiting.is_empty() {
            return digests;
        }
        lanes.update(parts);
    }
}

fn assert_in_lanes(rng: &mut Rng, messages: &[Vec<u8>]) {
    let expected = messages.iter().map(|message| expected(message)).collect::<Vec<_>>();
    assert_eq!(in_lanes(rng, messages), expected);
}

#[test]
fn one_message_has_the_digest_of_the_standard() {
    for (message, digest) in VECTORS {
        let mut lane = Lane::EMPTY;
        lane.update(message.as_bytes());
        assert_eq!(hex(lane.finish()), digest);
        assert_eq!(lane, Lane::EMPTY);
    }
}

#[test]
fn messages_side_by_side_have_the_digests_of_the_standard() {
    let mut rng = Rng::with_seed(1);
    let messages = VECTORS.map(|(message, _)| message.as_bytes().to_vec());
    let digests = in_lanes(&mut rng, &messages).into_iter().map(hex).collect::<Vec<_>>();
    assert_eq!(digests, VECTORS.map(|(_, digest)| digest));
}

#[test]
fn every_length_up_to_300_is_right_in_every_number_of_lanes() {
    let mut rng = Rng::with_seed(2);
    for length in 0..=300 {
        for count in 1..=LANES {
            let messages = (0..count).map(|_| random(&mut rng, length)).collect::<Vec<_>>();
            let mut lanes = Lanes::new();
            lanes.update(std::array::from_fn(|i| messages.get(i).map_or(&[][..], |m| m)));
            for (lane, message) in messages.iter().enumerate() {
                assert_eq!(lanes.finish(lane), expected(message), "{length} bytes, lane {lane}");
            }
        }
    }
}

#[test]
fn messages_of_different_lengths_cut_anywhere_are_right() {
    let mut rng = Rng::with_seed(3);
    for _ in 0..2_000 {
        let count = rng.usize(1..=9);
        let longest = [64, 300, 5_000][rng.usize(..3)];
        let messages = (0..count).map(|_| random_of(&mut rng, longest)).collect::<Vec<_>>();
        assert_in_lanes(&mut rng, &messages);
    }
}

fn random_of(rng: &mut Rng, longest: usize) -> Vec<u8> {
    let length = rng.usize(..=longest);
    random(rng, length)
}

#[test]
fn large_messages_are_right() {
    let mut rng = Rng::with_seed(4);
    let messages = [1 << 20, (1 << 20) - 1, (1 << 20) + 1, 77].map(|n| random(&mut rng, n));
    assert_in_lanes(&mut rng, &messages);
}

#[test]
fn a_message_that_was_put_aside_goes_on_in_another_lane() {
    let mut rng = Rng::with_seed(5);
    for length in [0, 1, 63, 64, 65, 1_000] {
        let [head, tail] = [random(&mut rng, length), random(&mut rng, 777)];
        let mut lanes = Lanes::new();
        lanes.update([&tail, &head, &tail, &[]]);
        let aside = *lanes.lane(1);
        *lanes.lane(1) = Lane::EMPTY;
        *lanes.lane(3) = aside;
        lanes.update([&[], &tail, &[], &tail]);
        assert_eq!(lanes.finish(3), expected(&[head, tail.clone()].concat()));
        assert_eq!(lanes.finish(1), expected(&tail));
    }
}
