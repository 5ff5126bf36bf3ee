"""The text model: base encoder, training, calibration, release, scorer."""
