//! A file system whose power can fail.
//!
//! What is done to files and folders is done to real ones, and noted: what was synced, and what was
//! not. When the power fails, the files are left as a disk may have them then. Of what was not synced
//! each change is there, or is not, or is torn at the borders of sectors; a file may have the length
//! that it had with zeros or rubbish instead of the bytes; names come and go as long as their folder
//! was not synced, in order or without any.

mod remains;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use incoming_server::files::{FileSystem, Native, Opening};

/// Longer than it takes to put an end to whoever runs on a dead computer.
const SILENCE: Duration = Duration::from_secs(2);

/// The file system under one folder.
#[derive(Clone, Debug)]
pub struct Power(Arc<Mutex<State>>);

type Names = BTreeMap<OsString, usize>;

#[derive(Debug)]
struct State {
    root: PathBuf,
    nodes: Vec<Node>,
    /// Files by their number in the system.
    inodes: HashMap<u64, usize>,
    operations: u64,
    /// After how many operations the power fails.
    until: u64,
    /// Whoever wants something then hears nothing for a while.
    is_silent: bool,
}

#[derive(Clone, Debug)]
enum Node {
    Folder { now: Names, synced: Names, changes: Vec<Change> },
    File { synced: Vec<u8>, writes: Vec<Write> },
}

/// What became of a name. Both halves of a renaming have the same number.
#[derive(Clone, Debug)]
struct Change {
    number: u64,
    name: OsString,
    to: Option<usize>,
}

#[derive(Clone, Debug)]
enum Write {
    Bytes(u64, Vec<u8>),
    Length(u64),
}

impl Power {
    /// Everything that is in the folder is on the disk.
    pub fn over(root: &Path) -> Power {
        let root = root.canonicalize().unwrap();
        let mut state = State {
            root: root.clone(),
            nodes: Vec::new(),
            inodes: HashMap::new(),
            operations: 0,
            until: u64::MAX,
            is_silent: false,
        };
        state.read(&root);
        Power(Arc::new(Mutex::new(state)))
    }

    /// The power fails after so many operations from now on.
    pub fn fails_after(&self, operations: u64) {
        let mut state = self.state();
        state.until = state.operations + operations;
    }

    /// A computer that is dead says nothing about it, so that whoever asks it can die in peace.
    pub fn fails_silently_after(&self, operations: u64) {
        self.state().is_silent = true;
        self.fails_after(operations);
    }

    pub fn is_on(&self) -> bool {
        let state = self.state();
        state.operations < state.until
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Does something, unless there is no power. What is done when it fails may have been done.
    fn perform<T>(&self, work: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state();
        if state.operations >= state.until {
            return Err(gone(state));
        }
        state.operations += 1;
        let done = work(&mut state)?;
        if state.operations >= state.until { Err(gone(state)) } else { Ok(done) }
    }

    /// Makes something durable, which the end of the power prevents.
    fn sync(&self, work: impl FnOnce(&mut State) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state();
        state.operations = (state.operations + 1).min(state.until);
        if state.operations < state.until { work(&mut state) } else { Err(gone(state)) }
    }
}

fn gone(state: MutexGuard<'_, State>) -> io::Error {
    let is_silent = state.is_silent;
    drop(state);
    if is_silent {
        std::thread::sleep(SILENCE);
    }
    io::Error::other("the power has failed")
}

impl State {
    /// Takes in what is in a folder; says by what it is known.
    fn read(&mut self, path: &Path) -> usize {
        let node = self.nodes.len();
        let metadata = fs::symlink_metadata(path).unwrap();
        if !metadata.is_dir() {
            self.inodes.insert(metadata.ino(), node);
            self.nodes.push(Node::File { synced: fs::read(path).unwrap(), writes: Vec::new() });
            return node;
        }
        self.nodes.push(Node::folder(Names::new()));
        let mut names = Names::new();
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            names.insert(entry.file_name(), self.read(&entry.path()));
        }
        self.nodes[node] = Node::folder(names);
        node
    }

    fn node(&self, path: &Path) -> usize {
        let inside = path.strip_prefix(&self.root).expect("a path below the root");
        inside.iter().fold(0, |node, name| match &self.nodes[node] {
            Node::Folder { now, .. } => now[name],
            Node::File { .. } => panic!("{} is no folder", path.display()),
        })
    }

