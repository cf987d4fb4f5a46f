//! Names that come from outside.

/// The most bytes a file name has on the usual file systems.
const MAX_BYTES: usize = 255;

/// What a browser calls a file, made harmless: a base name without control characters, at most
/// 255 bytes long, never empty, `.` or `..`.
///
/// It is for people and for the backend; no path of this server is ever made of it.
pub fn display_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = base.chars().filter(|c| !c.is_control()).collect();
    let short = shortened(&clean);
    match short.trim() {
        "" | "." | ".." => "unnamed".to_owned(),
        _ => short.to_owned(),
    }
}

fn shortened(name: &str) -> &str {
    let end = name.char_indices().map(|(start, c)| start + c.len_utf8());
    &name[..end.take_while(|end| *end <= MAX_BYTES).last().unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use super::display_name;

    #[test]
    fn an_ordinary_name_stays_as_it_is() {
        assert_eq!(display_name("blåbær ü 文件 🎉.bin"), "blåbær ü 文件 🎉.bin");
    }

    #[test]
    fn folders_are_cut_off() {
        assert_eq!(display_name("../../etc/passwd"), "passwd");
        assert_eq!(display_name(r"C:\fakepath\a.txt"), "a.txt");
    }

    #[test]
    fn control_characters_are_dropped() {
        assert_eq!(display_name("a\0b\r\nc\u{7f}.txt"), "abc.txt");
    }

    #[test]
    fn a_name_that_says_nothing_is_replaced() {
        for name in ["", ".", "..", "a/", "\0", "  ", "x/.."] {
            assert_eq!(display_name(name), "unnamed", "{name:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let name = "🎉".repeat(75);
        assert_eq!(display_name(&name), "🎉".repeat(63));
        assert_eq!(display_name(&"x".repeat(300)).len(), 255);
    }
}
