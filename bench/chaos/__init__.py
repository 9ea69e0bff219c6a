"""A fault day: load on a whole service while its parts are killed, its disk fills, its clock jumps.

Nothing that was accepted may be lost or doubled, and no answer may be a 5xx but those that
docs/chaos.md states for the fault that is going on.
"""
