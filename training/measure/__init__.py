"""Figures, calibration and thresholds of a trained model on labelled data. Imports `network` and `data`."""
