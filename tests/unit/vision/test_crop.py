"""Where a face is cut out of a photo, and that its crop depends on the face and not on how it was taken."""

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emotion_bot.manifest import CropGeometry
from emotion_bot.vision import Detection
from emotion_bot.vision.crop import crop_face, cut, face_square, prepare_crop

BOX_ALONE = CropGeometry(scale=1, shift_y=0)
TEMPLATE = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.75), (0.65, 0.75))
ALIGNED = CropGeometry(scale=1, shift_y=0, template=TEMPLATE)

coordinates = st.floats(-1e4, 1e4)
sizes = st.integers(1, 3000)


def detection(*box, landmarks=((0.0, 0.0),) * 5):
    return Detection(box, tuple(landmarks), 1.0)


def posed(centre, side, degrees):
    """A face whose landmarks lie as in the template, in a square of this centre, side and turn."""
    turn = side * np.exp(1j * np.deg2rad(degrees))
    points = [centre + (complex(*point) - (0.5 + 0.5j)) * turn for point in TEMPLATE]
    box = (round(centre.real - side / 2), round(centre.imag - side / 2), round(side), round(side))
    return detection(*box, landmarks=[(point.real, point.imag) for point in points])


def painting(size=400):
    """Soft blotches in colour, uint8 (size, size, 3): like a face, nothing in it is as fine as a pixel."""
    noise = np.random.default_rng(3).integers(0, 256, (size // 20, size // 20, 3), dtype=np.uint8)
    return cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)


PAINTING = painting()


def distance(one, other):
    return np.abs(one.astype(int) - other)


def test_without_a_template_the_square_lies_about_the_box():
    # From the centre of pixel 78 to that of 110 is 32 pixels, so the square begins between pixels.
    square = face_square(detection(78, 60, 32, 48), BOX_ALONE)
    assert (square.centre, square.top) == (94 + 84j, 48)
    assert square.corners == (70 + 60j, 118 + 60j, 118 + 108j, 70 + 108j)


def test_scale_and_shift_are_obeyed():
    square = face_square(detection(88, 88, 24, 20), CropGeometry(scale=2, shift_y=0.25))
    assert (square.centre, square.top) == (100 + 110j, 48)


@given(st.complex_numbers(max_magnitude=5000), st.floats(20, 2000), st.floats(-180, 180))
@settings(deadline=None)
def test_the_landmarks_are_brought_onto_the_template(centre, side, degrees):
    square = face_square(posed(centre, side, degrees), ALIGNED)
    assert square.top == pytest.approx(side * np.exp(1j * np.deg2rad(degrees)), rel=1e-6)
    assert square.centre == pytest.approx(centre, abs=1e-6)


def test_landmarks_that_fit_no_better_are_met_halfway():
    wide = [(x * 110, y * 90) for x, y in TEMPLATE]
    square = face_square(detection(0, 0, 100, 100, landmarks=wide), ALIGNED)
    assert square.top.imag == pytest.approx(0)
    assert 90 < square.top.real < 110


def test_the_box_has_no_say_beside_landmarks():
    face = posed(150 + 150j, 100, 20)
    aside = detection(120, 90, 130, 70, landmarks=face.landmarks)
    assert face_square(aside, ALIGNED) == face_square(face, ALIGNED)


@pytest.mark.parametrize("side", [0, 49, 201, np.nan])
def test_landmarks_that_are_no_faces_are_overruled_by_the_box(side):
    landmarks = [(100 + x * side, 100 + y * side) for x, y in TEMPLATE]
    face = detection(100, 100, 100, 100, landmarks=landmarks)
    assert face_square(face, ALIGNED) == face_square(face, BOX_ALONE)


def test_a_square_of_the_right_size_is_cut_out_as_it_is():
    crop = cut(PAINTING, face_square(detection(100, 60, 47, 47), CropGeometry(scale=48 / 47, shift_y=0)), 48)
    np.testing.assert_array_equal(crop, PAINTING[60:108, 100:148])


def test_colours_turn_grey_by_lightness():
    photo = np.full((60, 60, 3), (255, 0, 0), np.uint8)
    assert (crop_face(photo, detection(6, 6, 48, 48), BOX_ALONE) == 76).all()


def test_beyond_the_edge_the_outermost_pixels_go_on():
    photo = np.repeat(np.arange(60, dtype=np.uint8)[:, None, None] * 4, 3, axis=2).repeat(60, axis=1)
    crop = crop_face(photo, detection(6, -24, 47, 47), CropGeometry(scale=48 / 47, shift_y=0))
    assert (crop[:24] == 0).all()
    assert crop[24:, 0].tolist() == list(range(0, 96, 4))


@given(
    st.tuples(coordinates.map(round), coordinates.map(round), sizes, sizes),
    st.lists(st.tuples(coordinates, coordinates), min_size=5, max_size=5),
    st.tuples(st.integers(1, 200), st.integers(1, 200)),
    st.sampled_from([BOX_ALONE, ALIGNED, CropGeometry(scale=4, shift_y=-1)]),
)
@settings(deadline=None)
def test_any_detection_on_any_photo_gives_a_crop(box, landmarks, shape, geometry):
    photo = np.full((*shape, 3), 90, np.uint8)
    crop = crop_face(photo, detection(*box, landmarks=landmarks), geometry)
    assert (crop.shape, crop.dtype) == ((48, 48), np.uint8)
    assert (crop == 90).all()


@given(
    st.floats(20, 300),
    st.floats(-40, 40),
    st.complex_numbers(max_magnitude=0.5),
    st.integers(0, 90),
    st.integers(0, 90),
)
@settings(max_examples=50, deadline=None)
def test_a_photo_that_is_shifted_by_whole_pixels_gives_the_same_crop(side, degrees, part, right, down):
    face = posed(200 + 200j + part, side, degrees)
    x, y, width, height = face.box
    moved = detection(
        x + right, y + down, width, height, landmarks=[(x + right, y + down) for x, y in face.landmarks]
    )
    photo = cv2.copyMakeBorder(PAINTING, down, 0, right, 0, cv2.BORDER_REPLICATE)
    assert distance(crop_face(photo, moved, ALIGNED), crop_face(PAINTING, face, ALIGNED)).max() <= 1


@given(st.floats(24, 200), st.floats(-30, 30), st.sampled_from([2, 3, 5]))
@settings(max_examples=50, deadline=None)
def test_a_photo_of_more_pixels_gives_nearly_the_same_crop(side, degrees, times):
    face = posed(200 + 200j, side, degrees)
    landmarks = [((x + 0.5) * times - 0.5, (y + 0.5) * times - 0.5) for x, y in face.landmarks]
    finer = detection(*(times * value for value in face.box), landmarks=landmarks)
    photo = cv2.resize(PAINTING, None, fx=times, fy=times, interpolation=cv2.INTER_LINEAR)
    apart = distance(crop_face(photo, finer, ALIGNED), crop_face(PAINTING, face, ALIGNED))
    assert apart.mean() < 2


@given(st.floats(60, 200), st.floats(-45, 45))
@settings(max_examples=50, deadline=None)
def test_a_face_that_is_turned_gives_nearly_the_same_crop(side, degrees):
    turn = cv2.getRotationMatrix2D((200, 200), -degrees, 1)
    photo = cv2.warpAffine(PAINTING, turn, (400, 400), borderMode=cv2.BORDER_REPLICATE)
    upright, turned = (
        crop_face(image, posed(200 + 200j, side, angle), ALIGNED)
        for image, angle in ((PAINTING, 0), (photo, degrees))
    )
    assert distance(upright, turned).mean() < 2


@given(st.integers(97, 1500), st.floats(-45, 45), st.sampled_from([1, 2]))
@settings(max_examples=30, deadline=None)
def test_stripes_as_fine_as_pixels_average_out_on_a_large_face(side, degrees, width):
    assume(side >= 97 * width)
    stripes = np.tile(np.repeat(np.array([0, 200], np.uint8), width), (1600, 400 // width))
    photo = cv2.cvtColor(np.ascontiguousarray(np.tile(stripes, (1, 2))), cv2.COLOR_GRAY2RGB)
    crop = crop_face(photo, posed(800 + 800j, side, degrees), ALIGNED)
    assert distance(crop, np.full((48, 48), 100)).mean() < 25


def test_a_crop_of_the_right_size_is_left_alone():
    crop = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    np.testing.assert_array_equal(prepare_crop(crop), crop)


@pytest.mark.parametrize("side", [20, 24, 47])
def test_a_small_face_is_enlarged_alike_in_training_and_in_the_bot(side):
    photo = np.ascontiguousarray(PAINTING[:side, :side])
    whole = detection(0, 0, side - 1, side - 1)
    crop = crop_face(photo, whole, CropGeometry(scale=side / (side - 1), shift_y=0))
    assert distance(crop, prepare_crop(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY))).max() <= 2


def test_shrinking_averages():
    stripes = np.tile(np.array([0, 200], np.uint8), (96, 48))
    assert (prepare_crop(stripes) == 100).all()


def test_a_manifest_from_before_there_were_templates_can_be_read():
    geometry = CropGeometry.model_validate_json('{"scale": 0.97, "shift_y": -0.003}')
    assert geometry.template is None
