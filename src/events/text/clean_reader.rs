//! Delimited bytes without blanks around cells, with every quote checked.
//!
//! The crate `csv` reads `"oops` to the next quote, however many lines further, and joins text after a closing quote
//! to the cell: two stray quotes swallow the rows between them. This reader stands before it and refuses both.

use std::io::{self, Read};

use super::options::Delimiter;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 15;

/// A quote that cannot be what it seems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum QuoteError {
    /// Text follows a closing quote.
    #[error("text follows the closing quote")]
    TextAfter {
        /// Line of the opening quote, from 1.
        opened: u64,
        /// Line of the closing quote.
        closed: u64,
    },
    /// The file ends within a quoted cell.
    #[error("the quote is never closed")]
    Unclosed {
        /// Line of the opening quote.
        opened: u64,
    },
}

/// How a file is divided into cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellSyntax {
    pub(super) delimiter: Delimiter,
    pub(super) quotes: bool,
    /// First character of a comment line.
    pub(super) comment: Option<u8>,
}

impl CellSyntax {
    /// The delimiter of the clean bytes.
    pub(super) fn clean_delimiter(self) -> u8 {
        match self.delimiter {
            Delimiter::Byte(byte) => byte,
            Delimiter::Blanks => b'\t',
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    LineStart,
    CellStart,
    Unquoted,
    /// After blanks that separate cells, before it is known whether another follows.
    Between,
    Quoted,
    /// After a quote within a quoted cell: it ends the cell, or is the first of two.
    QuoteInQuoted,
    /// After a quoted cell.
    Closed,
    Comment,
}

/// A reader of the bytes of another one, as described above. The number of lines is kept, so that positions of the
/// result are those of the file. Errors are [`io::ErrorKind::InvalidData`] with a [`QuoteError`] inside.
pub(super) struct CleanReader<R> {
    input: R,
    syntax: CellSyntax,
    state: State,
    /// Current line, from 1.
    line: u64,
    /// Line of the last opening quote.
    opened: u64,
    /// True if the last byte was a carriage return.
    after_cr: bool,
    raw: Vec<u8>,
    clean: Vec<u8>,
    /// Bytes of `clean` that have been returned.
    returned: usize,
    ended: bool,
    /// An error that is returned once the clean bytes before it are.
    failed: Option<QuoteError>,
}

impl<R: Read> CleanReader<R> {
    /// A reader of a file whose first line here has the number `line`.
    pub(super) fn new(input: R, syntax: CellSyntax, line: u64) -> Self {
        Self {
            input,
            syntax,
            state: State::LineStart,
            line,
            opened: 0,
            after_cr: false,
            raw: vec![0; CHUNK],
            clean: Vec::with_capacity(CHUNK),
            returned: 0,
            ended: false,
            failed: None,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.clean.clear();
        self.returned = 0;
        while self.clean.is_empty() && !self.ended && self.failed.is_none() {
            let mut raw = std::mem::take(&mut self.raw);
            let read = self.input.read(&mut raw);
            let result = match read {
                Ok(0) => {
                    self.ended = true;
                    if self.state == State::Quoted {
                        self.failed = Some(QuoteError::Unclosed { opened: self.opened });
                    }
                    Ok(())
                }
                Ok(n) => {
                    self.failed = raw[..n].iter().try_for_each(|&byte| self.byte(byte)).err();
                    Ok(())
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(()),
                Err(e) => Err(e),
            };
            self.raw = raw;
            result?;
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<(), QuoteError> {
        if byte == b'\n' && !self.after_cr || byte == b'\r' {
            self.line += 1;
        }
        self.after_cr = byte == b'\r';
        let CellSyntax { delimiter, quotes, comment } = self.syntax;
        let is_end = byte == b'\n' || byte == b'\r';
        let is_delimiter = delimiter == Delimiter::Byte(byte);
        let is_blank = (byte == b' ' || byte == b'\t') && !is_delimiter;
        let splits = is_blank && delimiter == Delimiter::Blanks;
        match self.state {
            State::Quoted => {
                self.clean.push(byte);
                if byte == b'"' {
                    self.state = State::QuoteInQuoted;
                }
            }
            State::Comment => {
                if is_end {
                    self.end_line(byte);
                }
            }
            _ if is_end => self.end_line(byte),
            State::LineStart if comment == Some(byte) => self.state = State::Comment,
            State::LineStart | State::CellStart | State::Between if is_blank => {}
            State::LineStart | State::CellStart | State::Between => {
                if self.state == State::Between {
                    self.clean.push(b'\t');
                }
                self.clean.push(byte);
                self.state = if quotes && byte == b'"' {
                    // A line break inside the cell has been counted by the time that it closes.
                    self.opened = self.line;
                    State::Quoted
                } else if is_delimiter {
                    State::CellStart
                } else {
                    State::Unquoted
                };
            }
            State::Unquoted if splits => self.state = State::Between,
            State::Unquoted => {
                self.clean.push(byte);
                if is_delimiter {
                    self.state = State::CellStart;
                }
            }
            State::QuoteInQuoted if byte == b'"' => {
                self.clean.push(byte);
                self.state = State::Quoted;
            }
            State::QuoteInQuoted | State::Closed if is_delimiter => {
                self.clean.push(byte);
                self.state = State::CellStart;
            }
            State::QuoteInQuoted | State::Closed if splits => self.state = State::Between,
            State::QuoteInQuoted | State::Closed if is_blank => self.state = State::Closed,
            State::QuoteInQuoted | State::Closed => {
                return Err(QuoteError::TextAfter { opened: self.opened, closed: self.line });
            }
        }
        Ok(())
    }

    fn end_line(&mut self, byte: u8) {
        self.clean.push(byte);
        self.state = State::LineStart;
    }
}

impl<R: Read> Read for CleanReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.returned == self.clean.len() {
            self.fill()?;
        }
        let rest = &self.clean[self.returned..];
        if let (true, Some(error)) = (rest.is_empty(), self.failed) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.returned += n;
        Ok(n)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn clean(text: &str, delimiter: Delimiter, comment: Option<u8>) -> Result<String, QuoteError> {
        let syntax = CellSyntax { delimiter, quotes: true, comment };
        let mut out = String::new();
        match CleanReader::new(text.as_bytes(), syntax, 1).read_to_string(&mut out) {
            Ok(_) => Ok(out),
            Err(e) => Err(*e.get_ref().unwrap().downcast_ref::<QuoteError>().unwrap()),
        }
    }

    #[test]
    fn blanks_before_cells_and_after_quotes_go() {
        let comma = Delimiter::Byte(b',');
        assert_eq!(clean("a,  \"b, c\" ,d\n , x\n", comma, None).unwrap(), "a,\"b, c\",d\n,x\n");
        assert_eq!(clean("a\t b\n\t\t1", Delimiter::Byte(b'\t'), None).unwrap(), "a\tb\n\t\t1");
        assert_eq!(clean(" 1  2\t3 \n4 5 6", Delimiter::Blanks, None).unwrap(), "1\t2\t3\n4\t5\t6");
        assert_eq!(clean("#x \"\na,b\n#y", comma, Some(b'#')).unwrap(), "\na,b\n");
        assert_eq!(clean("a,\"x\"\"y\nz\"\r\nb", comma, None).unwrap(), "a,\"x\"\"y\nz\"\r\nb");
        assert_eq!(clean("5\" disk,a", comma, None).unwrap(), "5\" disk,a");
    }

    #[test]
    fn stray_quotes_are_errors_with_their_lines() {
        let comma = Delimiter::Byte(b',');
        let stray = clean("t,m\n1,ok\n2,\"oops\n3,fine\n4,\"again\n5,ok\n", comma, None);
        assert_eq!(stray, Err(QuoteError::TextAfter { opened: 3, closed: 5 }));
        assert_eq!(clean("a\r\nb,\"c\r\n", comma, None), Err(QuoteError::Unclosed { opened: 2 }));
        assert_eq!(clean("\"a\"b", comma, None), Err(QuoteError::TextAfter { opened: 1, closed: 1 }));
    }
}
