"""Columns."""

from inkwell_pipeline.cli.table import aligned


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Numbers end at one edge, and no line ends in spaces."""
    assert aligned(("feed", "notes"), [("rivers", "12"), ("a", "3")], right=(1,)) == (
        "feed    notes\nrivers     12\na           3"
    )
    assert aligned(("a", "b"), [("x", "yes"), ("y", "")]) == "a  b\nx  yes\ny"
