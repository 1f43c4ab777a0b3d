//! The layers of `core/src`: a group imports only from itself and from the groups below it, and never through the crate
//! root.
//!
//! ```text
//! drive → exports → chat → output → framing
//! ```
//!
//! Documentation may link upwards: comments are not looked at. Unit tests have to keep the rule too.

use std::fs;
use std::io;
use std::path::Path;

use asynchat_tests::harness::sources::rust_files;

/// The groups, from the bottom up. Each is a file `core/src/GROUP.rs` and a folder `core/src/GROUP`; `exports` is the list of
/// the names that a protocol author uses, which `drive` passes on to the adapters.
const GROUPS: [&str; 5] = ["framing", "output", "chat", "exports", "drive"];

/// The modules beside the groups, and the groups that each may import. Every group may import these modules.
///
/// `error` is the type that every group returns; its variants hold data types of `framing`.
const SHARED: [(&str, &[&str]); 4] =
    [("error", &["framing"]), ("invariant", &[]), ("retry_on_intr", &[]), ("sync", &[])];

/// The front page, which re-exports from every group.
const ROOT: &str = "lib";

#[test]
fn core_groups_import_only_downwards() -> io::Result<()> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let mut faults = Vec::new();
    let mut checked = 0;
    for path in rust_files(&core)? {
        let shown = path.strip_prefix(&core).unwrap_or(&path);
        let module = top_module(shown);
        if module == ROOT {
            continue;
        }
        assert!(is_known(&module), "core/src/{}: add the module to GROUPS or SHARED", shown.display());
        checked += 1;
        faults.extend(
            faults_of(&module, &fs::read_to_string(&path)?)
                .into_iter()
                .map(|(line, fault)| format!("core/src/{}:{line}: {fault}", shown.display())),
        );
    }
    assert!(checked > GROUPS.len(), "core/src holds no groups");
    assert!(faults.is_empty(), "imports against the layers:\n{}", faults.join("\n"));
    Ok(())
}

/// The module at the crate root that a file belongs to: `chat` for `chat.rs` and for `chat/channel.rs`.
fn top_module(path: &Path) -> String {
    let first = path.iter().next().unwrap_or_default();
    Path::new(first).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_known(module: &str) -> bool {
    GROUPS.contains(&module) || SHARED.iter().any(|&(shared, _)| shared == module)
}

/// Returns whether `module` may import `other`.
fn may_import(module: &str, other: &str) -> bool {
    let level = |name| GROUPS.iter().position(|&group| group == name);
    match (level(module), level(other)) {
        (Some(from), Some(to)) => to <= from,
        (Some(_), None) => true,
        (None, _) => {
            module == other || SHARED.iter().any(|&(shared, below)| shared == module && below.contains(&other))
        }
    }
}

/// The faults of a file of `module`, each with its line, counted from 1.
fn faults_of(module: &str, source: &str) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for other in names_after(code, "crate::") {
            if !is_known(other) {
                faults.push((index + 1, format!("`crate::{other}` goes through the crate root: name the group")));
            } else if !may_import(module, other) {
                faults.push((index + 1, format!("`{module}` must not use `{other}`")));
            }
        }
        for other in names_after(code, "super::") {
            if is_known(other) {
                faults.push((index + 1, format!("`super::{other}` leaves the group: write `crate::{other}`")));
            }
        }
        if code.contains("use crate as ") || code.contains("use crate;") {
            faults.push((index + 1, "the crate root must not be renamed".to_owned()));
        }
    }
    faults
}

/// The names that follow each `prefix` in a line of code; `{`, `*` and the end of the line give an empty name.
fn names_after<'c>(code: &'c str, prefix: &'c str) -> impl Iterator<Item = &'c str> {
    let in_name = |character: char| character.is_alphanumeric() || character == '_';
    // A link of documentation that a macro writes is no import.
    let is_path = move |before: &str| !before.ends_with(in_name) && !before.ends_with("](");
    code.match_indices(prefix)
        .filter(move |(at, _)| is_path(&code[..*at]))
        .map(move |(at, _)| {
            let rest = &code[at + prefix.len()..];
            rest.split_at(rest.find(|character| !in_name(character)).unwrap_or(rest.len()))
        })
        // A macro that calls itself: an exported one is at the root, and has no other path.
        .filter(|(_, behind)| !behind.starts_with('!'))
        .map(|(name, _)| name)
}

mod parser {
    use super::*;

    fn fault(module: &str, source: &str) -> Option<String> {
        faults_of(module, source).pop().map(|(_, fault)| fault)
    }

    #[test]
    fn layers_allow_own_lower_and_shared_modules() {
        let source = "use crate::framing::Framer;\nuse crate::output::Producer;\nuse crate::error::{Blame, Error};\n\
                      pub(in crate::output) fn f() -> crate::invariant::X {}\nuse super::queue::ProducerQueue;\n";
        assert_eq!(faults_of("output", source), []);
        assert_eq!(faults_of("drive", source), []);
        assert_eq!(faults_of("error", "use crate::framing::End;"), []);
        assert_eq!(faults_of("framing", "\"[`Config`](crate::Config)\""), []);
    }

    #[test]
    fn layers_refuse_imports_from_above() {
        for (at, lower) in GROUPS.iter().enumerate() {
            for upper in &GROUPS[at + 1..] {
                let source = format!("\n    use crate::{upper}::{{self, Name}};");
                assert_eq!(faults_of(lower, &source), [(2, format!("`{lower}` must not use `{upper}`"))]);
                assert_eq!(faults_of(upper, &format!("use crate::{lower}::Name;")), []);
            }
        }
        assert_eq!(fault("error", "use crate::chat::Chat;").unwrap(), "`error` must not use `chat`");
        assert_eq!(fault("invariant", "use crate::error::Error;").unwrap(), "`invariant` must not use `error`");
    }

    #[test]
    fn layers_refuse_paths_within_expressions() {
        assert!(fault("framing", "let x: Vec<crate::chat::Chat> = vec![];").is_some());
        assert!(fault("framing", "m!($crate::drive::Driver)").is_some());
        assert_eq!(faults_of("chat", "f(crate::drive::A, crate::drive::B)").len(), 2);
    }

    #[test]
    fn layers_refuse_imports_through_the_root() {
        for source in ["use crate::Framer;", "use crate::{Framer, chat};", "use crate::*;", "let e: crate::Error;"] {
            assert!(fault("drive", source).unwrap().contains("crate root"), "{source}");
        }
        assert!(fault("drive", "use crate::").is_some(), "a path that goes on in the next line");
        assert!(fault("drive", "use crate::unheard_of::Name;").is_some());
        assert!(fault("drive", "use crate as root;").is_some());
    }

    #[test]
    fn layers_refuse_leaving_a_group_by_super() {
        assert!(fault("framing", "use super::super::chat::Chat;").unwrap().contains("leaves the group"));
        assert!(fault("chat", "use super::framing::Framer;").unwrap().contains("leaves the group"));
    }

    #[test]
    fn layers_ignore_comments_and_longer_names() {
        for source in [
            "/// See [`Chat`](crate::chat::Chat).",
            "//! crate::Framer",
            "f(); // as crate::drive does",
            "use other_crate::Name;",
            "pub(crate) fn f() {}",
        ] {
            assert_eq!(faults_of("framing", source), [], "{source}");
        }
    }

    #[test]
    fn layers_know_the_module_of_a_file() {
        for (path, module) in
            [("chat.rs", "chat"), ("chat/channel.rs", "chat"), ("output/queue/tests/lazy.rs", "output")]
        {
            assert_eq!(top_module(Path::new(path)), module);
        }
    }
}
