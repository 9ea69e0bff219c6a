"""Where pictures lie that go out by signed addresses, and the ledger of erasures."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env

_MODES = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}


def erasures(env: Env, folder: Path) -> dict[str, Any]:
    """An entry of STORAGES. `ERASURES_ROOT`: a folder that no restore replaces."""
    options = {"location": env.str("ERASURES_ROOT", str(folder)), "allow_overwrite": True, **_MODES}
    return {"BACKEND": "photos.storage.WholeFiles", "OPTIONS": options}


def annotated(env: Env, folder: Path, lifetime_s: int) -> dict[str, Any]:
    """An entry of STORAGES. `ANNOTATED_S3_BUCKET` names a bucket of an S3 store, such as MinIO.

    Raises:
        ImproperlyConfigured: that is said, and not how to come in.
    """
    bucket = env.str("ANNOTATED_S3_BUCKET", "")
    if not bucket:
        options = {"location": folder, "allow_overwrite": True, **_MODES}
        return {"BACKEND": "photos.storage.SignedFiles", "OPTIONS": options}
    secrets = {
        "ANNOTATED_S3_ACCESS_KEY": env.str("ANNOTATED_S3_ACCESS_KEY", ""),
        "ANNOTATED_S3_SECRET_KEY": env.str("ANNOTATED_S3_SECRET_KEY", ""),
    }
    if missing := [name for name, secret in secrets.items() if not secret]:
        raise ImproperlyConfigured(
            f"ANNOTATED_S3_BUCKET is set: set {' and '.join(missing)} as well."
        )
    options = {
        "bucket_name": bucket,
        "endpoint_url": env.str("ANNOTATED_S3_ENDPOINT", "") or None,
        "region_name": env.str("ANNOTATED_S3_REGION", "us-east-1"),
        "access_key": secrets["ANNOTATED_S3_ACCESS_KEY"],
        "secret_key": secrets["ANNOTATED_S3_SECRET_KEY"],
        "addressing_style": env.str("ANNOTATED_S3_ADDRESSING", "path"),  # as MinIO wants it
        "querystring_auth": True,
        "querystring_expire": lifetime_s,
        "default_acl": None,  # as the bucket has it: nobody's
        "file_overwrite": True,
        "object_parameters": {"CacheControl": "private, no-store"},
    }
    return {"BACKEND": "photos.s3.S3Files", "OPTIONS": options}
