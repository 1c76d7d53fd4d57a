"""Importing as the office does it: in a browser, with the worker."""

import pytest


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)
