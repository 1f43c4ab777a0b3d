//! Which delimiter sets are refused, and with which error (F10).

use asynchat_core::{DelimiterSetError, Terminator};
use asynchat_tests::oracle::naive::never_matches;

fn refusal(members: &[&str]) -> Option<DelimiterSetError> {
    Terminator::any_of(members).err()
}

fn is_silenced(members: &[&str], silenced: usize) -> bool {
    match refusal(members) {
        Some(DelimiterSetError::NeverMatches { member, index, .. }) => {
            index == silenced && member == members[silenced].as_bytes()
        }
        _ => false,
    }
}

// F10
#[test]
fn delimiter_set_names_member_that_never_matches() {
    assert!(is_silenced(&["\r", "\r\n"], 1));
    assert!(is_silenced(&["\r\n", "\r"], 0));
    assert!(is_silenced(&["x", "abcd", "bc"], 1));
    assert!(is_silenced(&["aa", "a"], 0));
}

// F10
#[test]
fn delimiter_set_admits_member_ending_with_another() {
    assert_eq!(refusal(&["\n", "\r\n"]), None);
    assert_eq!(refusal(&["c", "bc", "abc"]), None);
    assert_eq!(refusal(&["ab", "ba"]), None);
}

// F10
#[test]
fn delimiter_set_refuses_duplicate_member() {
    assert!(matches!(refusal(&["ab", "cd", "ab"]), Some(DelimiterSetError::NeverMatches { .. })));
}

// F2, F10
#[test]
fn terminator_refuses_empty_delimiter() {
    assert!(Terminator::try_from(&b""[..]).is_err());
    assert_eq!(refusal(&[]), Some(DelimiterSetError::NoMembers));
    assert_eq!(refusal(&["a", ""]), Some(DelimiterSetError::EmptyMember { index: 1 }));
}

// F10
#[test]
fn delimiter_set_refuses_exactly_silenced_members() {
    let words = crate::exhaustive::words(1..=3);
    for one in &words {
        for two in &words {
            let members = vec![one.clone(), two.clone()];
            let silenced: Vec<usize> = (0..2).filter(|&member| never_matches(&members, member)).collect();
            match Terminator::any_of(&members) {
                Ok(_) => assert_eq!(silenced, [], "{members:?} is admitted"),
                Err(DelimiterSetError::NeverMatches { index, shadowed_by, .. }) => {
                    assert!(silenced.contains(&index) || one == two, "{members:?} is refused for {index}");
                    assert_eq!(shadowed_by, members[1 - index]);
                }
                Err(error) => panic!("{members:?} is refused: {error}"),
            }
        }
    }
}
