"""The house keeps its shape: stairs, rooms, openings, light doors, and generated files that are what their notebooks say.

These tests read the files as they are; they know no chapter by name, so a new room is covered the moment its notebook appears.
"""

from __future__ import annotations

import ast
import importlib
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

import personabench as pb

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "personabench"
NOTEBOOKS = ROOT / "nbs"
BY_HAND = {"__init__", "__main__", "_modidx"}
CHAPTERS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
EVERY_NOTEBOOK = sorted(path for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
MODULES = sorted(path for path in PACKAGE.glob("*.py") if path.stem not in BY_HAND)

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)


def nothing(found: Iterable[object], why: str) -> None:
    "Fail with the whole list of what was found, one thing a line, when there is any."
    if rows := sorted(map(str, found)):
        pytest.fail(f"{why}:\n  " + "\n  ".join(rows), pytrace=False)


# -- Reading ------------------------------------------------------------------------------------------------------------------
def room(chapter: Path) -> str:
    "21_coding.ipynb -> coding"
    return chapter.stem.split("_", 1)[1]


FLOORS = {room(chapter): int(chapter.stem[:2]) for chapter in CHAPTERS}


@cache
def cells(notebook: Path) -> list[tuple[str, str, dict]]:
    "Return each cell's kind, source and metadata."
    def text(source: str | list[str]) -> str:
        return source if isinstance(source, str) else "".join(source)
    return [(cell["cell_type"], text(cell["source"]), cell["metadata"]) for cell in json.loads(notebook.read_text("utf-8"))["cells"]]


def directives(source: str) -> list[str]:
    return [line.removeprefix("#|").strip() for line in source.splitlines() if line.startswith("#|")]


def exported(source: str) -> bool:
    return any(re.match(r"export[si]?\b|exporti\b", directive) for directive in directives(source))


def code_cells(notebook: Path, *, export: bool) -> list[str]:
    return [source for kind, source, _ in cells(notebook) if kind == "code" and exported(source) == export]


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


@cache
def public_names(module: Path) -> tuple[str, ...]:
    for node in tree(module).body:
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            return tuple(ast.literal_eval(node.value))
    return ()


def public_definitions(module: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node for node in tree(module).body if isinstance(node, kinds) and node.name in public_names(module)]


