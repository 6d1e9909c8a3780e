"""Row S14: templates, patterns and XML: nothing gets out of its place, and nothing takes longer than its limit."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.places import check_pattern
from daemon.errands import Answer, Parse, Render, Request
from daemon.reader import MAIL_SECONDS, Reader, ReaderDied
from parsers.pattern import compiled
from parsers.records import Hints
from rules.glob import found
from templates.render import Renderer, TemplateFault
from templates.samples import sample_job
from tests.support.fixtures import Tell
from tests.support.rows import at_length
from tests.support.scanner import Trap

SLACK_SECONDS = 3.0
"""What a busy machine adds to a limit of the wall's."""
PATTERN_SECONDS = 0.1

ESCAPES = (
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ ''|attr('__cla' ~ 'ss__')|attr('__mro__') }}",
    "{{ ['']|map(attribute='__class__')|list }}",
    "{{ ['']|map('attr', '__class__')|list }}",
    "{{ ['']|groupby('__class__') }}",
    "{{ [letter]|sum(attribute='__class__', start='') }}",
    "{{ ['']|selectattr('__class__')|map(attribute='__class__')|list }}",
    "{{ '{0.__class__}'.format('') }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(forms) }}",
    "{{ '{a.__class__}'.format_map({'a': ''}) }}",
    "{{ ''.format.__self__.__class__ }}",
    "{{ ('{0.__class__}'|string).format('') }}",
    "{{ '%s' % ''.__class__ }}",
    "{{ letter.__init__.__globals__ }}",
    "{{ forms.__init__.__globals__['os'] }}",
    "{{ forms.__class__.__init__.__globals__ }}",
    "{{ words.__dict__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.environment }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ lipsum.__globals__.__builtins__.open('/etc/passwd').read() }}",
    "{{ lipsum.__code__.co_filename }}",
    "{{ range.__class__ }}",
    "{{ dict.__base__.__subclasses__() }}",
    "{{ (1).__class__.__base__ }}",
    "{{ record.__reduce_ex__(2) }}",
    "{{ record.__struct_fields__ }}",
    "{{ notice.at.__class__ }}",
    "{% set x = namespace() %}{{ x.__class__ }}",
    "{% for x in [].__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{% macro m() %}{% endmacro %}{{ m.__class__ }}{{ m.__globals__ }}{{ m._func.__globals__ }}",
    "{% set g = (x for x in [1]) %}{{ g.gi_frame }}",
    "{{ caller.__globals__ }}",
    "{{ [].append(1) }}",
    "{{ words.clear() }}",
    "{{ {}.update({'a': 1}) }}",
    "{% include '/etc/passwd' %}",
    "{% include '../../../../../../etc/passwd' %}",
    "{% include 'file:///etc/passwd' %}",
    "{% import 'os' as os %}{{ os.environ }}",
    "{% from 'subprocess' import run %}{{ run }}",
    "{% extends '/etc/hostname' %}",
    "{{ config }}{{ request }}{{ environment }}{{ settings }}",
    "{{ open('/etc/passwd') }}",
    "{{ __import__('os') }}",
    "{{ eval('1') }}",
    "{% do [].append(1) %}",
    "{% debug %}",
    "{{ letter|pprint }}{{ letter.__repr__() }}{{ ''.__class__|pprint }}",
)
"""Known ways out of a template; whatever comes of one, it is none of what lies outside."""
_OUTSIDE = re.compile(
    r"<class|<module|<function|<built-in|<bound method|<frame|<generator|<code|root:|uid=\d|site-packages|/usr/|"
    r"\benviron|Environment|jinja2|sandbox"
)

HEAVY = (
    "{{ 'a' * 10 ** 9 }}",
    "{{ 'a'.center(2000000000) }}",
    "{{ lipsum(n=100000) }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'de/new.txt.j2' %}",
    "{{ '%2000000000d' % 1 }}",
    "{{ '{:2000000000}'.format(1) }}",
    "{{ range(10 ** 12)|list }}",
    "{{ 'x'|indent(10 ** 9, true) }}",
    "{{ [0] * 10 ** 9 }}",
    "{{ ('a' * 10 ** 6).replace('', 'b' * 10 ** 6) }}",
    "{{ 10 ** 10 ** 8 }}",
    "{% for a in range(99999) %}{{ 'abcdefghij' * 9999 }}{% endfor %}",
    "{{ ('<' * 300000)|striptags }}",
    "{{ ('www.' * 100000)|urlize }}",
    "{{ (range(99999)|list|string * 99)|wordwrap(1) }}",
)
"""What takes all memory or all time, or would without a bound; the first ones are tried every time."""
EVERY_TIME = 6

