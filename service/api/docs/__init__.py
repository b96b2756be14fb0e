"""What the API says of itself: the OpenAPI document, its reference page, the schemas as files.

Imports `problems` and `health_report` of `api`.
"""