    fn file(&mut self, file: &File) -> (&mut Vec<u8>, &mut Vec<Write>) {
        let node = self.inodes[&file.metadata().unwrap().ino()];
        match &mut self.nodes[node] {
            Node::File { synced, writes } => (synced, writes),
            Node::Folder { .. } => panic!("it is a folder"),
        }
    }

    /// Notes that a name means something else now.
    fn name(&mut self, path: &Path, to: Option<usize>) {
        let number = self.operations;
        let name = path.file_name().unwrap().to_owned();
        let folder = self.node(path.parent().unwrap());
        let Node::Folder { now, changes, .. } = &mut self.nodes[folder] else { panic!("a file") };
        match to {
            Some(node) => now.insert(name.clone(), node),
            None => now.remove(&name),
        };
        changes.push(Change { number, name, to });
    }

    /// A renaming is durable in both folders or in none.
    fn sync_names(&mut self, folder: usize) {
        let Node::Folder { now, synced, changes } = &mut self.nodes[folder] else {
            panic!("it is no folder")
        };
        *synced = now.clone();
        let numbers: Vec<u64> = changes.drain(..).map(|change| change.number).collect();
        for node in &mut self.nodes {
            if let Node::Folder { synced, changes, .. } = node {
                let is_other_half = |change: &Change| numbers.contains(&change.number);
                let Some(last) = changes.iter().rposition(is_other_half) else { continue };
                for change in changes.drain(..=last) {
                    change.happen(synced);
                }
            }
        }
    }

    fn make(&mut self, path: &Path, node: Node) {
        self.nodes.push(node);
        self.name(path, Some(self.nodes.len() - 1));
    }

    fn opened(&mut self, path: &Path, file: &File, was_there: bool, how: Opening) {
        if !was_there {
            self.make(path, Node::File { synced: Vec::new(), writes: Vec::new() });
        }
        let node = self.node(path);
        self.inodes.insert(file.metadata().unwrap().ino(), node);
        if was_there && matches!(how, Opening::Empty | Opening::Private) {
            self.file(file).1.push(Write::Length(0));
        }
    }
}

impl Node {
    fn folder(names: Names) -> Node {
        Node::Folder { now: names.clone(), synced: names, changes: Vec::new() }
    }
}

impl Change {
    fn happen(&self, names: &mut Names) {
        match self.to {
            Some(node) => names.insert(self.name.clone(), node),
            None => names.remove(&self.name),
        };
    }
}

/// What a file has after all of these.
fn written(mut bytes: Vec<u8>, writes: &[Write]) -> Vec<u8> {
    for write in writes {
        match write {
            Write::Bytes(offset, written) => put(&mut bytes, *offset, written),
            Write::Length(length) => bytes.resize(usize::try_from(*length).unwrap(), 0),
        }
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, offset: u64, written: &[u8]) {
    let offset = usize::try_from(offset).unwrap();
    let end = offset + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(written);
}

impl FileSystem for Power {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.perform(|state| {
            Native.create_dir(path)?;
            state.make(path, Node::folder(Names::new()));
            Ok(())
        })
    }

    fn open(&self, path: &Path, how: Opening) -> io::Result<File> {
        self.perform(|state| {
            let was_there = path.symlink_metadata().is_ok();
            let file = Native.open(path, how)?;
            state.opened(path, &file, was_there, how);
            Ok(file)
        })
    }

    fn write(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.perform(|state| {
            Native.write(file, offset, bytes)?;
            state.file(file).1.push(Write::Bytes(offset, bytes.to_vec()));
            Ok(())
        })
    }

    fn set_len(&self, file: &File, length: u64) -> io::Result<()> {
        self.perform(|state| {
            Native.set_len(file, length)?;
            state.file(file).1.push(Write::Length(length));
            Ok(())
        })
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        self.sync(|state| {
            let (synced, writes) = state.file(file);
            *synced = written(std::mem::take(synced), &std::mem::take(writes));
            Ok(())
        })
    }

    fn sync_all(&self, file: &File) -> io::Result<()> {
        self.sync_data(file)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.sync(|state| {
            fs::metadata(path)?;
            let folder = state.node(path);
            state.sync_names(folder);
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.perform(|state| {
            Native.rename(from, to)?;
            let node = state.node(from);
            state.name(from, None);
            state.name(to, Some(node));
            Ok(())
        })
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.perform(|state| {
            Native.remove_file(path)?;
            state.name(path, None);
            Ok(())
        })
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.perform(|state| {
            Native.remove_dir(path)?;
            state.name(path, None);
            Ok(())
        })
    }
}
