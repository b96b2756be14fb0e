"""claimwire: news articles in, who claims what about whom out.

A reader follows one article through `worker` and then `pipeline`. What else lives here: `__main__` (the command line),
`settings` (the only reader of the environment), `bootstrap` (the only place where parts are put together), `telemetry`
(logs and metrics), and the folders `api`, `core`, `streaming` and `inference`.
"""
