"""The tables of a run, as Markdown, and bench/RESULTS.md, where those of the last whole run stand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.budget import GROWTH, MB, SHARES, Medians
from bench.footprint import Footprint
from bench.growth import Growth
from bench.machine import machine, versions
from bench.peers.compare import Answer
from bench.slots import Comparison
from tests.faults.booking_load import Outcome

RESULTS, NOTES = Path(__file__).with_name("RESULTS.md"), Path(__file__).with_name("NOTES.md")

HEAD = ("page", "connections", "CPU ms", "of hello", "budget", "requests/s", "p50 ms", "p99 ms", "p99/p50", "to c=1")


def pages_table(measured: Medians) -> str:
    """A row for each page and number of connections; the last column compares its CPU with that at one connection."""
    rows = [HEAD]
    for (page, connections), sample in measured.items():
        least = SHARES.get(page.budget)
        alone = measured.get((page, 1))
        rows.append(
            (
                page.name,
                str(connections),
                f"{sample.cpu:.2f}",
                f"{sample.share:.1%}",
                f"{least:.0%}" if least else "",
                f"{sample.rate:.0f}",
                f"{sample.p50:.1f}",
                f"{sample.p99:.1f}",
                f"{sample.p99 / sample.p50:.1f}" if sample.p50 else "",
                f"{sample.cpu / alone.cpu:.2f}" if alone and connections > 1 else "",
            )
        )
    return table(rows)


def growth_table(growths: list[Growth]) -> str:
    rows = [("page", "small, CPU ms", "large, CPU ms", "ratio", "budget")]
    rows += [
        (each.page.name, f"{each.small:.2f}", f"{each.big:.2f}", f"{each.ratio:.2f}", f"{GROWTH}") for each in growths
    ]
    return table(rows)


def footprint_table(found: Footprint) -> str:
    rows = [
        ("what", "measured"),
        ("loading, CPU seconds", f"{found.loading:.2f}"),
        ("a worker after 1,000 requests, RSS", f"{found.rss / MB:.0f} MB"),
        ("the same, PSS", f"{found.pss / MB:.0f} MB"),
        ("first PDF after a start, CPU ms", f"{found.cold_pdf:.0f}"),
        ("first visit, compressed", f"{found.first_visit:,} bytes"),
        *((f"{page.name}, compressed", f"{size:,} bytes") for page, size in found.weights.items()),
    ]
    return table(rows)


def slots_table(found: Comparison) -> str:
    rows = [("free times", "naive loop, ms", "engine, ms", "ratio")]
    ratio = f"{found.naive / found.engine:.0f}"
    return table([*rows, (f"{found.slots:,}", f"{found.naive:.1f}", f"{found.engine:.2f}", ratio)])


def bookings_table(outcomes: dict[str, Outcome]) -> str:
    rows = [("database", "bookings/s", "p50 ms", "p99 ms", "CPU ms each", "double bookings")]
    for kind, each in outcomes.items():
        numbers = (each.rate, each.p50, each.p99, each.cpu, each.doubles)
        rows.append((kind, *(f"{number:.0f}" for number in numbers)))
    return table(rows)


def peers_table(answers: list[Answer]) -> str:
    rows = [("page", "CPU ms", "of hello")]
    return table([*rows, *((each.name, f"{each.cpu:.2f}", f"{each.share:.1%}") for each in answers)])


def write(sections: list[tuple[str, str]], complaints: list[str], elapsed: str):
    """Replace bench/RESULTS.md. What stands in bench/NOTES.md, written by hand, is its last section."""
    kept = complaints or ["Every page keeps its budget."]
    parts = [
        f"# What `./dev bench` measured\n\n{datetime.now(UTC):%B %-d, %Y}, in {elapsed} minutes. {machine()}.",
        ", ".join(f"{name} {version}" for name, version in versions().items()) + ".",
        *(f"## {title}\n\n{text}" for title, text in sections),
        "## Budgets\n\n" + "\n".join(f"- {sentence}" for sentence in kept),
        NOTES.read_text().strip(),
    ]
    RESULTS.write_text("\n\n".join(parts) + "\n")


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows as a Markdown table, its columns aligned; the first row is the head, the first column is on the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"| {' | '.join(aligned(row, widths))} |" for row in rows]
    rule = ["-" * (width + 1) for width in widths]
    return "\n".join([lines[0], f"|{rule[0]}-|{':|'.join(rule[1:])}:|", *lines[1:]])


def aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [
        cell.rjust(width) if n else cell.ljust(width) for n, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
