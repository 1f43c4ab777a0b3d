"""Plays the attacks and prints a table. run.sh builds the servers and calls it.

main.py [--short] [--markdown | --fill COLUMN] [--adapter NAME] [--attack NUMBER]... PATH...

Each PATH is `ADAPTER=PATH` of a built example.
"""

import argparse
import concurrent.futures
import datetime
import pathlib
import resource
import sys

import clocks
import fairness
import loss
import memory
import places
import smtp
import suite

# Each of these adds its attacks to `suite.ATTACKS` when it is imported.
assert clocks and fairness and loss and memory and places and smtp

SECURITY = pathlib.Path("SECURITY.md")

# The columns of the table in SECURITY.md.
COLUMNS = ["number", "attack", "clause", "before", "after"]


def binaries(paths):
    """The path of the server of each adapter and protocol, from `ADAPTER=PATH`. The protocol is in the file's name."""
    found = {}
    for entry in paths:
        adapter, path = entry.split("=", 1)
        if adapter == "target":
            found["target"] = path
        else:
            protocol = pathlib.Path(path).name.removesuffix("_server").rsplit("_", 1)[-1]
            found[adapter, protocol] = path
    return found


def play_all(attacks, adapters, servers, short):
    """Returns the outcomes by attack and adapter."""
    outcomes = {}

    def play(attack, adapter):
        outcome = suite.Run(servers, adapter, short).play(attack)
        outcomes[attack.number, adapter] = outcome
        verdict = "ok" if outcome.held else "BROKEN"
        print(f"{verdict:8}{attack.number:4}{adapter:10}{outcome.figure}", file=sys.stderr)

    # Attacks that measure time or memory come first and one by one.
    for attack in attacks:
        if not attack.waits:
            for adapter in adapters:
                play(attack, adapter)
    waiting = [(attack, adapter) for attack in attacks if attack.waits for adapter in adapters]
    if waiting:
        with concurrent.futures.ThreadPoolExecutor(len(waiting)) as threads:
            for future in [threads.submit(play, *pair) for pair in waiting]:
                future.result()
    return outcomes


def place(attack):
    """Where an attack stands in the table: 1b before 2, 2 before 10."""
    return int(attack.number.rstrip("abcdefgh")), attack.number


def cell(outcome):
    return outcome.figure if outcome.held else f"**{outcome.figure}**"


def table(attacks, adapters, outcomes):
    """A table of attack × adapter. A figure in bold is beyond its bound."""
    yield f"| | attack | clause | {' | '.join(adapters)} |"
    yield "|---" * (3 + len(adapters)) + "|"
    for attack in attacks:
        figures = " | ".join(cell(outcomes[attack.number, adapter]) for adapter in adapters)
        yield f"| {attack.number} | {attack.title} | {attack.clause} | {figures} |"


def joined(attack, adapters, outcomes):
    """The figures of all adapters in one cell."""
    return "<br>".join(f"{adapter}: {cell(outcomes[attack.number, adapter])}" for adapter in adapters)


def fill(column, attacks, adapters, outcomes):
    """Writes the figures into one column of the table in SECURITY.md. A row that is not there yet is added."""
    index = COLUMNS.index(column)
    text = SECURITY.read_text(encoding="utf-8")
    lines = text.splitlines()
    heading = next(i for i, line in enumerate(lines) if line.startswith("| | attack |"))
    end = next(i for i in range(heading, len(lines) + 1) if i == len(lines) or not lines[i].startswith("|"))
    rows = {}
    for line in lines[heading + 2 : end]:
        cells = [part.strip() for part in line.strip("|").split(" | ")]
        rows[cells[0].strip()] = cells
    for attack in attacks:
        row = rows.setdefault(attack.number, [attack.number, attack.title, attack.clause, "not played", "not played"])
        row[1:3] = attack.title, attack.clause
        row[index] = joined(attack, adapters, outcomes)
    order = [attack.number for attack in sorted(suite.ATTACKS, key=place)]
    ordered = sorted(rows, key=lambda number: order.index(number) if number in order else len(order))
    lines[heading + 2 : end] = [f"| {' | '.join(rows[number])} |" for number in ordered]
    SECURITY.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(prog="run.sh", description="Plays the attacks on the servers of every adapter.")
    parser.add_argument("--short", action="store_true", help="at most two minutes; exit status 1 if a bound is broken")
    parser.add_argument("--markdown", action="store_true", help="print rows for the table in SECURITY.md")
    parser.add_argument("--fill", choices=COLUMNS[3:], help="write the figures into this column of SECURITY.md")
    parser.add_argument("--adapter", action="append", choices=suite.ADAPTERS, help="play on this adapter only")
    parser.add_argument("--attack", action="append", help="play this attack only")
    parser.add_argument("paths", nargs="*", help=argparse.SUPPRESS)
    chosen = parser.parse_args()

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))
    adapters = chosen.adapter or suite.ADAPTERS
    ordered = sorted(suite.ATTACKS, key=place)
    attacks = [attack for attack in ordered if not (chosen.short and attack.only_full)]
    attacks = [attack for attack in attacks if not chosen.attack or attack.number in chosen.attack]
    outcomes = play_all(attacks, adapters, binaries(chosen.paths), chosen.short)

    if chosen.fill:
        fill(chosen.fill, attacks, adapters, outcomes)
    elif chosen.markdown:
        for attack in attacks:
            print(f"| {attack.number} | {attack.title} | {attack.clause} | {joined(attack, adapters, outcomes)} |")
    else:
        print(f"Played on {datetime.date.today()}. A figure in bold is beyond its bound.\n")
        print("\n".join(table(attacks, adapters, outcomes)))
    broken = sum(not outcome.held for outcome in outcomes.values())
    print(f"{broken} of {len(outcomes)} bounds broken", file=sys.stderr)
    sys.exit(1 if broken and chosen.short else 0)


if __name__ == "__main__":
    main()
