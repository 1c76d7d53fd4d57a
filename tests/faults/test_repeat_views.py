"""Repeat views with several workers and several people at once: nobody is told that a changed page is unchanged."""

from tests.faults.program import Client

HOME, ACCOUNT = "/portal/", "/portal/account"


def etag_of(client: Client, path: str) -> str:
    """The ETag of a page that the browser has seen before, so that it sets no cookie any more."""
    client.get(path)
    return client.get(path).headers["ETag"]


def statuses(client: Client, path: str, etag: str, times: int = 20) -> set[int]:
    """Of so many requests, each on a connection of its own, which the workers share among them."""
    return {client.get(path, headers={"If-None-Match": etag}).status for _ in range(times)}


def test_a_write_through_one_worker_is_seen_by_all(serve, client_of, ana, ben):
    web = serve("--workers", 2)
    anas, bens = client_of(web, ana), client_of(web, ben)
    for number in range(10):
        etag = etag_of(anas, HOME)
        assert statuses(anas, HOME, etag) == {304}
        assert bens.post(ACCOUNT, {"name": f"Ben {number}", "phone": ""}).status == 303
        assert statuses(anas, HOME, etag) == {200}


def test_nobody_sees_a_page_with_an_old_etag_after_signing_out(serve, client_of, ana):
    web = serve("--workers", 2)
    client = client_of(web, ana)
    etag = etag_of(client, HOME)
    cookies = dict(client.cookies)
    assert client.post("/portal/sign-out").status == 303
    stolen = Client(web.port, client.host, cookies)
    assert statuses(stolen, HOME, etag) == {303}
