"""Runs units of Redis' test suite against a server. redis_suite.sh calls it.

redis_suite.py SOURCE HOST PORT
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

UNITS = ["type/string", "type/incr", "expire", "keyspace", "scan", "multi", "pubsub", "protocol", "quit"]

# The text of an error if the server leaves something out.
LEFT_OUT = re.compile(
    r"unknown command|unknown subcommand|can't set immutable config|Unknown option or number of arguments for CONFIG SET"
    r"|DB index is out of range"
)

COLORS = re.compile(r"\x1b?\[[0-9;]*m")


def run(source, host, port, unit, skipped):
    """Runs a unit. Returns the tests that passed, and those that failed with their messages."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(sorted(skipped)))
        file.flush()
        command = ["./runtest", "--host", host, "--port", port, "--singledb", "--ignore-encoding", "--durable"]
        command += ["--tags", "-needs:debug -external:skip", "--single", f"unit/{unit}", "--skipfile", file.name]
        output = subprocess.run(command, cwd=source, capture_output=True, text=True, errors="replace", timeout=300).stdout
    output = COLORS.sub("", output)
    output = output.split("The End")[0].split("!!! WARNING")[0]
    passed = re.findall(r"^\[ok\]: (.*?)(?: \(\d+ ms\))?$", output, re.MULTILINE)
    failed = re.findall(r"^\[err\]: (.*) in tests/\S+\n((?:(?!\[|\*\*\*).*\n?)*)", output, re.MULTILINE)
    crashed = re.findall(r"^\[exception\]: (.*)", output, re.MULTILINE)
    return passed, dict(failed), crashed


def main(source, host, port):
    total_passed = total_failed = total_skipped = 0
    with tempfile.TemporaryDirectory() as copy:
        copy = pathlib.Path(copy, "redis")
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("src", "deps"))
        # Functions are not among the types here; the suite removes all before each unit.
        server = copy / "tests/support/server.tcl"
        server.write_text(server.read_text().replace("    r function flush\n", "    catch {r function flush}\n"))
        for unit in UNITS:
            skipped = set()
            while True:
                passed, failed, crashed = run(copy, host, port, unit, skipped)
                left_out = {name for name, message in failed.items() if LEFT_OUT.search(message)} - skipped
                if not left_out:
                    break
                skipped |= left_out
            print(f"{unit}: {len(passed)} passed, {len(failed) + len(crashed)} failed, {len(skipped)} use what is left out")
            for name, message in failed.items():
                print(f"    FAILED {name}: {message.strip()[:300]}")
            for message in crashed:
                print(f"    CRASHED {message}")
            total_passed, total_failed = total_passed + len(passed), total_failed + len(failed) + len(crashed)
            total_skipped += len(skipped)
    print(f"{total_passed} passed, {total_failed} failed, {total_skipped} use what is left out")
    sys.exit(total_failed > 0)


main(*sys.argv[1:])
