"""What is told about the service to those who watch it: docs/monitoring.md."""
