"""All settings: only they, here and in config/*_settings.py, read the environment.

Everything has a default that works for development; `.env` beside `manage.py` is read if it
is there. What is local and secret is made once by `make setup`, below `var/`.
"""

import os
from pathlib import Path
from typing import Any

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import logs, store_settings
from config.access_settings import *  # noqa: F403  # settings, all of them
from config.access_settings import strong
from config.environment import BASE_DIR, VAR, env
from config.headers import CONTENT_SECURITY_POLICY  # noqa: F401  # a setting
from config.monitoring_settings import *  # noqa: F403  # settings too
from config.monitoring_settings import LOG_FORMAT
from config.schema import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401  # settings
from local.postgres import Postgres

django_stubs_ext.monkeypatch()
os.environ["HF_HUB_OFFLINE"] = "1"  # the libraries of models ask no hub while we run


def _secret_key() -> str:
    key: str = env.str("SECRET_KEY", "")
    file = VAR / "secret-key"
    if not key and file.exists():
        key = file.read_text().strip()
    if not key:
        raise ImproperlyConfigured("SECRET_KEY is not set. Set it, or run `make setup` once.")
    return strong(key)


SECRET_KEY = _secret_key()

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",  # before the admin, as it has templates of its own for it
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "photos",
    "faces",
    "search",
    "jobs",
]
MIDDLEWARE = [
    "config.requests.identified",
    "config.monitoring.requests.counted",
    "config.headers.ContentSecurityPolicy",  # before those that answer by themselves
    "config.headers.permissions_policy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.access.addresses.allowed_only",
    "config.access.shown.one_credential",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.languages.StaffLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.audit.noted",
    "axes.middleware.AxesMiddleware",
    "config.outages.Outages",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("id", "Indonesian")]  # of the pages of staff
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # seconds
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = True, "Lax"
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_TZ = True

# --- Database: ours below var/, or the one that DATABASE_URL names ------------------------------

POSTGRES = Postgres(VAR / "postgres")
DATABASE_NAME = env.str("DATABASE_NAME", "kindred")  # of the embedded server
DATABASE_IS_OURS = not env.str("DATABASE_URL", "")
_database: dict[str, Any] = (
    env.db_url_config(POSTGRES.url(DATABASE_NAME)) if DATABASE_IS_OURS else env.db("DATABASE_URL")
)
if _password := env.str("DATABASE_PASSWORD", ""):
    _database["PASSWORD"] = _password
# A request keeps its connection to its end, however slowly its photo comes in: with fewer than the
# web process has threads, some slow ones would shut out all others.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 32)
DATABASE_HELPERS = 4  # threads that read beside a request's own, each on one connection more
_POOL = {
    "min_size": 1 + DATABASE_HELPERS,
    "max_size": DATABASE_POOL_SIZE + DATABASE_HELPERS,
    "timeout": 3,  # seconds: an end is said soon
}
if env.bool("DATABASE_POOL", False):
    # For the web process only: a pool does not survive the fork of django-q2's workers.
    _database["OPTIONS"] = {**_database.get("OPTIONS", {}), "pool": _POOL}
    _database["CONN_HEALTH_CHECKS"] = True  # of a connection before it is lent out
    _database["ENGINE"] = "config.database"
DATABASES = {"default": _database}

# --- Files --------------------------------------------------------------------------------------

