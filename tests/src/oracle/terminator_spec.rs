//! A terminator as plain data, which a test can print, compare and give to any implementation.

use std::fmt;
use std::sync::LazyLock;

use asynchat_core::{DelimiterSet, Terminator};

use super::naive;

/// The delimiters of [`TerminatorSpec::UniversalNewline`], for streams that contain them.
static NEWLINES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| ["\r\n", "\r", "\n"].map(Vec::from).to_vec());

/// A terminator.
#[derive(Clone, PartialEq, Eq)]
pub enum TerminatorSpec {
    /// One delimiter.
    Delimiter(Vec<u8>),
    /// Several delimiters.
    AnyOf(Members),
    /// CR, LF or CRLF.
    UniversalNewline,
    /// A number of bytes.
    Count(u64),
    /// No terminator: the frame has no end.
    None,
}

/// The delimiters of a set, and the compiled `DelimiterSet`. It is compiled once, because tests use each set many
/// times.
#[derive(Clone, PartialEq, Eq)]
pub struct Members {
    members: Vec<Vec<u8>>,
    compiled: DelimiterSet,
}

impl TerminatorSpec {
    /// Creates a single delimiter.
    pub fn delimiter(bytes: impl AsRef<[u8]>) -> Self {
        Self::Delimiter(bytes.as_ref().to_vec())
    }

    /// Creates a set of delimiters.
    ///
    /// # Panics
    ///
    /// When core refuses the set. Tests use only sets that the contract admits, so either core or the test is wrong.
    #[track_caller]
    pub fn any_of<D: AsRef<[u8]>>(members: impl IntoIterator<Item = D>) -> Self {
        let members: Vec<Vec<u8>> = members.into_iter().map(|member| member.as_ref().to_vec()).collect();
        match DelimiterSet::new(&members) {
            Ok(compiled) => Self::AnyOf(Members { members, compiled }),
            Err(error) => panic!("core refuses {members:?}: {error}"),
        }
    }

    /// Creates a set of those delimiters that can match. Returns `None` if there is no such delimiter.
    #[must_use]
    pub fn any_that_match(members: Vec<Vec<u8>>) -> Option<Self> {
        let mut members: Vec<Vec<u8>> = members.into_iter().filter(|member| !member.is_empty()).collect();
        while let Some(silent) = (0..members.len()).find(|&member| naive::never_matches(&members, member)) {
            members.remove(silent);
        }
        (!members.is_empty()).then(|| Self::any_of(members))
    }

    /// The delimiters; empty for `Count` and `None`.
    #[must_use]
    pub fn delimiters(&self) -> &[Vec<u8>] {
        match self {
            Self::Delimiter(delimiter) => std::slice::from_ref(delimiter),
            Self::AnyOf(members) => &members.members,
            Self::UniversalNewline => &NEWLINES,
            Self::Count(_) | Self::None => &[],
        }
    }

    /// Converts it to core's type.
    ///
    /// # Panics
    ///
    /// When core refuses the delimiter because it is empty.
    #[must_use]
    pub fn terminator(&self) -> Terminator {
        match self {
            Self::Delimiter(delimiter) => match Terminator::try_from(delimiter.as_slice()) {
                Ok(terminator) => terminator,
                Err(error) => panic!("core refuses {self:?}: {error}"),
            },
            Self::AnyOf(members) => Terminator::AnyOf(members.compiled.clone()),
            Self::UniversalNewline => Terminator::universal_newline(),
            Self::Count(count) => Terminator::from(*count),
            Self::None => Terminator::None,
        }
    }
}

impl fmt::Debug for TerminatorSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delimiter(delimiter) => write!(formatter, "b\"{}\"", delimiter.escape_ascii()),
            Self::AnyOf(members) => {
                let members: Vec<String> =
                    members.members.iter().map(|member| member.escape_ascii().to_string()).collect();
                write!(formatter, "AnyOf{members:?}")
            }
            Self::UniversalNewline => formatter.write_str("UniversalNewline"),
            Self::Count(count) => write!(formatter, "Count({count})"),
            Self::None => formatter.write_str("None"),
        }
    }
}
