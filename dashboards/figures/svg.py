"""The few SVG elements the figures are made of. Every text and attribute is escaped."""

from markupsafe import Markup, escape

NAVY = "#0b3c5d"
INK = "#16202a"
GREY = "#5B6570"
DIFFERENT = "#000000"
LIGHT = "#e1e6ec"
MIDDLE = "#b4bfcc"
GRID = "#dde3e9"
# Judged or not; the shape says the side as well, so that no colour stands alone.
VERDICT_COLOURS = {
    "favourable": "#0072B2",
    "unfavourable": "#D55E00",
    "above": DIFFERENT,
    "below": DIFFERENT,
    "same": GREY,
    "unclaimed": GREY,
    "none": GREY,
}


def node(name: str, *children: str, **attributes: object) -> Markup:
    """An element; attribute names take a hyphen for an underscore; children that are not Markup are escaped."""
    pairs = "".join(f' {key.rstrip("_").replace("_", "-")}="{_text(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{pairs}>{''.join(map(escape, children))}</{name}>")


def figure(identifier: str, title: str, description: str, width: int, height: int, *children: str, css: str = "figure") -> Markup:
    """A whole image: role img, named by its title, described by its description."""
    names = f"{identifier}-title {identifier}-desc"
    head = (node("title", title, id=f"{identifier}-title"), node("desc", description, id=f"{identifier}-desc"))
    box = f"0 0 {width} {height}"
    return node("svg", *head, *children, viewBox=box, role="img", aria_labelledby=names, class_=css)


def line(x1: float, y1: float, x2: float, y2: float, colour: str = INK, width: float = 1, **more: object) -> Markup:
    """A straight line."""
    return node("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=width, **more)


def text(x: float, y: float, content: str, size: float = 13, **more: object) -> Markup:
    """A text; `anchor` is start, middle or end."""
    anchor = more.pop("anchor", "start")
    return node("text", content, x=x, y=y, font_size=size, text_anchor=anchor, fill=more.pop("fill", INK), **more)


def rectangle(x: float, y: float, width: float, height: float, fill: str, **more: object) -> Markup:
    """A filled rectangle."""
    return node("rect", x=x, y=y, width=width, height=height, fill=fill, **more)


def marker(verdict: str, x: float, y: float, size: float = 5, colour: str = "") -> Markup:
    """Shape doubles colour: triangle up or down when different, disc when not, empty disc when nothing is claimed.

    Without `colour`, the colours that do not judge.
    """
    fill = colour or VERDICT_COLOURS[verdict]
    if verdict == "above":
        return node("path", d=f"M{x:.1f} {y - size:.1f}l{size:.1f} {1.8 * size:.1f}h{-2 * size:.1f}z", fill=fill)
    if verdict == "below":
        return node("path", d=f"M{x:.1f} {y + size:.1f}l{size:.1f} {-1.8 * size:.1f}h{-2 * size:.1f}z", fill=fill)
    if verdict == "same":
        return node("circle", cx=x, cy=y, r=0.9 * size, fill=fill)
    return node("circle", cx=x, cy=y, r=0.9 * size, fill="#ffffff", stroke=fill, stroke_width=1.5)


def _text(value: object) -> str:
    """The value of an attribute; in a number there is nothing to escape."""
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value) if isinstance(value, int) else escape(value)