REGEXES = (
    "(a+)+$", "^(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y", "(a*)*b",
    "([a-zA-Z]+)*$", "^(\\w+\\s?)*$", "(\\d+)*x", "(.*)*=(.*)*;", "(?:a+){1,99}b", "((a+)b?)*c", "(a?){50}a{50}",
    "[\\s\\S]*[\\s\\S]*x", ".*.*.*.*.*x", "(\"|'|[^'])*$", "^([01]?\\d?\\d?\\.)*$", "(?=(a+))\\1*b", "*a*a*a*a*a*a*b",
    "?*?*?*?*?*?*?*?b", "{-}a{-}a{-}a{-}a{-}a{-}b",
)  # fmt: skip
"""Classic ways to make a matcher go back and forth, as an admin may write them where a pattern is asked for."""
TEXTS = ("a" * 100_000, "x" * 99_999 + "!", "1." * 50_000, "ab " * 33_333, "\n" * 100_000, "=;" * 50_000)


def test_no_expression_gets_out_of_a_template(tell: Tell) -> None:
    wrong, refused = [], 0
    for escape in ESCAPES:
        try:
            mail = Renderer({"de/new.txt.j2": f"<<{escape}>>"}).render(sample_job("de"))
        except TemplateFault:
            refused += 1
            continue
        if _OUTSIDE.search(mail.text.partition("<<")[2]):
            wrong.append((escape, mail.text[:200]))
    tell(f"S14: {len(ESCAPES)} ways out of a template: {refused} refused, {len(wrong)} escaped")
    assert wrong == []
    job = sample_job("de")
    allowed = Renderer({"de/new.txt.j2": "<<{{ record.ref }} {{ 'a'.upper() }}>>"}).render(job)
    assert allowed.text == f"<<{job.record.ref} A>>\n", "what is no way out works"
    assert Renderer({}).render(job) == Renderer({}).render(job), "and nothing was changed for those who come after"


@pytest.fixture
def closing() -> Iterator[list[Reader]]:
    """Readers that are ended with the test."""
    made: list[Reader] = []
    yield made
    for reader in made:
        reader.close()


def asked(reader: Reader, request: Request) -> tuple[Answer | None, float]:
    """What a started reader answers, None if it was ended over it; the seconds that it took."""
    began = time.monotonic()
    try:
        return reader.ask([request])[0], time.monotonic() - began
    except ReaderDied:
        return None, time.monotonic() - began


def started(closing: list[Reader], templates: dict[str, str]) -> Reader:
    """A reader that is ready."""
    reader = Reader(templates)
    closing.append(reader)
    answer, _ = asked(reader, Parse(b"Subject: ready\r\n\r\n", Hints()))
    assert answer is not None
    return reader


@pytest.mark.slow
def test_no_template_takes_all_memory_or_time(closing: list[Reader], tell: Tell) -> None:
    tried = HEAVY if at_length(100) == 100 else HEAVY[:EVERY_TIME]
    took: dict[str, float] = {}
    for template in tried:
        reader = started(closing, {"de/new.txt.j2": template})
        answer, took[template] = asked(reader, Render(sample_job("de")))
        text = answer.rendered.text if answer and answer.rendered else ""
        assert len(text) < 100 << 20, template
        other, _ = asked(reader, Render(sample_job("en")))
        assert other is not None, f"who comes after {template} is served"
        assert other.rendered is not None
        reader.close()
    slowest = max(took, key=lambda one: took[one])
    tell(f"S14: {len(tried)} heavy templates; slowest {slowest} {took[slowest]:.1f} s of {MAIL_SECONDS:.0f} s")
    assert took[slowest] <= MAIL_SECONDS + SLACK_SECONDS


def test_patterns_are_refused_or_quick(tell: Tell) -> None:
    refused, slowest, worst = 0, 0.0, ""
    for pattern in REGEXES:
        try:
            check_pattern(pattern)
        except ValueError:
            refused += 1
        for text in TEXTS:
            for match in (lambda p, t: found(p, t), lambda p, t: compiled(p).match(t)):
                began = time.process_time()
                match(pattern, text)
                if (took := time.process_time() - began) > slowest:
                    slowest, worst = took, pattern
    tell(
        f"S14: {len(REGEXES)} patterns on {len(TEXTS)} texts of 100 kB: {refused} refused by the configuration; "
        f"slowest {worst} {slowest * 1000:.1f} ms"
    )
    assert len(REGEXES) >= 20
    assert slowest <= PATTERN_SECONDS


CANARY = "Kanarienvogel-4711"
CUSTOMER = (
    "<prospect><customer><contact><name>Eva Beispiel</name><email>eva@kunde.example</email></contact></customer>"
    "<vehicle><make>VW</make><model>Golf</model></vehicle><comments>{}</comments></prospect>"
)
UNREADABLE = ("a million elements deep", "a hundred thousand attributes")
"""What is beyond the parser's own limits: a person reads it."""


