"""The walls of the house: imports run one way, and the pure packages stay pure."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PACKAGES = ("config", "parsers", "rules", "templates", "daemon")
"""Each may import those before it."""

LAYERS = (
    ("daemon",),
    ("daemon.seams",),
    ("daemon.pulse",),
    ("daemon.line",),
    (
        "daemon.errands",
        "daemon.log",
        "daemon.oauth",
        "daemon.seclusion",
        "daemon.wire",
        "daemon.versions",
        "daemon.processes",
    ),
    ("daemon.store",),
    ("daemon.act", "daemon.gate", "daemon.leases", "daemon.reader", "daemon.telling"),
    ("daemon.reader_child", "daemon.shift"),
    ("daemon.intake", "daemon.desk", "daemon.clock", "daemon.outbox"),
    (
        "daemon.health",
        "daemon.control",
        "daemon.loading",
        "daemon.preparing",
        "daemon.dryrun",
        "daemon.rereading",
        "daemon.supervisor",
    ),
    ("daemon.keeping", "daemon.simulating", "daemon.teaching", "daemon.person"),
    ("daemon.reloading", "daemon.watchdog", "daemon.caretaker"),
    ("daemon.worker",),
    ("daemon.app",),
    ("daemon.cli",),
    ("daemon.__main__",),
)
"""From the ground up. A module may import its own kin and lower lines; names on one line never import each other."""

IMPURE_MODULES = {
    "asyncio", "concurrent", "http", "multiprocessing", "random", "secrets", "select", "selectors", "signal", "smtplib",
    "socket", "sqlalchemy", "sqlite3", "ssl", "subprocess", "threading", "time", "urllib.request",
}  # fmt: skip
IMPURE_CALLS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "datetime.datetime.now", "date.today", "datetime.date.today",
    "os.urandom", "os.getenv", "uuid.uuid1", "uuid.uuid4", "make_msgid", "email.utils.make_msgid", "urandom", "uuid4",
    "localtime", "email.utils.localtime",
}  # fmt: skip


def modules_of(package: str) -> list[Path]:
    """All source files of a package."""
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that a file imports, at the top or inside functions."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from daemon import store` names a module, `from daemon.store import x` may too: both are looked at.
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def layer_of(name: str) -> tuple[int, str] | None:
    """Height and entry of a module of the daemon, by its longest entry in LAYERS."""
    found = [
        (len(entry), height, entry)
        for height, line in enumerate(LAYERS)
        for entry in line
        if name == entry or name.startswith(entry + ".")
    ]
    return max(found)[1:] if found else None


def test_packages_import_downwards_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {package} must not import {target}"
        for rank, package in enumerate(PACKAGES)
        for path in modules_of(package)
        for line, target in imports_of(path)
        if target.partition(".")[0] in PACKAGES[rank + 1 :]
    ]
    assert wrong == []


def test_every_module_of_the_daemon_has_its_layer() -> None:
    strays = [
        name
        for name in map(name_of, modules_of("daemon"))
        if name != "daemon" and (place := layer_of(name)) is not None and place[1] == "daemon"
    ]
    assert strays == [], "give each a line in LAYERS"


def _is_upward(importer: str, target: str) -> bool:
    here, there = layer_of(importer), layer_of(target)
    if here is None or there is None or there[1] == "daemon":
        return False
    return there[1] != here[1] and there[0] >= here[0]


def test_the_daemon_imports_downwards_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name_of(path)} must not import {target}"
        for path in modules_of("daemon")
        for line, target in imports_of(path)
        if target.startswith("daemon.") and _is_upward(name_of(path), target)
    ]
    assert wrong == []


def test_rooms_do_not_know_each_other() -> None:
    assert _is_upward("daemon.intake.smtp", "daemon.outbox.send")
    assert _is_upward("daemon.store.tables", "daemon.act")
    assert not _is_upward("daemon.outbox.send", "daemon.store.outbox")


@pytest.mark.parametrize("package", PACKAGES[:-1])
def test_pure_packages_touch_no_clock_network_chance_or_database(package: str) -> None:
    wrong = []
    for path in modules_of(package):
        place = path.relative_to(ROOT)
        wrong += [
            f"{place}:{line}: imports {target}"
            for line, target in imports_of(path)
            if any(target == module or target.startswith(module + ".") for module in IMPURE_MODULES)
        ]
        wrong += [
            f"{place}:{node.lineno}: calls {ast.unparse(node.func)}"
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS
        ]
    assert wrong == []


def _loaded_with(module: str, *names: str) -> set[str]:
    """Which of these modules are loaded with another."""
    code = f"import sys, {module}; print(*({set(names)} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(found.stdout.split())


def test_the_reader_starts_without_the_configuration() -> None:
    """It is started anew again and again: pydantic and the settings' models would double what that costs."""
    assert _loaded_with("daemon.reader_child", "pydantic", "config.models") == set()


def test_a_command_loads_what_is_heavy_only_when_it_runs() -> None:
    """Else each command, and the start of the daemon, takes half a second more."""
    assert _loaded_with("daemon.cli", "sqlalchemy", "pydantic", "config.models", "parsers.records", "jinja2") == set()
