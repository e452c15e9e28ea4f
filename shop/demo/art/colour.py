"""Turn neutral garment plates into product pictures. Needs Pillow and numpy only.

    picture = colour("shirt", Cloth("#a9bccd", "stripe"), (1200, 1500))

Plates lie in plates/ beside this file: NAME-shade.webp (light on the cloth and the ground), NAME-mask.webp (red is
cloth, green is trim, blue is topstitching), NAME-grain.webp (where each pixel lies on the flat pattern), plates.json.
The same arguments always give the same pixels (with the same Pillow and numpy).
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.floating[Any]]  # float32 throughout, for speed
Size = tuple[int, int]
Fabric = Literal["plain", "linen", "rib", "denim", "stripe", "pinstripe", "check"]
PLATES = Path(__file__).parent / "plates"
GROUND = "#e9e5dd"
THREAD = "#c98a4b"
TRIM = "#f3efe6"
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
SPAN = 1.44  # brightest value in a shade plate, as a multiple of the bare ground
STEPS = 4096
NATIVE = (1200, 1500)  # size of the plates


class Cloth(NamedTuple):
    """What a garment is made of; colours are '#rrggbb'.

    accent: second colour of stripe, pinstripe and check, topstitching of denim. trim: buttons, labels, cords.
    """

    hex: str
    fabric: Fabric = "plain"
    accent: str | None = None
    trim: str | None = None


class Plate(NamedTuple):
    """One garment at one size. h, w are the picture's height and width in pixels."""

    shade: NDArray[np.uint8]  # (h, w) 0..255, square root of light / SPAN
    cloth: Array  # (h, w) 0..1, share of cloth
    trim: Array  # (h, w) 0..1, share of buttons, labels, cords
    thread: Array  # (h, w) 0..1, share of topstitching
    across: Array  # (h, w) pattern units, left to right along the cloth; sleeves follow their own grain
    down: Array  # (h, w) pattern units, top to bottom along the cloth
    level: float  # light on flat cloth as a multiple of the bare ground


def colour(garment: str, cloth: Cloth, size: Size = NATIVE, crop: str | None = None) -> Image.Image:
    """Picture of a garment -> RGB image of exactly size (width, height; 4:5).

    garment: a key of plates.json. crop: a key of the garment's crops, or None for all of it.
    """
    plate = load(garment, size) if crop is None else close_view(garment, size, crop)
    light = blend(plate, cloth)
    np.clip(light, 0, 1, out=light)
    np.sqrt(light, out=light)
    picture = Image.fromarray(srgb_table()[(light * np.float32(STEPS - 1)).astype(np.uint16)])
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def blend(plate: Plate, cloth: Cloth) -> Array:
    """(h, w, 3) linear light of the garment lying on its ground."""
    light: Array = ground_tones()[plate.shade]
    # Only where there is any: a garment fills half of its picture, buttons a hundredth.
    box = bounds(plate.cloth)
    back = light[box]
    back += (woven(part(plate, box), cloth) - back) * plate.cloth[box][..., None]
    box = bounds(plate.trim)
    back = light[box]
    back += (tones(trim_of(cloth), plate.level)[plate.shade[box]] - back) * plate.trim[box][..., None]
    return light


