"""Redirect targets are paths of our own host."""

import pytest
from flask import Flask, request

from sergio.web.pages import own_path, page_asked_from

OURS = [
    "/",
    "/portal/",
    "/portal/quotes/7",
    "/portal/quotes?status=open&page=2",
    "/portal/book/time?place=1%2F2&day=2026-11-24",
    "/portal/history?q=a//b",
    "/portal/quotes/7#total",
    "/portal/quotes/7.pdf",
    "/portal/größe",
    "/portal/a:b@c",
]
HOSTS = ["evil.example", "evil.example/x", "[::1]", "sparkle.sergio.test@evil.example", "evil.example:443", "①②⑦.0.0.1"]
BEGINNINGS = [
    "//",
    "///",
    "////",
    "/\\",
    "\\\\",
    "\\/",
    "/\t/",
    "/\n/",
    "/\r\n/",
    "\t//",
    " //",
    "https:",
    "https://",
    "http:///",
]
OTHERS = [
    None,
    "",
    " ",
    "portal/",
    "./portal/",
    "../portal/",
    "?next=/portal/",
    "#",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "mailto:a@b.example",
    "ftp://evil.example/",
    "//",
    "/%2f/evil.example",
    "/%2F/evil.example",
    "/%5cevil.example",
    "/%5C/evil.example",
    "/portal/../..//evil.example",
    "/portal/..",
    "/portal/.",
    "/./portal/",
    "/.//evil.example",
    "/%2e%2e//evil.example",
    "/portal/%2E./evil.example",
    "/portal//evil.example",
    "/portal/\r\nSet-Cookie: a=b",
    "/portal/\r\n\r\n<h1>",
    "/portal/\0",
    "/portal/\x7f",
    "/portal/ x",
    "/" + "a" * 8000,
    "\u00a0//evil.example",
    "／／evil.example",
    "https&#58;//evil.example",
    "x://evil.example",
    ":/evil.example",
    "@evil.example",
]
THEIRS = [*OTHERS, *(beginning + host for beginning in BEGINNINGS for host in HOSTS)]


@pytest.mark.parametrize("path", OURS)
def test_our_own_paths_are_unchanged(path):
    assert own_path(path) == path


@pytest.mark.parametrize("path", THEIRS, ids=range(len(THEIRS)))
def test_any_other_url_is_none(path):
    assert own_path(path) is None


def test_the_corpus_of_urls_is_large_enough():
    assert len(THEIRS) > 80


@pytest.mark.parametrize(
    ("referrer", "page"),
    [
        ("https://sparkle.sergio.test/portal/quotes/7?a=1", "/portal/quotes/7?a=1"),
        ("https://rival.sergio.test/portal/quotes/7", "/home"),
        ("https://sparkle.sergio.test//evil.example", "/home"),
        ("https://sparkle.sergio.test.evil.example/portal/", "/home"),
        ("javascript:alert(1)", "/home"),
        ("https://[", "/home"),
        (None, "/home"),
    ],
)
def test_the_referring_page_is_one_of_this_host(referrer, page):
    headers = {"Referer": referrer} if referrer else {}
    with Flask("test").test_request_context(base_url="https://sparkle.sergio.test", headers=headers):
        assert request.host == "sparkle.sergio.test"
        assert page_asked_from("/home") == page
