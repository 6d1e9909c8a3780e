"""Turn a notice and its record into a mail's words: subject, text and HTML.

Templates are Jinja2 in a sandbox. The admin's files win over the shipped ones of the same name. A sandbox does not
bound time or memory: rendering runs in the guarded reader process.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Final

import css_inline
import msgspec
from jinja2 import (
    FunctionLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from templates.fallback import fallback
from templates.forms import Forms, one_line, printable
from templates.invitation import calendar_of
from templates.late import behind, sign_of_mail
from templates.letter import write_letter
from templates.model import Calendar, Rendered, RenderJob
from templates.purposes import purpose_of
from templates.report_letter import write_report
from templates.reports import REPORT_LAYOUT, ReportJob
from templates.standing import VISITS
from templates.visit_day import calendar_of_day
from templates.words import DEFAULT_LANGUAGE, WORDS, Words, load_words, shipped_files

__all__ = ["CONTEXT", "FORMATS", "REPORT_CONTEXT", "Renderer", "TemplateFault", "fallback"]

FORMATS: Final = ("subject", "txt", "html")
CONTEXT: Final = frozenset(
    (
        *("notice", "record", "reading", "site", "mail", "reply_to", "others", "deadlines", "course"),
        *("letter", "words", "forms", "language"),
    )
)
"""Names that every template of a mail about records knows; docs/templates.md describes them."""
REPORT_CONTEXT: Final = frozenset(("report", "site", "letter", "words", "forms", "language"))
"""Names that every template of a report knows."""
SUBJECT_LENGTH: Final = 200

_DATA = (str, int, type(None), tuple, datetime)


class TemplateFault(Exception):  # noqa: N818 - named after what the admin must mend
    """A template does not compile or does not render: file as the admin names it, line from 1, what is wrong."""

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(f"{file}:{line}: {what}")
        self.file = file
        self.line = line
        self.what = what


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's immutable sandbox, with a short way for the plain values that templates mostly ask for."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow public attributes that hold plain data; let the sandbox judge all others."""
        return (type(value) in _DATA and attr[:1] != "_") or super().is_safe_attribute(obj, attr, value)


