"""Faces, clusters, people and what is done to them, over HTTP."""
