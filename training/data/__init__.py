"""The data files to training examples: readers, mixtures, augmentations. Imports nothing else of `training`."""