class Renderer:
    """Renders notices with the shipped templates and an admin's own over them; compiled templates are kept."""

    def __init__(self, overrides: Mapping[str, str]) -> None:
        self._overrides = dict(overrides)
        self.sources = {**shipped_files(), **self._overrides}
        self._inliner = css_inline.CSSInliner(
            keep_at_rules=True, keep_style_tags=False, load_remote_stylesheets=False, preallocate_node_capacity=512
        )
        self._words: dict[str, Words] = {}
        self.environment = Sandbox(
            loader=FunctionLoader(self._load),
            undefined=StrictUndefined,
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            finalize=lambda value: "" if value is None else value,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )

    def _load(self, name: str) -> tuple[str, str, None] | None:
        # The name doubles as file name, so that tracebacks of a failing template lead to its line.
        return (self.sources[name], name, None) if name in self.sources else None

    def parse(self, name: str) -> nodes.Template:
        """The syntax tree of a template.

        Raises:
            TemplateSyntaxError: It does not compile.
        """
        return self.environment.parse(self.sources[name], name, name)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages with a folder of templates or words."""
        return tuple(sorted({name.split("/")[0] for name in self.sources if "/" in name}))

    def render(self, job: RenderJob) -> Rendered:
        """Write the mail that the job asks for, in the notice's language or else in English.

        Raises:
            TemplateFault: A template failed; `fallback` writes the mail without one.
        """
        notice = job.notice
        layout = purpose_of(notice.purpose, notice.role).layout
        mail = self._written(notice.template, notice.language, layout, lambda language: self._context(job, language))
        subject, calendar = self._signed(job, mail.subject), self._calendar(job)
        return msgspec.structs.replace(mail, subject=subject, calendar=calendar)

    def _calendar(self, job: RenderJob) -> Calendar | None:
        """What goes along; where it fails the whole mail does, whose fallback brings a plainer one."""
        try:
            words = self.words(self.language(job.notice.template, job.notice.language))
            return calendar_of_day(job, words) if job.notice.purpose == VISITS else calendar_of(job, words)
        except TemplateFault:
            raise
        except Exception as error:  # whatever a record can hold that nobody thought of
            raise TemplateFault("the calendar", 1, f"{type(error).__name__}: {error}") from error

    def subject(self, job: RenderJob) -> str:
        """The subject alone, for who looks at thousands of mails.

        Raises:
            TemplateFault: As in `render`.
        """
        notice = job.notice
        layout = purpose_of(notice.purpose, notice.role).layout
        language = self.language(notice.template, notice.language)
        try:
            context = self._context(job, language)
            said = self._template(f"{language}/{notice.template}", layout, "subject").render(context)
        except TemplateFault:
            raise
        except Exception as error:  # whatever an admin's expression can raise
            raise self._fault(error, f"{language}/{notice.template}") from error
        return self._signed(job, one_line(said, SUBJECT_LENGTH))

    def _signed(self, job: RenderJob, subject: str) -> str:
        """With the warning sign where it belongs, whatever template wrote the subject."""
        return one_line(behind(sign_of_mail(job), subject), SUBJECT_LENGTH)

    def render_report(self, job: ReportJob) -> Rendered:
        """Write a report in the job's language or else in English; its template is called like the report.

        Raises:
            TemplateFault: A template failed; `report_fallback` writes the report without one.
        """
        return self._written(
            job.report, job.language, REPORT_LAYOUT, lambda language: self._report_context(job, language)
        )

    def _written(
        self, template: str, wanted: str, layout: str, context_in: Callable[[str], dict[str, Any]]
    ) -> Rendered:
        language = self.language(template, wanted)
        try:
            context = context_in(language)
            subject, text, html = (
                self._template(f"{language}/{template}", layout, form).render(context) for form in FORMATS
            )
            return Rendered(
                subject=one_line(subject, SUBJECT_LENGTH),
                text=printable(text).strip("\n") + "\n",
                html=self._inliner.inline(printable(html).strip()),
            )
        except TemplateFault:
            raise
        except Exception as error:  # whatever an admin's expression can raise
            raise self._fault(error, f"{language}/{template}") from error

    def language(self, template: str, wanted: str) -> str:
        """The language to write in: the wanted one if it has words or the template, else English."""
        known = (f"{wanted}/{WORDS}", *(f"{wanted}/{template}.{form}.j2" for form in FORMATS))
        return wanted if any(name in self.sources for name in known) else DEFAULT_LANGUAGE

    def words(self, language: str) -> Words:
        """The words of a language.

        Raises:
            TemplateFault: The admin's `words.toml` cannot be read.
        """
        if language not in self._words:
            try:
                self._words[language] = load_words(language, self._overrides)
            except ValueError as error:
                name = f"{language}/{WORDS}"
                at = re.search(r"at line (\d+)", str(error))  # else the end of the document
                line = int(at[1]) if at else len(self.sources[name].splitlines())
                raise TemplateFault(name, line, str(error)) from error
        return self._words[language]

    def _context(self, job: RenderJob, language: str) -> dict[str, Any]:
        words = self.words(language)
        return {
            "notice": job.notice,
            "record": job.record,
            "reading": job.record.reading,
            "site": job.site,
            "mail": job.mail,
            "reply_to": job.reply_to if job.notice.role != "customer" else None,
            "others": job.others,
            "deadlines": job.deadlines,
            "course": job.course,
            "letter": write_letter(job, words),
            "words": words,
            "forms": Forms(words, job.site.timezone),
            "language": language,
        }

    def _report_context(self, job: ReportJob, language: str) -> dict[str, Any]:
        words = self.words(language)
        return {
            "report": job,
            "site": job.site,
            "letter": write_report(job, words),
            "words": words,
            "forms": Forms(words, job.site.timezone),
            "language": language,
        }

    def _template(self, own: str, layout: str, form: str) -> Template:
        name = f"{own}.{form}.j2"
        return self.environment.get_template(name if name in self.sources else f"{layout}.{form}.j2")

    def _fault(self, error: Exception, fallback_name: str) -> TemplateFault:
        if isinstance(error, TemplateSyntaxError):
            return TemplateFault(error.name or fallback_name, error.lineno, error.message or "does not compile")
        if isinstance(error, TemplateNotFound):
            what = f"there is no template {error.name}"
        else:
            what = str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
        file, line = self._place(error.__traceback__) or (f"{fallback_name}.html.j2", 1)
        return TemplateFault(file, line, what)

    def _place(self, trace: TracebackType | None) -> tuple[str, int] | None:
        """The innermost line of a template that an error came through."""
        place: tuple[str, int] | None = None
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self.sources:
                place = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        return place
