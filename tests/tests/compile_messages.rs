//! First tries that do not compile: the compiler's message says what to write instead.
//!
//! Each program is given to rustc, with core as it was compiled for this test. Only the notes that core itself has
//! written are compared, since the rest of a message differs between versions of the compiler.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

const USES: &str = "#![allow(unused)]\nuse asynchat_core::{Channel, Framer, Frames, ReceiveBuffer, Terminator};\n";

/// Core, as cargo has compiled it last, which is for this test.
fn compiled_core(dependencies: &Path) -> io::Result<PathBuf> {
    let mut newest = None;
    for entry in fs::read_dir(dependencies)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("libasynchat_core-") && name.ends_with(".rlib") {
            newest = newest.max(Some((fs::metadata(&path)?.modified()?, path)));
        }
    }
    newest.map(|(_, path)| path).ok_or_else(|| io::Error::other("core is not compiled"))
}

/// Compiles a program, and returns the compiler's messages, which are empty if it compiles.
fn compile(name: &str, program: &str) -> io::Result<String> {
    let test = env::current_exe()?;
    let dependencies = test.parent().unwrap_or(&test);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{name}.rs"));
    fs::write(&file, format!("{USES}{program}\n"))?;
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--color=never", "--out-dir"])
        .arg(folder)
        .arg("--extern")
        .arg(format!("asynchat_core={}", compiled_core(dependencies)?.display()))
        .arg("-L")
        .arg(format!("dependency={}", dependencies.display()))
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
