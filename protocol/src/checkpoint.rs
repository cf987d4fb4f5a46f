//! What has to be kept of an upload so that another page can go on with it.

use crate::Json;
use crate::pieces::Layout;

/// The form of what is kept. Another one is not understood, and as good as nothing.
const VERSION: u64 = 1;

/// By what the server knows an upload, and what it has confirmed.
///
/// It never holds a secret of a session: the id of Incoming!! is the ticket that the page had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ticket, the identifier, the uuid, or the MD5 of the file: never empty.
    pub id: String,
    /// Which chunks are confirmed; `None` where the server says where to go on.
    pub chunks: Option<Chunks>,
}

/// Which chunks are confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunks {
    /// The size of a chunk in bytes. Chunks of other sizes must not be mixed with these.
    pub size: u64,
    /// The last chunk takes what is left over.
    pub large_last: bool,
    /// The borders between what is confirmed and what is not, in order and beginning with the
    /// first confirmed one: chunks 0 to 17 and 19 are 0, 18, 19, 20.
    pub borders: Vec<u64>,
}

impl Checkpoint {
    /// An upload under this id, of which nothing is known.
    pub fn new(id: &str) -> Checkpoint {
        Checkpoint { id: id.to_owned(), chunks: None }
    }

    /// As it is kept: a list of the version, the id and, if there are any, what is known of chunks:
    /// their size, whether the last one is larger, and the borders.
    pub fn to_json(&self) -> Json {
        let mut list = vec![Json::from(VERSION), Json::from(self.id.as_str())];
        if let Some(chunks) = &self.chunks {
            list.push(chunks.size.into());
            list.push(chunks.large_last.into());
            list.extend(chunks.borders.iter().map(|border| Json::from(*border)));
        }
        Json::List(list)
    }

    /// Reads it again. `None` for anything but a whole checkpoint of this version.
    pub fn from_json(json: &Json) -> Option<Checkpoint> {
        let Json::List(list) = json else { return None };
        let [version, id, rest @ ..] = &list[..] else { return None };
        if version.whole() != Some(VERSION) {
            return None;
        }
        let id = id.text().filter(|id| !id.is_empty())?.to_owned();
        let chunks = match rest {
            [] => None,
            [size, large_last, borders @ ..] => Some(Chunks {
                size: size.whole().filter(|size| *size > 0)?,
                large_last: large_last.bool()?,
                borders: borders.iter().map(Json::whole).collect::<Option<_>>()?,
            }),
            [_] => return None,
        };
        Some(Checkpoint { id, chunks })
    }
}

impl Chunks {
    /// Where the borders between all chunks of a file of this size are.
    pub fn layout(&self, size: u64) -> Layout {
        Layout { size, chunk_size: self.size, large_last: self.large_last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Checkpoint> {
        Checkpoint::from_json(&serde_json::from_str(text).expect("JSON"))
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let chunks = Chunks { size: 64, large_last: true, borders: vec![0, 18, 19, 20] };
        for chunks in [None, Some(chunks)] {
            let checkpoint = Checkpoint { id: "e1bb".into(), chunks };
            assert_eq!(Checkpoint::from_json(&checkpoint.to_json()), Some(checkpoint));
        }
    }

    #[test]
    fn it_is_small_and_has_nothing_but_the_id_and_numbers() {
        let chunks = Some(Chunks { size: 64, large_last: false, borders: vec![0, 18] });
        let kept = Checkpoint { id: "e1bb".into(), chunks }.to_json();
        let text = serde_json::to_string(&kept).expect("JSON");
        assert_eq!(text, r#"[1,"e1bb",64,false,0,18]"#);
        let kept = serde_json::to_string(&Checkpoint::new("t").to_json()).expect("JSON");
        assert_eq!(kept, r#"[1,"t"]"#);
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_nothing() {
        for damaged in [
            "null",
            "{}",
            "[]",
            "[1]",
            r#"[1,""]"#,
            r#"[2,"t"]"#,
            r#"["1","t"]"#,
            r#"[1,7]"#,
            r#"[1,"t",64]"#,
            r#"[1,"t",0,false]"#,
            r#"[1,"t",1.5,false]"#,
            r#"[1,"t",64,0]"#,
            r#"[1,"t",64,false,-1]"#,
            r#"[1,"t",64,false,"0"]"#,
            r#"[1,"t",64,false,0,null]"#,
        ] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
        assert!(read(r#"[1,"t",64,false]"#).is_some());
    }
}
