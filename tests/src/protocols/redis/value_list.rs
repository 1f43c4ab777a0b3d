//! The values of a reply, some of which are missing.

use std::vec::IntoIter;

use super::value::Value;

/// At most 32 values. A bit says whether one is missing: an `Option` around each [`Value`] would cost 8 bytes more.
#[derive(Debug)]
pub(super) struct ValueList {
    present: IntoIter<Value>,
    /// A bit for each value, the lowest for the next one. It is set if the value is missing.
    missing: u32,
    left: u32,
}

impl ValueList {
    pub(super) const MAX_LEN: usize = u32::BITS as usize;

    /// Returns how many bytes the values have.
    pub(super) fn size(&self) -> usize {
        self.present.as_slice().iter().map(Value::len).fold(0, usize::saturating_add)
    }
}

/// Collects at most [`MAX_LEN`](ValueList::MAX_LEN) values.
///
/// # Panics
///
/// Panics if there are more.
impl FromIterator<Option<Value>> for ValueList {
    fn from_iter<I: IntoIterator<Item = Option<Value>>>(values: I) -> Self {
        let values = values.into_iter();
        let mut present = Vec::with_capacity(values.size_hint().0);
        let (mut missing, mut left) = (0, 0);
        for value in values {
            assert!(left < u32::BITS, "a list has at most {} values", Self::MAX_LEN);
            match value {
                Some(value) => present.push(value),
                None => missing |= 1 << left,
            }
            left += 1;
        }
        Self { present: present.into_iter(), missing, left }
    }
}

impl Iterator for ValueList {
    type Item = Option<Value>;

    fn next(&mut self) -> Option<Option<Value>> {
        self.left = self.left.checked_sub(1)?;
        let is_missing = self.missing & 1 == 1;
        self.missing >>= 1;
        Some(if is_missing { None } else { self.present.next() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> impl Iterator<Item = Option<Value>> {
        (0..ValueList::MAX_LEN).map(|at| (at % 3 != 1).then(|| Value::copy_from(&vec![b'x'; at])))
    }

    #[test]
    fn value_list_yields_what_was_collected() {
        let lengths = |values: &mut dyn Iterator<Item = Option<Value>>| -> Vec<_> {
            values.map(|value| value.map(|value| value.len())).collect()
        };
        let mut list: ValueList = values().collect();
        assert_eq!(list.size(), values().flatten().map(|value| value.len()).sum());
        assert_eq!(lengths(&mut list), lengths(&mut values()));
        assert!(list.next().is_none());
    }

    // O9
    #[test]
    fn value_list_costs_32_bytes_a_value() {
        assert_eq!(size_of::<Value>(), 32);
    }
}
