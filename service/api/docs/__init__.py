"""What the API says of itself: the OpenAPI document, its reference page, the schemas as files."""
