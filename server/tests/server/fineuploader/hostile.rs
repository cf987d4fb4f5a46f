//! Requests that no browser sends.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::SIZE;
use super::parts::{Parts, pairs, reply, success};
use crate::common::chunks::{BOUNDARY, Pairs, form, form_head, form_type};
use crate::common::{Server, bytes};

fn parts() -> Parts {
    Parts::new("u", &bytes(4 * SIZE), SIZE)
}

fn changed(name: &str, value: Option<&str>) -> Pairs {
    let mut fields = parts().fields(1);
    fields.retain(|(other, _)| other != name);
    fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    fields
}

fn refused((status, reply): &(u16, Value)) -> bool {
    *status == 400 && reply["success"] == false && reply["preventRetry"] == true
}

#[tokio::test]
async fn lies_are_refused_for_good_and_leave_nothing() {
    let server = Server::start().await;
    let long = "x".repeat(64 * 1024);
    for (name, value) in [
        ("qquuid", None),
        ("qquuid", Some("")),
        ("qquuid", Some(&*long)),
        ("qqpartindex", Some("-1")),
        ("qqpartindex", Some("0")),
        ("qqpartindex", Some("4")),
        ("qqpartindex", Some("99999999999999999999")),
        ("qqpartbyteoffset", Some("99")),
        ("qqpartbyteoffset", Some("18446744073709551615")),
        ("qqchunksize", Some("0")),
        ("qqchunksize", Some("101")),
        ("qqchunksize", Some("9999999999999999")),
        ("qqtotalparts", Some("0")),
        ("qqtotalparts", Some("9999999999999999")),
        ("qqtotalfilesize", None),
        ("qqtotalfilesize", Some("-1")),
        ("qqtotalfilesize", Some("1e9")),
    ] {
        let sent = server.fine_form(&Vec::new(), &changed(name, value), "blob", &[0; SIZE]).await;
        assert!(refused(&sent), "{name} {value:.20?} {sent:?}");
    }
    assert_eq!(server.uploads(), 0);
}

#[tokio::test]
async fn a_part_has_as_many_bytes_as_it_says_also_when_the_file_is_whole() {
    let server = Server::start().await;
    let parts = parts();
    server.all_parts(&parts).await;
    for length in [1, SIZE - 1] {
        let cut = &parts.bytes(1)[..length];
        let sent = server.fine_form(&Vec::new(), &parts.fields(1), "blob", cut).await;
        assert!(refused(&sent), "{length} {sent:?}");
    }
    assert_eq!(server.part(&parts, 1).await, success());
}

#[tokio::test]
async fn a_body_has_as_many_bytes_as_it_says() {
    let server = Server::start().await;
    for length in [0, SIZE - 1, SIZE + 1, 300_000] {
        let body = vec![1; length];
        let sent = server.fine_form(&Vec::new(), &parts().fields(1), "blob", &body).await;
        assert!(refused(&sent), "{length} {sent:?}");
    }
    server.all_parts(&parts()).await;
    assert!(server.only_arrived().content == parts().content);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_whatever_it_says() {
    let server = Server::with(|config| config.max_file_size = 300).await;
    let (status, reply) = server.part(&parts(), 0).await;
    assert_eq!((status, &reply["preventRetry"]), (413, &json!(true)));
    let whole = server.whole("w", "a.bin", &[0; 301]).await;
    assert_eq!(whole.0, 413);
    let silent = pairs(&[("qquuid", "s")]);
    for size in [301, 300_000] {
        let sent = server.fine_form(&Vec::new(), &silent, "a.bin", &vec![0; size]).await;
        assert!([400, 413].contains(&sent.0) && sent.1["preventRetry"] == true, "{sent:?}");
    }
    assert!(server.arrived().is_empty());
    assert_eq!(server.whole("x", "a.bin", &[0; 300]).await, success());
}

#[tokio::test]
async fn forms_that_are_none_are_refused() {
    let server = Server::start().await;
    let no_file = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"qquuid\"\r\n\r\nu\r\n--{BOUNDARY}--\r\n"
    );
    let many: Pairs = (0..1000).map(|i| (format!("f{i}"), String::new())).collect();
    let large = pairs(&[("qquuid", "u"), ("x", &"x".repeat(70_000))]);
    for body in [no_file.into_bytes(), form(&many, "a", b"x"), form(&large, "a", b"x")] {
        let request = server.fine(Method::POST, "").body(body);
        let sent = reply(request.header("content-type", form_type())).await;
        assert!(refused(&sent), "{sent:?}");
    }
    for path in ["/success", ""] {
        let endless = vec![b'x'; 100_000];
        let request = server.fine(Method::POST, path).body(endless);
        let kind = "application/x-www-form-urlencoded";
        let (status, _) = reply(request.header("content-type", kind)).await;
        assert!(status >= 400, "{path} {status}");
    }
    assert_eq!(server.uploads(), 0);
}

#[tokio::test]
async fn names_are_made_harmless() {
    let server = Server::start().await;
    let names = ["../../x", "a\0b", "..", "C:\\a\\b", &"x".repeat(60_000)];
    for (uuid, name) in names.iter().enumerate() {
        let fields = [("qquuid", &*uuid.to_string()), ("qqfilename", name)];
        let sent = server.fine_form(&pairs(&fields), &Vec::new(), "z", b"x").await;
        assert_eq!(sent, success(), "{name:.20}");
    }
    for arrived in server.arrived() {
        let name = arrived.note["name"].as_str().unwrap();
        let is_harmless = !name.contains(['/', '\\', '\0']) && name.len() <= 255 && name != "..";
        assert!(is_harmless, "{name}");
        assert_eq!(arrived.path.parent().unwrap(), server.storage().join("arrived"));
    }
}

/// Sends the beginning of a request and goes away.
async fn send_cut(server: &Server, body: &[u8], end: usize) {
    let mut socket = TcpStream::connect(server.running.address()).await.unwrap();
    let head = form_head("/fineuploader", "", body.len());
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&body[..end]).await.unwrap();
    socket.shutdown().await.unwrap();
    let _ = socket.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn a_body_that_is_cut_anywhere_is_dropped_without_a_trace() {
    let server = Server::start().await;
    let whole = [("qquuid", "w"), ("qqfilename", "w.bin"), ("qqtotalfilesize", "10")];
    let unsized_form = [("qquuid", "s")];
    for fields in [&whole[..], &unsized_form] {
        let body = form(&pairs(fields), "w.bin", b"0123456789");
        for end in 0..body.len() - 4 {
            send_cut(&server, &body, end).await;
        }
    }
    let part = form(&parts().fields(0), "blob", parts().bytes(0));
    for end in 0..part.len() - 4 {
        send_cut(&server, &part, end).await;
    }
    assert!(server.arrived().is_empty());
    let (_, early) = server.all_sent("u").await;
    assert_eq!(early["reset"], true);
    let other = Parts { content: vec![7; 4 * SIZE], ..parts() };
    server.all_parts(&other).await;
    assert!(server.only_arrived().content == other.content);
}
