"""The HTTP side: one application made by `app.create_app`, which knows its parts only by the protocols in `ports`."""
