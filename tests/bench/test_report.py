"""The tables of the bench."""

from bench import report
from bench.measure import Sample, answers_since, medians
from bench.pages import LIST, PORTAL, Page

HOME = Page("home", "/portal/", PORTAL, LIST)


def test_a_table_is_aligned_markdown():
    assert report.table([("page", "ms"), ("home", "12.25"), ("a", "3")]).splitlines() == [
        "| page |    ms |",
        "|------|------:|",
        "| home | 12.25 |",
        "| a    |     3 |",
    ]


def test_a_page_has_a_row_for_each_number_of_connections():
    measured = {
        (HOME, 1): Sample(4.0, 0.25, 250, 4.0, 6.0, 500),
        (HOME, 16): Sample(4.4, 0.2, 220, 70.0, 140.0, 480),
    }
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in report.pages_table(measured).splitlines()]
    assert rows[2] == ["home", "1", "4.00", "6.2%", "6%", "250", "4.0", "6.0", "1.5", ""]
    assert rows[3] == ["home", "16", "4.40", "4.5%", "6%", "220", "70.0", "140.0", "2.0", "1.10"]


def test_each_value_is_the_median_of_its_rounds():
    rounds = [Sample(4.0, 0.3, 250, 4, 6, 500), Sample(9.0, 0.2, 90, 8, 9, 90), Sample(5.0, 0.1, 200, 5, 7, 300)]
    assert medians({(HOME, 1): rounds}) == {(HOME, 1): Sample(5.0, 0.2, 200, 5, 7, 300)}


def test_answered_requests_are_counted_in_the_log_from_a_position_on(tmp_path):
    log = tmp_path / "log"
    line = "2026-11-29T19:00:00.000Z INFO pid=1 sergio.requests id=a route=/up status=200 ms=1.0\n"
    log.write_text(line)
    position = log.stat().st_size
    log.write_text(line + line + "WARNING something else\n" + line)
    assert answers_since(log, position) == 2


def test_results_have_the_tables_the_budgets_and_the_notes_by_hand(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "RESULTS.md")
    report.write([("Pages", "| a |")], ["home is too slow."], "12:30")
    text = (tmp_path / "RESULTS.md").read_text()
    assert "## Pages\n\n| a |" in text
    assert "- home is too slow." in text
    assert "## What was tried and left" in text
    assert "granian" in text
