//! Checks that every clause of `core/CONTRACT.md` is cited by a test, and that every citation names a clause.
//!
//! A citation is a comment that holds nothing but clauses, such as `// F4` or `// F1, F8`, directly above its proof: a
//! test with its attributes, a function of a scenario list or a property, or a fuzz target.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use asynchat_tests::harness::sources::rust_files;

/// A clause that is cited above a test.
#[derive(Debug, PartialEq, Eq)]
struct Citation {
    clause: String,
    /// The line of the comment, counted from 1.
    line: usize,
    /// True if a test or another proof follows.
    proves: bool,
}

#[test]
fn contract_clauses_and_citations_match() -> io::Result<()> {
    let workspace = workspace();
    let contract = fs::read_to_string(workspace.join("core/CONTRACT.md"))?;
    let clauses = clauses(&contract);
    let mut cited = BTreeSet::new();
    let mut faults = Vec::new();
    for path in sources(&workspace)? {
        let shown = path.strip_prefix(&workspace).unwrap_or(&path).display();
        for Citation { clause, line, proves } in citations(&fs::read_to_string(&path)?) {
            if !clauses.contains(&clause.as_str()) {
                faults.push(format!("{shown}:{line}: {clause} is not a clause of the contract"));
            } else if proves {
                cited.insert(clause);
            } else {
                faults.push(format!("{shown}:{line}: {clause} is cited, but not above a test"));
            }
        }
    }
    faults.extend(
        clauses.iter().filter(|clause| !cited.contains(**clause)).map(|clause| format!("{clause} is never cited")),
    );
    assert!(faults.is_empty(), "the contract and the citations do not match:\n{}", faults.join("\n"));
    Ok(())
}

#[test]
fn contract_numbers_each_clause_once() -> io::Result<()> {
    let contract = fs::read_to_string(workspace().join("core/CONTRACT.md"))?;
    let clauses = clauses(&contract);
    assert!(!clauses.is_empty());
    assert_eq!(clauses.iter().collect::<BTreeSet<_>>().len(), clauses.len(), "a clause occurs twice: {clauses:?}");
    Ok(())
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folders whose tests may cite clauses.
const SOURCES: [&str; 6] = ["adapter-async-std", "adapter-blocking", "adapter-tokio", "core", "fuzz", "tests"];

/// The other folders at the top level, which hold no tests. Hidden folders are skipped.
const NO_SOURCES: [&str; 1] = ["target"];

/// The Rust files of the workspace's own folders, in order.
///
/// # Panics
///
/// If a folder is in neither list: its citations would be overlooked.
fn sources(workspace: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(workspace)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !entry.file_type()?.is_dir() || name.starts_with('.') || NO_SOURCES.contains(&&*name) {
            continue;
        }
        assert!(
            SOURCES.contains(&&*name),
            "the folder {name} is unknown to this test: add it to SOURCES or NO_SOURCES"
        );
        found.extend(rust_files(&entry.path())?);
    }
    found.sort();
    Ok(found)
}

/// The clauses of a contract, in order: `F1` of a line `- F1 Same bytes, …`.
fn clauses(contract: &str) -> Vec<&str> {
    contract
        .lines()
        .filter_map(|line| line.strip_prefix("- ")?.split_whitespace().next())
        .filter(|word| is_clause(word))
        .collect()
}

fn citations(source: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    let mut lines = source.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let named = named_clauses(line);
        if named.is_empty() {
            continue;
        }
        let proves = is_proof(lines.clone().map(|(_, below)| below.trim()));
        found.extend(named.into_iter().map(|clause| Citation { clause: clause.to_owned(), line: index + 1, proves }));
    }
    found
}

/// The clauses that a line cites. Only a comment that holds nothing else cites any.
fn named_clauses(line: &str) -> Vec<&str> {
    let Some(comment) = line.trim().strip_prefix("// ") else { return Vec::new() };
    let words: Vec<_> = comment.split(", ").collect();
    if words.iter().all(|word| is_clause(word)) { words } else { Vec::new() }
}

fn is_clause(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|family| family.is_ascii_uppercase())
        && !characters.as_str().is_empty()
        && characters.all(|digit| digit.is_ascii_digit())
}

/// Returns whether a function or a fuzz target follows a citation, after comments and attributes.
fn is_proof<'s>(lines: impl Iterator<Item = &'s str>) -> bool {
    let mut open_brackets = 0;
    for line in lines {
        let in_attribute = open_brackets > 0 || line.starts_with("#[");
        if in_attribute {
            open_brackets += line.matches('[').count();
            open_brackets = open_brackets.saturating_sub(line.matches(']').count());
        } else if !line.starts_with("//") {
            return line.split('(').next().is_some_and(|head| head.split_whitespace().any(|word| word == "fn"))
                || line.contains("fuzz_target!");
        }
    }
    false
}

mod parser {
    use super::*;

    /// The clauses cited in a source, and whether each is above a proof.
    fn cited(lines: &[&str]) -> Vec<(String, usize, bool)> {
        citations(&lines.join("\n")).into_iter().map(|found| (found.clause, found.line, found.proves)).collect()
    }

    fn proved(clause: &str, line: usize) -> (String, usize, bool) {
        (clause.to_owned(), line, true)
    }

    #[test]
    fn contract_clauses_are_read_from_list_items() {
        let contract = "# The contract\n\nO9 in prose\n- F1 One.\n- F12 See F7.\n- no clause\n  - F3 nested\n-\n";
        assert_eq!(clauses(contract), ["F1", "F12"]);
    }

    #[test]
    fn citation_is_a_comment_above_a_test() {
        assert_eq!(cited(&["// F4", "#[test]", "fn holds() {}"]), [proved("F4", 1)]);
        assert_eq!(
            cited(&["", "    // F1, C10", "    #[test]", "    fn both() {}"]),
            [proved("F1", 2), proved("C10", 2)]
        );
        assert_eq!(
            cited(&["// C8", "#[cfg(feature = \"std\")]", "#[tokio::test]", "async fn f() {}"]),
            [proved("C8", 1)]
        );
        assert_eq!(cited(&["// O1", "pub fn scenario<S>(stream: S) {}"]), [proved("O1", 1)]);
        assert_eq!(cited(&["// F1", "libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));"]), [proved("F1", 1)]);
    }

    #[test]
    fn citation_allows_multi_line_attributes() {
        let source = ["// C9", "#[tokio::test(", "    flavor = \"multi_thread\"", ")]", "async fn f() {}"];
        assert_eq!(cited(&source), [proved("C9", 1)]);
    }

    #[test]
    fn citation_allows_comments_before_the_test() {
        assert_eq!(cited(&["// F4", "// F5", "/// Why.", "#[test]", "fn f() {}"]), [proved("F4", 1), proved("F5", 2)]);
    }

    #[test]
    fn citation_above_anything_else_proves_nothing() {
        for below in ["let x = 1;", "", "struct Fn;", "call(fn_pointer);"] {
            assert_eq!(cited(&["// F4", below]), [("F4".to_owned(), 1, false)], "{below:?}");
        }
        assert_eq!(cited(&["// F4"]), [("F4".to_owned(), 1, false)]);
    }

    #[test]
    fn citation_is_not_prose_code_or_documentation() {
        for line in
            ["// F4: held", "// as F4 says", "/// F4", "//! F4", "let x = 1; // F4", "//F4", "// F", "// f4", "// F4a"]
        {
            assert_eq!(cited(&[line, "#[test]", "fn f() {}"]), [], "{line:?}");
        }
    }
}
