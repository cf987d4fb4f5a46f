//! GalileoSend: one WebSocket for each file.

use std::time::Duration;

use incoming_server::Config;
use serde_json::{Value, json};

use crate::common::browser::Heard;
use crate::common::{Backend, Browser, Reply, Server, bytes, until};

const CHUNK: usize = 1000;

async fn small(change: impl FnOnce(&mut Config)) -> Server {
    Server::with(|config| {
        config.galileo_chunk_size = 1000;
        change(config);
    })
    .await
}

async fn browser(server: &Server) -> Browser {
    Browser::connect_to(server.running.address(), "/galileo").await
}

async fn say(browser: &mut Browser, signal: &Value) {
    browser.text(&signal.to_string()).await;
}

async fn expect(browser: &mut Browser, signal: Value) {
    assert_eq!(browser.hear().await, Heard::Text(signal));
}

async fn expect_ready(browser: &mut Browser) {
    expect(browser, json!({ "ready": true, "chunksize": CHUNK })).await;
}

async fn expect_fatal(browser: &mut Browser, words: &str) {
    expect(browser, json!({ "error": words, "fatal": true })).await;
    browser.expect_close(1000).await;
}

async fn expect_end(browser: &mut Browser) {
    expect(browser, json!({ "close": true })).await;
}

async fn describe(server: &Server, name: &str, size: usize) -> Browser {
    let mut browser = browser(server).await;
    say(&mut browser, &json!({ "name": name, "size": size })).await;
    expect_ready(&mut browser).await;
    browser
}

async fn fill(browser: &mut Browser, content: &[u8]) {
    // An empty file is one empty chunk.
    let chunks: Vec<&[u8]> =
        if content.is_empty() { vec![content] } else { content.chunks(CHUNK).collect() };
    for chunk in chunks {
        browser.binary(chunk).await;
        expect_ready(browser).await;
    }
}

async fn finished(browser: &mut Browser) {
    say(browser, &json!({ "finished": true })).await;
}

async fn upload(server: &Server, name: &str, content: &[u8]) {
    let mut browser = describe(server, name, content.len()).await;
    fill(&mut browser, content).await;
    finished(&mut browser).await;
    expect_end(&mut browser).await;
}

async fn expect_nothing_left(server: &Server) {
    until("nothing is left", || server.uploads() == 0).await;
    assert_eq!(std::fs::read_dir(server.storage().join("arrived")).unwrap().count(), 0);
}

#[tokio::test]
async fn files_of_all_sizes_arrive() {
    let server = small(|_| {}).await;
    let sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 10 * CHUNK + 7];
    for size in sizes {
        upload(&server, "blåbær ü 文件.bin", &bytes(size)).await;
    }
    let mut arrived = server.arrived();
    arrived.sort_by_key(|arrived| arrived.content.len());
    for (arrived, size) in arrived.iter().zip(sizes) {
        assert!(arrived.content == bytes(size));
        assert_eq!(arrived.note["name"], "blåbær ü 文件.bin");
        assert_eq!(arrived.note["size"], size);
        assert_eq!(arrived.note["protocol"], "galileo");
    }
    assert_eq!(arrived.len(), sizes.len());
}

#[tokio::test]
async fn two_files_come_at_once() {
    let server = small(|_| {}).await;
    let (one, other) = (bytes(3 * CHUNK), vec![7; 3 * CHUNK]);
    let mut first = describe(&server, "a", one.len()).await;
    let mut second = describe(&server, "b", other.len()).await;
    for (a, b) in one.chunks(CHUNK).zip(other.chunks(CHUNK)) {
        fill(&mut first, a).await;
        fill(&mut second, b).await;
    }
    finished(&mut first).await;
    finished(&mut second).await;
    expect_end(&mut first).await;
    expect_end(&mut second).await;
    let contents: Vec<_> = server.arrived().into_iter().map(|arrived| arrived.content).collect();
    assert!(contents == [one, other]);
}

