"""Choice of views, sizes, mirroring, and the mixed image."""

import cv2
import numpy as np
import pytest

from msk_jax.imaging import dicom, preprocess, quality, skeleton, views

KNEE, HIP, BODY = views.VIEWS["knee"], views.VIEWS["hip"], views.VIEWS["full_body/figure"]


def _image(protocol: str, number: int | None) -> dicom.DicomImage:
  return dicom.DicomImage(protocol, number, np.full((1, 1), (number or 0) % 256, np.uint8))


def _complete() -> list[dicom.DicomImage]:
  names = [*views.PROTOCOLS, "Total Body", "Total Body"]
  return [_image(name, 5 + i) for i, name in enumerate(names)]


def test_a_complete_visit_has_eight_roles_and_no_remark() -> None:
  images = _complete()
  for order in (images, images[::-1]):
    roles, remarks = preprocess.assign_roles(order)
    assert set(roles) == set(preprocess.SOURCE_ROLES) and len(roles) == 8 and not remarks
    assert roles["full_body/flesh", ""].instance_number == 11
    assert roles["full_body/figure", ""].instance_number == 12
    assert roles["knee", "left"].protocol == "Left Ortho Knee"


def test_unknown_surplus_and_missing_images_are_remarked() -> None:
  images = [i for i in _complete() if i.protocol != "LVA"] + [_image("Forearm", 1), _image("Left Femur", 99)]
  roles, remarks = preprocess.assign_roles(images)
  assert roles["hip", "left"].instance_number != 99
  assert sorted(remarks) == [
    ("", "unknown_protocol", ""),
    ("hip", "surplus_image", "left"),
    ("spine/sagittal", "missing_view", ""),
  ]


def test_a_single_total_body_is_flesh() -> None:
  roles, remarks = preprocess.assign_roles(_complete()[:-1])
  assert ("full_body/flesh", "") in roles and ("full_body/figure", "") not in roles
  assert remarks == [("full_body/flesh", "single_total_body", "")]


def test_a_single_total_body_beside_an_unreadable_file_is_not_guessed() -> None:
  roles, remarks = preprocess.assign_roles(_complete()[:-1], has_unreadable=True)
  assert not any(view.startswith("full_body") for view, _ in roles)
  assert [reason for _, reason, _ in remarks] == ["unordered_total_body"]


@pytest.mark.parametrize("numbers", [(4, 4), (None, 4), (None, None)])
def test_total_body_images_without_order_are_not_guessed(numbers) -> None:
  roles, remarks = preprocess.assign_roles(_complete()[:-2] + [_image("Total Body", n) for n in numbers])
  assert not any(view.startswith("full_body") for view, _ in roles)
  assert [reason for _, reason, _ in remarks] == ["unordered_total_body"]


def test_one_total_body_under_two_numbers_is_not_taken_for_flesh_and_figure() -> None:
  bodies = [dicom.DicomImage("Total Body", number, np.ones((2, 1), np.uint8)) for number in (11, 12)]
  roles, remarks = preprocess.assign_roles(_complete()[:-2] + bodies)
  assert not any(view.startswith("full_body") for view, _ in roles)
  assert remarks == [("full_body/flesh", "unordered_total_body", "one image under two numbers")]


def test_no_total_body_at_all_is_two_missing_views() -> None:
  _, remarks = preprocess.assign_roles(_complete()[:-2])
  assert sorted(remarks) == [("full_body/figure", "missing_view", ""), ("full_body/flesh", "missing_view", "")]


def test_native_images_have_the_published_size_and_left_ones_are_mirrored() -> None:
  raw = np.random.default_rng(0).integers(0, 256, (600, 680), dtype=np.uint8)
  right, left = (preprocess.to_native(raw, HIP, side) for side in ("right", "left"))
  assert right.shape == (626, 680)
  np.testing.assert_array_equal(right, cv2.resize(raw, (680, 626), interpolation=cv2.INTER_CUBIC))
  np.testing.assert_array_equal(left, right[:, ::-1])
  spine = preprocess.to_native(raw, views.VIEWS["spine/coronal"], "")
  assert spine.shape == (724, 720)


