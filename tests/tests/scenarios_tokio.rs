//! The scenarios on tokio.

use asynchat_tests::adapter::tokio::Tokio;
use asynchat_tests::scenarios;

scenarios!(Tokio);
scenarios!(Tokio, futures);
