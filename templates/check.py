"""Try every template before it counts: it compiles, knows the names it uses, and renders full and empty records."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from typing import get_args

from jinja2 import TemplateSyntaxError, meta, nodes

from config.types import Language
from templates.model import TemplateProblem
from templates.purposes import PURPOSES, purpose_of
from templates.render import CONTEXT, FORMATS, REPORT_CONTEXT, Renderer, TemplateFault
from templates.reports import REPORT_LAYOUT, REPORTS
from templates.sample_reports import sample_report
from templates.sample_together import sample_together
from templates.samples import EMPTY, FULL, LEAD, sample_job
from templates.words import WORDS, shipped_files

_LAYOUTS = frozenset(
    f"{layout}.{form}.j2"
    for layout in (REPORT_LAYOUT, *(purpose.layout for purpose in PURPOSES.values()))
    for form in FORMATS
)


def check(overrides: Mapping[str, str], named: Iterable[str] = ()) -> list[TemplateProblem]:
    """Find the faults of the shipped and the admin's templates.

    Args:
        overrides: The admin's templates by name (`de/new.txt.j2`).
        named: Templates that rules name, beside the shipped purposes.

    Returns:
        One problem per fault, by file and line.
    """
    renderer = Renderer(overrides)
    purposes = PURPOSES.keys() | set(named)
    found = [
        *_unknown_files(renderer, overrides, purposes),
        *_unknown_names(renderer),
        *_failing(renderer, purposes),
    ]
    return sorted(set(found), key=lambda problem: (problem.file, problem.line, problem.what))


def _is_purpose(name: str) -> bool:
    return "/" in name and name.endswith(".j2")


def _unknown_files(renderer: Renderer, overrides: Mapping[str, str], purposes: set[str]) -> Iterator[TemplateProblem]:
    """Files that no notice would ever use: the admin meant another name."""
    known = purposes | set(REPORTS)
    usable = {f"{language}/{name}.{form}.j2" for language in get_args(Language) for name in known for form in FORMATS}
    usable |= {f"{language}/{WORDS}" for language in get_args(Language)} | shipped_files().keys()
    referenced = {name for source in renderer.sources for name in _references(renderer, source)}
    for name in sorted(overrides.keys() - usable - referenced):
        nearest = get_close_matches(name, sorted(usable), 1)
        meant = f"; did you mean {nearest[0]}?" if nearest else f"; known are {', '.join(sorted(known))}"
        yield TemplateProblem(name, 1, f"is the template of no known purpose and language{meant}")


def _references(renderer: Renderer, name: str) -> Iterator[str]:
    """Names of the templates that one extends, includes or imports."""
    if name.endswith(".j2"):
        try:
            yield from filter(None, meta.find_referenced_templates(renderer.parse(name)))
        except TemplateSyntaxError:
            return


def _unknown_names(renderer: Renderer) -> Iterator[TemplateProblem]:
    """Variables that no template is given, also in branches that the samples do not take."""
    for file in sorted(name for name in renderer.sources if _is_purpose(name) or name in _LAYOUTS):
        try:
            tree, known = renderer.parse(file), _context_of(file)
            unknown = meta.find_undeclared_variables(tree) - known - renderer.environment.globals.keys()
        except TemplateSyntaxError as error:
            yield TemplateProblem(file, error.lineno, error.message or "does not compile")
            continue
        for name in tree.find_all(nodes.Name):
            if name.ctx == "load" and name.name in unknown:
                nearest = get_close_matches(name.name, sorted(known), 1)
                meant = f"did you mean '{nearest[0]}'?" if nearest else f"known are {', '.join(sorted(known))}"
                yield TemplateProblem(file, name.lineno, f"'{name.name}' is undefined; {meant}")


def _context_of(file: str) -> frozenset[str]:
    name = file.rsplit("/", 1)[-1].split(".")[0]
    return REPORT_CONTEXT if name in (REPORT_LAYOUT, *REPORTS) else CONTEXT


def _failing(renderer: Renderer, purposes: set[str]) -> Iterator[TemplateProblem]:
    """Faults that show when records are rendered; names that were found already are not reported again."""
    known = {(problem.file, problem.line) for problem in _unknown_names(renderer)}
    for language in renderer.languages:
        for purpose in sorted(purposes):
            jobs = [sample_job(language, purpose, reading) for reading in (FULL, LEAD, EMPTY)]
            if purpose_of(purpose, "team").late:
                jobs.append(sample_together(language, purpose, purpose))
            for job in jobs:
                yield from _fault(partial(renderer.render, job), known)
        for report in REPORTS:
            for bare in (False, True):
                told = sample_report(language, report, bare=bare)
                yield from _fault(partial(renderer.render_report, told), known)


def _fault(render: Callable[[], object], known: set[tuple[str, int]]) -> Iterator[TemplateProblem]:
    try:
        render()
    except TemplateFault as fault:
        if (fault.file, fault.line) not in known:
            yield TemplateProblem(fault.file, fault.line, fault.what)
