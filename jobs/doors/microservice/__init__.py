"""The door of AI Inference Microservice: `/job/TASK_TYPE` and `/job/ID`."""
