//! The scenarios on blocking sockets.

use asynchat_tests::adapters::blocking::Blocking;
use asynchat_tests::scenarios;

scenarios!(Blocking);
