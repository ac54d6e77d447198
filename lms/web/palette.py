"""The colours of the design system as app.css gives them, and their contrast after WCAG 2.2: what a page or a test can show of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SHEET = Path(__file__).parent / "static" / "app.css"
SPRITE = Path(__file__).parent / "static" / "icons.svg"
TEXT, EDGE = 4.5, 3.0  # WCAG 1.4.3 for text, 1.4.11 for borders of fields and parts of pictures

# What is drawn on what, and how much contrast that needs.
PAIRS = (
    ("ink", "paper", TEXT),
    ("ink", "mist", TEXT),
    ("soft", "paper", TEXT),
    ("soft", "mist", TEXT),
    ("leaf", "paper", TEXT),
    ("leaf", "mist", TEXT),
    ("leaf", "leaf-mist", TEXT),
    ("leaf-dark", "leaf-mist", TEXT),
    ("on-leaf", "leaf", TEXT),
    ("on-leaf", "leaf-dark", TEXT),
    ("gold", "paper", TEXT),
    ("gold", "gold-mist", TEXT),
    ("ink", "gold-mist", TEXT),
    ("clay", "paper", TEXT),
    ("clay", "clay-mist", TEXT),
    ("ink", "clay-mist", TEXT),
    ("river", "paper", TEXT),
    ("river", "river-mist", TEXT),
    ("ink", "river-mist", TEXT),
    ("hero-ink", "hero", TEXT),
    ("hero-soft", "hero", TEXT),
    ("hero-gold", "hero", TEXT),
    ("edge", "paper", EDGE),
    ("edge", "mist", EDGE),
)

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Pair:
    """One colour on another: how much contrast it has in the light and in the dark scheme, and how much it needs."""

    front: str
    back: str
    light: float
    dark: float
    needed: float


def tokens(scheme: str = "light") -> dict[str, str]:
    """Return {name: #rrggbb} of the colours of the light or dark scheme; the dark one takes over what it does not change."""
    css = SHEET.read_text("utf-8")
    blocks = re.findall(r":root\s*\{([^}]*)\}", css)
    found: dict[str, str] = {}
    for block in blocks[: 2 if scheme == "dark" else 1]:
        found |= dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-fA-F]{3,8})\b", block))
    return found


def _rgb(text: str, under: Rgb = (255.0, 255.0, 255.0)) -> Rgb:
    """Read #rgb, #rrggbb or #rrggbbaa; a colour that lets something through is mixed with what is under it."""
    digits = text.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    alpha = int(digits[6:8], 16) / 255 if len(digits) == 8 else 1.0
    return (red * alpha + under[0] * (1 - alpha), green * alpha + under[1] * (1 - alpha), blue * alpha + under[2] * (1 - alpha))


def _luminance(colour: Rgb) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(front: str, back: str, under: str = "#ffffff") -> float:
    """Return the contrast of two colours, 1 to 21; `under` is what a colour that lets something through lies on."""
    ground = _rgb(back, _rgb(under))
    bright, dim = sorted((_luminance(_rgb(front, ground)), _luminance(ground)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def pairs() -> list[Pair]:
    """Return every pair that pages use, with its contrast in both schemes."""
    light, dark = tokens("light"), tokens("dark")
    return [
        Pair(front, back, contrast(light[front], light[back], light["paper"]), contrast(dark[front], dark[back], dark["paper"]), needed)
        for front, back, needed in PAIRS
    ]


def icon_names() -> list[str]:
    """Return the names of the icons in the sprite."""
    return re.findall(r'<symbol id="([a-z0-9-]+)"', SPRITE.read_text("utf-8"))
