"""All schemas by name."""

import importlib
import pkgutil

from msk_jax import schemas
from msk_jax.io.tables import Schema


def by_name() -> dict[str, Schema]:
  """Returns all schemas that `schemas` declares, by name; those of scalar sets depend on their features."""
  modules = [importlib.import_module(f"msk_jax.schemas.{each.name}") for each in pkgutil.iter_modules(schemas.__path__)]
  declared = [value for module in modules for value in vars(module).values() if isinstance(value, Schema)]
  return {schema.name: schema for schema in declared}
