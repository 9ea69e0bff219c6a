"""What is logged, and how."""

from typing import Any


def configured(level: str) -> dict[str, Any]:
    """As LOGGING of the settings; `level` of all that says nothing else."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
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
