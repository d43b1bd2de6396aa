"""The pictures that get maps: the chosen samples' own, both sides of pairs, each by the network that never saw it."""

import pathlib

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.attribution import sampling
from msk_jax.attribution.networks import Network
from msk_jax.biological_age import acceleration
from msk_jax.imaging import views
from msk_jax.io import errors, privacy, tables
from msk_jax.schemas import age_tables

SAMPLE_ROW, SIDE_NUMBER = "sample_row", "side_number"  # columns of `list_pictures` that the written table lacks


def choose_samples(workdir: pathlib.Path, network: Network, per_cell: int) -> sampling.Choice:
  """Returns the samples that are chosen by their accelerated ageing, from the test folds of trained splits.

  Args:
    workdir: holds `ages/`.
    network: whose ages count.
    per_cell: samples per sex, age group and rate.

  Raises:
    InputError: no sample has an age and a picture, or the ages are of another map of folds.
  """
  path = acceleration.path_of(workdir / acceleration.FOLDER, "sample", network.name)
  ages = tables.read(path, age_tables.AGES)
  if tables.read_extra(path, age_tables.AGES)["fold_map_hash"] != network.card.fold_map_hash:
    raise errors.InputError(f"{path} is of another map of folds than {network.name}: run ensemble and ages again.")
  samples = network.samples
  known = pd.DataFrame(
    {
      "eid": samples.eid,
      "instance": samples.instance,
      SAMPLE_ROW: np.arange(len(samples)),
      "sex": samples.demographics[:, 0].astype(np.int8),
    }
  )
  joined = ages.merge(known, on=["eid", "instance"], validate="one_to_one")
  if num_lost := len(ages) - len(joined):
    logging.warning("%d samples with ages are left out: they have no picture, or have withdrawn", num_lost)
  trained = joined[joined["fold"].isin(list(network.folds))]
  _say_untrained(network, len(joined) - len(trained))
  if trained.empty:
    raise errors.InputError(f"{network.name}: no test sample of its trained folds has an age. Run ensemble and ages.")
  choice = sampling.choose(trained, per_cell)
  if choice.num_unknown_sex:
    logging.warning("%d samples are of unknown sex and can't be chosen", choice.num_unknown_sex)
  if choice.samples.empty:
    raise errors.InputError(
      f"{network.name}: no sex and age group has {len(sampling.RATES)} samples. Train more folds, or prepare more "
      "people."
    )
  return choice


def list_pictures(workdir: pathlib.Path, network: Network, chosen: pd.DataFrame) -> pd.DataFrame:
  """Returns a row per picture of the chosen samples, by fold, so that each fold's network is read once.

  Columns: those of the schema attention_pictures that are known before there are maps, `sample_row` and `side_number`.
  Where a side is missing, the other stands in for it when ages are predicted, but has one map.
  """
  samples, key = network.samples, privacy.load_key(workdir)
  rows = chosen[SAMPLE_ROW].to_numpy()
  parts = []
  for number in range(samples.positions.shape[1]):
    is_own = samples.is_left[rows, number] == number
    name = views.SIDES[number] if samples.is_paired else ""
    parts.append(chosen[is_own].assign(side=name, **{SIDE_NUMBER: number}))
  pictures = pd.concat(parts).sort_values(["fold", "eid", "instance", "side"], ignore_index=True)
  if num_single := 2 * len(chosen) - len(pictures) if samples.is_paired else 0:
    logging.info("%d of %d samples have one side only", num_single, len(chosen))
  names = [f"{eid}_{instance}" for eid, instance in zip(pictures["eid"], pictures["instance"], strict=True)]
  return pictures.assign(
    sex=pictures["sex"].map(sampling.SEXES), pseudonym=[privacy.pseudonym(name, key) for name in names]
  )


def _say_untrained(network: Network, num_left_out: int) -> None:
  missing = [k for k in range(network.num_folds) if k not in network.folds]
  if missing:
    logging.warning(
      "%s: folds %s are not trained; samples are chosen from the test folds of %d of %d splits, %d others are left out",
      network.name,
      ", ".join(map(str, missing)),
      len(network.folds),
      network.num_folds,
      num_left_out,
    )