def xml_cases(file: Path, url: str) -> dict[str, bytes]:
    """Documents that read files, ask servers or swell where a parser lets them.

    Args:
        file: One with a canary in it.
        url: Of a server that counts.
    """
    good = CUSTOMER.format("Noch da?")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    attributes = " ".join(f"a{n}='1'" for n in range(100_000))
    at, space = file.as_uri(), "http://www.w3.org/2001/XInclude"
    texts = {
        "external entity": f'<!DOCTYPE adf [<!ENTITY x SYSTEM "{at}">]><adf>{CUSTOMER.format("&x;")}</adf>',
        "external entity by http": f'<!DOCTYPE adf [<!ENTITY x SYSTEM "{url}/a">]><adf>{CUSTOMER.format("&x;")}</adf>',
        "public entity": f'<!DOCTYPE adf [<!ENTITY x PUBLIC "x" "{at}">]><adf>{CUSTOMER.format("&x;")}</adf>',
        "parameter entity": f'<!DOCTYPE adf [<!ENTITY % p SYSTEM "{url}/b">%p;]><adf>{good}</adf>',
        "parameter entity of a file": f'<!DOCTYPE adf [<!ENTITY % p SYSTEM "{at}"><!ENTITY x "%p;">]>'
        f"<adf>{CUSTOMER.format('&x;')}</adf>",
        "external document type": f'<!DOCTYPE adf SYSTEM "{url}/c.dtd"><adf>{good}</adf>',
        "inclusion": f'<adf xmlns:xi="{space}">'
        + CUSTOMER.format(f'<xi:include parse="text" href="{at}"/>')
        + "</adf>",
        "inclusion by http": f'<adf xmlns:xi="{space}"><xi:include href="{url}/d"/>{good}</adf>',
        "style sheet": f'<?xml-stylesheet type="text/xsl" href="{url}/e"?><adf>{good}</adf>',
        "schema": '<adf xmlns:x="http://www.w3.org/2001/XMLSchema-instance" '
        f'x:noNamespaceSchemaLocation="{url}/f">{good}</adf>',
        "attribute by default": f'<!DOCTYPE adf [<!ENTITY x SYSTEM "{at}"><!ATTLIST adf a CDATA "&x;">]>'
        f"<adf>{good}</adf>",
        "billion laughs": f'<!DOCTYPE adf [<!ENTITY l0 "lol">{laughs}]><adf>{CUSTOMER.format("&l9;")}</adf>',
        "laughs of attributes": f'<!DOCTYPE adf [<!ENTITY l0 "lol">{laughs}]><adf a="&l9;">{good}</adf>',
        "quadratic": f'<!DOCTYPE adf [<!ENTITY a "{"a" * 60_000}">]><adf>{CUSTOMER.format("&a;" * 20_000)}</adf>',
        "66 kB to 6 MB": f'<!DOCTYPE adf [<!ENTITY a "{"a" * 60_000}">]><adf>{CUSTOMER.format("&a;" * 100)}</adf>',
        "entity of itself": f'<!DOCTYPE adf [<!ENTITY a "&b;"><!ENTITY b "&a;">]><adf>{CUSTOMER.format("&a;")}</adf>',
        "a million elements deep": "<adf>" + "<a>" * 1_000_000,
        "a million elements wide": f"<adf>{good}{'<a/>' * 1_000_000}</adf>",
        "a hundred thousand attributes": f"<adf {attributes}>{good}</adf>",
        "a hundred thousand names": f"<adf>{''.join(f'<x{n}/>' for n in range(100_000))}{good}</adf>",
        "character references": f"<adf>{CUSTOMER.format('&#65;' * 500_000)}</adf>",
        "prologs of the trade": f'<?ADF VERSION "1.0"?><?XML VERSION "1.0"?><adf>{good}</adf>',
    }
    return {name: text.encode() for name, text in texts.items()}


def adf_mail(markup: bytes) -> bytes:
    """A mail of a source with nothing but this document."""
    head = b"From: Boerse <noreply@boerse.example>\r\nTo: m@leads.example\r\nSubject: Lead\r\n"
    lines = re.sub(rb"(.{40000})", rb"\1\r\n", markup)
    return head + b"Content-Type: application/xml; charset=utf-8\r\n\r\n" + lines + b"\r\n"


@pytest.mark.slow
def test_xml_reads_no_file_asks_nobody_and_does_not_swell(closing: list[Reader], tmp_path: Path, tell: Tell) -> None:
    file, trap = tmp_path / "secret", Trap()
    file.write_text(CANARY)
    cases = xml_cases(file, trap.url)
    reader = started(closing, {})
    took: dict[str, float] = {}
    for name, markup in cases.items():
        answer, took[name] = asked(reader, Parse(adf_mail(markup), Hints()))
        assert answer is not None, f"{name}: the reader had to be ended"
        assert answer.parsed is not None, (name, answer.error)
        told = repr(answer.parsed)
        assert CANARY not in told, name
        assert len(told) < 300_000, (name, len(told))
        if name not in UNREADABLE:
            assert "eva@kunde.example" in told, f"{name}: who wrote can be read nevertheless"
    asked_for = trap.seen.total()
    trap.close()
    slowest = max(took, key=lambda one: took[one])
    tell(
        f"S14: {len(cases)} hostile XML documents: {asked_for} requests, no file read; "
        f"slowest {slowest} {took[slowest]:.2f} s of {MAIL_SECONDS:.0f} s"
    )
    assert asked_for == 0
    assert took[slowest] <= MAIL_SECONDS
