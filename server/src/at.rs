//! Reading and writing an open file at a place. The file has one position for all who use it, which
//! is neither used nor to be relied upon: somebody else may be at it, also a request that was given
//! up.

use std::fs::File;
use std::io::{self, Read, Write};

#[cfg(unix)]
use std::os::unix::fs::FileExt as _;
#[cfg(windows)]
use std::os::windows::fs::FileExt as _;

/// A file from an offset on. Blocking.
#[derive(Debug)]
pub(crate) struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl At<'_> {
    pub(crate) fn new(file: &File, offset: u64) -> At<'_> {
        At { file, offset }
    }

    fn moved(&mut self, length: usize) -> usize {
        self.offset += length as u64;
        length
    }
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = self.file.read_at(buffer, self.offset)?;
        #[cfg(windows)]
        let read = self.file.seek_read(buffer, self.offset)?;
        Ok(self.moved(read))
    }
}

impl Write for At<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let written = self.file.write_at(bytes, self.offset)?;
        #[cfg(windows)]
        let written = self.file.seek_write(bytes, self.offset)?;
        Ok(self.moved(written))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: usize = 1000;

    fn fill(file: &File, own: u8) {
        for number in 0..500 {
            let place = (number * 4 + u64::from(own)) * PIECE as u64;
            At::new(file, place).write_all(&[own; PIECE]).unwrap();
            let mut found = [9; PIECE];
            At::new(file, place).read_exact(&mut found).unwrap();
            assert!(found == [own; PIECE]);
        }
    }

    #[test]
    fn who_works_at_other_places_is_not_in_the_way() {
        let file = tempfile::tempfile().unwrap();
        std::thread::scope(|scope| {
            for own in 0..4 {
                let file = &file;
                scope.spawn(move || fill(file, own));
            }
        });
    }

    #[test]
    fn a_file_ends_where_it_ends() {
        let file = tempfile::tempfile().unwrap();
        At::new(&file, 2).write_all(b"abc").unwrap();
        let mut found = Vec::new();
        At::new(&file, 1).read_to_end(&mut found).unwrap();
        assert_eq!(found, b"\0abc");
        let error = At::new(&file, 3).read_exact(&mut [0; 3]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
