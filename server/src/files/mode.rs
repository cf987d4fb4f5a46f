//! Who may read and write what the server makes.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::FileSystem;

/// The permissions of files as Unix has them; elsewhere they mean nothing. Folders have the same, and who
/// may read them may look into them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileMode(u32);

impl FileMode {
    /// Nobody but the owner.
    pub const PRIVATE: FileMode = FileMode(0o600);

    /// That of a folder in which there are such files.
    fn of_folder(self) -> FileMode {
        FileMode(self.0 | self.0 >> 2 & 0o111)
    }
}

impl FromStr for FileMode {
    type Err = String;

    fn from_str(text: &str) -> Result<FileMode, String> {
        let is_octal = text.len() <= 4 && text.bytes().all(|digit| digit.is_ascii_digit());
        let mode = if is_octal { u32::from_str_radix(text, 8).ok() } else { None };
        let is_one = |mode: &u32| mode & !0o666 == 0 && mode & 0o600 == 0o600;
        mode.filter(is_one).map(FileMode).ok_or_else(|| {
            format!("expected permissions such as 0600, 0640 or 0660, found {text:?}")
        })
    }
}

impl fmt::Display for FileMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl Serialize for FileMode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FileMode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<FileMode, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The file system itself, whose new files have this mode.
#[derive(Clone, Copy, Debug)]
pub struct WithMode(pub FileMode);

impl FileSystem for WithMode {
    fn file_mode(&self) -> FileMode {
        self.0
    }
}

/// Opens a file that gets this mode if it is made.
pub(super) fn open(options: &mut OpenOptions, path: &Path, mode: FileMode) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, mode.0);
    let file = options.open(path)?;
    if let Some(permissions) = changed(&file.metadata()?.permissions(), mode) {
        // Some file systems have no permissions.
        let _ = file.set_permissions(permissions);
    }
    Ok(file)
}

/// Makes a folder for files of this mode.
pub(super) fn create_dir(path: &Path, mode: FileMode) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode.of_folder().0);
    builder.create(path)?;
    if let Some(permissions) = changed(&fs::metadata(path)?.permissions(), mode.of_folder()) {
        let _ = fs::set_permissions(path, permissions);
    }
    Ok(())
}

/// What has to be changed, because the mask of the process has taken something away. What else there
/// is stays, such as the group that a folder hands down.
#[cfg(unix)]
fn changed(found: &Permissions, mode: FileMode) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    let wanted = found.mode() & !0o777 | mode.0;
    (found.mode() != wanted).then(|| Permissions::from_mode(wanted))
}

#[cfg(not(unix))]
fn changed(_found: &Permissions, _mode: FileMode) -> Option<Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal_and_lets_the_server_read_and_write_and_nobody_run_anything() {
        for (text, mode) in [("0600", 0o600), ("640", 0o640), ("0660", 0o660), ("0666", 0o666)] {
            assert_eq!(text.parse(), Ok(FileMode(mode)));
        }
        for text in
            ["", "0", "0400", "0700", "0755", "0o640", "rw", "06400", "00600", "+600", "688"]
        {
            assert!(text.parse::<FileMode>().is_err(), "{text}");
        }
        assert_eq!(FileMode(0o640).to_string(), "0640");
        let folders = [0o600, 0o640, 0o660, 0o644].map(|mode| FileMode(mode).of_folder().0);
        assert_eq!(folders, [0o700, 0o750, 0o770, 0o755]);
    }
}
