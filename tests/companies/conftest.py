"""Fixtures of the tests of companies."""

import pytest

from sergio.lib import images


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Tests share their machine, so a picture is only limited by its own time on the processor."""
    monkeypatch.setattr(images, "PATIENCE", 30)
    monkeypatch.setattr(images, "LONGEST", 30)
