"""What is worth keeping: templates carried out on transcripts, by an extractor."""

from inkwell_pipeline.extraction.desk import ModelDesk, open_desk
from inkwell_pipeline.extraction.engine import extract_episodes
from inkwell_pipeline.extraction.estimate import Foresight, estimate_episodes
from inkwell_pipeline.extraction.extracting import Extracting
from inkwell_pipeline.extraction.extractor import Extraction, Extractor, Material
from inkwell_pipeline.extraction.llm import Estimate, ModelExtractor, model_identity
from inkwell_pipeline.extraction.offline import OfflineExtractor
from inkwell_pipeline.extraction.providers import check_model
from inkwell_pipeline.extraction.templates import Template, load_templates

__all__ = [
    "Estimate",
    "Extracting",
    "Extraction",
    "Extractor",
    "Foresight",
    "Material",
    "ModelDesk",
    "ModelExtractor",
    "OfflineExtractor",
    "Template",
    "check_model",
    "estimate_episodes",
    "extract_episodes",
    "load_templates",
    "model_identity",
    "open_desk",
]