#[tokio::test]
async fn a_file_without_a_size_and_without_a_name_arrives() {
    let server = small(|_| {}).await;
    let mut browser = browser(&server).await;
    say(&mut browser, &json!({})).await;
    expect_ready(&mut browser).await;
    fill(&mut browser, b"xyz").await;
    finished(&mut browser).await;
    expect_end(&mut browser).await;
    let arrived = server.only_arrived();
    assert_eq!((&arrived.note["name"], &arrived.note["size"]), (&json!("unknown"), &json!(3)));
}

#[tokio::test]
async fn an_empty_chunk_at_the_end_does_no_harm() {
    let server = small(|_| {}).await;
    let mut browser = describe(&server, "a", 3).await;
    fill(&mut browser, b"xyz").await;
    fill(&mut browser, b"").await;
    finished(&mut browser).await;
    expect_end(&mut browser).await;
    assert_eq!(server.only_arrived().content, b"xyz");
}

#[tokio::test]
async fn a_chunk_of_the_size_that_the_original_took_is_taken() {
    let server = small(|_| {}).await;
    let mut browser = describe(&server, "a", 262_144).await;
    browser.binary(&bytes(262_144)).await;
    expect_ready(&mut browser).await;
    finished(&mut browser).await;
    expect_end(&mut browser).await;
}

#[tokio::test]
async fn the_client_closes_and_a_client_that_does_not_is_closed() {
    let server = small(|_| {}).await;
    let mut browser = describe(&server, "a", 0).await;
    fill(&mut browser, b"").await;
    finished(&mut browser).await;
    expect_end(&mut browser).await;
    browser.expect_close(1000).await;
}

#[tokio::test]
async fn the_first_description_stands() {
    let server = small(|_| {}).await;
    let mut browser = describe(&server, "first", 3).await;
    say(&mut browser, &json!({ "name": "second", "size": 100, "directory": "/" })).await;
    expect_ready(&mut browser).await;
    fill(&mut browser, b"xyz").await;
    finished(&mut browser).await;
    expect_end(&mut browser).await;
    assert_eq!(server.only_arrived().note["name"], "first");
}

#[tokio::test]
async fn a_hash_that_is_right_is_accepted() {
    let server = small(|_| {}).await;
    for hash in [
        json!({ "type": "md5", "value": "d16fb36f0911f878998c136191af705e" }),
        json!({ "type": "MD5", "value": "D16FB36F0911F878998C136191AF705E" }),
        json!({ "type": "sha1", "value": "66b27417d37e024c46526c2f6d358a754fc552f3" }),
        json!({ "type": "SHA-1", "value": "66b27417d37e024c46526c2f6d358a754fc552f3" }),
    ] {
        let mut browser = describe(&server, "a", 3).await;
        fill(&mut browser, b"xy").await;
        fill(&mut browser, b"z").await;
        let md5 = hash["value"].as_str().unwrap().to_lowercase();
        say(&mut browser, &json!({ "finished": true, "hash": hash })).await;
        let end = match md5.len() {
            32 => json!({ "close": true, "md5": md5 }),
            _ => json!({ "close": true }),
        };
        expect(&mut browser, end).await;
    }
    assert_eq!(server.arrived().len(), 4);
}

#[tokio::test]
async fn a_hash_that_is_wrong_ends_the_upload_and_leaves_nothing() {
    let server = small(|_| {}).await;
    let wrong = "00000000000000000000000000000000";
    let other = format!("Expected the hash {wrong}. Got d16fb36f0911f878998c136191af705e.");
    for (kind, words, is_damaged) in
        [("md5", other.as_str(), true), ("crc", "Expected a hash of the type md5 or sha1.", false)]
    {
        let mut browser = describe(&server, "a", 3).await;
        fill(&mut browser, b"xyz").await;
        let hash = json!({ "type": kind, "value": wrong });
        say(&mut browser, &json!({ "finished": true, "hash": hash })).await;
        let mut signal = json!({ "error": words, "fatal": true });
        if is_damaged {
            signal["damaged"] = json!(true);
        }
        expect(&mut browser, signal).await;
        browser.expect_close(1000).await;
        expect_nothing_left(&server).await;
    }
}

