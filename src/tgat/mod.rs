//! tgat
