"""Reports to controllers: silent sources, early warnings, all-clears, settings; in four languages, with overrides."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from daemon.errands import RenderReport, Request, Templates
from daemon.reader_child import Reader
from parsers.ours import is_delimiter
from templates.check import check
from templates.fallback import report_fallback
from templates.render import Renderer, TemplateFault
from templates.report_letter import MOST_SETTINGS, MOST_SOURCES, chance_in_words
from templates.reports import REPORTS, Report, ReportJob, Setting, SettingGroup, SilentSource
from templates.rows import Speech
from templates.sample_reports import sample_report
from templates.samples import AT
from templates.words import load_words
from tests.support.golden import assert_golden
from tests.support.naughty import NAUGHTY

GOLDEN = Path(__file__).parents[2] / "golden" / "mails"
SHIPPED = Renderer({})
LANGUAGES = ("da", "de", "en", "zh")
FORMS = [*((language, "txt") for language in LANGUAGES), ("de", "html")]


def source(**more: object) -> SilentSource:
    return msgspec.structs.replace(SilentSource(id="mobile-berlin", type="mobile.de", site="Berlin"), **more)


def of_sources(language: str, report: Report, *sources: SilentSource) -> ReportJob:
    return msgspec.structs.replace(sample_report(language, report), sources=sources)


def shown(html: str | None) -> str:
    return LexborHTMLParser(html or "").text(separator=" ")


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize(("language", "form"), FORMS)
def test_report_equals_its_golden_file(language: str, form: str, report: Report) -> None:
    mail = SHIPPED.render_report(sample_report(language, report))
    rendered = f"{mail.subject}\n\n{mail.text}" if form == "txt" else mail.html or ""
    assert_golden(GOLDEN / f"{language}-{report}-report.{form}", rendered)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("report", REPORTS)
def test_every_report_says_where_a_reply_goes_and_whose_time_it_is_in(report: Report, language: str) -> None:
    job, words = sample_report(language, report), load_words(language, {})
    mail, plain = SHIPPED.render_report(job), report_fallback(job)
    for text in (mail.text, plain.text):
        assert text.splitlines()[0] == f"##- {words['reply']['report']} -##"
        assert "Europe/Berlin, UTC+1" in text
    assert plain.html is None
    assert plain.subject in mail.subject
    assert mail.subject.endswith(" · Autohaus Muster Berlin")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("report", REPORTS)
def test_the_fallback_and_the_html_tell_what_the_text_tells(report: Report, language: str) -> None:
    job = sample_report(language, report)
    mail, plain = SHIPPED.render_report(job), report_fallback(job)
    rows = [line.strip() for line in mail.text.splitlines() if line.startswith("  ")]
    colon = load_words(language, {})["forms"]["colon"]
    assert rows
    for row in rows:
        label, value = row.split(colon, 1)
        assert f"{label}: {value}" in plain.text
        assert value in shown(mail.html)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("report", REPORTS)
def test_little_leaves_no_trace(report: Report, language: str) -> None:
    mail = SHIPPED.render_report(sample_report(language, report, bare=True))
    assert "None" not in mail.subject + mail.text + (mail.html or "")
    assert not any(line.rstrip().endswith((":", "：")) for line in mail.text.splitlines())


def test_silent_sources_say_when_they_last_spoke_how_often_they_do_and_how_often_it_was_told() -> None:
    spoke = source(last_at=AT - timedelta(days=8), every_hours=30, limit_days=7, told_before=3)
    text = SHIPPED.render_report(of_sources("en", "silent", spoke)).text
    for row in (
        "Site: Berlin",
        "Type: mobile.de",
        "Last mail: Thursday, 12 November 2026, 17:42 (8 days ago)",
        "Usual gap: 30 hours",
        "Limit: 7 days",
        "Told before: 3 times",
    ):
        assert f"\n  {row}\n" in text
    never = SHIPPED.render_report(of_sources("en", "silent", source(limit_days=14))).text
    assert "Last mail: none yet" in never
    assert "Told before: never" in never


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("de", "1 Quelle hat länger nichts geschickt", "2 Quellen haben länger nichts geschickt"),
        ("en", "1 source has sent nothing", "2 sources have sent nothing"),
        ("da", "1 kilde har ikke sendt", "2 kilder har ikke sendt"),
        ("zh", "1个来源没有来信", "2个来源没有来信"),
    ],
)
def test_one_source_and_two_have_their_own_forms(language: str, one: str, two: str) -> None:
    first = SHIPPED.render_report(of_sources(language, "silent", source()))
    assert one in first.text
    assert "mobile-berlin" in first.subject
    second = SHIPPED.render_report(of_sources(language, "silent", source(), source(id="x")))
    assert two in second.text
    assert "2" in second.subject
    assert "mobile-berlin" not in second.subject


@pytest.mark.parametrize(("caught_up", "says"), [(True, True), (False, False)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_that_was_made_up_for_says_so(language: str, *, caught_up: bool, says: bool) -> None:
    job = msgspec.structs.replace(sample_report(language, "silent"), caught_up=caught_up)
    words = load_words(language, {})["report_asks"]
    assert (words["caught_up"] in SHIPPED.render_report(job).text) == says
    assert (words["caught_up"] in report_fallback(job).text) == says


@pytest.mark.parametrize(
    ("chance", "english", "german"),
    [
        (0.7, "may well be", "gut möglich"),
        (0.1, "may well be", "gut möglich"),
        (0.0625, "hardly, about 1 in 16", "kaum, etwa 1 zu 16"),
        (0.0123, "hardly, about 1 in 80", "kaum, etwa 1 zu 80"),
        (0.0021, "very unlikely, about 1 in 500", "sehr unwahrscheinlich, etwa 1 zu 500"),
        (0.000024, "very unlikely, about 1 in 40,000", "sehr unwahrscheinlich, etwa 1 zu 40.000"),
        (0.0, "very unlikely, less than 1 in 1,000,000", "sehr unwahrscheinlich, weniger als 1 zu 1.000.000"),
    ],
)
def test_a_chance_is_told_in_words(chance: float, english: str, german: str) -> None:
    assert chance_in_words(chance, Speech(load_words("en", {}), "UTC")) == english
    assert chance_in_words(chance, Speech(load_words("de", {}), "UTC")) == german
    text = SHIPPED.render_report(of_sources("en", "early", source(chance=chance))).text
    assert f"By chance: {english}\n" in text


def test_all_clear_says_how_long_it_was_silent() -> None:
    back = source(last_at=AT - timedelta(days=9), spoke_at=AT)
    text = SHIPPED.render_report(of_sources("da", "speaks", back)).text
    assert "Tilbage siden: fredag den 20. november 2026 kl. 17.42" in text
    assert "Stille i: 9 dage" in text
    same = SHIPPED.render_report(of_sources("da", "speaks", source(last_at=AT, spoke_at=AT))).text
    assert "Stille i" not in same


def test_settings_mark_what_differs() -> None:
    mail = SHIPPED.render_report(sample_report("de", "settings"))
    assert "\n3 Werte weichen von den ausgelieferten ab" in mail.text
    assert "\n  ● standard E1: 3h (ausgeliefert: 2h)\n  standard E2.1: 4h\n" in mail.text
    marked = [node.text(strip=True) for node in LexborHTMLParser(mail.html or "").css("td.marked")]
    assert marked[:2] == ["● standard E1", "3h (ausgeliefert: 2h)"]
    assert len(marked) == 6
    none = SettingGroup(site="Berlin", sort="times", settings=(Setting(name="standard E1", value="2h"),))
    plain = SHIPPED.render_report(msgspec.structs.replace(sample_report("de", "settings"), groups=(none,)))
    assert "\nAlle Werte sind die ausgelieferten.\n" in plain.text
    assert "●" not in plain.text
    assert plain.subject.startswith("Einstellungen: 1 Standort ")


def test_more_than_a_mail_holds_is_counted() -> None:
    many = of_sources("en", "silent", *(source(id=f"s{n}") for n in range(MOST_SOURCES + 3)))
    rows = tuple(Setting(name=f"n{n}", value="1") for n in range(MOST_SETTINGS))
    groups = tuple(SettingGroup(site=f"S{n}", sort="times", settings=rows[: MOST_SETTINGS - 5]) for n in range(2))
    long = msgspec.structs.replace(sample_report("en", "settings"), groups=groups)
    assert "\n… 3 more\n" in SHIPPED.render_report(many).text
    mail = SHIPPED.render_report(long)
    assert mail.text.count("\n  n") == MOST_SETTINGS
    assert f"\n… {MOST_SETTINGS - 10} more\n" in mail.text
    assert mail.subject.startswith("Settings: 2 sites ")


def test_an_admins_template_and_words_win() -> None:
    renderer = Renderer(
        {
            "de/silent.txt.j2": "{{ report.sources | length }} still, zuerst {{ report.sources[0].id }}\n",
            "de/words.toml": '[report_openings]\nspeaks = ["Wieder da!"]\n',
        }
    )
    mail, shipped = (each.render_report(sample_report("de", "silent")) for each in (renderer, SHIPPED))
    assert mail.text == "2 still, zuerst mobile-berlin\n"
    assert (mail.subject, mail.html) == (shipped.subject, shipped.html)
    assert "\nWieder da!\n" in renderer.render_report(sample_report("de", "speaks")).text
    extended = Renderer({"de/early.txt.j2": '{% extends "report.txt.j2" %}{% block opening %}Achtung{% endblock %}'})
    assert "\nAchtung\n" in extended.render_report(sample_report("de", "early")).text


@pytest.mark.parametrize("language", ["fr", "xx"])
def test_a_language_without_words_is_english(language: str) -> None:
    assert SHIPPED.render_report(sample_report(language, "early")).subject.startswith("Unusually quiet")
    assert report_fallback(sample_report(language, "early")).subject.startswith("Unusually quiet")


@pytest.mark.parametrize(
    ("name", "body", "line", "what"),
    [
        ("de/silent.txt.j2", "\n{{ record.ref }}", 2, "'record' is undefined"),
        ("de/early.html.j2", "{{ report.nothing }}", 1, "nothing"),
        ("en/settings.subject.j2", "{{ report.groups.__class__ }}", 1, "unsafe"),
        ("report.html.j2", "{% if %}", 1, "Expected an expression"),
    ],
)
def test_check_finds_the_faults_of_reports(name: str, body: str, line: int, what: str) -> None:
    [problem] = check({name: body})
    assert (problem.file, problem.line) == (name, line)
    assert what in problem.what


def test_check_finds_a_report_by_another_name() -> None:
    [problem] = check({"de/silnet.txt.j2": "x"})
    assert "did you mean de/silent.txt.j2?" in problem.what


def test_the_reader_writes_reports_and_says_what_failed() -> None:
    reader, sent = Reader(), msgspec.msgpack.encode(RenderReport(sample_report("de", "silent")))
    answer = reader.answer(msgspec.msgpack.decode(sent, type=Request))
    assert answer.rendered == SHIPPED.render_report(sample_report("de", "silent"))
    reader.answer(Templates({"de/silent.txt.j2": "{{ nothing }}"}))
    failed = reader.answer(RenderReport(sample_report("de", "silent")))
    assert failed.rendered is None
    assert "de/silent.txt.j2:1" in (failed.error or "")
    with pytest.raises(TemplateFault):
        Renderer({"de/silent.txt.j2": "{{ nothing }}"}).render_report(sample_report("de", "silent"))


def test_the_fallback_survives_a_site_that_cannot_be_told_the_time() -> None:
    job = sample_report("de", "silent")
    broken = msgspec.structs.replace(job, site=msgspec.structs.replace(job.site, timezone="Not/AZone"))
    mail = report_fallback(broken)
    assert is_delimiter(mail.text.splitlines()[0])
    assert "mobile-berlin" in mail.text
    assert mail.subject == "silent: Autohaus Muster Berlin"


@pytest.mark.parametrize("report", REPORTS)
def test_naughty_names_become_no_markup_and_no_lines(report: Report) -> None:
    def named(text: str) -> ReportJob:
        job = sample_report("de", report)
        return msgspec.structs.replace(
            job,
            site=msgspec.structs.replace(job.site, name=text),
            sources=tuple(msgspec.structs.replace(one, id=text, type=text, site=text) for one in job.sources),
            groups=(SettingGroup(site=text, sort="people", settings=(Setting(name=text, value=text, shipped=text),)),),
        )

    def tags(html: str | None) -> set[tuple[str, tuple[str, ...]]]:
        return {(str(node.tag), tuple(sorted(node.attributes))) for node in LexborHTMLParser(html or "").css("*")}

    usual = tags(SHIPPED.render_report(named("Muster")).html)
    for text in NAUGHTY:
        mail = SHIPPED.render_report(named(text))
        assert tags(mail.html) <= usual, text
        assert len(mail.subject.splitlines()) == 1
        assert len(mail.subject) <= 200
        assert [line for line in mail.text.splitlines() if line.startswith("##-")] == [mail.text.splitlines()[0]], text


def test_times_are_those_of_the_reports_site() -> None:
    job = of_sources("zh", "silent", source(last_at=datetime(2026, 11, 10, 18, 0, tzinfo=UTC)))
    away = msgspec.structs.replace(job, site=msgspec.structs.replace(job.site, timezone="Asia/Shanghai"))
    text = SHIPPED.render_report(away).text
    assert "最后一封邮件：2026年11月11日（星期三）02:00 (10天前)" in text
    assert "Asia/Shanghai, UTC+8" in text
