"""Fixtures for requesting a sign-in link, reading its email, and concurrent requests."""

from threading import Barrier, Thread

import pytest

from tests.browser import SAME_ORIGIN, read_email


@pytest.fixture
def request_link(app):
    """`request_link(browser, email)`: request a link and read its email."""

    def request_link(browser, email, *, door="portal", next_path=""):
        response = browser.post(f"/{door}/sign-in", {"email": email, "next": next_path})
        assert response.status_code == 303, response.text
        return read_email(app)

    return request_link


@pytest.fixture
def all_at_once(session):
    """`all_at_once(browsers, path, data)`: each posts the same at the same moment; their responses."""

    def post(browsers, path, data=None):
        forms = [{"csrf_token": browser.csrf_token(), **(data or {})} for browser in browsers]
        session.commit()
        start = Barrier(len(browsers))
        responses = []

        def one(browser, form):
            start.wait()
            responses.append(browser.client.post(path, base_url=browser.base_url, data=form, headers=SAME_ORIGIN))

        threads = [Thread(target=one, args=pair) for pair in zip(browsers, forms, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return responses

    return post
