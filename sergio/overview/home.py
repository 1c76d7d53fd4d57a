"""The portal's home page, for its viewer."""

from flask import Response

from sergio.auth.viewer import Viewer
from sergio.companies.welcome import greeting, welcome
from sergio.lib import clock
from sergio.overview.tasks import next_appointment, open_tasks
from sergio.web.pages import page


def home_page(viewer: Viewer, template: str, **more) -> Response:
    now = clock.now()
    name = viewer.name or viewer.customer.name
    first_name = name.split()[0]
    waiting, with_us = open_tasks(viewer.customer, viewer.company, viewer.company.day(now))
    return page(
        template,
        greeting=greeting(first_name, now.astimezone(viewer.zone)),
        welcome=welcome(viewer.company, name, first_name),
        waiting=waiting,
        with_us=with_us,
        appointment=next_appointment(viewer.customer, viewer.company, now),
        **more,
    )
