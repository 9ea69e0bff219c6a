"""The door of BADAK AI Worker: `/api/process`, `/api/jobs/ID`, `/api/clusters`, …"""
