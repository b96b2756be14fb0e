"""Possible targets of each claim, and stances toward them and toward given topics.

Imports `coreference`, `speakers` and below.
"""
