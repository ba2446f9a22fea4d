"""Who is in an episode: each once, under the fullest name, hosts first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.models import Person
from inkwell_pipeline.notes.people import people_of


def names(*published: str, heard: tuple[str, ...] = ()) -> list[str]:
    return [
        one.name for one in people_of([Person(name=name) for name in published], [Person(name=name) for name in heard])
    ]


@pytest.mark.parametrize(
    ("published", "heard", "found"),
    [
        (("Ada Brook",), ("ada  BROOK", "Bo Stone"), ["Ada Brook", "Bo Stone"]),
        (("José Löh",), ("Jose Loh",), ["José Löh"]),
        (("Dr. Ada Brook",), ("Ada Brook",), ["Dr. Ada Brook"]),
        (("Ada Brook",), ("Ada",), ["Ada Brook"]),
        (("Ada", "Bo"), ("Ada Brook",), ["Ada Brook", "Bo"]),
        (("Ada Brook", "Ada Stone"), ("Ada",), ["Ada Brook", "Ada Stone"]),
        (("Brook",), ("Ada Brook",), ["Brook", "Ada Brook"]),
        (("", "…"), (), []),
    ],
)
def test_a_person_is_named_once(published: tuple[str, ...], heard: tuple[str, ...], found: list[str]) -> None:
    """Case, accents, titles and a first name alone make nobody else."""
    assert names(*published, heard=heard) == found


def test_hosts_come_first_in_the_order_named() -> None:
    """Whoever makes the show, then who came to it."""
    persons = [Person(name="Bo", role="guest"), Person(name="Ada"), Person(name="Cy", role="co-host")]

    assert [(one.name, one.role) for one in people_of(persons)] == [("Ada", "host"), ("Cy", "co-host"), ("Bo", "guest")]


def test_the_publisher_s_word_on_a_role_counts() -> None:
    """Who is heard has the extractor's guess; a fuller name keeps the role of the short one."""
    assert people_of([Person(name="Ada", role="guest")], [Person(name="Ada Brook", role="host")]) == (
        Person(name="Ada Brook", role="guest"),
    )


@given(st.lists(st.sampled_from(["Ada", "Ada Brook", "ADA BROOK", "Ada Stone", "Bo", "Dr. Bo Cy", "\u202e", "李雷"])))
def test_naming_them_again_changes_nothing(given_names: list[str]) -> None:
    """Whatever the order."""
    once = people_of([Person(name=name) for name in given_names])

    assert people_of(once, once) == once
