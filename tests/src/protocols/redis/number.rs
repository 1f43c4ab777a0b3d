//! Parses and formats integers as Redis does.

/// Parses an integer in the only form that Redis accepts: no space, no plus sign, no leading zero, no `-0`.
pub(super) fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] => {}
        _ => return None,
    }
    // Accumulates a negative value, because `i64::MIN` has no positive counterpart.
    let mut value = 0_i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// A formatted integer that needs no allocation.
#[derive(Debug)]
pub(super) struct Decimal {
    text: [u8; Self::MAX_LEN],
    start: usize,
}

impl Decimal {
    /// The number of bytes of `i64::MIN`, the longest.
    pub(super) const MAX_LEN: usize = 20;

    pub(super) fn new(value: i64) -> Self {
        let mut this = Self { text: [0; Self::MAX_LEN], start: Self::MAX_LEN };
        let mut rest = value.unsigned_abs();
        loop {
            // The cast is lossless: the remainder is below 10.
            this.prepend(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            this.prepend(b'-');
        }
        this
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.text[self.start..]
    }

    fn prepend(&mut self, byte: u8) {
        self.start -= 1;
        self.text[self.start] = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_round_trips_through_parse_integer() {
        for value in [0, 1, -1, 9, 10, -10, 512 << 20, i64::MAX, i64::MIN, i64::MIN + 1] {
            let decimal = Decimal::new(value);
            assert_eq!(decimal.as_bytes(), value.to_string().as_bytes());
            assert_eq!(parse_integer(decimal.as_bytes()), Some(value));
        }
    }

    #[test]
    fn integer_has_one_accepted_form() {
        for text in [
            "",
            "-",
            "+1",
            " 1",
            "1 ",
            "01",
            "-0",
            "-01",
            "00",
            "1.0",
            "1e3",
            "0x1",
            "1\0",
            "--1",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999",
        ] {
            assert_eq!(parse_integer(text.as_bytes()), None, "{text}");
        }
    }
}
