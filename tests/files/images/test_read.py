import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from semscan.errors import BadImageError
from semscan.files.images.read import read_image
from semscan.settings import ReadSettings

GREY = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8) * 2
NOISE = np.random.default_rng(1).integers(0, 255, (64, 80), dtype=np.uint8)
DEEP = GREY.astype(np.uint16) * 257 + 3


def read(path, **settings):
    return read_image(path, ReadSettings(**settings))


def pillow_bytes(array, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def put(tmp_path):
    def put(data, name="ein Bild µ.png"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return put


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_lossless_8_bit_grey_comes_back_as_it_was(put, suffix):
    image = read(put(cv2.imencode(suffix, GREY)[1].tobytes(), f"a{suffix}"))

    assert image.pixels.dtype == np.uint8
    assert np.array_equal(image.pixels, GREY)
    assert (image.warnings, image.data_bar_rows, image.nm_per_pixel) == ((), 0, None)
    assert os.path.isabs(image.source)


def test_jpeg_is_read(put):
    image = read(put(pillow_bytes(GREY, "JPEG", quality=95)))

    assert image.metadata["format"] == "JPEG"
    assert np.abs(image.pixels.astype(int) - GREY).mean() < 2


def test_16_bits_stay_16_bits(put, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP)

    for path in (put(cv2.imencode(".png", DEEP)[1].tobytes()), tmp_path / "a.tif"):
        image = read(path)
        assert image.pixels.dtype == np.uint16
        assert np.array_equal(image.pixels, DEEP)


def test_16_bit_colour_png_that_is_grey_keeps_its_depth(put):
    image = read(put(cv2.imencode(".png", np.dstack([DEEP] * 3))[1].tobytes()))

    assert np.array_equal(image.pixels, DEEP)
    assert image.warnings == ()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_become_float32(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", GREY.astype(dtype) / 4)

    image = read(tmp_path / "a.tif")

    assert image.pixels.dtype == np.float32
    assert np.array_equal(image.pixels, GREY.astype(np.float32) / 4)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint32, np.int32, np.int64])
def test_other_integers_that_fit_become_16_bits(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", (GREY // 2).astype(dtype))

    image = read(tmp_path / "a.tif")

    assert image.pixels.dtype == np.uint16
    assert np.array_equal(image.pixels, GREY // 2)


def test_integers_beyond_16_bits_become_float_and_say_so(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GREY.astype(np.uint32) * 70000)

    image = read(tmp_path / "a.tif")

    assert image.pixels.dtype == np.float32
    assert image.warnings == ("uint32 grey levels are read as float32, exact to 24 bits",)


def test_negative_16_bit_values_become_float(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GREY.astype(np.int16) - 100)

    image = read(tmp_path / "a.tif")

    assert np.array_equal(image.pixels, GREY.astype(np.float32) - 100)


def test_one_bit_becomes_black_and_white(tmp_path, put):
    bits = GREY > 80
    tifffile.imwrite(tmp_path / "a.tif", bits, photometric="minisblack")

    for path in (tmp_path / "a.tif", put(pillow_bytes(bits, "PNG"))):
        assert np.array_equal(read(path).pixels, bits.astype(np.uint8) * 255)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("array", [GREY, DEEP], ids=["8", "16"])
def test_where_zero_is_white_values_are_turned_round(tmp_path, array, compression):
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="miniswhite", compression=compression)

    assert np.array_equal(read(tmp_path / "a.tif").pixels, np.iinfo(array.dtype).max - array)


@pytest.mark.parametrize("bits", [8, 16])
def test_where_zero_is_white_lzw_is_turned_round_too(put, bits):
    array = GREY if bits == 8 else DEEP
    data = bytearray(pillow_bytes(array, "TIFF", compression="tiff_lzw"))
    at = data.index(struct.pack("<HHI", 262, 3, 1)) + 8
    assert data[at] == 1
    data[at] = 0

    assert np.array_equal(read(put(data)).pixels, np.iinfo(array.dtype).max - array)


@pytest.mark.parametrize("array", [GREY, DEEP, GREY / np.float32(3)], ids=["8", "16", "float"])
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", None])
def test_every_common_compression_is_read(put, array, compression):
    options = {} if compression is None else {"compression": compression}

    image = read(put(pillow_bytes(array, "TIFF", **options)))

    assert np.array_equal(image.pixels, array)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_read_as_stored_whatever_the_orientation_and_the_compression(put, orientation):
    for compression in ("tiff_lzw", "tiff_adobe_deflate"):
        tags = {"tiffinfo": {274: orientation}, "compression": compression}

        assert np.array_equal(read(put(pillow_bytes(NOISE, "TIFF", **tags), f"{compression}.tif")).pixels, NOISE)


@pytest.mark.parametrize("array", [GREY, DEEP], ids=["8", "16"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("predictor", [False, True])
def test_predictor_and_byte_order_do_not_matter(tmp_path, array, byteorder, predictor):
    tifffile.imwrite(
        tmp_path / "a.tif", array, compression="zlib", predictor=predictor, byteorder=byteorder, rowsperstrip=7
    )

    assert np.array_equal(read(tmp_path / "a.tif").pixels, array)


@pytest.mark.parametrize("array", [GREY, DEEP], ids=["8", "16"])
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_a_predictor_counts_only_where_the_writer_applied_it(put, array, compression):
    data = pillow_bytes(array, "TIFF", compression=compression, tiffinfo={317: 2})

    assert np.array_equal(read(put(data)).pixels, array)


@pytest.mark.parametrize("options", [{"tile": (32, 32)}, {"bigtiff": True}, {"tile": (16, 16), "compression": "zlib"}])
def test_tiles_and_bigtiff_are_read(tmp_path, options):
    tifffile.imwrite(tmp_path / "a.tif", NOISE, **options)

    assert np.array_equal(read(tmp_path / "a.tif").pixels, NOISE)


def test_palette_becomes_its_colours(tmp_path):
    ramp = np.arange(255, -1, -1, dtype=np.uint16) * 257  # index 0 is white
    tifffile.imwrite(tmp_path / "a.tif", GREY, photometric="palette", colormap=np.stack([ramp] * 3))

    image = read(tmp_path / "a.tif")

    assert np.array_equal(image.pixels, 255 - GREY)
    assert (image.warnings, image.metadata["dtype"], image.metadata["colour"]) == ((), "uint8", "palette that is grey")


def test_few_coloured_pixels_in_a_palette_are_annotation_and_not_told(tmp_path):
    colours = np.stack([np.arange(256, dtype=np.uint16) * 257] * 3)
    colours[:, 254] = (65535, 0, 0)
    marked = GREY.copy()
    marked[0, :5] = 254
    tifffile.imwrite(tmp_path / "a.tif", marked, photometric="palette", colormap=colours)

    image = read(tmp_path / "a.tif")

    assert image.warnings == ()
    assert image.pixels[0, :5].tolist() == [76] * 5
    assert np.array_equal(image.pixels[1:], GREY[1:])


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_palettes_of_other_writers_are_read(put, kind):
    buffer = io.BytesIO()
    Image.fromarray(GREY).convert("P").save(buffer, kind)

    assert np.array_equal(read(put(buffer.getvalue())).pixels, GREY)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_colour_that_is_grey_is_grey_without_a_word(put, kind):
    image = read(put(pillow_bytes(np.dstack([GREY] * 3), kind)))

    assert np.array_equal(image.pixels, GREY)
    assert image.warnings == ()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_real_colour_becomes_luma_with_a_warning(put, kind):
    colour = np.zeros((20, 20, 3), np.uint8)
    colour[:10] = (255, 0, 0)
    colour[10:] = (0, 0, 255)

    image = read(put(pillow_bytes(colour, kind)))

    assert (image.pixels[0, 0], image.pixels[-1, 0]) == (76, 29)
    assert image.warnings == ("a colour image, converted to grey (Rec. 601 luma)",)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_tiff_colour_planes_are_read(tmp_path, planar):
    colour = np.dstack([GREY, GREY // 2, GREY // 3])
    tifffile.imwrite(
        tmp_path / "a.tif",
        colour if planar == "contig" else np.moveaxis(colour, -1, 0),
        photometric="rgb",
        planarconfig=planar,
    )

    assert np.array_equal(read(tmp_path / "a.tif").pixels, cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_dropped_with_a_warning(put, kind, channels):
    array = np.dstack([GREY] * (channels - 1) + [np.full_like(GREY, 9)])

    image = read(put(pillow_bytes(array, kind)))

    assert np.array_equal(image.pixels, GREY)
    assert image.warnings == ("transparency (alpha) is dropped",)


def test_chosen_page_is_read_and_others_are_told_of(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([GREY, GREY // 2]), photometric="minisblack")

    first, second = read(tmp_path / "a.tif"), read(tmp_path / "a.tif", page=1)

    assert np.array_equal(first.pixels, GREY)
    assert np.array_equal(second.pixels, GREY // 2)
    assert first.warnings == ("the file has 2 pages, page 0 (from 0) is read; --page chooses",)
    assert first.metadata["pages"] == 2


def test_chosen_page_is_read_from_lzw_too(put):
    data = pillow_bytes(GREY, "TIFF", compression="tiff_lzw", save_all=True, append_images=[Image.fromarray(NOISE)])

    assert np.array_equal(read(put(data), page=1).pixels, NOISE)


@pytest.mark.parametrize("page", [2, -1])
def test_a_page_that_is_not_there_is_refused(tmp_path, page):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([GREY, GREY]), photometric="minisblack")

    with pytest.raises(BadImageError, match=r"has 2 pages.* choose one of 0 to 1 with --page"):
        read(tmp_path / "a.tif", page=page)


def test_a_page_of_a_png_is_refused(put):
    with pytest.raises(BadImageError, match="has 1 page"):
        read(put(cv2.imencode(".png", GREY)[1].tobytes()), page=1)


def test_content_decides_not_the_suffix(put):
    assert read(put(pillow_bytes(GREY, "TIFF"), "a.png")).metadata["format"] == "TIFF"


def jpeg_with_thumbnail():
    exif = Image.Exif()
    exif[270] = "x" * 40 + "\xff\xd9"
    return pillow_bytes(NOISE, "JPEG", exif=exif)


WHOLE = {
    "png": cv2.imencode(".png", NOISE)[1].tobytes(),
    "jpeg": pillow_bytes(NOISE, "JPEG"),
    "progressive jpeg": pillow_bytes(NOISE, "JPEG", progressive=True),
    "jpeg with thumbnail": jpeg_with_thumbnail(),
    "bmp": cv2.imencode(".bmp", NOISE)[1].tobytes(),
    "tiff": pillow_bytes(NOISE, "TIFF"),
    "lzw tiff": pillow_bytes(NOISE, "TIFF", compression="tiff_lzw"),
    "deflate tiff": pillow_bytes(NOISE, "TIFF", compression="tiff_adobe_deflate"),
    "jpeg tiff": pillow_bytes(NOISE, "TIFF", compression="jpeg"),
}


def tifffile_bytes(**options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.stack([NOISE, NOISE]), photometric="minisblack", **options)
    return buffer.getvalue()


WHOLE["two-page tiff"] = tifffile_bytes()
WHOLE["two-page deflate tiff"] = tifffile_bytes(compression="zlib", rowsperstrip=8)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_cut_anywhere_is_refused_in_silence(put, kind, capfd):
    data = WHOLE[kind]
    assert read(put(data)).pixels.shape == NOISE.shape

    for cut in [*range(1, 40), *range(40, len(data), len(data) // 40)]:
        with pytest.raises(BadImageError) as caught:
            read(put(data[:-cut]))
        assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["png", "deflate tiff", "lzw tiff"])
def test_damage_in_the_middle_is_refused(put, kind):
    data = bytearray(WHOLE[kind])
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(range(200))

    with pytest.raises(BadImageError, match="damaged"):
        read(put(data))


def test_png_damaged_before_its_checksums_were_made_is_refused(put):
    packed = zlib.compress(NOISE.tobytes())[:-400]
    header = struct.pack(">IIBBBBB", 80, 64, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    with pytest.raises(BadImageError, match="damaged"):
        read(put(data))


def test_pages_in_a_circle_are_refused(put):
    data = bytearray(pillow_bytes(GREY, "TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (tags,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * tags, first)

    with pytest.raises(BadImageError, match="circle"):
        read(put(data))


def png_claiming(cols, rows):
    data = bytearray(WHOLE["png"])
    struct.pack_into(">II", data, 16, cols, rows)
    struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    return data


def test_a_jpeg_that_claims_more_pixels_than_it_can_hold_is_refused(put):
    data = pillow_bytes(NOISE, "JPEG")
    size = data.index(b"\xff\xc0") + 5

    with pytest.raises(BadImageError, match="claims 9000 x 8000 pixels"):
        read(put(data[:size] + struct.pack(">HH", 8000, 9000) + data[size + 4 :]))


def test_tags_that_do_not_describe_the_pixels_are_refused(put):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, GREY.astype(np.float16))
    lost = buffer.getvalue().replace(struct.pack("<HHI", 258, 3, 1), struct.pack("<HHI", 258, 259, 1))

    with pytest.raises(BadImageError, match="tags do not describe"):
        read(put(lost))


def test_too_many_pixels_are_refused_from_the_header(put):
    with pytest.raises(BadImageError, match="100000 x 100000 pixels, at most"):
        read(put(png_claiming(100_000, 100_000)))


@pytest.mark.parametrize("kind", ["jpeg", "bmp", "tiff", "lzw tiff", "png"])
def test_the_limit_holds_for_every_format(put, kind):
    with pytest.raises(BadImageError, match=r"80 x 64 pixels, at most 1000 are read.* give --max-pixels 5120"):
        read(put(WHOLE[kind]), max_pixels=1000)


@pytest.mark.parametrize("kind", ["jpeg", "bmp", "tiff", "lzw tiff", "png"])
def test_an_image_of_just_that_many_pixels_is_read(put, kind):
    assert read(put(WHOLE[kind]), max_pixels=80 * 64).pixels.shape == (64, 80)


@pytest.mark.parametrize("shape", [(1, 1), (15, 40), (40, 15)])
def test_too_small_is_refused(put, shape):
    with pytest.raises(BadImageError, match=rf"{shape[1]} x {shape[0]} pixels, at least 16 x 16"):
        read(put(cv2.imencode(".png", NOISE[: shape[0], : shape[1]])[1].tobytes()))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_and_counted(tmp_path, value):
    array = GREY.astype(np.float32)
    array[2, 3] = value
    tifffile.imwrite(tmp_path / "a.tif", array)

    with pytest.raises(BadImageError, match="1 of its pixels are NaN or infinite"):
        read(tmp_path / "a.tif")


def test_float64_beyond_float32_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GREY.astype(np.float64) * 1e300)

    with pytest.raises(BadImageError, match="NaN or infinite"):
        read(tmp_path / "a.tif")


def test_one_grey_level_is_refused(put):
    with pytest.raises(BadImageError, match="every pixel has the value 7"):
        read(put(cv2.imencode(".png", np.full((20, 20), 7, np.uint8))[1].tobytes()))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"hello, I am text", "not a TIFF, PNG, JPEG or BMP image"),
        (b"GIF89a..........", "not a TIFF, PNG, JPEG or BMP image"),
        (b"\x89PNG\r\n\x1a\n", "cut short"),
        (b"II*\0", "cut short"),
        (b"II*\0\0\0\0\0", "no page"),
        (b"\xff\xd8\xff", "JPEG file is cut short"),
        (b"BM", "BMP file is cut short"),
    ],
)
def test_what_is_no_image_is_refused_in_one_line_that_names_it(put, data, said, capfd):
    path = put(data)

    with pytest.raises(BadImageError, match=said) as caught:
        read_image(path, ReadSettings(), given="as typed.png")

    assert str(caught.value).startswith("as typed.png: ")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(BadImageError, match="this is a folder"):
        read(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadImageError, match="no such file"):
        read(tmp_path / "a.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "a.png")

    with pytest.raises(BadImageError, match="a device or a pipe"):
        read(tmp_path / "a.png")


def test_a_file_that_may_not_be_read_is_refused(put, monkeypatch):
    path = put(WHOLE["png"])

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", denied)
    with pytest.raises(BadImageError, match="no permission to read it"):
        read(path)


def test_five_channels_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.dstack([GREY] * 5), photometric="minisblack", planarconfig="contig")

    with pytest.raises(BadImageError, match="5 channels"):
        read(tmp_path / "a.tif")


def test_a_volume_is_refused(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.stack([NOISE[:32, :32]] * 16),
        volumetric=True,
        tile=(16, 16, 16),
        photometric="minisblack",
    )

    with pytest.raises(BadImageError, match="axes"):
        read(tmp_path / "a.tif")
