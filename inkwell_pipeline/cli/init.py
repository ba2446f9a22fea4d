"""`inkwell-pipeline init`: a config to begin with, so that nobody starts from an empty page."""

import asyncio
import re
import tempfile
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import click

from inkwell_pipeline.cli.endings import endings, shown
from inkwell_pipeline.errors import ConfigError, InkwellError

__all__ = ["init"]

PLAIN = re.compile(r"[A-Za-z0-9./~][A-Za-z0-9./~:?=&%+@_-]*[A-Za-z0-9./~=_-]|[A-Za-z./~]", re.ASCII)
MAX_NAME = 40
NO_VAULT = (
    "# The vault's root: the folder that holds .obsidian. None was found upwards from here, so this one will be made."
)
A_VAULT = "# The vault's root: the folder that holds .obsidian."
PRIVATE = "# allow_private_hosts: false     # true where feeds live in your own network, or behind a proxy\n"


@click.command()
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default="inkwell.yaml",
    envvar="INKWELL_CONFIG",
    help="The file to write; default: what INKWELL_CONFIG names, else ./inkwell.yaml.",
)
@click.option(
    "--vault",
    type=click.Path(file_okay=False, path_type=Path),
    help="The Obsidian vault; default: the folder with .obsidian, looked for from here upwards.",
)
@click.option("--allow-private-hosts", is_flag=True, help="The feeds are in your own network.")
def init(urls: tuple[str, ...], config: Path, vault: Path | None, allow_private_hosts: bool) -> None:
    """Write a commented inkwell.yaml with the feeds at these addresses.

    A feed is named after its show; where that cannot be asked now, after its host. A file that is there is never
    overwritten.
    """
    with endings("stopped; nothing was written"):
        if config.exists():
            raise ConfigError(f"{config} is there already; it was left as it is", todo="name another with --config")
        found = vault.absolute() if vault else vault_above(config.absolute().parent)
        feeds = asyncio.run(_named(urls, allow_private_hosts=allow_private_hosts))
        text = config_text(feeds, config=config, vault=found, allow_private_hosts=allow_private_hosts)
        _check(text, config)
        _write(text, config)
    _say_what_is_next(config, found, feeds)


@dataclass(frozen=True)
class NamedFeed:
    """A feed for the config. `remark`: why it is named after its host, where it is."""

    name: str
    url: str
    remark: str = ""


def vault_above(folder: Path) -> Path | None:
    """The nearest folder, from `folder` upwards, that Obsidian has made a vault of."""
    from inkwell_pipeline.notes import obsidian_folder

    found = obsidian_folder(folder)
    return found.parent if found else None


def slug(title: str, *, taken: Collection[str] = ()) -> str:
    """A feed's name out of a show's title: small letters and digits, `-` between; with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))[:MAX_NAME].strip("-") or "feed"
    numbered = (f"{words}-{number}" if number > 1 else words for number in count(1))
    return next(name for name in numbered if name not in taken)


async def _named(urls: Sequence[str], *, allow_private_hosts: bool) -> list[NamedFeed]:
    """The feeds in the order given, all asked for at once."""
    from inkwell_pipeline.feed import read_feed
    from inkwell_pipeline.http import Http, open_http
    from inkwell_pipeline.settings import FeedSettings

    async def titled(url: str, http: Http) -> tuple[str, str]:
        try:
            return (await read_feed(FeedSettings("new", _source(url)), http=http)).title, ""
        except InkwellError as error:
            return urlsplit(url).hostname or Path(url).stem or "feed", error.text

    async with open_http(limit=8, allow_private_hosts=allow_private_hosts) as http:
        titles = await asyncio.gather(*(titled(url, http) for url in urls))
    feeds: list[NamedFeed] = []
    for url, (title, remark) in zip(urls, titles, strict=True):
        feeds.append(NamedFeed(slug(title, taken=[feed.name for feed in feeds]), url, remark))
    return feeds


def _source(url: str) -> str | Path:
    """As the config has it: what is no address on the web is a file."""
    return url if "://" in url else Path(url).expanduser().absolute()


def config_text(feeds: Sequence[NamedFeed], *, config: Path, vault: Path | None, allow_private_hosts: bool) -> str:
    """The config's text. Pure."""
    layout = (files("inkwell_pipeline") / "sample" / "new.yaml").read_text(encoding="utf-8")
    listed = "".join(f"  {feed.name}:\n    url: {_scalar(_address(feed.url, config))}\n" for feed in feeds)
    example = (
        "  example: # put your podcast's feed here, and name it as you like\n    url: https://example.com/feed.xml\n"
    )
    return layout.format(
        vault_remark=A_VAULT if vault else NO_VAULT,
        vault=_scalar(_relative(vault, config.absolute().parent) if vault else "./vault"),
        private="allow_private_hosts: true\n" if allow_private_hosts else PRIVATE,
        feeds=listed or example,
    )


def _address(url: str, config: Path) -> str:
    source = _source(url)
    return source if isinstance(source, str) else _relative(source, config.absolute().parent)


def _relative(path: Path, folder: Path) -> str:
    """As somebody would write it: from the config's folder where the two lie together, else whole."""
    if path == folder:
        return "."
    if path.is_relative_to(folder) and not path.relative_to(folder).parts[0].startswith("~"):  # which names a home
        return f"./{path.relative_to(folder).as_posix()}"
    if folder.is_relative_to(path):
        return "/".join([".."] * len(folder.relative_to(path).parts))
    return str(path)


def _scalar(text: str) -> str:
    """`text` in YAML: as it is, or in double quotes (YAML 1.2, 7.3.1), all but printable characters escaped."""
    if PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in escaped) + '"'


def _check(text: str, config: Path) -> None:
    """What is written can be read: an address that is none is told now. Raises: ConfigError."""
    from inkwell_pipeline.settings import load_settings

    with tempfile.TemporaryDirectory() as name:
        trial = Path(name) / config.name
        trial.write_text(text, encoding="utf-8")
        try:
            load_settings({"INKWELL_CONFIG": str(trial)})
        except ConfigError as error:
            raise ConfigError(error.text.replace(str(trial), str(config))) from None


def _write(text: str, config: Path) -> None:
    from inkwell_pipeline.files import create_file_now

    if not create_file_now(config, text.encode()):
        raise ConfigError(f"{config} is there already; it was left as it is")


def _say_what_is_next(config: Path, vault: Path | None, feeds: Sequence[NamedFeed]) -> None:
    click.echo(f"wrote {config}")
    click.echo(f"  vault: {shown(str(vault))}" if vault else "  vault: none was found; ./vault is to be made")
    for feed in feeds:
        click.echo(f"  feed {feed.name}: {'named after its show' if not feed.remark else 'named after its host'}")
        if feed.remark:
            click.echo(f"    {shown(feed.remark)}", err=True)
    if not feeds:
        click.echo("next: put your feeds into it; then")
    else:
        click.echo("next:")
    click.echo("  inkwell-pipeline feeds check    # what would be found; writes nothing")
    click.echo("  inkwell-pipeline run            # makes the notes")
    click.echo("  inkwell-pipeline ui             # watches the feeds that have `watch: true` in the config")
