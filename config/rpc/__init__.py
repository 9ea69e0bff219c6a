"""The gRPC door: what HTTP calls, for the same callers. See proto/recognition.proto."""
