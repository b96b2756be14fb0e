"""Logs and metrics. No article text, name or secret goes into either. Imports `core` alone."""
