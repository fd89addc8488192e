"""From interviews, surveys and usage logs to personas and journeys whose every statement carries its evidence.

`import personabench as pb` gives every public name, each loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

# One line per room: the public names that it gives. tests/test_house.py holds this list against the rooms' own.
_ROOMS: dict[str, str] = {
    "schema": "FACETS KINDS ROLES STRENGTHS VERDICTS PersonabenchError BadInput AlreadyThere NoSuchName NoSuchCode NoSuchSource NoSuchCase BadSpan"
              " QuoteNotFound NoStudy NotAStudy NewerStudy DamagedStudy ReadOnlyStudy BusyStudy UndoConflict NothingToUndo MissingExtra",
    "study": "Study",
    "transcripts": "read_transcript Transcript",
    "tables": "read_table",
    "statistics": "effective_n wilson",
    "importers": "import_files import_table import_codebook import_codings set_speaker remove_source correct_text",
    "sample_data": "sample_file sample_files import_sample samples download_sample",
    "codebook": "add_code rename_code change_code merge_codes split_code remove_code code_history",
    "coding": "code uncode recode resize undo redo add_memo edit_memo remove_memo assign find_quote",
    "coding_widget": "CodingWidget",
    "codebook_widget": "CodebookWidget codebook_at preview_merge",
    "adjudication_widget": "AdjudicationWidget disagreements",
    "survey": "read_survey import_survey Survey",
    "mixtures": "LatentClass KPrototypes KMedoids FAMD gower BadAnswers",
    "stability": "cluster_stability instability prediction_strength gap_statistic structure_test StructureTest",
    "segmentation": "segment add_segments Segmentation",
    "personas": "draft_personas read_personas write_personas update_personas persona_schema Persona Claim Evidence",
    "versions": "compare Comparison share_difference mean_difference",
    "checks": "check",
    "journeys": "journey journey_from_codings Journey",
    "waves": "compare_waves Waves stability_index review_schedule add_feedback LIMITS",
    "publishing": "publish read_version list_versions verify Version",
    "charts": "chart_journey chart_emotions chart_touchpoints chart_pains_gains chart_quotes",
    "cards": "PersonaCard",
    "exports": "write_chart",
    "persona_charts": "chart_compare chart_personas",
    "reports": "report",
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str):
    if name in _HOME:
        from importlib import import_module

        value = getattr(import_module(f"personabench.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'personabench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
