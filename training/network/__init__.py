"""The network in torch: encoder, heads, checkpoints, and the pretrained encoders to start from.

Imports `data` of `training` at most.
"""
