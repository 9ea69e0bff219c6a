"""Which content a tag stands for, as its registry says: the protocol of OCI's distribution."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

import httpx2

TYPES = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HOSTS = {"docker.io": "registry-1.docker.io"}  # that a registry answers at, if not at its name
_HERE = ("127.0.0.1:", "localhost:")
_TIMEOUT_S = 30.0
_SAID = re.compile(r'(\w+)="([^"]*)"')


class RegistryError(Exception):
    """The registry does not tell; the message says why."""


@dataclass(frozen=True)
class Image:
    """registry/repository:tag, all three said."""

    registry: str
    repository: str
    tag: str

    @classmethod
    def of(cls, name: str) -> Self:
        """
        Raises:
            ValueError: a part is left out, as in `python:3.11`: which registry that is, is a guess.
        """
        found = re.fullmatch(r"([a-z0-9.-]+(?::\d+)?)/([a-z0-9._/-]+):([\w.-]+)", name)
        if not found:
            raise ValueError(f"{name}: write REGISTRY/REPOSITORY:TAG.")
        return cls(*found.groups())

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}:{self.tag}"

    @property
    def url(self) -> str:
        scheme = "http" if self.registry.startswith(_HERE) else "https"
        host = _HOSTS.get(self.registry, self.registry)
        return f"{scheme}://{host}/v2/{self.repository}/manifests/{self.tag}"


@contextmanager
def asking() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=True) as client:
        yield client


def digest(image: Image, client: httpx2.Client) -> str:
    """What the tag stands for now, for all machines that it is built for: sha256:…

    Raises:
        RegistryError: there is no such tag, or the registry does not answer, or is no registry.
    """
    try:
        answer = client.head(image.url, headers={"Accept": TYPES})
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            token = _token(answer.headers.get("WWW-Authenticate", ""), image, client)
            bearer = {"Accept": TYPES, "Authorization": f"Bearer {token}"}
            answer = client.head(image.url, headers=bearer)
    except httpx2.HTTPError as exc:
        raise RegistryError(f"{image}: {exc}") from exc
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise RegistryError(f"{image}: there is no such tag.")
    found = answer.headers.get("Docker-Content-Digest", "")
    if answer.status_code != HTTPStatus.OK or not DIGEST.fullmatch(found):
        raise RegistryError(f"{image}: the registry answers {answer.status_code}, and no digest.")
    return found


def _token(challenge: str, image: Image, client: httpx2.Client) -> str:
    """What anybody is given who asks, for images that anybody may have."""
    said = dict(_SAID.findall(challenge))
    if "realm" not in said:
        raise RegistryError(f"{image}: the registry wants a login of another kind.")
    asked = {"service": said.get("service", ""), "scope": f"repository:{image.repository}:pull"}
    answer = client.get(said["realm"], params=asked)
    if answer.status_code != HTTPStatus.OK:
        raise RegistryError(f"{image}: the registry gives nobody a token ({answer.status_code}).")
    body = answer.json()
    return str(body.get("token") or body.get("access_token"))
