//! Where an HTTP message ends.

/// A message of which the head is known, and how much of it has yet to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    head: u64,
    body: Body,
}

/// What follows a head, and how much of it has yet to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes.
    Sized(u64),
    /// Chunks.
    Chunked(Chunk),
    /// Everything until the connection ends.
    Endless,
}

/// Where in a chunked body the next byte is. Spec: RFC 9112, 7.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chunk {
    /// In the line that begins a chunk; `hex` while its size may go on.
    Size { size: u64, hex: bool },
    /// In the data, or in the line end that follows it, which is counted as data.
    Data(u64),
    /// In the lines after the last chunk; `empty` as long as the line has nothing in it.
    Trailer { empty: bool },
    /// Behind the end.
    Done,
}

impl Message {
    /// A message with a head of this length.
    pub(super) fn new(head: usize, body: Body) -> Self {
        let head = head as u64;
        Self { head, body }
    }

    pub(super) fn is_done(&self) -> bool {
        self.head == 0 && self.body.is_done()
    }

    /// Whether only the connection's end ends it.
    pub(super) fn is_endless(&self) -> bool {
        self.body == Body::Endless
    }

    /// How many of these bytes, which come next, are the message's.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let head = take_sized(&mut self.head, bytes.len());
        head + self.body.take(bytes.get(head..).unwrap_or_default())
    }
}

impl Body {
    /// No body.
    pub(super) const NONE: Self = Self::Sized(0);
    /// A chunked body from its beginning.
    pub(super) const CHUNKED: Self = Self::Chunked(Chunk::FIRST);

    fn is_done(&self) -> bool {
        matches!(self, Self::Sized(0) | Self::Chunked(Chunk::Done))
    }

    /// How many of these bytes, which come next, are the body's.
    ///
    /// Chunks that can not be read make the body endless: their end is not known, and what comes is
    /// passed on as it is.
    fn take(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Endless => bytes.len(),
            Self::Sized(left) => take_sized(left, bytes.len()),
            Self::Chunked(chunk) => {
                let mut taken = 0;
                while *chunk != Chunk::Done
                    && let Some(rest) = bytes.get(taken..)
                    && !rest.is_empty()
                {
                    let Some(step) = chunk.step(rest) else {
                        *self = Self::Endless;
                        return bytes.len();
                    };
                    taken += step;
                }
                taken
            }
        }
    }
}

impl Chunk {
    const FIRST: Self = Self::Size { size: 0, hex: true };

    /// Goes over some of these bytes and says how many; `None` if they are no chunks.
    fn step(&mut self, bytes: &[u8]) -> Option<usize> {
        if let Self::Data(left) = self {
            let taken = take_sized(left, bytes.len());
            if *left == 0 {
                *self = Self::FIRST;
            }
            return Some(taken);
        }
        let byte = *bytes.first()?;
        *self = match (&*self, byte) {
            (Self::Size { size: 0, .. }, b'\n') => Self::Trailer { empty: true },
            // The line end behind the data is two bytes.
            (Self::Size { size, .. }, b'\n') => Self::Data(size.checked_add(2)?),
            (Self::Size { size, hex }, _) => {
                let digit = char::from(byte).to_digit(16).filter(|_| *hex);
                let size = match digit {
                    Some(digit) => size.checked_mul(16)?.checked_add(digit.into())?,
                    None => *size,
                };
                let hex = digit.is_some();
                Self::Size { size, hex }
            }
            (Self::Trailer { empty: true }, b'\n') => Self::Done,
            (Self::Trailer { empty }, b'\r') => Self::Trailer { empty: *empty },
            (Self::Trailer { .. }, _) => Self::Trailer {
                empty: byte == b'\n',
            },
            (Self::Data(_) | Self::Done, _) => return None,
        };
        Some(1)
    }
}

fn take_sized(left: &mut u64, there: usize) -> usize {
    let taken = usize::try_from(*left).map_or(there, |left| left.min(there));
    *left -= taken as u64;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKS: &[u8] =
        b"5;x=\"1a\"\r\n12\r\n5\r\nA\r\n0123456789\r\n0\r\nTrailer: 0\r\n\r\nGET /";

    #[test]
    fn chunks_end_where_they_say_at_any_cut() {
        let end = CHUNKS.len() - b"GET /".len();
        for cut in 0..=CHUNKS.len() {
            let mut body = Body::CHUNKED;
            let (first, second) = CHUNKS.split_at(cut);
            assert_eq!(body.take(first), cut.min(end));
            assert_eq!(body.is_done(), cut >= end);
            assert_eq!(body.take(second), end.saturating_sub(cut));
            assert!(body.is_done());
        }
    }

    #[test]
    fn a_size_that_no_number_holds_makes_the_body_endless() {
        let mut body = Body::CHUNKED;
        let size = b"fffffffffffffffff\r\n";
        assert_eq!(body.take(size), size.len());
        assert_eq!(body, Body::Endless);
    }

    #[test]
    fn a_length_is_counted_down() {
        let mut body = Body::Sized(5);
        assert_eq!(body.take(b"abc"), 3);
        assert_eq!(body.take(b"defg"), 2);
        assert!(body.is_done());
        assert_eq!(body.take(b"g"), 0);
    }
}
