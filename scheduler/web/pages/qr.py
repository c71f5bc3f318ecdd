"""QR codes (ISO/IEC 18004) as a piece of SVG within a page: made here, so that no other server sees an address."""

import segno
from markupsafe import Markup

MOST_CHARACTERS = 600
"""A longer address makes a code that a telephone does not read from a screen or a poster."""


def qr_svg(address: str, label: str) -> Markup:
    """A code that says `address`, with `label` as its text alternative; nothing where the address is too long.

    Black on white in every scheme and on paper, with the quiet zone of four modules that readers need; no style and
    no script in it, as the Content-Security-Policy of pages demands.
    """
    if len(address) > MOST_CHARACTERS:
        return Markup()
    code = segno.make_qr(address, error="m")
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True)
    return Markup('<div class="qr" role="img" aria-label="{label}">{drawn}</div>').format(
        label=label,
        drawn=Markup(drawn),  # noqa: S704 - paths only: the address itself stands nowhere in it
    )
