"""The shared types and the ports between packages: articles, frames, messages, errors, health.

Imports nothing of ours.
"""
