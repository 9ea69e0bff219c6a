"""Doors for clients of the systems that this one replaces: each speaks as its own document does.

A door only translates. What it asks for is done by the services that the API has for it too.
"""
