"""A site of django-appointment with one staff member, made and served; runs in an environment of its own.

python appointments.py FOLDER PORT
"""

import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from granian import Granian
from granian.constants import Interfaces

CONTRIB = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
MIDDLEWARE = (
    *("django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware"),
    *("django.middleware.locale.LocaleMiddleware", "django.middleware.common.CommonMiddleware"),
    *("django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"),
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
PROCESSORS = (
    *("django.template.context_processors.request", "django.contrib.auth.context_processors.auth"),
    "django.contrib.messages.context_processors.messages",
)
urlpatterns: list = []


def configure(folder: Path):
    """What `django-admin startproject` and the documentation of django-appointment set, for production."""
    templates = {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
    settings.configure(
        DEBUG=False,
        SECRET_KEY="of this bench only, and long enough for Django",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in CONTRIB), "appointment"],
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=[{**templates, "OPTIONS": {"context_processors": PROCESSORS}}],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "site.db"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        TIME_ZONE="America/New_York",
        STATIC_URL="/static/",
        LOGGING_CONFIG=None,
    )
    django.setup()
    urlpatterns.append(path("appointment/", include("appointment.urls")))  # loads its models


def fill() -> date:
    """A service, a staff member from nine to five, and two appointments on the day that is asked for."""
    from appointment.models import Appointment, AppointmentRequest, Service, StaffMember, WorkingHours
    from django.contrib.auth.models import User

    call_command("migrate", run_syncdb=True, verbosity=0)  # its migrations are made by each project
    service = Service.objects.create(name="Clean", duration=timedelta(hours=1), price=100)
    theo = StaffMember.objects.create(user=User.objects.create(username="theo", first_name="Theo"), slot_duration=30)
    theo.services_offered.add(service)
    for day in range(1, 6):
        WorkingHours.objects.create(staff_member=theo, day_of_week=day, start_time=time(9), end_time=time(17))
    ana = User.objects.create(username="ana", email="ana@example.com")
    on = next_monday()
    for hour in (10, 14):
        times = {"date": on, "start_time": time(hour), "end_time": time(hour + 1)}
        request = AppointmentRequest.objects.create(service=service, staff_member=theo, **times)
        Appointment.objects.create(client=ana, appointment_request=request)
    return on


def next_monday() -> date:
    today = datetime.now().astimezone().date()
    return today + timedelta(days=7 - today.weekday())


def load():
    return get_wsgi_application()


def main(folder: Path, port: int):
    configure(folder)
    fill()
    server = Granian("site", address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=1, log_enabled=False)
    server.serve(target_loader=load, wrap_loader=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