#[tokio::test]
async fn too_few_and_too_many_bytes_end_the_upload_in_the_words_of_the_original() {
    let server = small(|_| {}).await;
    let mut browser = describe(&server, "a", 5).await;
    fill(&mut browser, b"xyz").await;
    finished(&mut browser).await;
    expect_fatal(&mut browser, "Expected: 5 bytes. Got: 3 bytes.").await;
    let mut browser = describe(&server, "a", 2).await;
    browser.binary(b"xyz").await;
    expect_fatal(&mut browser, "Expected: 2 bytes. Got: 3 bytes.").await;
    expect_nothing_left(&server).await;
}

#[tokio::test]
async fn what_comes_before_the_description_is_refused() {
    let server = small(|_| {}).await;
    let mut early = browser(&server).await;
    finished(&mut early).await;
    expect_fatal(&mut early, "Expected name and size before finished.").await;
    let mut early = browser(&server).await;
    early.binary(b"x").await;
    expect_fatal(&mut early, "Expected name and size before any bytes.").await;
    for size in [json!(-1), json!(1.5), json!("7"), json!(1e300)] {
        let mut browser = browser(&server).await;
        say(&mut browser, &json!({ "name": "a", "size": size })).await;
        expect_fatal(&mut browser, "Expected a whole number of bytes as size.").await;
    }
    expect_nothing_left(&server).await;
}

#[tokio::test]
async fn text_that_is_no_json_is_answered_and_the_upload_goes_on() {
    let server = small(|_| {}).await;
    let mut browser = browser(&server).await;
    for text in ["", "{", "\0", "nonsense"] {
        browser.text(text).await;
        expect(&mut browser, json!({ "error": "Expected JSON.", "fatal": false })).await;
    }
    for odd in [json!(null), json!([]), json!("x"), json!(7)] {
        let mut odd_one = self::browser(&server).await;
        say(&mut odd_one, &odd).await;
        expect_ready(&mut odd_one).await;
    }
    say(&mut browser, &json!({ "name": "a", "size": 3 })).await;
    expect_ready(&mut browser).await;
    fill(&mut browser, b"xyz").await;
    finished(&mut browser).await;
    expect_end(&mut browser).await;
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let server = small(|_| {}).await;
    let long = "x".repeat(16_000);
    let names = ["../../../x", "/etc/passwd", "..", "a\0b", "C:\\a", &long, ""];
    for name in names {
        upload(&server, name, b"xyz").await;
    }
    let arrived = server.arrived();
    assert_eq!(arrived.len(), names.len());
    let folder = server.storage().join("arrived");
    for arrived in arrived {
        assert_eq!(arrived.path.parent().unwrap(), folder);
        let name = arrived.note["name"].as_str().unwrap();
        assert!(name.len() <= 255 && !name.contains(['/', '\\', '\0']), "{name}");
    }
}

#[tokio::test]
async fn a_lost_connection_leaves_nothing_behind() {
    let server = small(|_| {}).await;
    let lost = describe(&server, "a", 10 * CHUNK).await;
    let mut halfway = describe(&server, "b", 10 * CHUNK).await;
    fill(&mut halfway, &bytes(2 * CHUNK)).await;
    assert_eq!(server.uploads(), 2);
    lost.vanish().await;
    halfway.vanish().await;
    expect_nothing_left(&server).await;
}

