"""Asking for a link, reading its letter, and many who press at once."""

from threading import Barrier, Thread

import pytest

from tests.browser import SAME_ORIGIN, read_letter


@pytest.fixture
def ask(app):
    """`ask(browser, email)`: ask for a link and read the letter."""

    def ask(browser, email, *, door="portal", next_path=""):
        answer = browser.post(f"/{door}/sign-in", {"email": email, "next": next_path})
        assert answer.status_code == 303, answer.text
        return read_letter(app)

    return ask


@pytest.fixture
def all_at_once(session):
    """`all_at_once(browsers, path, data)`: each posts the same at the same moment; their answers."""

    def post(browsers, path, data=None):
        forms = [{"csrf_token": browser.csrf_token(), **(data or {})} for browser in browsers]
        session.commit()
        start, answers = Barrier(len(browsers)), []

        def one(browser, form):
            start.wait()
            answers.append(browser.client.post(path, base_url=browser.base_url, data=form, headers=SAME_ORIGIN))

        threads = [Thread(target=one, args=pair) for pair in zip(browsers, forms, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    return post
