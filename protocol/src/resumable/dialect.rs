//! Where Resumable.js and flow.js differ.

use crate::joined;

/// Whose names and rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Resumable.js
    Resumable,
    /// flow.js
    Flow,
}

/// What a parameter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Which chunk, from 1.
    ChunkNumber,
    /// The size of a chunk as it was configured.
    ChunkSize,
    /// The size of this chunk.
    CurrentChunkSize,
    /// The size of the file.
    TotalSize,
    /// The media type of the file.
    Type,
    /// What the file is known by.
    Identifier,
    /// The name of the file.
    Filename,
    /// The path inside a folder that was dropped, or the name.
    RelativePath,
    /// How many chunks.
    TotalChunks,
}

impl Parameter {
    /// All of them in the order of the wire.
    pub const ALL: [Parameter; 9] = [
        Parameter::ChunkNumber,
        Parameter::ChunkSize,
        Parameter::CurrentChunkSize,
        Parameter::TotalSize,
        Parameter::Type,
        Parameter::Identifier,
        Parameter::Filename,
        Parameter::RelativePath,
        Parameter::TotalChunks,
    ];

    /// By what a caller gives it another name.
    pub fn option(self) -> &'static str {
        match self {
            Parameter::ChunkNumber => "chunk_number",
            Parameter::ChunkSize => "chunk_size",
            Parameter::CurrentChunkSize => "current_chunk_size",
            Parameter::TotalSize => "total_size",
            Parameter::Type => "type",
            Parameter::Identifier => "identifier",
            Parameter::Filename => "filename",
            Parameter::RelativePath => "relative_path",
            Parameter::TotalChunks => "total_chunks",
        }
    }

    /// What it is called behind the name of the library.
    fn suffix(self) -> &'static str {
        match self {
            Parameter::ChunkNumber => "ChunkNumber",
            Parameter::ChunkSize => "ChunkSize",
            Parameter::CurrentChunkSize => "CurrentChunkSize",
            Parameter::TotalSize => "TotalSize",
            Parameter::Type => "Type",
            Parameter::Identifier => "Identifier",
            Parameter::Filename => "Filename",
            Parameter::RelativePath => "RelativePath",
            Parameter::TotalChunks => "TotalChunks",
        }
    }
}

impl Parameter {
    /// Its names in all dialects.
    pub fn names(self) -> impl Iterator<Item = String> {
        let names = [Dialect::Resumable, Dialect::Flow].map(|dialect| dialect.name(self));
        names.into_iter().flatten()
    }
}

impl Dialect {
    /// The name of a parameter; `None` if there is none.
    pub fn name(self, parameter: Parameter) -> Option<String> {
        let library = match self {
            Dialect::Resumable => "resumable",
            Dialect::Flow if parameter == Parameter::Type => return None,
            Dialect::Flow => "flow",
        };
        Some(joined(&[library, parameter.suffix()]))
    }

    /// The statuses that say that a chunk is there.
    pub fn successes(self) -> &'static [u16] {
        match self {
            Dialect::Resumable => &[200, 201],
            Dialect::Flow => &[200, 201, 202],
        }
    }

    /// The statuses after which the original tries nothing again: those of the newest version.
    pub fn permanent_errors(self) -> &'static [u16] {
        match self {
            Dialect::Resumable => &[400, 401, 403, 404, 409, 415, 500, 501],
            Dialect::Flow => &[404, 413, 415, 500, 501],
        }
    }

    /// True if those count for the question whether a chunk is there, too.
    pub fn tests_can_fail(self) -> bool {
        self == Dialect::Flow
    }
}
