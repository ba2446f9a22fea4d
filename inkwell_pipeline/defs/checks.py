"""What must be true of an asset's work, a check for each feed.

Belongs here: names, severities and verdicts. Does not: the work that the figures come from.
Each check has the asset's partitions: without them a green feed would hide a red one.
"""

import warnings

import dagster as dg

from inkwell_pipeline.reports import Report

__all__ = [
    "frontmatter_parses",
    "no_failed_episodes",
    "notes_specs",
    "quotes_are_verbatim",
    "quotes_spec",
    "times_are_of_the_audio",
    "times_spec",
]


def notes_specs(feeds: dg.PartitionsDefinition[str]) -> list[dg.AssetCheckSpec]:
    return [
        _spec(
            "no_failed_episodes",
            "notes",
            feeds,
            "Every episode of the run has its note. Red: the table says which failed, and what to do.",
            blocking=True,
        ),
        _spec("frontmatter_parses", "notes", feeds, "Obsidian can read the properties of every note of the run."),
    ]


def quotes_spec(feeds: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
    return _spec(
        "quotes_are_verbatim",
        "extraction",
        feeds,
        "Every quote that was extracted stands word for word in the transcript; others are not shown. How many may "
        "be invented is the config's `quotes: {unverified_share}`.",
    )


def times_spec(feeds: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
    return _spec(
        "times_are_of_the_audio",
        "transcript",
        feeds,
        "The audio that is served is as long as the feed says, so that times of a publisher's transcript are right. "
        "Yellow: advertisements may have been put in; notes show such times as ≈ 12:34.",
    )


def _spec(
    name: str, asset: str, feeds: dg.PartitionsDefinition[str], description: str, *, blocking: bool = False
) -> dg.AssetCheckSpec:
    with warnings.catch_warnings():
        # partitioned checks are in preview in 1.13; nothing else keeps two feeds' verdicts apart
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(name, asset=asset, description=description, blocking=blocking, partitions_def=feeds)


def no_failed_episodes(report: Report) -> dg.AssetCheckResult:
    failures = report.manifest.failures
    return dg.AssetCheckResult(
        check_name="no_failed_episodes",
        passed=not failures,
        description="\n".join(f"- {failure.error} ({failure.todo})" for failure in failures) or None,
        metadata={"failed": len(failures)},
    )


def frontmatter_parses(report: Report) -> dg.AssetCheckResult:
    unreadable = report.figures["properties_unreadable"]
    return dg.AssetCheckResult(
        check_name="frontmatter_parses",
        passed=not unreadable,
        severity=dg.AssetCheckSeverity.WARN,  # the user's own YAML: theirs to mend, and their note is left alone
        metadata={"unreadable": unreadable},
    )


def times_are_of_the_audio(report: Report) -> dg.AssetCheckResult:
    approximate = [record for record in report.manifest.records if record.approximate is not None]
    return dg.AssetCheckResult(
        check_name="times_are_of_the_audio",
        passed=not approximate,
        severity=dg.AssetCheckSeverity.WARN,  # the notes say so themselves
        description="\n".join(f"- {record.title}: {record.approximate}" for record in approximate) or None,
        metadata={"approximate": len(approximate), "episodes": report.given},
    )


def quotes_are_verbatim(report: Report, unverified_share: float) -> dg.AssetCheckResult:
    """`unverified_share`: of all quotes that were given, how many may be invented."""
    quotes, unverified = report.figures["quotes"], report.figures["quotes_unverified"]
    return dg.AssetCheckResult(
        check_name="quotes_are_verbatim",
        passed=unverified <= unverified_share * (quotes + unverified),
        severity=dg.AssetCheckSeverity.WARN,  # none of them is shown
        metadata={"quotes": quotes, "quotes_unverified": unverified},
    )
