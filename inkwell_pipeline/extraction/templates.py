"""Templates: what to extract, as YAML files. Ours are in `builtin/`; a user's folder adds to them or replaces them.

Belongs here: the file's form, and which file is which template. Does not: how a template is carried out, and what its
prompt may say (`asked.py`).
"""

from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from pydantic import Field, field_validator

from inkwell_pipeline.documents import read_document, validated
from inkwell_pipeline.errors import ConfigError, PermanentError
from inkwell_pipeline.extraction.asked import filled_in, mistake_in
from inkwell_pipeline.extraction.extractor import Material
from inkwell_pipeline.extraction.prompts import question
from inkwell_pipeline.models import Frozen, SectionKind
from inkwell_pipeline.settings import model_name

__all__ = ["Template", "load_templates"]


class _TemplateFile(Frozen):
    version: str = Field(strict=True, min_length=1)
    heading: str = Field(min_length=1)
    output: SectionKind
    prompt: str = Field(min_length=1)
    model: str | None = None  # of its own; None: the feed's
    max_tokens: int = Field(default=1500, ge=16, strict=True)  # of an answer

    @field_validator("model")
    @classmethod
    def _is_a_model(cls, model: str | None) -> str | None:
        return None if model is None else model_name(model)

    @field_validator("prompt")
    @classmethod
    def _is_fillable(cls, prompt: str) -> str:
        if mistake := mistake_in(prompt):
            raise ValueError(mistake)
        return prompt


class Template(_TemplateFile):
    """A question to ask of every episode. Another version, output or prompt is another question, asked anew."""

    name: str

    @property
    def asked(self) -> str:
        """What in the template an answer depends on, for the cache's key: all but the heading."""
        question = sha256(f"{self.output}: {self.prompt}".encode()).hexdigest()
        return f"{self.version}:{question[:16]}"

    def question(self, material: Material) -> str:
        """What a model is asked of an episode. Raises: PermanentError, where the prompt does not fit it."""
        try:
            return question(filled_in(self.prompt, material), self.output)
        except ValueError as error:
            raise PermanentError(f"the template {self.name}: {error}") from None


def load_templates(names: Sequence[str], *, template_dir: Path | None, named_in: str) -> list[Template]:
    """The templates of these names, in this order. Blocks; meant for the start.

    Raises: ConfigError, where one does not exist (`named_in` says where it was asked for) or its file is not right.
    """
    paths = _paths(template_dir, named_in)
    templates = []
    for name in names:
        if (path := paths.get(name)) is None:
            known = ", ".join(sorted(paths))
            raise ConfigError(f"{named_in}: there is no template {name!r}; there are: {known}")
        found = validated(_TemplateFile, read_document(path), path)
        templates.append(Template(name=name, **found.model_dump()))
    return templates


def _paths(template_dir: Path | None, named_in: str) -> dict[str, Path]:
    ours = Path(str(files("inkwell_pipeline.extraction") / "builtin"))
    paths = {path.stem: path for path in sorted(ours.glob("*.yaml"))}
    if template_dir is not None:
        if not template_dir.is_dir():
            raise ConfigError(f"{named_in}: template_dir: {template_dir} is no folder")
        paths |= {path.stem: path for path in sorted(template_dir.glob("*.yaml"))}
    return paths
