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
    /// The ticket, the identifier, the uuid, or the MD5 of the file.
    pub id: String,
    /// The version, the size of a chunk, whether the last one is larger, and borders.
    numbers: Vec<u64>,
}

impl Checkpoint {
    /// An upload under this id. The borders are those between chunks that are confirmed and chunks
    /// that are not, in order and beginning with the first confirmed one: chunks 0 to 17 and 19 are
    /// 0, 18, 19, 20. Chunks of size 0 say that it is a new upload.
    pub fn new(id: &str, layout: Layout, borders: &[u64]) -> Checkpoint {
        let mut numbers = vec![VERSION, layout.chunk_size, layout.large_last.into()];
        numbers.extend_from_slice(borders);
        Checkpoint { id: id.to_owned(), numbers }
    }

    /// True if somebody has begun the upload.
    pub fn is_begun(&self) -> bool {
        self.numbers[1] > 0
    }

    /// Where the borders between all chunks of a file are that is cut like this otherwise. Chunks of
    /// different sizes must not be mixed.
    pub fn layout(&self, mut layout: Layout) -> Layout {
        if self.is_begun() {
            (layout.chunk_size, layout.large_last) = (self.numbers[1], self.numbers[2] > 0);
        }
        layout
    }

    /// The borders between chunks that are confirmed and chunks that are not.
    pub fn borders(&self) -> &[u64] {
        &self.numbers[3..]
    }

    /// As it is kept: a list of the id and the numbers.
    pub fn to_json(&self) -> Json {
        let mut list = vec![Json::Text(self.id.clone())];
        list.extend(self.numbers.iter().map(|number| Json::from(*number)));
        Json::List(list)
    }

    /// Reads it again. `None` for anything but a whole checkpoint of this version.
    pub fn from_json(json: &Json) -> Option<Checkpoint> {
        let Json::List(list) = json else { return None };
        let (Json::Text(id), numbers) = list.split_first()? else { return None };
        let numbers: Vec<_> = numbers.iter().map(Json::whole).collect::<Option<_>>()?;
        let is_whole = numbers.len() >= 3 && numbers[0] == VERSION;
        is_whole.then(|| Checkpoint { id: id.clone(), numbers })
    }
}

/// What is kept of an upload for another page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// How to go on.
    pub checkpoint: Checkpoint,
    /// How many bytes the server had confirmed.
    pub bytes_acked: u64,
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

    const CUT: Layout = Layout { size: 0, chunk_size: 64, large_last: true };
    const UNCUT: Layout = Layout { size: 0, chunk_size: 0, large_last: false };

    fn some() -> Checkpoint {
        Checkpoint::new("e1bb", CUT, &[0, 18, 19, 20])
    }

    #[test]
    fn what_is_kept_is_read_again() {
        for checkpoint in [some(), Checkpoint::new("t", UNCUT, &[])] {
            assert_eq!(read(&text(&checkpoint)), Some(checkpoint));
        }
    }

    #[test]
    fn chunks_of_an_upload_that_was_begun_are_cut_as_they_were() {
        let otherwise = Layout { size: 100, chunk_size: 7, large_last: false };
        assert_eq!(some().layout(otherwise), Layout { size: 100, ..CUT });
        assert_eq!(some().borders(), [0, 18, 19, 20]);
        let new = Checkpoint::new("t", UNCUT, &[]);
        assert_eq!((new.layout(otherwise), new.is_begun()), (otherwise, false));
    }

    #[test]
    fn it_is_small_and_has_nothing_but_the_id_and_numbers() {
        assert_eq!(text(&some()), r#"["e1bb",1,64,1,0,18,19,20]"#);
        assert_eq!(text(&Checkpoint::new("t", UNCUT, &[])), r#"["t",1,0,0]"#);
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