MEDIA_URL = "media/"  # answered by photos.views.MediaView, to those who may see the file
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(VAR / "media")))
INTAKE_ROOT = Path(env.str("INTAKE_ROOT", str(VAR / "intake")))
RESULTS_ROOT = Path(env.str("RESULTS_ROOT", str(VAR / "results")))
STATIC_URL = "static/"
PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000")  # this service, as its callers know it
GRPC_ADDRESS = env.str("GRPC_ADDRESS", "127.0.0.1:50051")
GRPC_THREADS = env.int("GRPC_THREADS", 16)  # calls at once
GRPC_TLS_CERTIFICATE = env.str("GRPC_TLS_CERTIFICATE", "")  # a PEM file; empty: no TLS
GRPC_TLS_KEY = env.str("GRPC_TLS_KEY", "")
SIGNED_URL_S = env.int("SIGNED_URL_S", 900)  # how long an address is good that needs no sign-in
_MODES = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
_OURS_ALONE = {"allow_overwrite": True, **_MODES}
STORAGES = {
    # Originals, thumbnails and face crops, under keys that we make. Never served as they lie.
    "default": {
        "BACKEND": "photos.storage.WholeFiles",
        "OPTIONS": {"location": MEDIA_ROOT, **_OURS_ALONE},
    },
    # Photos that wait to be processed: one folder an owner, and uploads.
    "intake": {
        "BACKEND": "photos.storage.WholeFiles",
        "OPTIONS": {"location": INTAKE_ROOT},
    },
    # Photos with their faces marked, for as long as their addresses are good.
    "annotated": store_settings.annotated(env, VAR / "annotated", SIGNED_URL_S),
    # What was found, as files, for jobs that want them: one folder a job.
    "results": {
        "BACKEND": "photos.storage.WholeFiles",
        "OPTIONS": {"location": RESULTS_ROOT, **_OURS_ALONE},
    },
    # That somebody was erased, or photos deleted: an old backup of the database does not know it.
    "erasures": store_settings.erasures(env, VAR / "erasures"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # static files come from the packages: no collectstatic needed

# --- Photos -------------------------------------------------------------------------------------

MAX_PHOTO_BYTES = env.int("MAX_PHOTO_BYTES", 100 * 2**20)
BATCH_MAX_BYTES = env.int("BATCH_MAX_BYTES", 2**30)  # of the files of one request
MAX_PHOTO_PIXELS = env.int("MAX_PHOTO_PIXELS", 100_000_000)
DECODE_TIMEOUT_S = env.float("DECODE_TIMEOUT_S", 60.0)
FETCH_TIMEOUT_S = env.float("FETCH_TIMEOUT_S", 20.0)
FETCH_MAX_REDIRECTS = env.int("FETCH_MAX_REDIRECTS", 3)
# Hosts that photos may come from although their address is private, such as a media store.
FETCH_ALLOWED_HOSTS = frozenset(
    host.lower() for host in env.list("FETCH_ALLOWED_HOSTS", default=[])
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20  # bodies that are not files
FILE_UPLOAD_PERMISSIONS = 0o600

# --- Models -------------------------------------------------------------------------------------

TRITON_URL = env.str("TRITON_URL", "127.0.0.1:8101")  # gRPC
TRITON_TIMEOUT_S = env.float("TRITON_TIMEOUT_S", 20.0)
# auto: with a server on this machine, which a loopback address tells
TRITON_SHARED_MEMORY = env.str("TRITON_SHARED_MEMORY", "auto", choices=["auto", "on", "off"])
MODEL_REPOSITORY = Path(env.str("MODEL_REPOSITORY", str(BASE_DIR / "model_repository")))
VOCABULARY_DIR = Path(env.str("VOCABULARY_DIR", str(BASE_DIR / "vocabulary")))  # of tags
# none: the server loads models by itself, as with several replicas
MODEL_CONTROL = env.str("MODEL_CONTROL", "explicit", choices=["explicit", "none"])
MODEL_DEVICE = env.str("MODEL_DEVICE", "any", choices=["any", "cpu", "cuda"])  # models must run on
MODEL_LOAD_TIMEOUT_S = env.float("MODEL_LOAD_TIMEOUT_S", 120.0)  # a request waits for its model
MODEL_IDLE_MINUTES = env.float("MODEL_IDLE_MINUTES", 15.0)  # then it is unloaded; 0: never
MODEL_MEMORY_MB = env.float("MODEL_MEMORY_MB", 0.0)  # of all loaded ones; 0: any

# The score (0 to 1, the same for all models) from which on a face is taken for a known person's.
FACE_PERSON_MATCH_THRESHOLD = env.float("FACE_PERSON_MATCH_THRESHOLD", 0.7)
FACE_UNKNOWN_CLUSTERING_METHOD = env.str(
    "FACE_UNKNOWN_CLUSTERING_METHOD", "hdbscan", choices=["hdbscan", "dbscan", "agglomerative"]
)
FACE_UNKNOWN_MIN_CLUSTER_SIZE = env.int("FACE_UNKNOWN_MIN_CLUSTER_SIZE", 3)  # faces
FACE_TILES = env.str("FACE_TILES", "auto", choices=["off", "auto", "on"])  # for small faces
# Training a head on confirmed faces: a program of its own, in an environment with PyTorch.
TRAINER_PYTHON = Path(env.str("TRAINER_PYTHON", str(BASE_DIR / ".venvs/hub/bin/python")))
TRAININGS_ROOT = Path(env.str("TRAININGS_ROOT", str(VAR / "trainings")))  # what came of them
FACE_TRAINING_EPOCHS = env.int("FACE_TRAINING_EPOCHS", 20)
FACE_TRIPLET_MARGIN = env.float("FACE_TRIPLET_MARGIN", 0.2)  # squared distance, 0 to 4
FACE_TRAINING_MIN_FACES = env.int("FACE_TRAINING_MIN_FACES", 5)  # of a person, to learn from them
READ_NAMES = env.bool("READ_NAMES", True)  # that other programs wrote into the files of photos
OCR_LONGER_PX = env.int("OCR_LONGER_PX", 960)  # of the photo in which text is looked for
# Long descriptions, by a vision-language model at home: an OpenAI-compatible address such as
# http://127.0.0.1:8080/v1. Public addresses are refused. Empty: nothing is described.
DESCRIBER_URL = env.str("DESCRIBER_URL", "")
DESCRIBER_MODEL = env.str("DESCRIBER_MODEL", "default")
DESCRIBER_API_KEY = env.str("DESCRIBER_API_KEY", "")
DESCRIBER_TIMEOUT_S = env.float("DESCRIBER_TIMEOUT_S", 120.0)

# --- The queue ----------------------------------------------------------------------------------

WORKERS = env.int("WORKERS", 2)  # worker processes
WORKER_ALIVE_FILE = env.str("WORKER_ALIVE_FILE", "")  # touched while they are watched
PHOTOS_IN_FLIGHT = env.int("PHOTOS_IN_FLIGHT", 4)  # at once in each: what fills Triton's batches
PIXELS_IN_FLIGHT = env.int("PIXELS_IN_FLIGHT", 200_000_000)  # at once in each: 3 bytes each
DECODERS = env.int("DECODERS", 2)  # processes of each worker that decode photos
LOOKS_IN_FLIGHT = 3  # operations on one photo that run side by side
LEASE_S = env.float("LEASE_S", 30.0)
DRAIN_S = env.float("DRAIN_S", 60.0)  # a drain ends by then, so that other tasks have their turn
WORKER_MAX_RETRIES = env.int("WORKER_MAX_RETRIES", 3)  # tries of a photo; servers get more
QUEUE_LIMIT = env.int("QUEUE_LIMIT", 100_000)  # photos of one owner that may wait at a time
# One that has waited so long rises by one priority, and again after as long.
PRIORITY_AGE_HOURS = env.float("PRIORITY_AGE_HOURS", 1.0)
RESULT_FILES = env.bool("RESULT_FILES", False)  # of jobs that do not say whether they want them
# GET /job/ID without a credential, as the inference microservice had it: whoever hears of an id can
# read who is in the photo.
PUBLIC_JOB_STATUS = env.bool("PUBLIC_JOB_STATUS", False)
SYNC_WAIT_S = env.float("SYNC_WAIT_S", 30.0)  # how long `process/image` waits before it says 202
# Requests that wait at a time in one web process: fewer than its threads, as others need some.
EVENT_STREAMS = env.int("EVENT_STREAMS", 24)
EVENTS_HEARTBEAT_S = env.float("EVENTS_HEARTBEAT_S", 15.0)  # a sign of life while nothing happens
# Of finished jobs, with their uploads and result files; 0: for ever. What was found stays.
JOB_RETENTION_DAYS = max(0.0, env.float("JOB_RETENTION_DAYS", 30.0))
EVENT_RETENTION_DAYS = max(1.0, env.float("EVENT_RETENTION_DAYS", 7.0))  # and of deliveries
SEARCH_LOG_DAYS = max(0.0, env.float("SEARCH_LOG_DAYS", 90.0))  # notes of searches; 0: for ever
SEARCH_LOG_TEXT = env.bool("SEARCH_LOG_TEXT", False)  # with the words that were asked
_TASK_LIMIT_S = 600

Q_CLUSTER = {
    "name": "kindred",
    "orm": "default",
    "workers": WORKERS,
    # One task at a time a worker: a task's retry time runs while it waits in the prefetch queue.
    "queue_limit": WORKERS,
    "bulk": 1,
    "timeout": _TASK_LIMIT_S,
    "retry": _TASK_LIMIT_S * (WORKERS + 2),
    # Tasks are wake-ups; our own rows know what is left to do. A task is never repeated by q2.
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "guard_cycle": 0.5,
    "recycle": 100_000,
    "label": _("Queue"),
}

# --- Working for another machine (manage.py pull_worker) ------------------------------------------

WORKER_SERVER = env.str("WORKER_SERVER", "")  # such as https://photos.example
WORKER_POLL_INTERVAL = env.float("WORKER_POLL_INTERVAL", 10.0)  # seconds between looks for work
WORKER_TOKEN = env.str("WORKER_TOKEN", "")  # as that machine's `manage.py worker_token` showed it

# --- Whom to tell ------------------------------------------------------------------------------

MQTT_URL = env.str("MQTT_URL", "")  # such as mqtt://user:password@broker:1883/kindred

# The media store that `media_store_id`s are of: photos are fetched from it, results are put to it.
# Its host may be private. In the paths, {id} is the photo's and {owner} its owner's.
MEDIA_STORE_URL = env.str("MEDIA_STORE_URL", "")  # such as http://localhost:8000
MEDIA_STORE_TOKEN = env.str("MEDIA_STORE_TOKEN", "")  # sent to it as a Bearer token
MEDIA_STORE_PHOTO_PATH = env.str("MEDIA_STORE_PHOTO_PATH", "media/{id}/file")
MEDIA_STORE_RESULT_PATH = env.str("MEDIA_STORE_RESULT_PATH", "media/{id}/inference")
# Without one: photos come from INTAKE_ROOT/media_store/ID, results are told nobody.
MEDIA_STORE_STUB = env.bool("MEDIA_STORE_STUB", False)

# --- Logging ------------------------------------------------------------------------------------

LOGGING = logs.configured(env.str("LOG_LEVEL", "INFO"), LOG_FORMAT)
