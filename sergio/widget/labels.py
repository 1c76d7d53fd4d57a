"""Labels of the ways into the portal."""

from sergio.auth.ways import LINK, QR, SIGNATURE, TEXT_MESSAGE, WIDGET
from sergio.lib.language import lazy_gettext as _l

WAY_LABELS = {
    LINK: _l("Link"),
    WIDGET: _l("Website widget"),
    QR: _l("QR code"),
    TEXT_MESSAGE: _l("Text message"),
    SIGNATURE: _l("Email signature"),
}
