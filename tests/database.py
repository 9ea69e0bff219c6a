"""Where the test's database is, for programs of their own."""

import os

from django.conf import settings
from django.db import connection

from local.database import Database


def database_url() -> str:
    name = str(connection.settings_dict["NAME"])
    if settings.DATABASE_IS_OURS:
        return str(settings.POSTGRES.url(name))
    return Database(os.environ["DATABASE_URL"], name).url
