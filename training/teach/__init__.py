"""Training itself: the schedule of tasks, the losses, the loop, and teaching a smaller model.

Imports `measure`, `network` and `data`.
"""
