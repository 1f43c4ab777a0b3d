//! A value: a string of any length.

use std::fmt;

use bytes::{Bytes, BytesMut};

/// The bytes of a value. A short one is stored in place, so that setting it allocates nothing.
#[derive(Clone)]
pub(super) struct Value(Repr);

#[derive(Clone)]
enum Repr {
    Short { len: u8, bytes: [u8; Value::MAX_SHORT_LEN] },
    Long(Bytes),
}

impl Value {
    /// The most bytes that are stored in place: as many as fit beside the length where a [`Bytes`] would be.
    const MAX_SHORT_LEN: usize = 23;

    /// Copies the bytes.
    pub(super) fn copy_from(bytes: &[u8]) -> Self {
        Self::short(bytes).unwrap_or_else(|| Self(Repr::Long(Bytes::copy_from_slice(bytes))))
    }

    fn short(bytes: &[u8]) -> Option<Self> {
        let mut copy = [0; Self::MAX_SHORT_LEN];
        copy.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let len = u8::try_from(bytes.len()).ok()?;
        Some(Self(Repr::Short { len, bytes: copy }))
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Repr::Short { len, bytes } => &bytes[..usize::from(*len)],
            Repr::Long(bytes) => bytes,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Returns the value as [`Bytes`], which share a long one.
    pub(super) fn to_bytes(&self) -> Bytes {
        match &self.0 {
            Repr::Short { .. } => Bytes::copy_from_slice(self.as_slice()),
            Repr::Long(bytes) => bytes.clone(),
        }
    }

    /// Appends bytes. A long value grows in place, unless a reply shares it: amortized linear in `more`.
    pub(super) fn append(self, more: &[u8]) -> Self {
        let len = self.len() + more.len();
        let mut bytes = match self.0 {
            Repr::Long(bytes) => bytes.try_into_mut().unwrap_or_else(|shared| copy_with_capacity(&shared, len)),
            Repr::Short { .. } if len <= Self::MAX_SHORT_LEN => {
                return Self::copy_from(&[self.as_slice(), more].concat());
            }
            Repr::Short { .. } => copy_with_capacity(self.as_slice(), len),
        };
        bytes.extend_from_slice(more);
        Self(Repr::Long(bytes.freeze()))
    }
}

fn copy_with_capacity(bytes: &[u8], capacity: usize) -> BytesMut {
    let mut copy = BytesMut::with_capacity(capacity.max(bytes.len()));
    copy.extend_from_slice(bytes);
    copy
}

/// Shares long bytes.
impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Self::short(&bytes).unwrap_or(Self(Repr::Long(bytes)))
    }
}

/// Shows the length, and no byte.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Value").field(&self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_takes_no_more_than_bytes() {
        assert_eq!(size_of::<Value>(), size_of::<Bytes>());
    }

    #[test]
    fn value_of_any_length_can_be_changed() {
        for len in [0, 1, 22, 23, 24, 100] {
            let text = "abcdefghij".repeat(10);
            let text = &text.as_bytes()[..len];
            let value = Value::copy_from(text);
            assert_eq!((value.as_slice(), value.len()), (text, len));
            assert_eq!(value.to_bytes(), text);
            let shared = value.clone();
            assert_eq!(value.append(b"xyz").as_slice(), [text, b"xyz"].concat());
            assert_eq!(shared.as_slice(), text, "the clone has not changed");
        }
    }

    #[test]
    fn append_to_an_unshared_value_grows_in_place() {
        let mut value = Value::copy_from(&[b'x'; 1000]);
        let mut moves = 0;
        for _ in 0..10_000 {
            let at = value.as_slice().as_ptr();
            value = value.append(b"y");
            moves += usize::from(value.as_slice().as_ptr() != at);
        }
        assert!(moves < 20, "{moves} copies");
    }
}
