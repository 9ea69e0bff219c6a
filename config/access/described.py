"""How the schema shows the ways in: JWTs with keys. Imported when all apps are there."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from config.access.authentication import HEADERS, KeyAuthentication


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its own
    target_class = KeyAuthentication
    name = ["apiKey", "bearer"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Either of them."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [
            {"type": "apiKey", "in": "header", "name": HEADERS[0]},
            {"type": "http", "scheme": "bearer", "description": "An API key, or a JWT."},
        ]
