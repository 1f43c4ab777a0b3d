//! The scenarios on async-std.

use asynchat_tests::adapters::async_std::AsyncStd;
use asynchat_tests::scenarios;

scenarios!(AsyncStd);
scenarios!(AsyncStd, futures);
