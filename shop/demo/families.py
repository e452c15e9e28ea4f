"""Which colour family a colour belongs to, told from its hue, lightness and chroma."""

from colorsys import rgb_to_hls

from shop.catalog.models import Colour

Family = Colour.Family


def family(hex_colour: str) -> Family:
    """'#a9bccd' -> Family.BLUE. The limits were set by looking at the demo's colours."""
    red, green, blue = (int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    turn, light, saturation = rgb_to_hls(red, green, blue)
    chroma = max(red, green, blue) - min(red, green, blue)
    if chroma < 0.08:
        return Family.WHITE if light > 0.88 else Family.BLACK if light < 0.17 else Family.GREY
    return by_hue(turn * 360, light, saturation, chroma)


def by_hue(hue: float, light: float, saturation: float, chroma: float) -> Family:
    """hue in degrees, the rest 0..1."""
    if 20 <= hue < 55:
        if light > 0.6 and chroma < 0.22:
            return Family.NEUTRAL
        return Family.YELLOW if saturation > 0.5 else Family.BROWN
    if hue < 20 or hue >= 345:
        return Family.PINK if light > 0.6 else Family.RED
    ends = ((165, Family.GREEN), (260, Family.BLUE), (345, Family.PURPLE))
    return next(found for end, found in ends if hue < end)
