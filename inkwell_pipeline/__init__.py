"""Podcast episodes become notes in an Obsidian vault; Dagster runs it."""
