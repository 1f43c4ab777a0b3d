//! The scenarios on tokio.

use asynchat_tests::adapters::tokio::Tokio;
use asynchat_tests::scenarios;

scenarios!(Tokio);
scenarios!(Tokio, futures);
