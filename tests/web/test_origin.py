"""Only our own pages may change anything: every unsafe request is checked for its origin."""

import pytest

HERE = "https://sparkle.sergio.test"
FORM = {"email": "ana@example.com"}

FOREIGN = {
    "a sibling company": {"Sec-Fetch-Site": "same-site", "Origin": "https://rival.sergio.test"},
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "the address bar": {"Sec-Fetch-Site": "none"},
    "a sibling in an old browser": {"Origin": "https://rival.sergio.test"},
    "the site itself in an old browser": {"Origin": "https://sergio.test"},
    "plain http": {"Origin": "http://sparkle.sergio.test"},
    "another port": {"Origin": HERE + ":8443"},
    "a longer name": {"Origin": HERE + ".evil.example"},
    "a sandboxed frame": {"Origin": "null"},
    "nowhere": {},
    "a sibling that lies about its Origin": {"Sec-Fetch-Site": "same-site", "Origin": HERE},
    "a made-up word": {"Sec-Fetch-Site": "same-origin, cross-site"},
}


@pytest.fixture
def send(visitor, sparkle):
    """`send(method, headers)`: a form with a good token, straight to the sign-in page."""
    browser = visitor(sparkle)
    token = browser.csrf_token()

    def send(headers, method="POST", **kwargs):
        data = {"data": {**FORM, "csrf_token": token}, **kwargs}
        return browser.client.open("/portal/sign-in", method=method, base_url=HERE, headers=headers, **data)

    return send


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_form_of_another_origin_is_refused(send, headers):
    assert send(headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Origin": HERE}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}],
)
def test_a_form_of_our_own_is_accepted(send, headers):
    assert send(headers).status_code == 303


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_every_unsafe_method_needs_our_origin(send, method):
    assert send({}, method=method).status_code == 403


def test_the_right_origin_does_not_replace_the_token(visitor, sparkle):
    response = visitor(sparkle).post("/portal/sign-in", {**FORM, "csrf_token": ""})
    assert response.status_code == 422


def test_another_method_cannot_be_smuggled_in(send):
    response = send({"X-HTTP-Method-Override": "GET"}, query_string={"_method": "GET"})
    assert response.status_code == 403
