"""The tables of a run, as Markdown."""

from bench.budget import SHARES, Medians

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


def table(rows: list[tuple[str, ...]]) -> str:
    """Rows as a Markdown table, its columns aligned; the first row is the head, the first column is on the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"| {' | '.join(aligned(row, widths))} |" for row in rows]
    rule = ["-" * (width + 1) for width in widths]
    return "\n".join([lines[0], f"|{rule[0]}-|{':|'.join(rule[1:])}:|", *lines[1:]])


def aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [
        cell.rjust(width) if n else cell.ljust(width) for n, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
