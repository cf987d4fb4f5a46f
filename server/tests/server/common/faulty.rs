//! A disk with a fault, which shows in the middle of a large file.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use incoming_server::files::{FileSystem, Native, Opening};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no room for another byte.
    Full,
    /// Nothing may be opened, made, renamed or removed.
    Denied,
    /// Nothing can be opened.
    TooManyOpenFiles,
    /// Nothing can be written or synced.
    Broken,
    /// Everything takes so long.
    Slow(Duration),
}

#[derive(Clone, Debug, Default)]
pub struct Faulty(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    fault: Option<Fault>,
    /// How long a file gets before the fault shows.
    after: u64,
    /// The folder where it shows; everywhere if it is empty.
    place: Option<PathBuf>,
    strikes: u64,
    paths: HashMap<u64, PathBuf>,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Open,
    Make,
    Write,
    Sync,
    Name,
}

impl Fault {
    fn error(self, deed: Deed) -> Option<io::Error> {
        const EIO: i32 = 5;
        const EACCES: i32 = 13;
        const EMFILE: i32 = 24;
        const ENOSPC: i32 = 28;
        let number = match (self, deed) {
            (Fault::Full, Deed::Make | Deed::Write) => ENOSPC,
            (Fault::Denied, Deed::Open | Deed::Make | Deed::Name) => EACCES,
            (Fault::TooManyOpenFiles, Deed::Open | Deed::Make) => EMFILE,
            (Fault::Broken, Deed::Write | Deed::Sync) => EIO,
            _ => return None,
        };
        Some(io::Error::from_raw_os_error(number))
    }
}

impl Faulty {
    /// The fault shows when a file gets longer than that, in its folder.
    pub fn strike_after(&self, fault: Fault, after: u64) {
        let mut state = self.0.lock().unwrap();
        (state.fault, state.after, state.place, state.strikes) = (Some(fault), after, None, 0);
    }

    /// The fault shows everywhere, now.
    pub fn strike(&self, fault: Fault) {
        self.strike_after(fault, 0);
        self.0.lock().unwrap().place = Some(PathBuf::new());
    }

    pub fn recover(&self) {
        self.0.lock().unwrap().fault = None;
    }

    /// How often it showed.
    pub fn strikes(&self) -> u64 {
        self.0.lock().unwrap().strikes
    }

    fn check(&self, path: &Path, deed: Deed) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        let Some(fault) = state.fault else { return Ok(()) };
        if !state.place.as_ref().is_some_and(|place| path.starts_with(place)) {
            return Ok(());
        }
        if let Fault::Slow(pause) = fault {
            state.strikes += 1;
            drop(state);
            std::thread::sleep(pause);
            return Ok(());
        }
        let error = fault.error(deed);
        state.strikes += u64::from(error.is_some());
        error.map_or(Ok(()), Err)
    }

    fn check_file(&self, file: &File, deed: Deed) -> io::Result<()> {
        let inode = file.metadata()?.ino();
        let path = self.0.lock().unwrap().paths.get(&inode).cloned().unwrap_or_default();
        self.check(&path, deed)
    }

    /// A file gets so long.
    fn grow(&self, file: &File, end: u64) -> io::Result<()> {
        let inode = file.metadata()?.ino();
        let mut state = self.0.lock().unwrap();
        if state.fault.is_some() && state.place.is_none() && end > state.after {
            state.place = state.paths[&inode].parent().map(Path::to_owned);
        }
        Ok(())
    }
}

impl FileSystem for Faulty {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.check(path, Deed::Make)?;
        Native.create_dir(path)
    }

    fn open(&self, path: &Path, how: Opening) -> io::Result<File> {
        let deed = if path.exists() { Deed::Open } else { Deed::Make };
        self.check(path, deed)?;
        let file = Native.open(path, how)?;
        self.0.lock().unwrap().paths.insert(file.metadata()?.ino(), path.to_owned());
        Ok(file)
    }

    /// Half of it is written when there is no room.
    fn write(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.grow(file, offset + bytes.len() as u64)?;
        self.check_file(file, Deed::Write).or_else(|error| {
            Native.write(file, offset, &bytes[..bytes.len() / 2]).and(Err(error))
        })?;
        Native.write(file, offset, bytes)
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        self.check_file(file, Deed::Sync)?;
        Native.set_len(file, length)
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        self.check_file(file, Deed::Sync)
    }

    fn sync_all(&self, file: &File) -> io::Result<()> {
        self.check_file(file, Deed::Sync)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.check(path, Deed::Sync)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(from, Deed::Name)?;
        self.check(to, Deed::Name)?;
        Native.rename(from, to)?;
        let inode = std::fs::metadata(to)?.ino();
        self.0.lock().unwrap().paths.insert(inode, to.to_owned());
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.check(path, Deed::Name)?;
        Native.remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.check(path, Deed::Name)?;
        Native.remove_dir(path)
    }
}
