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
    "statistics": "effective_n design_effect wilson weighted_mean Estimate rao_scott FTest cramers_v adjusted_residuals welch_test eta_squared omega_squared"
                  " benjamini_hochberg share_difference mean_difference",
    "batches": "write_labels start_workers",
    "encoding": "BadAnswers",
    "experience_measures": "experience_scores opportunity_scores kano_categories drivers KANO_ANSWERS",
    "importers": "import_files set_speaker set_date remove_source correct_text",
    "table_importers": "import_table import_codebook import_codings",
    "sample_data": "sample_file sample_files import_sample samples download_sample",
    "consent": "withdraw record_consent",
    "map_entries": "add_entry change_entry move_entry remove_entry ENTRY_LANES",
    "claims": "Persona Claim Evidence Link Descriptor",
    "persona_files": "read_personas write_personas update_personas persona_schema",
    "findings": "format_findings",
    "event_logs": "journey_from_events EventJourney removal_effect",
    "codebook": "add_code rename_code change_code merge_codes split_code remove_code code_history",
    "coding": "code uncode recode resize undo redo add_memo edit_memo remove_memo assign find_quote",
    "coding_widget": "CodingWidget",
    "codebook_widget": "CodebookWidget codebook_at preview_merge",
    "adjudication_widget": "AdjudicationWidget disagreements",
    "survey": "read_survey import_survey stored_survey write_dictionary Survey",
    "survey_quality": "quality_report QualityReport",
    "survey_widget": "SurveyWidget",
    "scales": "reverse_code top_box scale_scores cronbach_alpha omega_total Reliability",
    "mixtures": "LatentClass",
    "stability": "cluster_stability instability prediction_strength gap_statistic structure_test StructureTest",
    "segmentation": "segment add_segments Segmentation ThinSegments",
    "prototypes": "KPrototypes KMedoids FAMD gower",
    "typing_tool": "TypingTool write_typing_form write_typing_sheet",
    "many_analyses": "multiverse Multiverse",
    "personas": "draft_personas segment_by_codes code_profiles",
    "prevalence": "trait_prevalence Prevalence persona_traits persona_prevalence",
    "versions": "compare Comparison",
    "checks": "check",
    "journeys": "journey journey_from_codings Journey",
    "waves": "compare_waves Waves stability_index review_schedule add_feedback LIMITS",
    "priorities": "prioritise Priorities recommend",
    "publishing": "publish read_version list_versions verify redact Version",
    "perception": "perception_form score_perception perception_key PERCEPTION_ITEMS",
    "journey_measures": "stage_metrics event_metrics stage_opportunities pain_severity compare_journeys journey_deviations suggest_strategies",
    "charts": "set_theme chart_emotions chart_touchpoints chart_pains_gains chart_quotes",
    "journey_charts": "chart_journey chart_journeys chart_gaps chart_channels chart_metrics chart_opportunities chart_evidence chart_stage_heatmap"
                      " chart_opportunity_matrix journey_selection",
    "cards": "PersonaCard PersonaGallery",
    "exports": "write_chart",
    "segment_charts": "chart_profile chart_stability chart_criteria chart_map chart_multiverse chart_differences chart_confusion chart_power"
                      " chart_missing",
    "persona_charts": "chart_compare chart_personas chart_priorities",
    "evidence_widget": "EvidenceWidget evidence_in_context",
    "persona_editor": "PersonaEditor",
    "event_charts": "chart_funnel chart_flow",
    "reports": "report",
    "journey_map": "JourneyMap map_view map_evidence",
    "map_pages": "write_map",
    "journey_exchange": "read_mermaid write_cjml write_lanes write_mermaid write_slides",
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = ["__version__", *_HOME]


def _comments(function) -> dict[str, str]:
    "Return what the comment behind each parameter says."
    import inspect
    import io
    import re
    import tokenize

    names, told, last = set(inspect.signature(function).parameters) - {"self"}, {}, ""
    for token in tokenize.generate_tokens(io.StringIO(inspect.cleandoc(inspect.getsource(function))).readline):
        if named := re.match(r"\s*(?:(?:def \w+|class \w+)\()?(?:self,\s*)?\*{0,2}(\w+)\s*[:=,]", token.line):
            last = named[1] if named[1] in names and named[1] not in told else last
        elif '"""' in token.line or token.line.startswith(("return", "    return")): break
        if token.type == tokenize.COMMENT and last and last not in told: told[last] = token.string.lstrip("# ")
        if set(told) == names: break
    return told


def _tell_arguments(value) -> None:
    "Add what the source says of the arguments to the text of help()."
    import inspect

    function = value.__init__ if inspect.isclass(value) else value
    if not inspect.isfunction(function) or "\nArguments:" in (value.__doc__ or ""): return
    try: told = _comments(function)
    except (OSError, TypeError, SyntaxError, ValueError): return       # no source, as in a frozen application
    if told: value.__doc__ = inspect.cleandoc(value.__doc__ or "") + "\n\nArguments:\n" + "\n".join(f"    {name}: {said}" for name, said in told.items())


def __getattr__(name: str):
    if name in _HOME:
        from importlib import import_module

        value = getattr(import_module(f"personabench.{_HOME[name]}"), name)
        _tell_arguments(value)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'personabench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
