"""Run every check of this project, in order, and stop at the first that fails. Run sh .ci/test: it sets everything up and calls this.

    python .ci/steps.py               all steps
    python .ci/steps.py ruff mypy     only these
    python .ci/steps.py --list        what there is

No step changes the checkout: whatever rewrites files (cleaning, exporting, running notebooks, building) works on a copy and is then
compared with the original, so uncommitted changes and a folder without git are fine.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
CORES = os.cpu_count() or 1
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # where processes share the cores, threads of one get in the way of the others
NOT_OURS = ("__pycache__", "*.pyc", "*.egg-info", "build", "dist", "htmlcov", "node_modules", "personabench-demo", "*.db", "*.db-*")


class StepFailed(Exception):
    "A check that did not hold; the text says what and how to cure it."


class Skipped(Exception):
    "A check that could not run here; the text says why and what would let it run."


class Workshop:
    "The temporary folders of one run and the commands run in them."

    def __init__(self, folder: Path):
        self.folder = folder
        self.copy = folder / "checkout"
        self.summaries: list[str] = []
        home = folder / "home"
        home.mkdir()
        base = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME", "IN_TEST"}}
        base |= {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}", "VIRTUAL_ENV": str(BIN.parent), "PYTHONUNBUFFERED": "1"}
        base.setdefault("PERSONABENCH_REAL_DATA", str(ROOT.parent / "shared" / "data"))
        self.outer = base
        # A home of its own: nobody's profile, theme or start-up file changes what a check says, and none is written to.
        self.env = base | {"HOME": str(home), "USERPROFILE": str(home)}
        self.env |= {name: str(home / name.lower()) for name in (
            "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
            "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR")}

    def fresh_copy(self) -> Path:
        "Make the copy of the checkout anew and return it."
        shutil.rmtree(self.copy, ignore_errors=True)
        by_name = shutil.ignore_patterns(*NOT_OURS)

        def leave_out(folder: str, names: list[str]) -> set[str]:
            hidden = {name for name in names if name.startswith(".") and name not in {".ci", ".gitignore", ".github"}}
            environments = {name for name in names if (Path(folder) / name / "pyvenv.cfg").exists()}
            return hidden | environments | set(by_name(folder, names))

        shutil.copytree(ROOT, self.copy, ignore=leave_out, symlinks=True)
        return self.copy

    def run(self, *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None, cure: str = "", quiet: bool = False,
            minutes: float = 20) -> None:
        "Run a command with its output shown (if quiet: only when it fails); fail the step when it fails."
        shown = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"} if quiet else {}
        try:
            ended = subprocess.run([*map(str, command)], check=False, cwd=cwd, env=env or self.env, stdin=subprocess.DEVNULL,
                                   timeout=60 * minutes, **shown)  # type: ignore[call-overload]
        except subprocess.TimeoutExpired:
            raise StepFailed(f"{Path(command[0]).name} was still running after {minutes:g} minutes") from None
        if ended.returncode:
            print(ended.stdout or "", end="")
            name = " ".join([Path(command[0]).name, *map(str, command[1:])])
            raise StepFailed(f"{name[:100]}{'...' * (len(name) > 100)} ended with {ended.returncode}. {cure}".rstrip())

    def pytest(self, *arguments: str, **env: str) -> None:
        "Run pytest with its output shown and keep its last line for the end."
        command = [sys.executable, "-m", "pytest", *(["--color=yes"] if sys.stdout.isatty() else []), *arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=self.env | env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace")
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            if re.search(r"=+ .*\b(passed|failed|error|errors|skipped|no tests ran|deselected)\b.* in [\d.:]+", line):
                self.summaries.append(line.strip())
        code = process.wait()
        if code:
            raise StepFailed(f"pytest ended with {code}; the lines above say which tests")


def differences(left: Path, right: Path, *, pattern: str) -> list[str]:
    "Name the files under two folders that are not the same bytes on both sides."
    def files(folder: Path) -> set[Path]:
        found = (path.relative_to(folder) for path in folder.rglob(pattern) if path.is_file())
        return {path for path in found if not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)}

    ours, theirs = files(left), files(right)
    changed = {path for path in ours & theirs if not filecmp.cmp(left / path, right / path, shallow=False)}
    return sorted(str(path) for path in changed | (ours ^ theirs))


# -- The steps -----------------------------------------------------------------------------------------------------------------
def clean(shop: Workshop) -> None:
    "Notebooks are clean: nbdev-clean has nothing to change"
    copy = shop.fresh_copy()
    shop.run(BIN / "nbdev-clean", cwd=copy)
    if changed := differences(ROOT / "nbs", copy / "nbs", pattern="*.ipynb"):
        raise StepFailed(f"not clean: {', '.join(changed)}. Cure: nbdev-clean")


def sync(shop: Workshop) -> None:
    "Notebooks and modules agree: nbdev-export, from nothing, gives the package that is here"
    copy = shop.fresh_copy()
    generated = [path for path in (copy / "personabench").glob("*.py") if "AUTOGENERATED" in path.read_text("utf-8")[:2000]]
    for path in generated:
        path.unlink()  # so that the module of a renamed notebook does not come back
    shop.run(BIN / "nbdev-export", cwd=copy)
    changed = differences(ROOT / "personabench", copy / "personabench", pattern="*.py")
    changed += [name for name in ("pyproject.toml", "settings.ini") if (ROOT / name).read_bytes() != (copy / name).read_bytes()]
    if changed:
        raise StepFailed(f"not what the notebooks say: {', '.join(changed)}. Cure: change the notebook, then nbdev-export; "
                         "delete a module whose notebook was renamed")


def readme(shop: Workshop) -> None:
    "README.md is what nbs/index.ipynb says"
    shop.run(sys.executable, ROOT / ".ci" / "readme.py", "--check")


def ruff(shop: Workshop) -> None:
    "ruff finds nothing in package, notebooks, tests and tools"
    shop.run(BIN / "ruff", "check", "personabench", "nbs", "tests", "data", ".ci")


def mypy(shop: Workshop) -> None:
    "mypy finds nothing in the package"
    shop.run(BIN / "mypy")


def node(shop: Workshop) -> None:
    "JavaScript helpers: node --test tests/js"
    tests = sorted((ROOT / "tests" / "js").glob("*.test.mjs"))
    scripts = sorted((ROOT / "personabench" / "static").glob("*.js"))
    if not tests:
        if scripts:
            raise StepFailed(f"{', '.join(path.name for path in scripts)} without a test in tests/js")
        raise Skipped("the package has no JavaScript yet")
    program = shutil.which("node")
    if program is None:
        cure = "no Node.js was found. Cure: install Node.js 18 or newer (Debian: apt-get install nodejs)"
        raise StepFailed(cure) if CI else Skipped(cure)
    # Files by name: newer versions of Node.js no longer take a folder here.
    shop.run(program, "--test", *tests)


def notebooks(shop: Workshop) -> None:
    "Every notebook runs from top to bottom (nbdev-test), and the chapters leave nothing behind"
    copy = shop.fresh_copy()
    before = {path for path in copy.rglob("*") if path.is_file()}
    shop.run(BIN / "nbdev-test", "--timing", cwd=copy, env=shop.env | ONE_THREAD, cure="One of them alone: nbdev-test nbs/NN_name.ipynb")
    left = {path.relative_to(copy) for path in copy.rglob("*") if path.is_file()} - {path.relative_to(copy) for path in before}
    left = {path for path in left if not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts) and path.name != ".last_checked"}
    left = {path for path in left if "tutorials" not in path.parts}  # a tutorial works in the folder that it lies in: that is what it teaches
    if left:
        shown = ", ".join(sorted(map(str, left))[:8])
        raise StepFailed(f"notebooks left {len(left)} files behind: {shown}. Cure: let examples write to a tempfile.TemporaryDirectory")


def pytest(shop: Workshop) -> None:
    "Tests of every chapter, in as many processes as there are cores (four at most)"
    shop.pytest("tests", "--ignore=tests/browser", "--numprocesses", str(min(4, CORES)), "--dist", "worksteal", "--durations=5", **ONE_THREAD)


def browser(shop: Workshop) -> None:
    "JupyterLab, end to end, in a real Chromium; what fails is run once more by itself, and a second failure counts"
    try:  # each process has a JupyterLab and a Chromium of its own; the tests of one file stay together
        shop.pytest("tests/browser", "--numprocesses", str(min(2, CORES)), "--dist", "loadfile", "--durations=5", **ONE_THREAD)
    except StepFailed:
        print("\n-- once more, only what failed, one after the other: on a busy machine a page can be slower than a test waits")
        shop.pytest("tests/browser", "--last-failed", "--last-failed-no-failures=none")


def wheel(shop: Workshop) -> None:
    "The wheel: built, installed without extras in a second environment, imported and run there"
    copy, dist, venv, away = shop.fresh_copy(), shop.folder / "dist", shop.folder / "second", shop.folder / "elsewhere"
    away.mkdir(exist_ok=True)
    shop.run(sys.executable, "-m", "build", "--wheel", "--outdir", dist, copy, env=shop.outer, quiet=True)
    (path,) = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        inside = {Path(name) for name in archive.namelist()}
    expected = {file.relative_to(ROOT) for file in (ROOT / "personabench").rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    if missing := expected - inside:
        raise StepFailed(f"not in the wheel: {', '.join(sorted(map(str, missing)))}. Cure: include, under wheel in pyproject.toml")
    if private := [str(name) for name in inside if name.name.startswith("truth") or "tests" in name.parts]:
        raise StepFailed(f"in the wheel and not for users: {', '.join(private)}")
    shop.run(sys.executable, "-m", "venv", venv, env=shop.outer)
    python = venv / BIN.name / Path(sys.executable).name
    second_install(shop, python, path, away)
    env = shop.env | {"PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}", "VIRTUAL_ENV": str(venv)}
    code = ("import sys, pathlib, personabench as pb; from importlib.metadata import version; "
            "assert pathlib.Path(pb.__file__).is_relative_to(sys.prefix), pb.__file__; assert version('personabench') == pb.__version__; "
            "[getattr(pb, name) for name in pb.__all__]; print('imported personabench', pb.__version__, 'with', len(pb.__all__), 'names')")
    shop.run(python, "-c", code, cwd=away, env=env)
    if (ROOT / "personabench" / "cli.py").exists():
        program = python.parent / ("personabench.exe" if os.name == "nt" else "personabench")
        shop.run(program, "--version", cwd=away, env=env)
        shop.run(program, "demo", "--out", away / "demo", cwd=away, env=env)
        if not (away / "demo" / "report" / "index.html").exists():
            raise StepFailed("personabench demo wrote no report/index.html")


def second_install(shop: Workshop, python: Path, path: Path, away: Path) -> None:
    "Install the wheel as a user would, with uv where the first environment has it."
    constraints = ROOT / ".ci" / "constraints.txt"
    uv = BIN / "uv"
    env = dict(shop.outer)
    if uv.exists():
        if not (env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL")):
            ask = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
            told = subprocess.run(ask, check=False, capture_output=True, text=True, env=env)
            index = env.get("PIP_INDEX_URL") or told.stdout.strip()
            env |= {"UV_DEFAULT_INDEX": index} if index else {}
        try:
            return shop.run(uv, "pip", "install", "--quiet", "--python", python, "-c", constraints, path, cwd=away, env=env)
        except StepFailed:
            print("uv could not do it; trying pip (slower)")
    shop.run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", constraints, path, cwd=away, env=env)


STEPS: tuple[Callable[[Workshop], None], ...] = (clean, sync, readme, ruff, mypy, node, notebooks, pytest, browser, wheel)


def show(rows: list[tuple[str, float, str]], summaries: list[str]) -> None:
    "Print what each step took and said, then pytest's own last lines."
    print("\n== seconds")
    for name, seconds, word in rows:
        print(f"  {name:<10} {seconds:7.1f}  {word}")
    print(f"  {'all':<10} {sum(seconds for _, seconds, _ in rows):7.1f}")
    print(*summaries, sep="\n", flush=True)


def main(names: list[str]) -> int:
    steps = {step.__name__: step for step in STEPS}
    if names == ["--list"]:
        print(*(f"{name:<10} {step.__doc__}" for name, step in steps.items()), sep="\n")
        return 0
    if unknown := [name for name in names if name not in steps]:
        print(f"no such step: {', '.join(unknown)}. There are: {', '.join(steps)}", file=sys.stderr)
        return 2
    rows: list[tuple[str, float, str]] = []
    with tempfile.TemporaryDirectory(prefix="personabench-", ignore_cleanup_errors=True) as folder:
        shop = Workshop(Path(folder))
        for name, step in steps.items():
            if names and name not in names:
                continue
            print(f"\n== {name}: {step.__doc__}", flush=True)
            start, word = time.monotonic(), "ok"
            try:
                step(shop)
            except Skipped as reason:
                word = f"skipped: {reason}"
                print(word)
            except StepFailed as reason:
                rows.append((name, time.monotonic() - start, "FAILED"))
                show(rows, shop.summaries)
                print(f"\nFAILED at {name}: {reason}\nThis step alone: sh .ci/test {name}", flush=True)
                return 1
            rows.append((name, time.monotonic() - start, word))
        show(rows, shop.summaries)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
