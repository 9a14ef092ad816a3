//! Digest of a column that does not depend on its writer, encoding or compression: SHA-256 over its values in
//! row order.
//!
//! Integers, dates, times and timestamps are hashed as 64-bit little-endian (64-bit unsigned columns as unsigned,
//! INT96 as nanoseconds since 1970); floats widened to 64 bits, every NaN as `0x7ff8000000000000`; a boolean as one
//! byte; strings and binary with their length in front as 32-bit little-endian; a decimal as its text, in the same
//! way. Nulls are not hashed.

use arrow_buffer::i256;
use half::f16;
use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::schema::types::ColumnDescriptor;
use sha2::{Digest as _, Sha256};

/// Julian day of 1970-01-01.
const JULIAN_EPOCH: i64 = 2_440_588;
/// Length of the buffer at which it is hashed, bytes.
const BUFFER_BYTES: usize = 1 << 15;
const NS_PER_DAY: i64 = 86_400_000_000_000;
/// Maximum length of a decimal, bytes.
const MAX_DECIMAL_BYTES: usize = 32;

/// Interpretation of the physical values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueInterpretation {
    /// By the physical type alone.
    Plain,
    /// Integer of the given number of bits.
    Integer { bits: u8, signed: bool },
    /// Integer times 10^-scale.
    Decimal { scale: i32 },
    /// 16-bit float.
    Half,
}

impl ValueInterpretation {
    /// The interpretation that a column declares: by its logical type, else by its converted type.
    pub(crate) fn of(column: &ColumnDescriptor) -> Self {
        match column.logical_type_ref() {
            Some(LogicalType::Integer(kind)) => {
                return Self::Integer { bits: kind.bit_width.unsigned_abs(), signed: kind.is_signed };
            }
            Some(LogicalType::Decimal(kind)) => return Self::Decimal { scale: kind.scale },
            Some(LogicalType::Float16) => return Self::Half,
            _ => {}
        }
        match column.converted_type() {
            ConvertedType::UINT_8 => Self::Integer { bits: 8, signed: false },
            ConvertedType::UINT_16 => Self::Integer { bits: 16, signed: false },
            ConvertedType::UINT_32 => Self::Integer { bits: 32, signed: false },
            ConvertedType::INT_8 => Self::Integer { bits: 8, signed: true },
            ConvertedType::INT_16 => Self::Integer { bits: 16, signed: true },
            ConvertedType::DECIMAL => Self::Decimal { scale: column.type_scale() },
            _ => Self::Plain,
        }
    }
}

/// Incremental digest of the values of a column.
pub(crate) struct ValueDigest {
    interpretation: ValueInterpretation,
    physical: Type,
    sha: Sha256,
    /// Values that are not hashed yet: hashing long blocks is faster.
    buffer: Vec<u8>,
}

impl ValueDigest {
    pub(crate) fn new(column: &ColumnDescriptor) -> Self {
        let (interpretation, physical) = (ValueInterpretation::of(column), column.physical_type());
        Self { interpretation, physical, sha: Sha256::new(), buffer: Vec::new() }
    }

