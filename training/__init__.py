"""Train, evaluate and export the model that the service runs. Nothing in `service` imports this package."""
