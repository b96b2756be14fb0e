"""The model on disk, the engines that run it, and the heads over what it reads."""
