//! asynchat-tokio
