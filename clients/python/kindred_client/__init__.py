"""Kindred, for Python: who, what and where is in photos, over its REST API.

`kindred_client.recognition` has the gRPC service; it needs `kindred-client[grpc]`.
"""

from kindred_client.client import Face, Kindred
from kindred_client.errors import KindredError
from kindred_client.listening import Event
from kindred_client.sending import Picture

__all__ = ["Event", "Face", "Kindred", "KindredError", "Picture"]
