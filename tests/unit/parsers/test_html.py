"""HTML bodies as text and rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import html
from tests.support.counting import calls


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<br>b<p>c</p>d", "a\nb\nc\n\nd"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("  a\n  b &amp; M&uuml;ller&nbsp;c", "a b & Müller c"),
        ("<b>Au</b>to <i>x</i>", "Auto x"),
        (
            "<table><tr><th>Name:</th><td>Max &amp; Co</td></tr><tr><td>Tel</td><td></td></tr></table>",
            "Name: Max & Co\nTel:",
        ),
        ("<table><tr><td>a</td><td>b</td><td>c</td></tr></table>", "a\tb\tc"),
        (
            "<table><tr><td><table><tr><td>Name</td><td>Max</td></tr></table></td><td>x</td></tr></table>",
            "Name: Max\nx",
        ),
        ("<dl><dt>Name<dd>Max<dt>Tel<dd>1</dl>", "Name: Max\nTel: 1"),
        ("a<hr>b", "a\n---\nb"),
        ("<style>x{}</style><script>a<b</script><title>t</title>b<!-- <p>c -->", "b"),
        ("<div style='DISPLAY : none'>pre<div>x</div>header</div><span hidden>y</span>b", "b"),
        ("<p hidden>a<p>b", "b"),
        (
            "<a href='mailto:max@x.de?subject=a'>schreiben</a> <a href='https://x.de'>Inserat</a>",
            "schreiben max@x.de Inserat",
        ),
        (
            "<a href='mailto:max@x.de'>schreiben</a>oder <a href='tel:123'>rufen</a>, bitte.",
            "schreiben max@x.de oder rufen 123, bitte.",
        ),
        ("<pre>Name: A\nTel: B</pre>", "Name: A\nTel: B"),
        ("1 < 2 <b>x</b> &lt;adf&gt; <", "1 < 2 x <adf> <"),
        ("<a title='a > b' href=x>y</a>", "y"),
        ("", ""),
    ],
)
def test_to_text(markup: str, text: str) -> None:
    assert html.to_text(markup) == text


def test_rows_are_those_of_tables_definitions_and_bold_labels() -> None:
    markup = (
        "<table><tr><th>Name:</th><td>Max</td></tr></table><dl><dt>Tel<dd>1</dl>"
        "<b>Mail</b>: a@b.de<br><strong>Ort</strong> Berlin<p>Hallo <b>du</b> da"
    )
    cells = [("Name:", "Max"), ("Tel", "1"), ("Mail", ": a@b.de"), ("Ort", "Berlin"), ("Hallo du da",)]
    assert [row.cells for row in html.rows(markup) if row is not html.BLANK] == cells


@pytest.mark.parametrize(
    "markup",
    [
        "<div>a</div><div></div><div>b</div>",
        "<div>a</div><div class='value'>\n&nbsp;<span></span></div><div>b</div>",
        "<div><div>a</div><div></div></div><div><div>b</div></div>",
        "<table><tr><td>a</td></tr><tr><td></td></tr><tr><td>b</td></tr></table>",
        "<table><tr><td><div>a</div><div></div><div>b</div></td></tr></table>",
        "<ul><li>a</li><li></li><li>b</li></ul>",
    ],
)
def test_an_element_without_text_is_a_row_that_nobody_sees(markup: str) -> None:
    assert html.rows(markup) == (html.Row(("a",)), html.EMPTY, html.Row(("b",)))
    assert html.to_text(markup) == "a\nb"


@pytest.mark.parametrize("markup", ["<p>a</p><p></p><p>b</p>", "<div>a</div><div><br></div><div>b</div>"])
def test_an_empty_paragraph_stands_before_the_gap_that_it_makes(markup: str) -> None:
    assert html.rows(markup)[:4] == (html.Row(("a",)), html.EMPTY, html.BLANK, html.Row(("b",)))
    assert html.to_text(markup) == "a\n\nb"


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<table><tr><td>x<td>y",
        "<p><b id=1>",
        "</b></p>",
        "<a 'b=",
        '<a "',
        "<",
        "<!--",
        "<td>x",
        "<dt>x<dd>y",
        "&amp;",
        "<script>",
        "<span hidden>",
        "<div style='display:none'>x",
        "<a href=mailto:a@b.de>x</a>",
        "<pre>\n",
        "<select><option>",
    ],
)
def test_work_grows_with_the_length_of_hostile_markup(unit: str) -> None:
    once = calls(lambda: html.to_text(unit * 2_000))
    assert calls(lambda: html.to_text(unit * 4_000)) <= 2.1 * once + 100


def test_a_megabyte_of_open_elements_is_read_to_its_end() -> None:
    assert html.to_text("<div>" * 150_000 + "end") == "end"
    assert len(html.to_text("x" * 2_000_000)) <= 1_000_000


TAGS = st.sampled_from(
    [
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "<th>",
        "</td>",
        "<dl>",
        "<dt>",
        "<dd>",
        "<b>",
        "</b>",
        "<br>",
        "<p>",
        "</p>",
        "<hr>",
        "<pre>",
        "</pre>",
        "<div hidden>",
        "</div>",
        "<a href=tel:1>",
        "</a>",
        "<",
        ">",
        "&#0;",
        "&#xD800;",
        "<!--",
        "\ud800",
        "\n",
    ]
)


@given(st.lists(TAGS | st.text(max_size=8), max_size=60))
def test_no_markup_raises(parts: list[str]) -> None:
    markup = "".join(parts)
    assert isinstance(html.to_text(markup), str)
    assert all("\n" not in row.line or row.table for row in html.rows(markup))
