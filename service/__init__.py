"""claimwire: news articles in, who claims what about whom out.

Follow one article through `worker.worker` and then `analysis.pipeline`. `docs/architecture.md` has a table of the
packages: what lives in each, and what it may import.
"""