def bounds(share: Array) -> tuple[slice, slice]:
    """The rows and columns that hold everything above zero."""
    rows, columns = np.flatnonzero(share.any(1)), np.flatnonzero(share.any(0))
    if not rows.size:
        return slice(0), slice(0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def woven(plate: Plate, cloth: Cloth) -> Array:
    """(h, w, 3) linear light of the cloth alone: colour, pattern, topstitching, weave and film grain."""
    base = linear(cloth.hex)
    light: Array = tones(base, plate.level)[plate.shade]
    share = pattern(cloth.fabric, plate)
    if share is not None:
        second = linear(cloth.accent) if cloth.accent else accent_for(base)
        light += (tones(second, plate.level)[plate.shade] - light) * share[..., None]
    if cloth.fabric == "denim":
        thread = linear(cloth.accent or THREAD)
        light += (tones(thread, plate.level)[plate.shade] - light) * (plate.thread * np.float32(0.9))[..., None]
    factor, grain = weave(cloth.fabric, plate), grain_tile(plate.shade.shape[::-1]) * np.float32(0.16)
    light *= 1 + grain if factor is None else factor[..., None] + grain
    return light


def trim_of(cloth: Cloth) -> Array:
    """(3,) colour of buttons and labels: the given one, or one that goes with the cloth."""
    base = linear(cloth.hex)
    if cloth.trim:
        return linear(cloth.trim)
    dark = float(base @ LUMA) < 0.5
    fitting: Array = base * np.float32(0.45) + np.float32(0.55) * linear(TRIM) if dark else base * np.float32(0.86)
    return fitting


@lru_cache(1)
def ground_tones() -> Array:
    """(256, 3) linear colour of the ground under each value of the shade plate."""
    light = (np.arange(256, dtype=np.float32) / 255)[:, None] ** 2 * SPAN
    tone: Array = (linear(GROUND) * np.clip(light, 0, 1.08) ** np.array([1.0, 1.02, 1.05])).astype(np.float32)
    return tone


def linear(hex_colour: str) -> Array:
    """'#rrggbb' -> (3,) linear light, 0..1."""
    v = np.array([int(hex_colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


@lru_cache(1)
def srgb_table() -> NDArray[np.uint8]:
    """(STEPS,) sRGB bytes for the square roots 0..1 of linear light, so that dark tones keep their steps."""
    x = np.linspace(0, 1, STEPS) ** 2
    y = np.where(x <= 0.0031308, x * 12.92, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)
    return (y * 255 + 0.5).astype(np.uint8)


@lru_cache(4)
def grain_tile(size: Size) -> Array:
    """(h, w, 1) fixed film grain around 0."""
    t: Array = np.random.default_rng(1).normal(0, 0.115, (256, 256)).astype(np.float32)
    t = (t + np.roll(t, 1, 0) + np.roll(t, 1, 1) + np.roll(t, (1, 1), (0, 1))) / 2
    w, h = size
    return np.tile(t, (h // 256 + 1, w // 256 + 1))[:h, :w, None]


@lru_cache(1)
def weave_tile() -> Array:
    """(512, 512) fixed slub pattern around 0, wrapping: threads of uneven thickness in both directions."""
    g = np.random.default_rng(2)

    def threads(axis: int) -> NDArray[np.float64]:
        f = np.fft.fft2(g.normal(size=(512, 512)))
        k = [np.fft.fftfreq(512)[:, None], np.fft.fftfreq(512)[None]]
        n: NDArray[np.float64] = np.fft.ifft2(f * np.exp(-((k[axis] * 70) ** 2) - (k[1 - axis] * 5) ** 2)).real
        n /= n.std()
        return n

    return (threads(0) + threads(1)).astype(np.float32) / 2


@lru_cache(1)
def index() -> dict[str, dict[str, Any]]:
    """plates.json: per garment the cloth level, pattern height, armhole, sleeve direction and crops."""
    data: dict[str, dict[str, Any]] = json.loads((PLATES / "plates.json").read_text())
    return data


@lru_cache(2)
def load(garment: str, size: Size) -> Plate:
    """Read and resize a garment's three plates to size (width, height)."""
    info, (w, h) = index()[garment], size
    mask, grain = read(garment, "mask", size), read(garment, "grain", None)
    red, green, blue = (np.asarray(band, np.float32) / 255 for band in mask.split())
    du, dv = (offset(band, size, info["reach"]) for band in grain.split()[:2])
    x = (np.arange(w, dtype=np.float32) / w - 0.5) * (info["height"] * 0.8) + du
    y = (0.5 - np.arange(h, dtype=np.float32)[:, None] / h) * info["height"] + dv
    across, down = follow_sleeve(x, y, info["armhole"], info["sleeve"])
    shade = np.asarray(read(garment, "shade", size).convert("L"))
    return Plate(shade, red, green, blue, across, down, info["cloth"])


def read(garment: str, kind: str, size: Size | None) -> Image.Image:
    """One plate of a garment, at that size or as it lies."""
    plate = Image.open(PLATES / f"{garment}-{kind}.webp").convert("RGB")
    return plate if size is None or size == plate.size else plate.resize(size, Image.Resampling.BICUBIC)


def offset(band: Image.Image, size: Size, reach: float) -> Array:
    """(h, w) shift in pattern units that one band of a grain plate holds."""
    wide = np.asarray(band.convert("F").resize(size, Image.Resampling.BICUBIC), np.float32)
    shift: Array = (wide / np.float32(127.5) - 1) * np.float32(reach)
    return shift


def close_view(garment: str, size: Size, crop: str) -> Plate:
    """The part of a garment's plate that a close view shows, read no larger than the picture needs."""
    box = index()[garment]["crops"][crop]
    whole = (min(NATIVE[0], round(size[0] / box[2])), min(NATIVE[1], round(size[1] / box[2])))
    return cut(load(garment, whole), box)


def cut(p: Plate, box: list[float]) -> Plate:
    """The part of a plate inside box (left, top, side as fractions of the picture)."""
    h, w = p.shade.shape
    x, y = round(box[0] * w), round(box[1] * h)
    return part(p, np.s_[y : y + round(box[2] * h), x : x + round(box[2] * w)])


def part(p: Plate, s: tuple[slice, slice]) -> Plate:
    """The rows and columns of a plate that s names."""
    return Plate(p.shade[s], p.cloth[s], p.trim[s], p.thread[s], p.across[s], p.down[s], p.level)


def follow_sleeve(x: Array, y: Array, armhole: list[list[float]], axis: list[float]) -> tuple[Array, Array]:
    """Pattern position (h, w) -> position along the cloth's grain, which turns with the sleeves outside the armhole."""
    arm = np.array(armhole, np.float32)
    out = np.abs(x)
    sleeve = (out > np.interp(y, arm[:, 1], arm[:, 0]).astype(np.float32)) & (out > arm[:, 0].min())
    sx, sy = out - arm[-1, 0], arm[-1, 1] - y
    dx, dy = np.float32(axis[0]), np.float32(-axis[1])
    return np.where(sleeve, sx * dy - sy * dx, x), np.where(sleeve, sx * dx + sy * dy, -y)


def weave(fabric: Fabric, p: Plate) -> Array | None:
    """(h, w) brightness factor of the fabric's own surface, about 0.85..1.15, or None where the plate has it all."""
    if fabric in ("linen", "denim", "check"):
        scale = 512 / (1.1 if fabric != "denim" else 0.8)
        slub: Array = weave_tile()[(p.down * scale).astype(np.int32) & 511, (p.across * scale).astype(np.int32) & 511]
        slub = slub * np.float32(0.055 if fabric == "linen" else 0.03) + np.float32(1)
        return slub
    if fabric == "rib":
        ridge: Array = np.sin(p.across * np.float32(2 * np.pi / 0.024))
        ridge = ridge * np.float32(0.10) + np.float32(1)
        return ridge
    return None


def bands(at: Array, period: float, width: float) -> Array:
    """(h, w) share 0..1 of stripes of that width in each period, along the positions given."""
    d = np.abs((at / np.float32(period)) % 1 - np.float32(0.5)) * np.float32(period)
    share: Array = np.clip((np.float32(width / 2) - d) * np.float32(320) + np.float32(0.5), 0, 1)
    return share


def pattern(fabric: Fabric, p: Plate) -> Array | None:
    """(h, w) share 0..1 of the second colour, or None for fabrics of one colour."""
    if fabric == "stripe":
        return bands(p.down, 0.12, 0.042)
    if fabric == "pinstripe":
        return bands(p.across, 0.066, 0.016) * np.float32(0.8)
    if fabric == "check":
        return (bands(p.across, 0.16, 0.08) + bands(p.down, 0.16, 0.08)) * np.float32(0.5)
    return None


def tones(base: Array, level: float) -> Array:
    """(256, 3) linear colour of cloth of that colour under each value of the shade plate."""
    k = (np.arange(256, dtype=np.float32) / 255)[:, None] ** 2 * SPAN / level
    dark = 1 - float(base @ LUMA)
    shade = np.clip(k, 0, 2) ** (1.22 + 0.5 * dark**2)  # folds read stronger on dark cloth
    sheen = 0.030 * dark * np.clip(k - 0.82, 0, 0.8) ** 1.2
    warm = 1 + np.array([0.03, 0.0, -0.035]) * (np.clip(k, 0.4, 1.4) - 0.9)  # warm light, cool shadow
    tone: Array = (base * shade * warm + sheen).astype(np.float32)
    return tone


def accent_for(base: Array) -> Array:
    """(3,) second colour for a pattern: cream on dark cloth, a deeper tone of itself on light cloth."""
    deeper: Array = base * np.array([0.25, 0.29, 0.36], np.float32)
    return linear(TRIM) if float(base @ LUMA) < 0.25 else deeper
