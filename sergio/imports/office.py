"""Importing customers: the file, its columns, a preview, the progress, the report, and undoing it."""

from flask import Blueprint, flash, g, redirect, request, url_for
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import RequestEntityTooLarge

import sergio.imports.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.extensions import db
from sergio.imports import labels, listing
from sergio.imports.csv_file import LARGEST, CsvFile
from sergio.imports.forms import TOO_LARGE, ColumnsForm, UploadForm, columns_form, facts_of
from sergio.imports.models import SKIP_MATCHES, CustomerImport
from sergio.imports.statuses import UPLOADED
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web import limits, spreadsheets
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.paging import Paging
from sergio.web.request import takes_up_to

LARGEST_REQUEST = LARGEST + 1024 * 1024
"""Bytes of a request with a file, so that one that is a little too large gets a sentence beside its field."""

bp = Blueprint("imports", __name__, url_prefix="/import")


@bp.get("")
def index():
    """The form for a file, and the latest imports."""
    form = UploadForm(formdata=None)
    if "too_large" in request.args:
        form.refuse(str(TOO_LARGE))
    return upload_page(form)


@bp.post("")
@takes_up_to(LARGEST_REQUEST)
@returns_form
@limits.uploads
def create():
    """Keep the file, and ask what its columns are."""
    form = UploadForm()
    file = read_apart(form) if form.validate_on_submit() else None
    if file is None:
        return upload_page(form, 422)

    facts = facts_of(file)
    row = CustomerImport.upload(g.company, form.content, form.name, facts=facts, by=g.actor, at=clock.now())
    db.session.commit()
    return go(url_for(".columns", number=row.number))


def read_apart(form: UploadForm) -> CsvFile | None:
    """The file's rows; without a transaction or connection, since reading takes its time."""
    db.session.commit()
    return form.read()


@bp.errorhandler(RequestEntityTooLarge)
def refuse_large_request(error):
    """Tell it beside the field, although the request was not read."""
    return go(url_for("office.customers.imports.index", too_large=1))


@bp.get("/<int:number>")
def show(number):
    """Where an import stands: its progress, the preview or the report, with a page of lines of one kind (`?show=`)."""
    row = own_import(number)
    if row.status == UPLOADED:
        return redirect(url_for(".columns", number=number), 303)
    tabs = listing.tabs_of(row)
    paging = Paging(url_for(".show", number=number), request.args, tabs)
    lines = [] if row.is_at_work or row.deleted_at else listing.lines_of(row, paging)
    kinds = [
        (url, label, current, row.counts.get(kind))
        for kind, (url, label, current, _none) in zip(tabs, paging.tabs, strict=True)
    ]
    return page(
        "imports/office/show.html",
        "import",
        row=row,
        lines=lines,
        kinds=kinds,
        paging=paging,
        can_be_undone=row.can_be_undone(clock.now()),
    )


@bp.get("/<int:number>/columns")
def columns(number):
    """What the columns of the file are, as guessed or as chosen before."""
    row = own_import(number)
    if not row.can_be_changed:
        return redirect(url_for(".show", number=number), 303)
    return columns_page(row, columns_form(row, formdata=None))


@bp.post("/<int:number>/columns")
@returns_form
def update_columns(number):
    """Check the lines with these columns."""
    row = import_to_change(number)
    form = columns_form(row)
    if not form.validate_on_submit() or form.note_other_revision(row):
        return columns_page(row, form, 422)

    row.check(form.columns, has_headings=bool(form.has_headings.data), matches=form.existing.data or SKIP_MATCHES)
    db.session.commit()
    return go(url_for(".show", number=number))


@bp.post("/<int:number>/start")
def start(number):
    own_import(number).start(by=g.actor, at=clock.now())
    db.session.commit()
    return go(url_for(".show", number=number))


@bp.post("/<int:number>/cancellation")
def cancel(number):
    """Discard the file, or stop the import."""
    row = own_import(number)
    row.stop(by=g.actor, at=clock.now())
    db.session.commit()
    if row.started_at:
        flash(_("The import is stopped. What it had done by then is listed here."), "success")
        return go(url_for(".show", number=number))
    flash(_("The file is deleted. Nothing was imported."), "success")
    return go(url_for(".index"))


@bp.post("/<int:number>/undo")
def undo(number):
    own_import(number).undo(by=g.actor, now=clock.now())
    db.session.commit()
    return go(url_for(".show", number=number))


@bp.get("/<int:number>/mistakes.csv")
def mistakes(number):
    """The lines with mistakes, to mend and upload again."""
    row = own_import(number)
    return download(row, f"mistakes-{number}", listing.mistakes(row))


@bp.get("/<int:number>/kept.csv")
def kept(number):
    """The customers that undoing left as they are."""
    row = own_import(number)
    return download(row, f"kept-{number}", listing.kept(row))


def download(row: CustomerImport, name: str, rows):
    if row.deleted_at:
        raise Refused(_("The lines of this import are deleted."))
    db.session.close()  # sending the file may take minutes, with no transaction open
    return spreadsheets.download(name, rows)


def own_import(number: int) -> CustomerImport:
    """The company's import; to anyone else it does not exist."""
    return db.one_or_404(CustomerImport.numbered(g.company, number).options(joinedload(CustomerImport.staff)))


def import_to_change(number: int) -> CustomerImport:
    """The same, locked unless the form was open for too long, which changes nothing."""
    row = own_import(number)
    if not g.csrf_failed:
        row.lock()
    return row


def upload_page(form: UploadForm, status: int = 200):
    latest = listing.latest(g.company)
    return page("imports/office/index.html", "upload", status=status, form=form, latest=latest, labels=labels)


def columns_page(row: CustomerImport, form: ColumnsForm, status: int = 200):
    columns = list(zip(form.fields, row.samples, strict=True))
    return page("imports/office/columns.html", "columns", status=status, row=row, form=form, columns=columns)
