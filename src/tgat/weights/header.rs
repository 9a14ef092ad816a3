//! Limits on an untrusted file, checked before its header is parsed.

use crate::tgat::error::TgatError;

/// Largest accepted weights file, bytes; every network that the settings allow is smaller.
pub const MAX_FILE_BYTES: usize = 1 << 30;

/// Largest accepted header, bytes: it has an entry of about 100 bytes for every tensor.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// Length of the little-endian integer before the header that gives its length, bytes.
const HEADER_LEN_BYTES: usize = 8;

/// Largest number of digits of an integer in the header: a longer one exceeds any file size, and sums of such
/// integers could overflow 64 bits in the parser.
const MAX_DIGITS: usize = 18;

/// Checks the limits: size of the file and of the header, and digits of the integers in the header.
///
/// # Errors
/// [`TgatError::FileSize`] or [`TgatError::File`].
pub(super) fn check_header(bytes: &[u8]) -> Result<(), TgatError> {
    let too_large = |what, got: u64, max: u64| Err(TgatError::FileSize { what, got, max });
    if bytes.len() > MAX_FILE_BYTES {
        return too_large("size in bytes", bytes.len() as u64, MAX_FILE_BYTES as u64);
    }
    let Some((length, rest)) = bytes.split_first_chunk::<HEADER_LEN_BYTES>() else {
        return Err(TgatError::File { reason: format!("it has only {} bytes", bytes.len()) });
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER_BYTES {
        return too_large("header in bytes", length, MAX_HEADER_BYTES);
    }
    let header = &rest[..rest.len().min(length as usize)];
    if has_long_number(header) {
        return Err(TgatError::File {
            reason: format!("its header holds a number of over {MAX_DIGITS} digits"),
        });
    }
    Ok(())
}

/// Returns whether JSON has, outside strings, a run of more than [`MAX_DIGITS`] digits.
fn has_long_number(json: &[u8]) -> bool {
    let (mut quoted, mut escaped, mut digits) = (false, false, 0);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'0'..=b'9' if !quoted => {
                digits += 1;
                if digits > MAX_DIGITS {
                    return true;
                }
                continue;
            }
            _ => {}
        }
        digits = 0;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_found_outside_strings_only() {
        assert!(has_long_number(br#"{"a":1234567890123456789}"#));
        assert!(has_long_number(br#"{"a\"":[0,1234567890123456789]}"#));
        assert!(!has_long_number(br#"{"a":123456789012345678,"b":9}"#));
        assert!(!has_long_number(br#"{"\"1234567890123456789":"1234567890123456789"}"#));
    }
}
