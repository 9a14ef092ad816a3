//! Exit codes of the command; those of sysexits.h where one fits.

/// Success.
pub const OK: u8 = 0;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// Input data is damaged or invalid.
pub const DATA: u8 = 65;
/// Input is missing.
pub const NO_INPUT: u8 = 66;
/// Internal error of the program.
pub const INTERNAL: u8 = 70;
/// A device cannot be used.
pub const DEVICE: u8 = 71;
/// Output cannot be created.
pub const CANNOT_CREATE: u8 = 73;
/// Reading or writing failed after it had started.
pub const IO: u8 = 74;
/// The work is above a limit.
pub const LIMIT: u8 = 75;
/// The configuration is wrong.
pub const CONFIG: u8 = 78;
/// The user interrupted the command.
pub const INTERRUPTED: u8 = 130;
