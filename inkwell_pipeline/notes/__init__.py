"""Where it is kept: a Markdown note an episode, in the user's vault, beside their own words."""

from inkwell_pipeline.notes.layout import Layout, read_layout
from inkwell_pipeline.notes.property_types import obsidian_folder
from inkwell_pipeline.notes.vault import Vault
from inkwell_pipeline.notes.write import write_notes

__all__ = ["Layout", "Vault", "obsidian_folder", "read_layout", "write_notes"]
