"""After the response: forget websites that no longer use the widget, and scripts that no website names."""

from sergio.extensions import db
from sergio.jobs import job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.widget.models import WidgetHost, WidgetScript


@job("widget.delete_expired", label=_l("Deleting old notes about websites"))
def delete_expired():
    for kind in (WidgetHost, WidgetScript):
        db.session.execute(kind.delete_expired(clock.now()).execution_options(synchronize_session=False))
