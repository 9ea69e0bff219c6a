"""The inference microservice's workers were started as `python -m src.worker`: so can ours."""
