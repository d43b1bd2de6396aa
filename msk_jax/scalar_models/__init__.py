"""Age from body measurements: elastic net, LightGBM and a small network in nested cross-validation."""
