"""Musculoskeletal ageing clocks: age from DXA images and body measurements, in JAX."""

__version__ = "0.1.0"
