"""Vectors as points of collections, in the manner of Qdrant: ours, and those that services bring.

A collection has a point for each vector of the owner's in the space of today, whoever made it.
"""
