//! The head of a frame of a client, as RFC 6455 writes it in section 5.2.

/// What no client sends: a frame without a mask, or a control frame that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// What is said of a frame before its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// How long the head is.
    pub(super) length: usize,
    /// How many bytes follow.
    pub(super) size: u64,
    /// It is the last of its message.
    pub(super) is_last: bool,
    /// It is no part of a message.
    pub(super) is_control: bool,
}

const MASK: usize = 4;
const MAX_CONTROL: u64 = 125;

impl Head {
    /// The head that these bytes begin with; `None` when they are too few.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (size, length) = match second & 0x7f {
            126 => (rest.first_chunk().map(|size| u16::from_be_bytes(*size).into()), 2 + 2),
            127 => (rest.first_chunk().map(|size| u64::from_be_bytes(*size)), 2 + 8),
            size => (Some(u64::from(size)), 2),
        };
        let (is_last, is_control) = (first & 0x80 != 0, first & 0x08 != 0);
        let is_masked = second & 0x80 != 0;
        match size {
            _ if !is_masked => Err(Malformed),
            Some(size) if is_control && size > MAX_CONTROL => Err(Malformed),
            Some(size) if bytes.len() >= length + MASK => {
                Ok(Some(Head { length: length + MASK, size, is_last, is_control }))
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use tungstenite::protocol::frame::FrameHeader;
    use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

    use super::*;

    #[test]
    fn heads_of_all_lengths_are_read_as_soon_as_they_are_whole() {
        for size in [0, 1, 125, 126, 65_535, 65_536, 1 << 40] {
            for (is_last, kind) in
                [(true, Data::Binary), (false, Data::Text), (true, Data::Continue)]
            {
                let head = FrameHeader {
                    is_final: is_last,
                    opcode: OpCode::Data(kind),
                    mask: Some([1, 2, 3, 4]),
                    ..FrameHeader::default()
                };
                let mut bytes = Vec::new();
                head.format(size, &mut bytes).unwrap();
                let length = bytes.len();
                let expected = Head { length, size, is_last, is_control: false };
                for cut in 0..length {
                    assert_eq!(Head::parse(&bytes[..cut]), Ok(None));
                }
                bytes.push(7);
                assert_eq!(Head::parse(&bytes), Ok(Some(expected)));
            }
        }
    }

    #[test]
    fn what_no_client_may_send_is_told_at_once() {
        let head = |opcode, mask, size| {
            let mut bytes = Vec::new();
            let head = FrameHeader { opcode, mask, ..FrameHeader::default() };
            head.format(size, &mut bytes).unwrap();
            Head::parse(&bytes)
        };
        let ping = OpCode::Control(Control::Ping);
        assert!(head(ping, Some([0; 4]), 125).unwrap().unwrap().is_control);
        assert_eq!(head(ping, Some([0; 4]), 126), Err(Malformed));
        assert_eq!(head(OpCode::Data(Data::Binary), None, 1), Err(Malformed));
    }
}
