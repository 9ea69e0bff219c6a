"""What is logged, and how."""

import json
import logging
from datetime import UTC, datetime
from typing import Any


class JsonLines(logging.Formatter):
    """One object a line, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **getattr(record, "about", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configured(level: str, form: str = "plain") -> dict[str, Any]:
    """As LOGGING of the settings; `level` of all that says nothing else; plain, or json."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"knowing": {"()": "jobs.logged.Knowing"}},
        "formatters": {
            "plain": {"format": "%(asctime)s %(levelname)s %(name)s:%(said)s %(message)s"},
            "json": {"()": "config.logs.JsonLines"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": form,
                "filters": ["knowing"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # At DEBUG it logs headers, with signed addresses in them.
            "httpcore": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},  # of a worker's every question
            "django_q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
            "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        },
    }
