"""No page can be framed by another website, and none but the widget's can be loaded or read by one."""

import re

from sergio.widget.script import Script

SHARED = {"public.widget.script", "public.widget.fixed", "public.widget.send_link"}
FRAMED_BY_OURSELVES = {
    "office.settings.branding_preview.show": "the sample of colors stands in a frame of the settings",
}
SITE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def path_of(rule, script: Script) -> str:
    """A path of the route, to rows that mostly do not exist: errors must not be framed either."""
    path = rule.rule.replace("<string(length=16):digest>", script.digest)
    return re.sub(r"<(?:\w+(?:\([^>]*\))?:)?(\w+)>", lambda part: "icon" if part[1] == "part" else "1", path)


def answers(app, browser, script):
    """Every route's answer to a GET, or a POST without one, from another website; but those that sign out."""
    for rule in app.url_map.iter_rules():
        if "sign_out" in rule.endpoint:
            continue
        ask = browser.get if "GET" in rule.methods else browser.post
        yield rule.endpoint, ask(path_of(rule, script), headers=SITE)


def test_no_answer_can_be_framed_or_read_by_another_website(app, ana, olga, browser_of):
    """Somebody is signed in both in the portal and in the office."""
    script = Script.of(ana.company)
    browser = browser_of(ana)
    browser.be(olga)
    assert browser.get("/office/customers").status_code == browser.get("/portal/quotes").status_code == 200
    seen = set()
    for endpoint, answer in answers(app, browser, script):
        own = endpoint in FRAMED_BY_OURSELVES and answer.status_code == 200
        assert f"frame-ancestors '{'self' if own else 'none'}'" in policy_of(answer), endpoint
        assert answer.headers["X-Frame-Options"] == ("SAMEORIGIN" if own else "DENY"), endpoint
        shared = endpoint in SHARED
        assert answer.headers["Cross-Origin-Resource-Policy"] == f"{'cross' if shared else 'same'}-origin", endpoint
        assert answer.headers.get("Access-Control-Allow-Origin") == ("*" if shared else None), endpoint
        assert "Access-Control-Allow-Credentials" not in answer.headers, endpoint
        assert not shared or "Set-Cookie" not in answer.headers, endpoint
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), endpoint
        seen.add(endpoint)
    assert seen >= SHARED | set(FRAMED_BY_OURSELVES)


def policy_of(answer) -> str:
    """Of a file that is only ever a picture or a document, what stands for the policy: it shows nothing in a frame."""
    policy = answer.headers["Content-Security-Policy"]
    return f"{policy}; frame-ancestors 'none'" if policy.startswith("sandbox") else policy
