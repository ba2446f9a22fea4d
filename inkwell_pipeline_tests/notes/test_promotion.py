"""What sells, and what asks to be followed: out by its form and wording; all else stays."""

import pytest

from inkwell_pipeline.notes.blocks import read_blocks
from inkwell_pipeline.notes.links import publisher_links
from inkwell_pipeline.notes.promotion import judged
from inkwell_pipeline.notes.shownotes import show_notes

CONTENT = '<p>On gauges, with <a href="https://h/gauge">a drawing</a>.</p>'


def links(markup: str) -> list[str]:
    return [one.url for one in publisher_links(judged(read_blocks(markup)))]


def notes(markup: str) -> str:
    return show_notes(judged(read_blocks(markup)))


GONE = [
    '<h2>Acme - Sponsor</h2><p>Acme measures all. See <a href="https://acme.example/show">Acme</a>.</p>',
    '<h3>Sponsors</h3><ul><li><a href="https://acme.example">Acme</a></li></ul>',
    '<p><b>Our sponsors:</b></p><ul><li><a href="https://acme.example">Acme</a></li></ul>',
    '<p>This episode is brought to you by <a href="https://acme.example">Acme</a>. Get 20% off!</p>',
    '<p>Get three months free with the code RIVERS at <a href="https://acme.example/r">acme.example/r</a>.</p>',
    '<p>Support the show: <a href="https://give.example">give</a></p>',
    '<h2>Become a patron</h2><p><a href="https://give.example">Here</a></p>',
    '<p>Some of these are <a href="https://acme.example">affiliate links</a>.</p>',
    '<p>Learn more about your ad choices. Visit <a href="https://host.example/adchoices">host.example/adchoices</a></p>',
    '<h2>Tweet us your rulers!</h2><ul><li><a href="https://twitter.com/ada">Ada</a></li></ul>',
    '<h2>Follow us</h2><ul><li><a href="https://h.example/blog">Our blog</a></li></ul>',
    '<p>Follow us on <a href="https://instagram.com/rivers">Instagram</a></p>',
    '<ul><li><a href="https://x.com/rivers">X</a></li><li><a href="https://bsky.app/profile/rivers">Bluesky</a></li></ul>',
    '<p><a href="https://pca.st/1">Pocket Casts</a> | <a href="https://h/feed">RSS</a><br><a href="https://x.com/r">@r</a>',
    '<p>Subscribe to the show on <a href="https://open.spotify.com/show/1">Spotify</a></p>',
]  # fmt: skip


@pytest.mark.parametrize("promotion", GONE)
def test_advertisements_and_footers_are_left_out(promotion: str) -> None:
    """Of the links and of the show notes; what stands around them stays."""
    assert links(CONTENT + promotion) == ["https://h/gauge"]
    assert notes(CONTENT + promotion) == notes(CONTENT)


def test_what_comes_after_an_advertisement_stays() -> None:
    """A heading of its own ends it; where only a line looks like a heading, the first words that do not sell do."""
    sponsor = '<p><a href="https://acme.example">Acme</a></p>'

    assert notes(f"<h2>Sponsor</h2>{sponsor}<h2>Topics</h2>{CONTENT}").startswith("**Topics**\n\nOn gauges")
    assert notes(f"<p><b>Sponsor</b></p>{sponsor}<p>On floods.</p>{CONTENT}").startswith("On floods.\n\nOn gauges")


STAYS = [
    '<h2>Links</h2><ul><li><a href="https://x.com/gauge">@gauge</a></li><li><a href="https://x.com/flood">@flood</a></li></ul>',
    '<h2>Guest</h2><p><a href="https://x.com/ada">Ada on X</a></p>',
    '<h2>Sick picks</h2><ul><li>Bo: <a href="https://www.youtube.com/channel/1">River Watch</a></li></ul>',
    '<p>Ada wrote it in <a href="https://twitter.com/ada/status/1">a tweet</a>.</p>',
    '<p>We watched <a href="https://www.youtube.com/watch?v=1">the flood</a>.</p>',
    '<h2>How sponsors changed the river</h2><p><a href="https://h/x">The paper</a></p>',
    '<h2>Support vector machines</h2><p><a href="https://h/x">The paper</a></p>',
    '<p>Follow <a href="https://h/x">the river</a> to its spring.</p>',
    '<h2>Links</h2><ul><li><a href="https://h/x">How promo codes work</a></li></ul>',
]  # fmt: skip


@pytest.mark.parametrize("content", STAYS)
def test_what_is_talked_about_stays(content: str) -> None:
    """However much it sounds like an advertisement, or is a page on a platform."""
    assert len(links(content)) == content.count("<a ")
    assert notes(content).count("](") == content.count("<a ")


def test_plugs_are_words_without_links_of_the_episode() -> None:
    """The hosts' own things: not what was talked about. One with a code is an advertisement."""
    plugs = (
        '<h2>Shameless plugs</h2><ul><li>Ada: <a href="https://ada.example">Her book</a></li>'
        '<li>Bo: <a href="https://bo.example">A course</a>, use the code RIVER</li></ul>'
    )

    assert links(plugs) == []
    assert notes(plugs) == "**Shameless plugs**\n\n- Ada: [Her book](https://ada.example)"


def test_an_advertisement_in_a_long_paragraph_takes_its_own_links_alone() -> None:
    """Some notes are one paragraph: nothing of it goes, and the links far from the cue are the episode's."""
    long = "On gauges and floods, and on who reads them. " * 20
    markup = (
        f'<p><a href="https://h/first">First</a> {long} Use the code RIVERS at <a href="https://acme.example">Acme</a>.'
        f' {long} <a href="https://h/last">Last</a></p>'
    )

    assert links(markup) == ["https://h/first", "https://h/last"]
    assert "acme.example" in notes(markup)
