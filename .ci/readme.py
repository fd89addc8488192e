"""Write README.md from nbs/index.ipynb, so that the first page is a notebook like every other and is checked like one.

    python .ci/readme.py            write it
    python .ci/readme.py --check    say whether it is current; exit with 1 if not

Code cells and their outputs appear as they are stored in the notebook; cells that begin with `#| hide` stay out. Pictures that
are outputs go to nbs/images/. Links are written in the notebook as seen from nbs/ and turned here into links from the root.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "nbs" / "index.ipynb"
README = ROOT / "README.md"
IMAGES = ROOT / "nbs" / "images"
NOTICE = "<!-- Written by .ci/readme.py from nbs/index.ipynb: change the notebook, not this file. -->\n\n"
LINK = re.compile(r"(\]\(|\b(?:src|href|srcset)=\")(?![a-z]+:|//|#|/)([^)\s\"]+)")


def from_root(text: str) -> str:
    "Turn relative links as seen from nbs/ into links as seen from the root; fenced code is left alone."
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    for i in range(0, len(parts), 2):
        parts[i] = LINK.sub(lambda found: found[1] + posixpath.normpath(posixpath.join("nbs", found[2])), parts[i])
    return "".join(parts)


def render() -> tuple[str, dict[Path, bytes]]:
    "Return README.md's text and the pictures that belong to it."
    import nbformat
    from nbconvert import MarkdownExporter

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not re.match(r"\s*#\|\s*hide\b", cell.source)]
    for cell in notebook.cells:
        if cell.cell_type == "code":  # directives are for the tools, not for the reader
            cell.source = "\n".join(line for line in cell.source.splitlines() if not line.startswith("#|"))
    names = {"unique_key": "index", "output_files_dir": "images"}
    text, resources = MarkdownExporter().from_notebook_node(notebook, resources=names)
    pictures = {ROOT / "nbs" / name: content for name, content in resources.get("outputs", {}).items()}
    lines = (line.rstrip() for line in from_root(text).strip().splitlines())
    return NOTICE + re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n", pictures


def main(arguments: list[str]) -> int:
    "Write README.md, or check it."
    text, pictures = render()
    files = {README: text.encode()} | pictures
    stale = [path.relative_to(ROOT).as_posix() for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    if arguments == ["--check"]:
        missing = [link for link in re.findall(r"\]\((?!#|[a-z]+:)([^)#\s]+)", text) if not (ROOT / link).exists()]
        if stale:
            print(f"out of date: {', '.join(stale)}. Cure: python .ci/readme.py")
        if missing:
            print(f"README.md links to files that are not there: {', '.join(missing)}")
        return bool(stale or missing)
    for path in files:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(files[path])
    print(f"wrote {', '.join(stale)}" if stale else "README.md was current")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
