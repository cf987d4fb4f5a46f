//! What a request to a protocol without tickets means, as far as its address tells: that is what a hook
//! lets in, so that it must mean one thing only, and a form must not mean another.

use axum::http::{Method, Uri};
use incoming_protocol::fineuploader::server::FILENAMES;
use incoming_protocol::resumable::dialect::Parameter;
use incoming_protocol::{fineuploader, galileo, resumable, robusto};
use percent_encoding::percent_decode_str;

use crate::parameters::pairs;

/// Names for which there is no other, besides those that begin with `qq`.
const ALONE: [&str; 5] = ["_method", "md5", "name", "chunk", "chunks"];

/// What is asked for, under the names of the headers that tell a hook.
pub(super) type Meaning = Vec<(&'static str, String)>;

/// Two values for one thing; the name of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contradiction(pub(super) String);

/// The parameters of a request, all of them.
pub(super) type Pairs = Vec<(String, String)>;

/// What a request asks for.
///
/// # Errors
/// When its query says one thing twice and differently, in whatever dialect.
pub(super) fn meaning(method: &Method, uri: &Uri) -> Result<Meaning, Contradiction> {
    let query = uri.query().unwrap_or_default();
    let pairs: Pairs = pairs(query).collect();
    check(&pairs)?;
    let path = uri.path();
    let of = |names: &[String]| {
        let values = names.iter().filter_map(|name| value(&pairs, name));
        values.filter(|value| !value.is_empty()).map(str::to_owned).next()
    };
    let one = |name: &str| of(&[name.to_owned()]);
    let is_at = |protocol: &str| path == protocol || path.starts_with(&format!("{protocol}/"));
    let (protocol, id, name, size) = if is_at(fineuploader::PATH) {
        let id = uuid_in(method, path).or_else(|| one("qquuid"));
        let name = of(&FILENAMES.map(str::to_owned));
        (fineuploader::PATH, id, name, one("qqtotalfilesize"))
    } else if is_at(resumable::PATH) {
        let parameter = |parameter: Parameter| of(&parameter.names().collect::<Vec<_>>());
        let [id, name, size] =
            [Parameter::Identifier, Parameter::Filename, Parameter::TotalSize].map(parameter);
        (resumable::PATH, id, name, size)
    } else if is_at(robusto::PATH) {
        (robusto::PATH, one("md5"), one("name"), None)
    } else {
        (galileo::PATH, None, None, None)
    };
    let known = [
        ("x-upload-protocol", Some(protocol[1..].to_owned())),
        ("x-upload-id", id),
        ("x-upload-name", name),
        ("x-upload-size", size),
        ("x-upload-action", Some(action(method, path, &pairs).to_owned())),
    ];
    Ok(known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// Makes sure that parameters say nothing twice and differently, whatever they are called.
///
/// # Errors
/// When they do.
pub(super) fn check(pairs: &[(String, String)]) -> Result<(), Contradiction> {
    for (name, value) in pairs {
        let aliases = aliases(name);
        let differs = |(other, said): &&(String, String)| said != value && aliases.contains(other);
        if let Some((other, _)) = pairs.iter().find(differs) {
            return Err(Contradiction(other.clone()));
        }
    }
    Ok(())
}

/// All names of the same thing. None of what no protocol looks at: pages may add lists of their own.
fn aliases(name: &str) -> Vec<String> {
    if FILENAMES.contains(&name) {
        return FILENAMES.map(str::to_owned).into();
    }
    let mut groups = Parameter::ALL.into_iter().map(|parameter| parameter.names().collect());
    let group: Option<Vec<String>> =
        groups.find(|names: &Vec<String>| names.iter().any(|it| it == name));
    let is_alone = name.starts_with("qq") || ALONE.contains(&name);
    group.unwrap_or_else(|| if is_alone { vec![name.to_owned()] } else { Vec::new() })
}

/// The first value under a name.
pub(super) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// The uuid of Fine Uploader's removal is a part of the path.
fn uuid_in(method: &Method, path: &str) -> Option<String> {
    let uuid = path.strip_prefix(fineuploader::PATH)?.strip_prefix('/')?;
    let is_removal = method == Method::DELETE && !uuid.is_empty();
    is_removal.then(|| percent_decode_str(uuid).decode_utf8_lossy().into_owned())
}

fn action(method: &Method, path: &str, pairs: &[(String, String)]) -> &'static str {
    match path.strip_prefix(fineuploader::PATH) {
        Some("/success") => return "finish",
        Some("/session") => return "list",
        Some(_) if method == Method::DELETE => return "remove",
        Some(_) if value(pairs, "_method") == Some("DELETE") => return "remove",
        _ => {}
    }
    // GalileoSend is a WebSocket, which begins as a question.
    let is_question = matches!(*method, Method::GET | Method::HEAD) && path != galileo::PATH;
    if is_question { "test" } else { "upload" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &Method, uri: &'static str) -> String {
        match meaning(method, &Uri::from_static(uri)) {
            Ok(meaning) => meaning
                .iter()
                .map(|(name, value)| format!("{}={value}", &name["x-upload-".len()..]))
                .collect::<Vec<_>>()
                .join(" "),
            Err(Contradiction(name)) => format!("twice: {name}"),
        }
    }

    #[test]
    fn a_request_means_the_same_in_every_dialect() {
        for (method, uri, expected) in [
            (
                Method::POST,
                "/resumable?resumableIdentifier=a&resumableFilename=b%20c&resumableTotalSize=7",
                "protocol=resumable id=a name=b c size=7 action=upload",
            ),
            (Method::GET, "/resumable?flowIdentifier=a", "protocol=resumable id=a action=test"),
            (
                Method::POST,
                "/fineuploader?qquuid=u&qqfile=old&qqtotalfilesize=7",
                "protocol=fineuploader id=u name=old size=7 action=upload",
            ),
            (Method::DELETE, "/fineuploader/u%2F1", "protocol=fineuploader id=u/1 action=remove"),
            (Method::POST, "/fineuploader?_method=DELETE", "protocol=fineuploader action=remove"),
            (Method::POST, "/fineuploader/success", "protocol=fineuploader action=finish"),
            (Method::GET, "/fineuploader/session", "protocol=fineuploader action=list"),
            (Method::GET, "/robusto?md5=m&name=n", "protocol=robusto id=m name=n action=test"),
            (Method::GET, "/galileo", "protocol=galileo action=upload"),
        ] {
            assert_eq!(of(&method, uri), expected, "{method} {uri}");
        }
    }

    #[test]
    fn what_is_said_twice_is_refused_if_it_differs_and_in_other_words_too() {
        for (uri, expected) in [
            ("/resumable?resumableIdentifier=a&flowIdentifier=b", "twice: flowIdentifier"),
            (
                "/resumable?resumableIdentifier=a&resumableIdentifier=b",
                "twice: resumableIdentifier",
            ),
            ("/fineuploader?qqfile=a&qqfilename=b", "twice: qqfilename"),
            ("/fineuploader?qquuid=a&qquuid=b", "twice: qquuid"),
            ("/robusto?md5=a&md5=b", "twice: md5"),
        ] {
            assert_eq!(of(&Method::POST, uri), expected, "{uri}");
        }
        let lists = "/resumable?tags[]=a&tags[]=b";
        assert_eq!(of(&Method::POST, lists), "protocol=resumable action=upload");
        let same = "/resumable?flowIdentifier=a&resumableIdentifier=a&flowIdentifier=a";
        assert_eq!(of(&Method::POST, same), "protocol=resumable id=a action=upload");
    }
}
