//! The scenarios on blocking sockets.

use asynchat_tests::adapter::blocking::Blocking;
use asynchat_tests::scenarios;

scenarios!(Blocking);
