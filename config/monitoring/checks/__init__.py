"""Looking whether all is well, and saying in plain words what is not, and how to mend it.

Asked by `/readyz`, by `/metrics` and by `manage.py doctor`. A check raises nothing.
"""