#[tokio::test]
async fn silence_ends_the_upload_and_leaves_nothing_behind() {
    let server = small(|config| config.connection_timeout = Duration::from_millis(300)).await;
    let mut silent = browser(&server).await;
    silent.expect_close(1000).await;
    let mut silent = describe(&server, "a", 2 * CHUNK).await;
    fill(&mut silent, &bytes(CHUNK)).await;
    silent.expect_close(1000).await;
    expect_nothing_left(&server).await;
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let server = small(|_| {}).await;
    let mut browser = describe(&server, "a", 1 << 20).await;
    browser.binary(&vec![0; 262_144 + 4097]).await;
    browser.expect_close(1009).await;
    expect_nothing_left(&server).await;
}

#[tokio::test]
async fn limits_hold() {
    let server = small(|config| (config.max_file_size, config.max_tickets) = (10, 1)).await;
    let mut large = browser(&server).await;
    say(&mut large, &json!({ "name": "a", "size": 11 })).await;
    expect_fatal(&mut large, "Expected at most 10 bytes.").await;
    let mut growing = browser(&server).await;
    say(&mut growing, &json!({ "name": "a" })).await;
    expect_ready(&mut growing).await;
    let mut second = browser(&server).await;
    say(&mut second, &json!({ "name": "b", "size": 1 })).await;
    expect_fatal(&mut second, "There are too many open uploads.").await;
    growing.binary(&bytes(11)).await;
    expect_fatal(&mut growing, "Expected at most 10 bytes.").await;
    expect_nothing_left(&server).await;
}

#[tokio::test]
async fn a_backend_is_told_of_the_file() {
    let mut backend = Backend::always(Reply::Done).await;
    let server = small(|config| config.signal_finish_url = Some(backend.url())).await;
    upload(&server, "blåbær 文件.bin", b"xyz").await;
    let call = backend.call().await;
    assert_eq!((call.of("cancelled"), call.of("cancelReason")), ("no".into(), String::new()));
    assert_eq!(call.of("filenameFromBrowser"), "blåbær 文件.bin");
    assert_eq!(std::fs::read(call.of("filename")).unwrap(), b"xyz");
}

#[tokio::test]
async fn a_restart_clears_what_was_under_way() {
    let server = small(|_| {}).await;
    let browser = describe(&server, "a", 2 * CHUNK).await;
    let id = {
        let entries = std::fs::read_dir(server.storage()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.into_iter().find(|path| path.join("upload.json").exists()).unwrap()
    };
    // What a server leaves that is killed now.
    let copy = server.folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for name in ["upload.json", "data"] {
        std::fs::copy(id.join(name), copy.join(name)).unwrap();
    }
    browser.vanish().await;
    expect_nothing_left(&server).await;
    let folder = server.stop().await;
    std::fs::rename(copy, id).unwrap();
    let server = Server::over(folder, |_| {}).await;
    expect_nothing_left(&server).await;
}

/// The end of the process, or of the power, may come when the file has its place and nobody knows.
#[tokio::test]
async fn a_file_that_has_just_arrived_when_the_server_ends_is_announced_after_the_next_start() {
    let mut backend = Backend::always(Reply::Done).await;
    let url = backend.url();
    let told = |config: &mut Config| config.signal_finish_url = Some(url.clone());
    let server = small(told).await;
    upload(&server, "a", b"01234").await;
    let id = backend.call().await.of("id");
    let (document, file) = (server.upload(&id).join("upload.json"), server.only_arrived().path);
    let is_over = || std::fs::read_to_string(&document).unwrap().contains("\"finished\"");
    until("the backend has the file", is_over).await;
    let folder = server.stop().await;
    let text = std::fs::read_to_string(&document).unwrap();
    std::fs::write(&document, text.replace("\"finished\"", "\"receiving\"")).unwrap();
    std::fs::remove_file(file.with_extension("json")).unwrap();

    let server = Server::over(folder, told).await;
    assert_eq!(backend.call().await.of("id"), id);
    assert_eq!(server.only_arrived().content, b"01234");
    assert_eq!(server.only_arrived().note["name"], "a");
}
