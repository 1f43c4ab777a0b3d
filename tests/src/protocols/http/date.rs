//! The `Date` field (RFC 9110 §6.6.1).

use std::cell::Cell;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use httpdate::HttpDate;

/// The value of a `Date` field, an IMF-fixdate (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) type Date = [u8; 29];

/// The last second of the year 9999: an IMF-fixdate has a year of four digits.
const LAST_SECOND: u64 = 253_402_300_799;

/// Returns the date at a time.
///
/// Each thread keeps the last date that it wrote, which serves all responses of one second.
pub(super) fn date_at(time: SystemTime) -> Date {
    thread_local! {
        static LAST: Cell<(u64, Date)> = const { Cell::new((0, *b"Thu, 01 Jan 1970 00:00:00 GMT")) };
    }
    let second = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).min(LAST_SECOND);
    let (last, mut date) = LAST.get();
    if second != last {
        let written = write!(&mut date[..], "{}", HttpDate::from(UNIX_EPOCH + Duration::from_secs(second)));
        debug_assert!(written.is_ok(), "every IMF-fixdate has 29 bytes");
        LAST.set((second, date));
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(seconds: u64) -> String {
        String::from_utf8(date_at(UNIX_EPOCH + Duration::from_secs(seconds)).to_vec()).unwrap()
    }

    #[test]
    fn date_is_imf_fixdate_of_its_second() {
        assert_eq!(date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date(784_111_778), "Sun, 06 Nov 1994 08:49:38 GMT");
        assert_eq!(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(date(1_709_164_800), "Thu, 29 Feb 2024 00:00:00 GMT");
    }

    #[test]
    fn date_outside_of_its_range_is_nearest_date() {
        assert_eq!(date(u64::from(u32::MAX) * 100), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(date_at(UNIX_EPOCH - Duration::from_secs(1)), *b"Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
