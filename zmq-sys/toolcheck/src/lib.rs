//! Nothing: the check is this package's build script.
