"""The service beside other libraries: their programs as child processes, gold quotations, figures, pictures.

Imports `evaluation` and `service`.
"""