def imports(module: Path) -> list[tuple[str, str | None, int]]:
    "Return (module, name, line) of every import, those inside functions included; relative ones spelt out."
    found: list[tuple[str, str | None, int]] = []
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found += [(alias.name, None, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(filter(None, ["personabench" if node.level else "", node.module]))
            found += [(origin, alias.name, node.lineno) for alias in node.names]
    return found


def our_files() -> list[Path]:
    "Return the files that are, or would be, under version control."
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        told = subprocess.run([git, "-C", str(ROOT), "-c", f"safe.directory={ROOT}", "ls-files", "-coz", "--exclude-standard"],
                              check=False, capture_output=True, text=True)
        if told.returncode == 0:
            return [path for path in (ROOT / name for name in told.stdout.split("\0") if name) if path.is_file()]
    away = re.compile(r"\.(?!ci$|github$|gitignore$).+|__pycache__|build|dist|node_modules|.*\.egg-info")
    return [path for path in ROOT.rglob("*") if path.is_file() and not any(map(away.fullmatch, path.relative_to(ROOT).parts))]


# -- Rooms and stairs ---------------------------------------------------------------------------------------------------------
def test_rooms_have_one_notebook_one_module_and_one_test():
    rooms, modules = set(FLOORS), {module.stem for module in MODULES}
    assert len(rooms) == len(CHAPTERS) == len({chapter.stem[:2] for chapter in CHAPTERS}), "two chapters share a number or a name"
    nothing(modules - rooms, "modules without a notebook (was it renamed? delete them)")
    nothing(rooms - modules, "notebooks without a module (nbdev-export)")
    nothing((name for name in rooms if not (ROOT / "tests" / f"test_{name}.py").exists()), "rooms without tests/test_<room>.py")


@each_chapter
def test_a_notebook_writes_the_module_of_its_own_name(chapter: Path):
    told = [directive for _, source, _ in cells(chapter) for directive in directives(source)]
    assert [directive.split()[1] for directive in told if directive.startswith("default_exp")] == [room(chapter)]
    nothing((directive for directive in told if re.match(r"exporti?\s+\S", directive)), "an export into another module")


@each_module
def test_stairs_lead_down(module: Path):
    mine = FLOORS.get(module.stem)
    if mine is None:
        pytest.skip("no notebook of that name; the test of rooms says so")
    wrong = []
    for origin, name, line in imports(module):
        if origin != "personabench" and not origin.startswith("personabench."):
            continue
        target = origin.split(".")[1] if "." in origin else name
        if target == "__version__" or target == "sample":  # the version and the folder of sample data are no rooms
            continue
        floor = FLOORS.get(str(target))
        if floor is None:
            wrong.append(f"line {line}: {target} is no room (a room never goes through the front door)")
        elif floor >= mine:
            wrong.append(f"line {line}: {mine} imports {floor}_{target}, which is not below it")
        elif {mine // 10, floor // 10} == {2, 3}:
            wrong.append(f"line {line}: {mine} imports {floor}_{target}: interviews and survey meet in 40")
    nothing(wrong, module.stem)


@each_module
def test_modules_need_no_development_tool_and_hide_no_names(module: Path):
    names = imports(module)
    tools = {"nbdev", "fastcore", "execnb"}
    nothing((f"line {line}: {origin}" for origin, _, line in names if origin.split(".")[0] in tools), "tools at run time")
    nothing((f"line {line}: {origin}" for origin, name, line in names if name == "*"), "star-imports")
    decorated = [(node.name, ast.unparse(item)) for node in ast.walk(tree(module)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))
                 for item in node.decorator_list]
    nothing((name for name, item in decorated if re.match(r"patch(_to)?\b", item)), "patched in, where type-checkers lose them")


def test_no_public_name_is_a_module_name():
    names = {name for module in MODULES for name in public_names(module)} | set(pb._HOME)
    nothing(names & {module.stem for module in MODULES}, "importing the module would hide the function")


def test_no_name_of_the_kind_that_says_nothing():
    named = [name for module in MODULES for name in (*public_names(module), module.stem)]
    nothing((name for name in named if re.search(r"^(get|process|handle)_|manager|utils?$", name.lower())), "say what it does")


# -- Chapters -----------------------------------------------------------------------------------------------------------------
@each_chapter
def test_a_chapter_opens_with_title_promise_and_its_names(chapter: Path):
    kind, source, _ = cells(chapter)[0]
    assert kind == "markdown"
    shape = re.match(r"# \S[^\n]*\n\n> (\S[^\n]*)\n\n(?=[^\s#>])(.+)", source, flags=re.DOTALL)
    assert shape, "the first cell is '# Title', an empty line, '> promise' on one line, an empty line, a paragraph"
    quoted = {word for piece in re.findall(r"`([^`]+)`", shape[2]) for word in re.findall(r"\w+", piece)}
    module = PACKAGE / f"{room(chapter)}.py"
    if module.exists():
        nothing(set(public_names(module)) - quoted, "public names that the opening does not mention")


@each_chapter
def test_first_export_is_the_future_import(chapter: Path):
    first = next(iter(code_cells(chapter, export=True)), None)
    assert first and "from __future__ import annotations" in first


def statements(source: str) -> int:
    "Count logical lines, docstrings left out: a comment per parameter and a full docstring never make a cell 'long'."
    lines = sum(token.type == tokenize.NEWLINE for token in tokenize.generate_tokens(io.StringIO(source).readline))
    return lines - sum(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in ast.walk(ast.parse(source)))


def test_exported_cells_are_short():
    found = [(chapter.stem, source.strip()) for chapter in CHAPTERS for source in code_cells(chapter, export=True)]
    if not found:
        pytest.skip("no chapter yet")
    lines = {f"{stem}: {source.splitlines()[1][:60]}": len(source.splitlines()) - len(directives(source)) for stem, source in found}
    nothing((f"{size} lines in {name}" for name, size in lines.items() if size > 80), "export cells of more than 80 lines")
    long = [f"{size} lines in {name}" for name, size in lines.items() if size > 60]
    nothing(long if len(long) > len(found) / 100 else [], "more than one export cell in a hundred has more than 60 lines")
    held = [(stem, statements(source)) for stem, source in found]
    medians = {stem: statistics.median([size for of, size in held if of == stem]) for stem, _ in held}
    if (median := statistics.median([size for _, size in held])) > 12:
        nothing((f"{median:g} in {stem}" for stem, median in medians.items()), f"one idea per export cell: half hold {median:g} statements or more, not 12")


@pytest.mark.parametrize("notebook", EVERY_NOTEBOOK, ids=lambda path: path.stem)
def test_nothing_is_hidden_in_a_notebook(notebook: Path):
    raw = json.loads(notebook.read_text("utf-8"))
    assert "nbdev" not in raw["metadata"], "directives belong into the cells, where a reader sees them"
    nothing((source[:60] for _, source, metadata in cells(notebook) if {"nbdev", "tags"} & set(metadata)), "hidden directives")
    hidden = [source for kind, source, _ in cells(notebook) if kind == "code" and re.search(r"^#\|\s*(hide|echo: false)", source, re.MULTILINE)]
    nothing((source[:80] for source in hidden if re.search(r"^\s*assert\b", source, re.MULTILINE)), "assertions that no reader sees")
    assert all(source.strip() for _, source, _ in cells(notebook)), "an empty cell"


@pytest.mark.parametrize("notebook", EVERY_NOTEBOOK, ids=lambda path: path.stem)
def test_stored_outputs_hold_no_error(notebook: Path):
    outputs = [output for cell in json.loads(notebook.read_text("utf-8"))["cells"] for output in cell.get("outputs", [])]
    nothing((f"{output['ename']}: {output['evalue']}" for output in outputs if output["output_type"] == "error"), "errors among the outputs")


def test_modules_are_what_the_notebooks_say(tmp_path: Path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(NOTEBOOKS, tmp_path / "nbs", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    (tmp_path / "personabench").mkdir()
    shutil.copy(PACKAGE / "__init__.py", tmp_path / "personabench")
    env = {key: value for key, value in os.environ.items() if key != "IN_TEST"}
    told = subprocess.run([sys.executable, "-c", "from nbdev.doclinks import nbdev_export; nbdev_export()"],
                          check=False, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    fresh = {path.name: path.read_text("utf-8") for path in (tmp_path / "personabench").glob("*.py")}
    here = {path.name: path.read_text("utf-8") for path in PACKAGE.glob("*.py") if path.stem != "__main__"}
    nothing(set(fresh) ^ set(here), "on one side only")
    nothing((name for name in fresh if fresh[name] != here[name]), "edited by hand, or nbdev-export was forgotten")
    assert (tmp_path / "pyproject.toml").read_bytes() == (ROOT / "pyproject.toml").read_bytes()


# -- Documented ---------------------------------------------------------------------------------------------------------------
@each_module
def test_public_definitions_have_docstrings(module: Path):
    nothing((node.name for node in public_definitions(module) if not (ast.get_docstring(node) or "").strip()), "no docstring")


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[tuple[ast.arg, int]]:
    "Return each parameter but self with the last line of its annotation and default."
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    ends = {arg: arg.end_lineno or arg.lineno for arg in filter(None, [*plain, *given.kwonlyargs, given.vararg, given.kwarg])}
    by_place = zip(reversed(plain), reversed(given.defaults), strict=False)
    for arg, default in [*by_place, *zip(given.kwonlyargs, given.kw_defaults, strict=True)]:
        if default is not None:
            ends[arg] = max(ends[arg], default.end_lineno or default.lineno)
    return [(arg, line) for arg, line in ends.items() if arg.arg not in {"self", "cls"}]


@each_module
def test_public_parameters_are_typed_and_explained(module: Path):
    text = module.read_text("utf-8")
    lines = text.splitlines()
    comments = {token.start[0] for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.COMMENT}
    def explained(arg: ast.arg, last: int) -> bool:
        above = arg.lineno - 1
        if any(line in comments for line in range(arg.lineno, last + 1)):
            return True
        if above in comments and lines[above - 1].lstrip().startswith("#"):
            return True
        # A command line's parameter is explained where its user reads it.
        return "help=" in "\n".join(lines[arg.lineno - 1:last])

    wrong = []
    for node in public_definitions(module):
        if isinstance(node, ast.ClassDef):
            functions = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"]
        else:
            functions = [node]
            wrong += [f"{node.name} does not say what type it returns"] if node.returns is None else []
        for arg, last in (pair for function in functions for pair in parameters(function)):
            wrong += [f"{node.name}({arg.arg}) has no type"] if arg.annotation is None else []
            wrong += [] if explained(arg, last) else [f"{node.name}({arg.arg}) has no comment"]
    nothing(wrong, module.stem)


@each_module
def test_public_names_are_shown_at_work(module: Path):
    shown = "\n".join(source for notebook in EVERY_NOTEBOOK for source in code_cells(notebook, export=False))
    told = "\n".join(source for notebook in EVERY_NOTEBOOK for kind, source, _ in cells(notebook) if kind == "markdown")
    working = {node.name for node in public_definitions(module) if not isinstance(node, ast.ClassDef)}
    # A class is mostly met as what a function returns, an error as what it raises: of these it is told. What does something is shown doing it.
    idle = [name for name in public_names(module) if not re.search(rf"\b{re.escape(name)}\b", shown if name in working else shown + told)]
    nothing(idle, f"{module.stem}: not shown at work in any notebook")


def test_every_command_is_documented():
    import typer

    cli = importlib.import_module("personabench.cli")
    app = next(value for value in vars(cli).values() if isinstance(value, typer.Typer))
    told = (ROOT / "README.md").read_text("utf-8") + "\n".join(source for notebook in EVERY_NOTEBOOK for _, source, _ in cells(notebook))
    commands = list(getattr(typer.main.get_command(app), "commands", {}))
    assert commands
    nothing((name for name in commands if f"personabench {name}" not in told), "commands that neither README nor a notebook shows")


# -- The front door -----------------------------------------------------------------------------------------------------------
def test_front_door_names_are_the_rooms_own():
    nothing(set(pb._ROOMS) - {module.stem for module in MODULES}, "rooms at the front door that do not exist")
    for name_of_room, names in pb._ROOMS.items():
        given = public_names(PACKAGE / f"{name_of_room}.py")
        nothing(set(names.split()) - set(given), f"{name_of_room} does not give these")
    listed = [name for names in pb._ROOMS.values() for name in names.split()]
    assert len(listed) == len(set(listed)), "a name that two rooms give"
    nothing((name for name in pb.__all__ if getattr(pb, name, None) is None), "listed, but not to be had")
    assert set(listed) <= set(dir(pb)) and set(listed) <= set(pb.__all__)
    with pytest.raises(AttributeError, match="no attribute 'walrus'"):
        pb.walrus  # noqa: B018


def test_help_says_what_every_argument_means():
    import inspect

    silent = []
    for name in pb._HOME:
        value = getattr(pb, name)
        function = value.__init__ if inspect.isclass(value) and "__init__" in vars(value) else value
        if not inspect.isfunction(function) or inspect.isclass(value) and not hasattr(function, "__code__"): continue
        try: source = inspect.getsource(function)
        except (OSError, TypeError): continue      # made by dataclass: its fields stand in the class
        told = (value.__doc__ or "").partition("\nArguments:\n")[2]
        silent += [f"{name}({arg})" for arg in inspect.signature(function).parameters if arg != "self" and f"    {arg}: " not in told and "#" in source]
    nothing(silent, "arguments that help() does not explain")


HEAVY = ("altair", "sklearn", "scipy", "docx", "psycopg", "anywidget", "pandas", "numpy", "sqlalchemy", "pydantic", "pyarrow", "IPython",
         "ipywidgets", "typer")


def test_import_is_light():
    code = f"import sys, personabench; dir(personabench); print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_import_is_quick():
    def seconds(code: str) -> float:
        "Seconds of the processor's own work, of which other programs take none away: the least of five."
        code = f"import time; start = time.process_time(); {code}; print(time.process_time() - start)"
        return min(float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout) for _ in range(5))

    assert seconds("import personabench") - seconds("pass") <= 0.150


# -- Settings and files -------------------------------------------------------------------------------------------------------
def test_settings_live_in_one_place():
    lines = (ROOT / "settings.ini").read_text("utf-8").splitlines()
    assert lines
    nothing((line for line in lines if line.strip() and not line.lstrip().startswith(("#", ";"))), "keys; they belong into pyproject.toml")
    nbdev = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["nbdev"]
    assert nbdev["put_version_in_init"] is False and nbdev["update_pyproject"] is False


def test_version_is_in_the_changelog():
    assert f"## [{pb.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_nbdev_is_pinned_exactly():
    dev = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["dev"]
    assert [line for line in dev if re.fullmatch(r"nbdev==[\d.]+", line)], "what nbdev-clean writes changes between its versions"


def test_constraints_are_names_and_versions():
    lines = (ROOT / ".ci" / "constraints.txt").read_text("utf-8").splitlines()
    pinned = re.compile(r"#.*|[\w.-]+==[\w.+!-]+")
    nothing((line for line in lines if not pinned.fullmatch(line)), "more, or less, than a name and a version")


# Written with brackets so that this file does not find itself.
ELSEWHERE = re.compile(
    r"/wor[k]/|/tmp/p[b]\b|(?<![\w.])/roo[t]/|/hom[e]/[a-z]\w*/|/User[s]/\w+/|C:\\+User[s]\\+\w"
    r"|pypi\.or[g]/simple|files\.pythonhoste[d]|registry\.npmj[s]|index-ur[l][ =]+['\"]?https?:|artifactor[y]|\bnexu[s]\.")
LOCKS = {"package-lock.json", "pnpm-lock.yaml", "conda-lock.yml"}


def test_files_name_no_machine_and_no_registry():
    files = our_files()
    nothing((path.name for path in files if path.name in LOCKS or path.suffix == ".lock"), "lock files hold addresses")
    found = []
    for path in files:
        if path.stat().st_size > 5_000_000:
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}, line {text.count(chr(10), 0, hit.start()) + 1}: {hit[0]}" for hit in ELSEWHERE.finditer(text)]
    nothing(found, "somebody's machine or registry")


@pytest.mark.parametrize("notebook", EVERY_NOTEBOOK, ids=lambda path: path.stem)
def test_stored_outputs_name_no_temporary_folder(notebook: Path):
    outputs = [output for cell in json.loads(notebook.read_text("utf-8"))["cells"] for output in cell.get("outputs", [])]
    for output in outputs:  # pictures are bytes, not words
        output["data"] = {kind: value for kind, value in output.get("data", {}).items() if not kind.startswith("image/")}
    nothing(re.findall(r"/(?:tmp|var/folders)/[\w./-]+", json.dumps(outputs)), "differs with each run; show the file's name alone")


# -- Widgets ------------------------------------------------------------------------------------------------------------------
def test_widgets_are_trios_with_tests():
    static = PACKAGE / "static"
    stems = {path.stem for path in static.glob("*.*") if path.suffix in {".js", ".css"}} - {"shared"}
    widgets = {module.stem for module in MODULES if re.search(r"\banywidget\.AnyWidget\b|\(AnyWidget\)", module.read_text("utf-8"))}
    nothing(widgets - stems, "widgets without static files")
    scripts = {path.stem.removesuffix("_panels").removesuffix("_later") for path in static.glob("*.js") if not path.stem.startswith("shared")}
    nothing((stem for stem in scripts if stem not in FLOORS), "scripts without a room")
    nothing((stem for stem in widgets if not (static / f"{stem}.css").exists()), "widgets without a style sheet")
    tested = {path.name.removesuffix(".test.mjs") for path in (ROOT / "tests" / "js").glob("*.test.mjs")}
    nothing({path.stem for path in static.glob("*.js")} - tested, "scripts without tests/js/<stem>.test.mjs")


def test_scripts_ask_nobody_outside():
    for path in [*(PACKAGE / "static").glob("*"), *(PACKAGE / "templates").glob("*")]:
        if path.suffix in {".js", ".css", ".html", ".j2"}:
            outside = re.findall(r"(?:src=|href=|import\s|from\s|@import|url\()\s*[\"']?(https?://[^\"')\s]+)", path.read_text("utf-8"))
            assert not outside, path.name
            if path.suffix == ".js":
                assert "// @ts-check" in path.read_text("utf-8")[:300], path.name
