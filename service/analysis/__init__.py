"""From an article to its frames: the pipeline, and one small package per part of the work.

Read it from the top of `pipeline` downwards. Imports `core` alone: no clock, no client library, no settings.
"""
