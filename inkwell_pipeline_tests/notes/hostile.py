"""Texts that try to be more than words, for properties of the notes' tests.

Belongs here: the signs that CommonMark, GFM, Obsidian and its plugins act on, and what mixes them.
"""

from hypothesis import strategies as st

__all__ = ["MARKUP", "TEXTS", "URLS"]

SIGNS = (
    *("[[", "]]", "[[x]]", "![[x]]", "![x](y)", "[x](y)", "[x]: https://h/", "[^1]", "[^1]: x", "^[x]"),
    *("[ ] x", "[!note] x"),
    *("%%", "%", "%% inkwell:begin %%", "%% inkwell:end 0123 %%", "<!--", "<b>", "<% x %>", "<", "%>"),
    *("{{x}}", "{", "`= x`"),
    *("#", "##", "#tag", "# x", "-", "---", "===", "=", "+", "*", "**", "_", "__", "~~", "==", "$", "$$"),
    *("`", "```", "~~~"),
    *("```dataview", "$= dv $", "a:: b", "::", ":", "|", "| a | b |", "|---|---|", "--- | ---", ">", "> x"),
    *("1.", "2)", "1. x"),
    *("^id", "^", "&amp;", "&lt;", "&#91;", "&", "\\", "!", "\t", "    x", "\r\n", "\n", "\n\n", "\x85"),
    *("\u2028", "\u2029", "\x1c"),
    *("\u200b", "\u202e", "\u2066", "\ufeff", "\xad", "\u200d", "\x00", "\x1b", "word", "snake_case", "é"),
    *("e\u0301", "😀", " ", " "),
    *("javascript:x", "obsidian://open", "file:///x", "data:text/html,x", "https://h/a_b", "https://h/(x"),
    *("www.h.example", "a@h.example"),
)  # fmt: skip
TAGS = (
    *("<p>", "</p>", "<br>", "<pre>", "</pre>", "<code>", "</code>", "<ul>", "</ul>", "<ol>", "</ol>"),
    *("<li>", "<h1>", "</h1>"),
    *("<b>", "</b>", "<i>", "</i>", "<blockquote>", "</blockquote>", "<table>", "<tr>", "<td>", "</table>"),
    *("<div>", "</div>"),
    *("<a href='https://h/%%'>", "<a href='javascript:x'>", "<a href='#t=12'>"),
    *("<a href='https://h/[[x]](y'>", "<a>", "</a>"),
    *("<script>", "</script>", "<style>", "</style>", "<img src=x alt='[[x]]'>", "<!--", "-->", "<![CDATA["),
    *("<?x", "&lt;b&gt;"),
    *("12:34 x", "(1:02:03)", "<h2>Links</h2>", "<h2>Sponsors</h2>", "Follow us: ", "<iframe>", "<hr>"),
)  # fmt: skip

TEXTS = st.text(max_size=30) | st.lists(st.sampled_from(SIGNS), max_size=8).map("".join)
MARKUP = st.lists(st.sampled_from([*SIGNS, *TAGS, *TAGS]), max_size=14).map("".join) | TEXTS
URLS = st.sampled_from(["https://h/", "http://[", "javascript:", "obsidian://", "file:///", "data:", ""]).flatmap(
    lambda head: TEXTS.map(lambda rest: head + rest)
)
