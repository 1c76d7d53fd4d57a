"""The Flask extensions, created unbound; `create_app` binds them to an app."""

from typing import TYPE_CHECKING

from flask_login import LoginManager
from flask_wtf import CSRFProtect

from sergio.database.engines import Base, Database, Session

db = Database(model_class=Base, session_options={"class_": Session})
login = LoginManager()
csrf = CSRFProtect()

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model
