"""PDFs in real processes: a web worker serves them without loading typst, whether they are kept or not."""

import re
from pathlib import Path

from tests.invoices import builders
from tests.quotes import builders as quotes

PDFS = ("/portal/invoices/1.pdf", "/portal/quotes/1.pdf")
MOST = 80  # MB of a web worker


def libraries(pid: int | str) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


def megabytes(pid: int) -> float:
    """Its memory, with its share of what it shares with others (proc(5), PSS)."""
    return int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1]) / 1024


def test_a_web_worker_never_loads_typst_and_stays_small(serve, client_of, ana, work):
    builders.invoice(ana)
    quotes.sent(ana)
    web = serve("--workers", 2)
    ana_at_home = client_of(web, ana)
    rendered = {path: ana_at_home.get(path).text for path in PDFS}
    work()
    for _ in range(100):
        assert {path: ana_at_home.get(path).text for path in PDFS} == rendered
    assert all(text.startswith("%PDF") for text in rendered.values())
    assert len(web.children) == 2
    for worker in web.children:
        assert "typst" not in libraries(worker)
        assert megabytes(worker) < MOST


def test_control_a_process_that_renders_loads_typst(work, ana):
    builders.invoice(ana)
    work()
    assert "typst" in libraries("self")
