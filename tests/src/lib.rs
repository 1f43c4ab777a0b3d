//! asynchat-tests
