"""The data files to training examples: readers, mixtures, augmentations."""
