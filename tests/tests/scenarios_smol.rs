//! The scenarios on smol.

use asynchat_tests::adapters::smol::Smol;
use asynchat_tests::scenarios;

scenarios!(Smol);
scenarios!(Smol, futures);
