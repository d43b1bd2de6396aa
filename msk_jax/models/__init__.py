"""Networks: backbones, side network and head. The only place that imports flax.linen."""
