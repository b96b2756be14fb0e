"""What measurements read, made up as unevenly as the news is.

Imports `service`.
"""
