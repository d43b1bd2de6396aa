"""The kinds of maps, their units and what can be wrong with a map. Light: configs import it."""

from typing import Literal, get_args

Method = Literal["saliency", "grad_ram", "published_saliency", "published_grad_ram"]
METHODS: tuple[Method, ...] = get_args(Method)
PUBLISHED: tuple[Method, ...] = ("published_saliency", "published_grad_ram")
BY_STAGE: tuple[Method, ...] = ("grad_ram", "published_grad_ram")
UNSIGNED: tuple[Method, ...] = ("published_grad_ram",)
UNITS: dict[str, str] = {
  "saliency": "years per grey level",
  "grad_ram": "years per cell",
  "published_saliency": "255 is the largest",
  "published_grad_ram": "1 is the largest",
}

Flaw = Literal["", "not_finite", "constant_picture", "dead_stage", "no_gradient", "zero_map"]
FLAWS: dict[str, str] = {
  "not_finite": "values that are not finite: the map is set to 0",
  "constant_picture": "the picture has one grey level",
  "dead_stage": "all activations of the stage are 0",
  "no_gradient": "the gradient is 0 everywhere",
  "zero_map": "the map is 0 everywhere",
}
