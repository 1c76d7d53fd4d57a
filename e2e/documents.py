"""PDF documents as the browser would download them, with script or without."""

import io
from http.client import HTTPConnection
from urllib.parse import urlsplit

from playwright.sync_api import Page
from pypdf import PdfReader


def pdf_of(page: Page, path: str) -> str:
    """The text of the PDF at a path of the page's host, fetched with its cookies; it must be whole and tagged."""
    here = urlsplit(page.url)
    connection = HTTPConnection("127.0.0.1", here.port, timeout=20)
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies(page.url))
    connection.request("GET", path, headers={"Host": here.netloc, "Cookie": cookies})
    response = connection.getresponse()
    assert (response.status, response.headers["Content-Type"]) == (200, "application/pdf")
    document = PdfReader(io.BytesIO(response.read()))
    connection.close()
    assert "/StructTreeRoot" in document.root_object
    return " ".join(sheet.extract_text() for sheet in document.pages)