def test_network_size_averages_areas() -> None:
  native = np.random.default_rng(0).integers(0, 256, KNEE.native_shape, dtype=np.uint8)
  small = preprocess.to_network(native, KNEE)
  assert small.shape == (347, 286)
  weights = [_overlaps(big, little) for big, little in zip(native.shape, small.shape, strict=True)]
  exact = weights[0] @ native.astype(float) @ weights[1].T
  assert np.abs(small - exact).max() <= 0.51


def _overlaps(big: int, little: int) -> np.ndarray:
  """[little, big]: the part of each new pixel that each old one covers."""
  edges = np.arange(little + 1) * big / little
  low, high = np.maximum.outer(edges[:-1], np.arange(big)), np.minimum.outer(edges[1:], np.arange(1, big + 1))
  return np.clip(high - low, 0, None) * little / big


def test_mixed_is_red_skeleton_green_flesh_blue_figure() -> None:
  rng = np.random.default_rng(0)
  natives = {
    name: rng.integers(0, 256, BODY.native_shape, dtype=np.uint8) for name in (preprocess.FIGURE, preprocess.FLESH)
  }
  stored = preprocess.full_body_at_network_size(natives)
  assert set(stored) == {f"full_body/{kind}" for kind in ("figure", "flesh", "skeleton", "mixed")}
  bones = skeleton.skeleton(natives[preprocess.FIGURE])
  whole = preprocess.mix(bones, natives[preprocess.FLESH], natives[preprocess.FIGURE])
  np.testing.assert_array_equal(stored["full_body/mixed"], preprocess.to_network(whole, views.VIEWS["full_body/mixed"]))
  np.testing.assert_array_equal(stored["full_body/skeleton"], preprocess.to_network(bones, BODY))
  assert set(preprocess.full_body_at_network_size({preprocess.FLESH: natives[preprocess.FLESH]})) == {preprocess.FLESH}
  assert "full_body/mixed" not in preprocess.full_body_at_network_size({preprocess.FIGURE: natives[preprocess.FIGURE]})


@pytest.mark.parametrize("view", list(views.VIEWS.values()), ids=lambda v: v.name)
def test_native_shapes_pass_and_turned_ones_do_not(view: views.View) -> None:
  assert quality.check_shape(view.native_shape, view) == ""
  if view.name in ("spine/coronal", "hip"):
    return  # nearly square: a turn can't be seen in the size
  with pytest.raises(quality.Refusal, match="transposed"):
    quality.check_shape(view.native_shape[::-1], view)


@pytest.mark.parametrize(
  ("view", "shape"),
  [
    ("spine/coronal", (780, 716)),
    ("hip", (600, 680)),
    ("hip", (537, 680)),
    ("knee", (848, 640)),
    ("spine/sagittal", (1768, 808)),
    ("full_body/figure", (791, 272)),
  ],
)
def test_the_real_sizes_pass(view: str, shape: tuple[int, int]) -> None:
  assert quality.check_shape(shape, views.VIEWS[view]) == ""


def test_shapes_that_are_wrong_odd_or_small() -> None:
  for shape, reason in (((200, 600), "too_small"), ((900, 2400), "wrong_aspect"), ((640, 848), "transposed")):
    with pytest.raises(quality.Refusal, match=reason):
      quality.check_shape(shape, KNEE)
  assert quality.check_shape((1000, 600), KNEE) == "odd_aspect"
  assert quality.check_shape((700, 720), KNEE) == ""  # cropped, not turned


def test_blank_images_are_refused_and_dark_ones_with_content_are_not() -> None:
  rng = np.random.default_rng(0)
  for image in (np.zeros((300, 300)), np.full((300, 300), 252), 100 + rng.integers(0, 2, (300, 300))):
    with pytest.raises(quality.Refusal, match="blank"):
      quality.check_not_blank(image.astype(np.uint8))
  dark = np.zeros((300, 300), np.uint8)
  dark[100:200, 140:160] = 60  # a thin bone
  quality.check_not_blank(dark)


def test_white_margins_are_seen_and_bright_bones_are_not() -> None:
  image = np.zeros((300, 200), np.uint8)
  image[:, 80:120] = 252
  assert not quality.has_white_margin(image)
  image[:200, -12:] = 252
  assert quality.has_white_margin(image)


def test_refusals_need_a_known_code() -> None:
  with pytest.raises(ValueError, match="unknown reason"):
    quality.Refusal("whatever")
  assert all(meaning[-1] in ".?" for _, meaning in quality.REASONS.values())
