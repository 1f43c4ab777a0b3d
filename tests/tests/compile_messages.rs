//! First tries that do not compile: the compiler's message says what to write instead.
//!
//! Each program is given to rustc, with the metadata of core that cargo names. Only the notes that core itself has written
//! are compared, since the rest of a message differs between versions of the compiler.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

const USES: &str = "#![allow(unused)]\nuse asynchat_core::{Channel, Framer, Frames, ReceiveBuffer, Terminator};\n";

/// Returns the path of core's metadata, which is all that a check of a program needs.
///
/// Asks cargo: the folder also holds core as compiled from older sources or with other features.
fn compiled_core(folder: &Path) -> io::Result<String> {
    let output = Command::new(env!("CARGO"))
        .args(["check", "--package=asynchat-core", "--lib", "--message-format=json", "--quiet"])
        .arg(concat!("--manifest-path=", env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .arg("--target-dir")
        .arg(folder)
        .output()?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let artifact = messages
        .lines()
        .filter(|line| line.contains(r#""reason":"compiler-artifact""#))
        .find(|line| line.contains(r#""name":"asynchat_core""#));
    let library = artifact.and_then(|line| line.split('"').find(|text| text.ends_with(".rmeta")));
    // JSON escapes the separators of Windows.
    library.map(|path| path.replace(r"\\", r"\")).ok_or_else(|| {
        io::Error::other(format!("cargo does not compile core: {}", String::from_utf8_lossy(&output.stderr)))
    })
}

/// Compiles a program, and returns the compiler's messages, which are empty if it compiles.
fn compile(name: &str, program: &str) -> io::Result<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let library = compiled_core(folder.parent().unwrap_or(folder))?;
    let file = folder.join(format!("{name}.rs"));
    fs::write(&file, format!("{USES}{program}\n"))?;
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--color=never", "--out-dir"])
        .arg(folder)
        .arg("--extern")
        .arg(format!("asynchat_core={library}"))
        .arg("-L")
        .arg(format!("dependency={}", Path::new(&library).parent().unwrap_or(folder).display()))
        .arg(file)
        .output()?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn expect_message(name: &str, program: &str, notes: &[&str]) -> io::Result<()> {
    let message = compile(name, program)?;
    for note in notes {
        assert!(message.contains(note), "{program} does not give {note:?}:\n{message}");
    }
    Ok(())
}

#[test]
fn terminator_of_every_kind_compiles() -> io::Result<()> {
    let program = r#"
        fn given(framer: &mut Framer, channel: &mut Channel, body: &[u8], text: &str) {
            framer.set_terminator(b"\r\n");
            framer.set_terminator(3);
            channel.set_terminator(5u64);
            channel.set_terminator(Terminator::count(body.len()));
            channel.set_terminator(Terminator::universal_newline());
            channel.set_terminator(Terminator::any_of(["\n", "\r\n"]).unwrap());
            channel.set_terminator(Terminator::try_from(text).unwrap());
            channel.set_terminator(Terminator::try_from(body).unwrap());
            channel.set_terminator(Terminator::try_from(body.to_vec()).unwrap());
        }
        fn passed_on(terminator: impl Into<Terminator>) -> Framer { Framer::new(terminator) }
    "#;
    assert_eq!(compile("terminators", program)?, "");
    Ok(())
}

#[test]
fn message_for_a_string_names_the_literal() -> io::Result<()> {
    let notes = ["`&str` does not say what ends a frame", r#"write `b"\r\n"`, not `"\r\n"`"#, "`Terminator::try_from("];
    expect_message("str_framer", r#"fn f(framer: &mut Framer) { framer.set_terminator("\r\n"); }"#, &notes)?;
    expect_message("str_channel", r#"fn f(channel: &mut Channel) { channel.set_terminator("\r\n"); }"#, &notes)?;
    expect_message("str_frames", r#"fn f() -> Frames { Frames::new("\n") }"#, &notes)?;
    expect_message("str_buffer", r#"fn f() -> ReceiveBuffer { ReceiveBuffer::with_max_len("\n", 9) }"#, &notes)
}

#[test]
fn message_for_a_usize_names_count() -> io::Result<()> {
    let notes = ["`usize` does not say what ends a frame", "write `Terminator::count(len)` for a `usize`"];
    let program = "fn f(channel: &mut Channel, body: &[u8]) { channel.set_terminator(body.len()); }";
    expect_message("usize_channel", program, &notes)
}
