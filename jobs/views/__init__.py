"""The API's views, a module for each subject."""
