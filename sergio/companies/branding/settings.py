"""Settings -> Branding: uploading, cutting and removing the logo; the colors with their contrast."""

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from sergio.companies import logos
from sergio.companies.branding.contrast import contrast_of
from sergio.companies.branding.forms import TOO_LARGE, ColorsForm, CropForm, LogoForm
from sergio.companies.current import company_to_change
from sergio.companies.public import logo_file
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.responses import allow

bp = Blueprint("branding", __name__, url_prefix="/branding")


@bp.get("")
def edit():
    form = LogoForm()
    if "too_large" in request.args:
        form.refuse(str(TOO_LARGE))
    return show("colors", form, ColorsForm(g.company))


@bp.post("/logo")
@returns_form
@limits.uploads
def upload():
    """Cut the picture that was sent, and show it from now on."""
    form = LogoForm()
    logo = form.cut(content_to_decode(form)) if form.validate_on_submit() else None
    if logo is None:
        return show("logo", form, ColorsForm(g.company, formdata=None), 422)

    g.company.change_logo(logo, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your logo is saved. Customers see it from now on."), "success")
    return go(url_for(".edit"))


def content_to_decode(form: LogoForm) -> bytes:
    """The upload; without a transaction or connection, since decoding takes its time."""
    db.session.commit()
    return form.content


@bp.errorhandler(RequestEntityTooLarge)
def refuse_large_request(error):
    """Tell it beside the field, although the request was not read."""
    return go(url_for("office.settings.branding.edit", too_large=1))


@bp.get("/logo/crop")
def edit_crop():
    return show_crop(CropForm())


@bp.post("/logo/crop")
@returns_form
@limits.uploads
def crop():
    """Cut the logo anew out of the original."""
    form = CropForm()
    original = own_original()
    db.session.commit()
    logo = form.cut(original) if form.validate_on_submit() else None
    if logo is None:
        return show_crop(form, 422)

    g.company.change_logo(logo, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your logo is saved. Customers see it from now on."), "success")
    return go(url_for(".edit"))


@bp.get("/logo/original.png")
def original():
    """The whole picture, for cutting it anew."""
    return logo_file(own_original())


@bp.post("/logo/removal")
def remove():
    g.company.remove_logo(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your logo is removed. Customers see your company's name instead."), "success")
    return redirect(url_for(".edit"), 303)


@bp.get("/colors")
def try_colors():
    """The page with colors that are not saved; for htmx, what it says of their contrast."""
    form = ColorsForm(g.company, formdata=request.args)
    return show("contrast", LogoForm(formdata=None), form)


@bp.post("/colors/trial")
@returns_form
def preview_colors():
    """Without script, the button that shows the page with the colors that were entered."""
    form = ColorsForm(g.company)
    if not form.validate_on_submit():
        return show("colors", LogoForm(formdata=None), form, 422)
    return redirect(url_for(".try_colors", brand=form.brand.data, accent=form.accent.data, _anchor="colors"), 303)


@bp.post("/colors")
@returns_form
def update_colors():
    company = company_to_change()
    form = ColorsForm(company)
    if not form.validate_on_submit():
        return show("colors", LogoForm(formdata=None), form, 422)

    company.change_settings("changed_colors", form.colors, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your colors are saved. Customers see them from now on."), "success")
    return go(url_for(".edit"))  # the whole page, which has the colors itself


def own_original() -> bytes:
    return logos.read(g.company.id, g.company.logo, logos.ORIGINAL) or abort(404)


def show(block: str, form: LogoForm, colors: ColorsForm, status: int = 200):
    allow(img_src="blob:", frame_src="'self'")
    contrasts = {name: contrast_of(color) for name, color in colors.colors.items()}
    facts = {"form": form, "colors": colors, "contrasts": contrasts, "previewed": previewed(colors)}
    return page("companies/settings/branding.html", block, status=status, **facts)


def previewed(colors: ColorsForm) -> dict[str, str]:
    """The query of the preview: colors, light or dark, desktop or phone."""
    scheme = "dark" if request.args.get("scheme") == "dark" else "light"
    width = "phone" if request.args.get("width") == "phone" else "desktop"
    return {**colors.colors, "scheme": scheme, "width": width}


def show_crop(form: CropForm, status: int = 200):
    if not g.company.logo:
        return go(url_for(".edit"))
    return page("companies/settings/crop.html", "crop", status=status, form=form)