    /// The digest, 64 hexadecimal digits.
    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn flush(&mut self) {
        self.sha.update(&self.buffer);
        self.buffer.clear();
    }

    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() > BUFFER_BYTES {
            self.flush();
        }
    }

    fn push_with_length(&mut self, bytes: &[u8]) {
        self.push(&(bytes.len() as u32).to_le_bytes());
        self.push(bytes);
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.push(&[u8::from(value)]);
    }

    /// An integer of 32 or 64 bits.
    pub(crate) fn integer(&mut self, value: i64) {
        let is_int32 = self.physical == Type::INT32;
        let value = match self.interpretation {
            ValueInterpretation::Decimal { scale } => return self.decimal(&value.to_string(), scale),
            ValueInterpretation::Integer { bits: 8, signed: true } => i64::from(value as i8),
            ValueInterpretation::Integer { bits: 8, signed: false } => i64::from(value as u8),
            ValueInterpretation::Integer { bits: 16, signed: true } => i64::from(value as i16),
            ValueInterpretation::Integer { bits: 16, signed: false } => i64::from(value as u16),
            ValueInterpretation::Integer { signed: false, .. } if is_int32 => i64::from(value as u32),
            _ => value,
        };
        self.push(&value.to_le_bytes());
    }

    /// An INT96 timestamp: nanoseconds of the day, low word first, and the unsigned Julian day. A timestamp beyond
    /// 64 bits wraps, as in other readers.
    pub(crate) fn int96(&mut self, words: &[u32]) {
        let [low, high, day] = [0, 1, 2].map(|i| words.get(i).copied().unwrap_or_default());
        let ns = (u64::from(high) << 32 | u64::from(low)) as i64;
        let days = i64::from(day) - JULIAN_EPOCH;
        self.push(&days.wrapping_mul(NS_PER_DAY).wrapping_add(ns).to_le_bytes());
    }

    pub(crate) fn float(&mut self, value: f64) {
        let bits = if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() };
        self.push(&bits.to_le_bytes());
    }

    /// A string, binary value, decimal or half float.
    ///
    /// # Errors
    /// The reason, for a decimal that is too long or a half float that does not have 2 bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), String> {
        match self.interpretation {
            ValueInterpretation::Decimal { scale } => {
                let digits = big_endian(bytes)?;
                self.decimal(&digits, scale);
            }
            ValueInterpretation::Half => {
                let bits = <[u8; 2]>::try_from(bytes);
                let bits = bits.map_err(|_| format!("a 16-bit float has {} bytes", bytes.len()))?;
                self.float(f16::from_le_bytes(bits).to_f64());
            }
            _ => self.push_with_length(bytes),
        }
        Ok(())
    }

    fn decimal(&mut self, unscaled: &str, scale: i32) {
        self.push_with_length(decimal_text(unscaled, scale).as_bytes());
    }
}

/// A signed big-endian integer as decimal text.
fn big_endian(bytes: &[u8]) -> Result<String, String> {
    if bytes.len() > MAX_DECIMAL_BYTES {
        return Err(format!(
            "a decimal has {} bytes, at most {MAX_DECIMAL_BYTES} are supported",
            bytes.len()
        ));
    }
    let fill = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let mut wide = [fill; MAX_DECIMAL_BYTES];
    wide[MAX_DECIMAL_BYTES - bytes.len()..].copy_from_slice(bytes);
    Ok(i256::from_be_bytes(wide).to_string())
}

/// `unscaled / 10^scale` in the notation of the General Decimal Arithmetic specification (and of Python's `str`):
/// plain, unless more than five zeros would follow the point.
fn decimal_text(unscaled: &str, scale: i32) -> String {
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", unscaled),
    };
    let exponent = -i64::from(scale);
    let left = exponent + digits.len() as i64;
    if exponent <= 0 && left > -6 {
        return match usize::try_from(left) {
            Ok(point) if point >= digits.len() => format!("{sign}{digits}"),
            Ok(point) if point > 0 => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
            _ => format!("{sign}0.{}{digits}", "0".repeat(left.unsigned_abs() as usize)),
        };
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}E{:+}", left - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_the_notation_of_python() {
        for (unscaled, scale, want) in [
            ("12345", 2, "123.45"),
            ("-5", 2, "-0.05"),
            ("0", 2, "0.00"),
            ("7", 0, "7"),
            ("1", 6, "0.000001"),
            ("1", 7, "1E-7"),
            ("0", 10, "0E-10"),
            ("-123", 12, "-1.23E-10"),
            ("12", -3, "1.2E+4"),
        ] {
            assert_eq!(decimal_text(unscaled, scale), want);
        }
    }

    #[test]
    fn big_integers_are_signed_and_bounded() {
        assert_eq!(big_endian(&[0xff, 0x38]).as_deref(), Ok("-200"));
        assert_eq!(big_endian(&[]).as_deref(), Ok("0"));
        assert_eq!(big_endian(&[1, 0, 0, 0, 0, 0, 0, 0, 0]).as_deref(), Ok("18446744073709551616"));
        assert!(big_endian(&[0; 33]).is_err());
    }
}
