"""How good the frames are, measured through the whole pipeline. Imports `service`."""
