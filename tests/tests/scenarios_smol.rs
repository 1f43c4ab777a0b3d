//! The scenarios on smol.

use asynchat_tests::adapter::smol::Smol;
use asynchat_tests::scenarios;

scenarios!(Smol);
scenarios!(Smol, futures);
