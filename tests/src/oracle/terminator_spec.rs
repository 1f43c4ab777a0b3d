//! A terminator as plain data, which a test can print, compare and hand to any implementation.

use std::fmt;

use asynchat_core::{DelimiterSet, Terminator};

use super::naive;

/// What the terminator is told to be.
#[derive(Clone, PartialEq, Eq)]
pub enum TerminatorSpec {
    /// One delimiter.
    Delimiter(Vec<u8>),
    /// Several delimiters.
    AnyOf(Members),
    /// That many bytes.
    Count(u64),
    /// Nothing ends the frame.
    None,
}

/// The delimiters of a set, beside core's own form of them: it is made once, since tests use each many times.
#[derive(Clone, PartialEq, Eq)]
pub struct Members {
    members: Vec<Vec<u8>>,
    compiled: DelimiterSet,
}

impl TerminatorSpec {
    /// One delimiter.
    pub fn delimiter(bytes: impl AsRef<[u8]>) -> Self {
        Self::Delimiter(bytes.as_ref().to_vec())
    }

    /// Several delimiters.
    ///
    /// # Panics
    ///
    /// When core refuses them. A test asks only for sets that the contract admits, so this is core's fault or its own.
    #[track_caller]
    pub fn any_of<D: AsRef<[u8]>>(members: impl IntoIterator<Item = D>) -> Self {
        let members: Vec<Vec<u8>> = members.into_iter().map(|member| member.as_ref().to_vec()).collect();
        match DelimiterSet::new(&members) {
            Ok(compiled) => Self::AnyOf(Members { members, compiled }),
            Err(error) => panic!("core refuses {members:?}: {error}"),
        }
    }

    /// Several delimiters, without those that could not fire. `None` if no other is left.
    #[must_use]
    pub fn any_that_fire(members: Vec<Vec<u8>>) -> Option<Self> {
        let mut members: Vec<Vec<u8>> = members.into_iter().filter(|member| !member.is_empty()).collect();
        while let Some(silent) = (0..members.len()).find(|&member| naive::never_fires(&members, member)) {
            members.remove(silent);
        }
        (!members.is_empty()).then(|| Self::any_of(members))
    }

    /// The delimiters, if it has any.
    #[must_use]
    pub fn delimiters(&self) -> &[Vec<u8>] {
        match self {
            Self::Delimiter(delimiter) => std::slice::from_ref(delimiter),
            Self::AnyOf(members) => &members.members,
            Self::Count(_) | Self::None => &[],
        }
    }

    /// The same for core.
    ///
    /// # Panics
    ///
    /// When core refuses the delimiter, that is, when it is empty.
    #[must_use]
    pub fn terminator(&self) -> Terminator {
        match self {
            Self::Delimiter(delimiter) => match Terminator::try_from(delimiter.as_slice()) {
                Ok(terminator) => terminator,
                Err(error) => panic!("core refuses {self:?}: {error}"),
            },
            Self::AnyOf(members) => Terminator::AnyOf(members.compiled.clone()),
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
            Self::Count(count) => write!(formatter, "Count({count})"),
            Self::None => formatter.write_str("None"),
        }
    }
}
