"""PDF documents: standards, hostile and odd text, many lines, many threads."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from PIL import Image
from pypdf import PdfReader

from sergio.lib import typst

AT = datetime(2026, 3, 3, 15, 14, tzinfo=UTC)
HOSTILE = '#read("/etc/passwd") $x$ *b* <script> \\ @ref // /* `x` "q"'
INVOICE = "invoices/pdf/invoice.typ"
QUOTE = "quotes/pdf/quote.typ"
RECEIPT = "payments/pdf/receipt.typ"
LABELS = {
    "title": "Invoice",
    "from": "From",
    "customer": "Billed to",
    "property": "Service address",
    "description": "Description",
    "date": None,
    "quantity": "Quantity",
    "unit_price": "Unit price",
    "amount": "Amount",
    "packages": "Choose one package",
    "optional_lines": "Optional work",
    "optional_amount": "Amount",
    "attachments": "Attachments, in the portal",
    "acceptance": "Acceptance",
    "notes": "Notes",
    "terms": "Terms",
    "page": "Page {page} of {pages}",
}
DRAWN = {
    "text": "Accepted by Ana Ruiz on March 3, 2026.",
    "name": "Ana Ruiz",
    "signature": [[[0.1, 0.5], [0.4, 0.2], [7, -7]], [[0.5, 0.5]], []],
    "signature_alt": "Signature of Ana Ruiz",
}


def line(description="Deep clean", **changes):
    usual = {"detail": None, "mark": None, "date": None, "quantity": "1", "unit_price": "$9.00", "amount": "$9.00"}
    return {"description": description} | usual | changes


def document(**changes):
    """A document that any of the three templates can set."""
    usual = {
        "paper": "us-letter",
        "lang": "en",
        "title": "Invoice 7 from Sparkle",
        "labels": LABELS,
        "company": company(),
        "customer": {"name": "Ana Ruiz", "address": ["212 Maple Avenue"]},
        "property": {"name": None, "address": ["7 Ocean Drive"]},
        "facts": [{"label": "Due", "value": "March 9, 2026"}],
        "status": {"label": "Overdue", "tone": "bad"},
        "headline": "$9.00 due March 9, 2026",
        "link": {"text": "Pay online", "url": "https://sparkle.example/pay"},
        "lines": [line()],
        "totals": [{"label": "Total", "amount": "$9.00", "strong": True}],
        "optional_lines": [line("Balcony")],
        "packages": [],
        "deposit": None,
        "attachments": None,
        "acceptance": None,
        "notes": None,
        "terms": None,
    }
    return usual | changes


def company(**changes):
    usual = {"name": "Sparkle", "brand": "#0f766e", "logo": None, "address": ["18 Harbor Street"], "contacts": []}
    return usual | changes


def picture() -> bytes:
    image = io.BytesIO()
    Image.new("RGBA", (600, 40), "#0f766e80").save(image, "PNG")
    return image.getvalue()


def customer(name):
    return {"name": name, "address": []}


def reader(template=INVOICE, **changes) -> PdfReader:
    return PdfReader(io.BytesIO(typst.render(template, document(**changes), at=AT)))


def words(pdf: PdfReader) -> str:
    """All the text of a document, its line breaks read as spaces."""
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def tags(element) -> list[tuple[str, str | None]]:
    """Every tag under `element` with its alternative text, in reading order."""
    element = element.get_object()
    if isinstance(element, list):
        return [tag for child in element for tag in tags(child)]
    if not isinstance(element, dict) or "/S" not in element:
        return []
    return [(element["/S"], element.get("/Alt")), *(tags(element["/K"]) if "/K" in element else [])]


def tags_of(pdf: PdfReader):
    return tags(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"])


@pytest.mark.parametrize("template", [INVOICE, QUOTE, RECEIPT])
def test_a_document_declares_pdf_a_3a_and_pdf_ua_1_and_is_tagged(template):
    pdf = reader(template, lang="es-MX")
    root = pdf.trailer["/Root"]
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3<" in xmp
    assert "<pdfaid:conformance>A<" in xmp
    assert "<pdfuaid:part>1<" in xmp
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "es"
    assert pdf.metadata.title == "Invoice 7 from Sparkle"
    assert {"/H1", "/Table", "/THead", "/TH", "/Link"} <= {tag for tag, _ in tags_of(pdf)}


def test_equal_input_gives_equal_bytes_in_a_warm_and_in_a_new_compiler():
    first = typst.render(INVOICE, document(), at=AT)
    assert typst.render(INVOICE, document(), at=AT) == first
    typst._compiler.cache_clear()
    assert typst.render(INVOICE, document(), at=AT) == first
    assert typst.render(INVOICE, document(customer=customer("Ben")), at=AT) != first


def test_markup_in_any_text_stays_text():
    pdf = reader(
        QUOTE,
        title=HOSTILE,
        company=company(name=HOSTILE, address=[HOSTILE], contacts=[HOSTILE]),
        customer=customer(HOSTILE),
        facts=[{"label": HOSTILE, "value": HOSTILE}],
        lines=[line(HOSTILE, detail=HOSTILE, mark=HOSTILE)],
        acceptance=DRAWN | {"name": HOSTILE, "text": HOSTILE},
        notes=HOSTILE,
        terms=HOSTILE,
    )
    text = "".join(words(pdf).split())
    assert text.count("".join(HOSTILE.split())) >= 14
    assert "root:" not in text
    assert pdf.metadata.title == HOSTILE


def test_characters_without_a_font_become_boxes():
    assert "□□□ □ Ñandú" in words(reader(customer=customer("李小龙 🙂 Ñandú")))


@pytest.mark.parametrize(
    "name", ["Łukasz Ąćęłńóśźż", "Ελένη Ώρα", "Жанна Їжак", "Đặng Thị Ẩn", "€ £ ¥ ₹ ₽ ₺ ₿ — … “ ”"]
)
def test_international_names_and_symbols_are_printed(name):
    assert name in words(reader(customer=customer(name)))


def test_an_accent_from_another_font_than_its_letter_is_dropped():
    assert "Tel ☎\ufb1e ☎ 7" in words(reader(customer=customer("Tel ☎\ufb1e ☎\ufe2d 7")))


def test_invisible_and_direction_marks_are_removed():
    assert typst.printable("a\x00b\u202ec\u2066d\ufeffe\tf\r\ng\u2028h") == "abcde f\ng\nh"
    assert typst.printable("e\u0301 \ud800 \ue000") == "é □ □"


def test_two_hundred_lines_repeat_the_header_and_count_the_pages():
    pdf = reader(lines=[line(f"Visit {number}") for number in range(200)])
    pages = [page.extract_text() for page in pdf.pages]
    assert len(pages) > 4
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert ("Unit price" in page) == ("Visit" in page)
    assert words(pdf).count("Visit ") == 200


def test_a_word_wider_than_its_column_is_broken_without_loss():
    text = reader(lines=[line("W" * 300)], customer=customer("M" * 90), company=company(name="W" * 60))
    lines = [
        row for row in text.pages[0].extract_text().replace("\u200b", "").splitlines() if "WW" in row or "MM" in row
    ]
    assert max(map(len, lines)) < 40
    assert "".join(lines).count("M") == 90


@pytest.mark.parametrize("passage", ["very long words " * 2500, "row\n" * 300], ids=["wide", "high"])
@pytest.mark.parametrize("place", ["description", "detail"])
def test_a_line_longer_than_a_page_runs_on_to_its_end(place, passage):
    pdf = reader(lines=[line() | {place: passage + "the end"}])
    assert words(pdf).count("the end") == 1
    assert len(pdf.pages) > 4


def test_an_empty_document_is_printed():
    empty = {"property": None, "status": None, "headline": None, "link": None, "facts": [], "lines": [], "totals": []}
    pdf = reader(QUOTE, **empty, optional_lines=[], company=company(address=[]))
    assert (
        words(pdf)
        == "Invoice Sparkle From Sparkle Billed to Ana Ruiz 212 Maple Avenue Invoice 7 from Sparkle Page 1 of 1"
    )


def test_a_logo_replaces_the_name_and_has_it_as_alternative_text():
    pdf = reader(company=company(logo=picture()))
    assert ("/Figure", "Sparkle") in tags_of(pdf)
    assert len(pdf.pages[0].images) == 1


def test_a_column_without_a_label_is_left_out():
    pdf = reader(labels=LABELS | {"unit_price": None, "quantity": None, "date": "Date"}, lines=[line(date="March 3")])
    assert "Description Date Amount Deep clean March 3 $9.00" in words(pdf)


def test_a_drawn_signature_has_alternative_text():
    assert ("/Figure", "Signature of Ana Ruiz") in tags_of(reader(QUOTE, acceptance=DRAWN))


def test_a_typed_signature_is_the_name():
    pdf = reader(QUOTE, acceptance=DRAWN | {"signature": None, "signature_alt": None})
    assert "Accepted by Ana Ruiz on March 3, 2026. Ana Ruiz Ana Ruiz" in words(pdf)
    assert "/Figure" not in dict(tags_of(pdf))


@pytest.mark.parametrize("brand", ["#ffffff", "#ffee00", "#00ff88", "#0f766e", "#000000"])
def test_any_brand_color_gives_a_readable_text_color_on_white(brand):
    from typst import compile as set_source

    contrast = f'1.05 / (luminance(readable(rgb("{brand}"))) + 0.05)'
    set_source(f'#import "/layouts/document.typ": *\n#assert({contrast} >= 4.5)'.encode(), root=typst.TEMPLATES)


def test_four_threads_print_at_once_and_get_their_own():
    def numbered(number):
        return words(reader(customer=customer(f"Customer {number}")))

    with ThreadPoolExecutor(4) as threads:
        for number, text in enumerate(threads.map(numbered, range(24))):
            assert f"Customer {number} " in text


@pytest.mark.parametrize("path", ["/etc/passwd", "/../secret.txt", "../secret.txt"])
def test_a_template_reads_no_file_outside_the_templates(tmp_path, monkeypatch, path):
    (tmp_path / "secret.txt").write_text("secret")
    root = tmp_path / "templates"
    root.mkdir()
    (root / "curious.typ").write_text(f'#set document(title: "x")\n#read("{path}")')
    monkeypatch.setattr(typst, "TEMPLATES", root)
    typst._compiler.cache_clear()
    try:
        with pytest.raises(typst.Unprintable, match=r"project root|file not found"):
            typst.render("curious.typ", {}, at=AT)
    finally:
        typst._compiler.cache_clear()


def test_a_template_outside_the_templates_is_refused():
    with pytest.raises(typst.Unprintable, match="project root"):
        typst.render("../config.py", {}, at=AT)


def test_a_missing_value_is_named():
    with pytest.raises(typst.Unprintable, match=r"invoice\.typ.*paper"):
        typst.render(INVOICE, {key: value for key, value in document().items() if key != "paper"}, at=AT)


def test_another_process_gives_the_same_bytes():
    hostile = document(customer=customer(HOSTILE + "李 \ud800"), company=company(logo=picture()))
    assert typst.render_apart(INVOICE, hostile, at=AT) == typst.render(INVOICE, hostile, at=AT)


def test_what_another_process_cannot_render_is_named():
    with pytest.raises(typst.Unprintable, match=r"^invoices/pdf/invoice\.typ.*labels"):
        typst.render_apart(INVOICE, {}, at=AT)


def test_another_process_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(typst, "LONGEST", 0.001)
    with pytest.raises(typst.Unprintable, match="not rendered after"):
        typst.render_apart(INVOICE, document(), at=AT)


def test_eight_threads_that_render_apart_get_their_own():
    def numbered(number):
        pdf = typst.render_apart(INVOICE, document(customer=customer(f"Customer {number}")), at=AT)
        return words(PdfReader(io.BytesIO(pdf)))

    with ThreadPoolExecutor(8) as threads:
        for number, text in enumerate(threads.map(numbered, range(8))):
            assert f"Customer {number} " in text


def test_a_process_that_prints_nothing_does_not_load_typst():
    program = "import sys, sergio.lib.typst; sys.exit('typst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
