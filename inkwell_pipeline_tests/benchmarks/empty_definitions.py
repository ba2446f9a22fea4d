"""The floor of every run: four chained async assets that do nothing, partitioned and executed as ours are."""

import dagster as dg

FEEDS = dg.StaticPartitionsDefinition(["bench"])


@dg.asset(partitions_def=FEEDS)
async def feed() -> int:
    return 1


@dg.asset(partitions_def=FEEDS)
async def transcript(feed: int) -> int:
    return feed


@dg.asset(partitions_def=FEEDS)
async def extraction(transcript: int) -> int:
    return transcript


@dg.asset(partitions_def=FEEDS)
async def notes(extraction: int) -> int:
    return extraction


defs = dg.Definitions(assets=[feed, transcript, extraction, notes], executor=dg.in_process_executor)
