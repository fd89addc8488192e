"""The persona editor in JupyterLab: what is written there stands in the file, with its comments, keys stay inside, and the notebook keeps none of the words."""

from __future__ import annotations


from .widget_pages import run_notebook

STUDY = r'''
import personabench as pb
from pathlib import Path
from personabench import store
from personabench.claims import Claim, Persona
study = pb.Study(":memory:", coder="MB", create=True)
with study.step("import", "import P01") as step:
    store.add_source(step, "P01", text="The dock was full. I walked.", turns=[{"start": 0, "end": 28, "speaker": "Anna"}], speakers={"Anna": ("P01", "participant")})
pb.add_code(study, "Dock full", facet="pain")
pb.code(study, "Dock full", source="P01", quote="The dock was full.")
file = Path("personas") / "ash.yaml"
file.parent.mkdir(exist_ok=True)
claims = [Claim(id="pain-full", text="Finds the dock full", facet="pain"), Claim(id="pain-late", text="Comes too late", facet="pain")]
Persona(id="ash", name="Ash", claims=claims).to_yaml(file)
file.write_text("# agreed in May\n" + file.read_text().replace("  - id: pain-late", "  # ask again\n  - id: pain-late"))
'''


def test_edits_reach_the_file_and_comments_stay(lab):
    run_notebook(lab, "editor", STUDY, "editor = pb.PersonaEditor(study, 'personas')\neditor", shown=".pbw-item")
    page, file = lab.page, lab.server.root / "personas" / "ash.yaml"
    before = file.read_text("utf-8")
    field = page.locator("[data-k='t:pain-late']")
    field.click()
    page.keyboard.press("End")
    page.keyboard.type(" at work; dd, x, a and b stay words")
    page.keyboard.press("Control+Enter")
    page.locator(".pbw-live:has-text('Saved: the text of “Comes too late')").wait_for(timeout=20_000)
    assert file.read_text("utf-8") == before.replace("Comes too late", "Comes too late at work; dd, x, a and b stay words")
    page.locator("[data-k='o:pain-full']").click()
    page.locator("[data-k='s:pain-full']").fill("full")
    page.keyboard.press("Enter")
    page.locator("[data-k='a:pain-full:0:for']").click(timeout=20_000)
    page.locator("[data-claim=pain-full] .pbw-strength:has-text('anecdote')").wait_for(timeout=20_000)
    page.locator("[data-k='t:pain-late']").click()
    page.keyboard.press("Alt+ArrowUp")
    page.locator(".pbw-live:has-text('the place of “Comes too late')").wait_for(timeout=20_000)
    text = file.read_text("utf-8")
    assert text.startswith("# agreed in May\n") and "# ask again\n  - id: pain-late" in text and "The dock was full." in text
    assert text.index("pain-late") < text.index("pain-full") and lab.ask("editor.persona.claims['strength'].tolist()") == ["assumption", "anecdote"]
    assert page.locator(".jp-Cell").count() == 2, "no key reached the notebook's command mode"
    page.locator(".pbw").screenshot(path=lab.shots / "editor-lab-light.png")
    outputs = lab.saved()
    assert "run this cell" in outputs and "at work" not in outputs, "saved by a chord that passed through, without a word of the persona"
    lab.theme("JupyterLab Dark")
    page.locator(".pbw[data-dark]").wait_for(timeout=10_000)
    page.locator(".pbw").screenshot(path=lab.shots / "editor-lab-dark.png")
    assert lab.outside == [] and lab.console == []


CARD = '''
import personabench as pb
from personabench.claims import Claim, Descriptor, Evidence, Persona
told = [Descriptor(field="role", variable="job", question="Main occupation", answer=a, n=148, people=n, share=n / 148, low=.2, high=.6)
        for a, n in (("office", 70), ("school", 40))]
quote = Evidence(kind="quote", quote="The dock was full again, and so I walked home.", source="P01", start=0, end=46, case="P01", code="Dock full", date="2026-05-04")
pb.PersonaCard(Persona(id="ash", name="Ash", interviewed=1, described=told, claims=[Claim(id="full", text="Finds the dock full", facet="pain", evidence=[quote])]))
'''


def test_a_card_is_laid_out_in_jupyterlab_as_on_a_page(lab):
    run_notebook(lab, "card", CARD, shown=".pb-card")
    page = lab.page
    looks = page.locator(".pb-who dt, .pb-who dd").evaluate_all("""all => all.map(el => [getComputedStyle(el).float,
        el.getBoundingClientRect().width / el.parentElement.getBoundingClientRect().width])""")
    assert len(looks) == 2 and all(side == "none" and width > .9 for side, width in looks), looks
    quote = page.locator(".pb-lead").evaluate_all("all => all.map(el => getComputedStyle(el).marginRight)")
    assert quote in ([], ["0px"]), quote
    page.locator(".pb-card").screenshot(path=lab.shots / "card-lab.png")
