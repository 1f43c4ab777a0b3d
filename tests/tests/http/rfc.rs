//! The table of requirements.

use std::fs;
use std::path::Path;

/// Returns the text of all files in a folder, and in the folders in it.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

#[test]
fn rfc_table_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("src/protocols/http/rfc.md")).unwrap();
    let sources = sources(&root.join("tests/http")) + &sources(&root.join("src/protocols/http"));
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut names = 0;
    for row in rows {
        let tests = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap();
        for name in tests.split('`').skip(1).step_by(2) {
            assert!(sources.contains(&format!("fn {name}(")), "no test has the name {name}");
            names += 1;
        }
    }
    assert!(names > 50, "the table was not found");
}
