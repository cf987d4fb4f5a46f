//! What has to be kept of an upload so that another page can go on with it.

use crate::Json;

/// The form of what is kept. Another one is not understood, and as good as nothing.
const VERSION: u64 = 1;

/// By what the server knows an upload, and what it has confirmed.
///
/// It never holds a secret of a session: the id of Incoming!! is the ticket that the page had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ticket, the identifier, the uuid, or the MD5 of the file: never empty.
    pub id: String,
    /// The size of a chunk in bytes: chunks of other sizes must not be mixed with those that are
    /// confirmed. 0 where nothing is known of chunks.
    pub chunk_size: u64,
    /// The last chunk takes what is left over.
    pub large_last: bool,
    /// Which chunks are confirmed: the borders between those that are and those that are not, in
    /// order and beginning with the first confirmed one. Chunks 0 to 17 and 19 are 0, 18, 19, 20.
    pub borders: Vec<u64>,
}

impl Checkpoint {
    /// An upload under this id, of which nothing is known.
    pub fn new(id: String) -> Checkpoint {
        Checkpoint { id, ..Checkpoint::default() }
    }

    /// As it is kept: a list of the id and numbers, which are the version, the size of a chunk,
    /// whether the last one is larger (1), and the borders.
    pub fn to_json(&self) -> Json {
        let mut list = vec![Json::Text(self.id.clone())];
        let numbers = [VERSION, self.chunk_size, self.large_last.into()];
        list.extend(numbers.iter().chain(&self.borders).map(|number| Json::from(*number)));
        Json::List(list)
    }

    /// Reads it again. `None` for anything but a whole checkpoint of this version.
    pub fn from_json(json: &Json) -> Option<Checkpoint> {
        let Json::List(list) = json else { return None };
        let (Json::Text(id), numbers) = list.split_first()? else { return None };
        let numbers: Vec<_> = numbers.iter().map(Json::whole).collect::<Option<_>>()?;
        let [VERSION, chunk_size, large_last, borders @ ..] = &numbers[..] else { return None };
        let (chunk_size, large_last) = (*chunk_size, *large_last > 0);
        Some(Checkpoint { id: id.clone(), chunk_size, large_last, borders: borders.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(checkpoint: &Checkpoint) -> String {
        serde_json::to_string(&checkpoint.to_json()).expect("JSON")
    }

    fn read(text: &str) -> Option<Checkpoint> {
        Checkpoint::from_json(&serde_json::from_str(text).expect("JSON"))
    }

    fn some() -> Checkpoint {
        let borders = vec![0, 18, 19, 20];
        Checkpoint { id: "e1bb".into(), chunk_size: 64, large_last: true, borders }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        for checkpoint in [some(), Checkpoint::new("t".into())] {
            assert_eq!(read(&text(&checkpoint)), Some(checkpoint));
        }
    }

    #[test]
    fn it_is_small_and_has_nothing_but_the_id_and_numbers() {
        assert_eq!(text(&some()), r#"["e1bb",1,64,1,0,18,19,20]"#);
        assert_eq!(text(&Checkpoint::new("t".into())), r#"["t",1,0,0]"#);
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_nothing() {
        for damaged in [
            "null",
            "{}",
            "[]",
            r#"["t"]"#,
            r#"["t",1]"#,
            r#"["t",1,64]"#,
            r#"["t",2,64,0]"#,
            r#"["t","1",64,0]"#,
            "[7,1,64,0]",
            r#"["t",1,1.5,0]"#,
            r#"["t",1,64,false]"#,
            r#"["t",1,64,0,-1]"#,
            r#"["t",1,64,0,"0"]"#,
            r#"["t",1,64,0,0,null]"#,
        ] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
    }
}
