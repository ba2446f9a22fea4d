"""What is worth keeping: templates carried out on transcripts, by an extractor."""

from inkwell_pipeline.extraction.engine import extract_episodes
from inkwell_pipeline.extraction.extractor import Extraction, Extractor, Material
from inkwell_pipeline.extraction.offline import OfflineExtractor
from inkwell_pipeline.extraction.templates import Template, load_templates

__all__ = [
    "Extraction",
    "Extractor",
    "Material",
    "OfflineExtractor",
    "Template",
    "extract_episodes",
    "load_templates",
]
