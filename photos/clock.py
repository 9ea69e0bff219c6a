"""The time by which ages are told: the database's, as machines' own clocks may jump."""

from datetime import datetime, timedelta

from django.db import connection


def now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchall()[0][0]
    return moment


def ago(age: timedelta) -> datetime:
    return now() - age
